"""Sales of visits: what a producer earned of a booking, with fee and tax of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.taxes import service as taxes
from storefront.tours import extras
from storefront.tours.extra_models import BookingExtra
from storefront.tours.models import Booking, Tour


async def book(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    debits: Sequence[tuple[str, int]],
    *,
    now: datetime,
    taken: Sequence[BookingExtra] | None = None,
) -> None:
    """Book a locked booking as sold, once; `debits` say where the money of it stands in the books.

    `taken`: its add-ons, where they are at hand.
    """
    sale, amount = f"booking:{booking.id}", sum(minor for _account, minor in debits)
    await ledger.record(
        session,
        kind="sale",
        source=sale,
        memo=booking.code,
        entries=[*debits, (accounts.seller_payable(tour.producer_id), -amount)],
        occurred_at=now,
        now=now,
    )
    await fees.take_fees(session, sale=sale, memo=booking.code, goods={tour.producer_id: amount}, now=now)
    parts = {tour.producer_id: await extras.split(session, booking, amount, taken=taken)}
    await taxes.withhold(session, sale=sale, memo=booking.code, parts=parts, now=now)
