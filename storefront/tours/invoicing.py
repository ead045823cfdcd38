"""Invoices of visits: whom they are made out to, what is to be invoiced, and what was (ledger/BOOKS.md, I1 to I6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from producers.cooperatives.models import Producer
from producers.listings.models import TaxKind
from storefront.invoices import service as invoices
from storefront.invoices.errors import NotSoldError
from storefront.invoices.models import SoldKind
from storefront.invoices.ports import InvoiceDraft, InvoiceLine, IssuedInvoice
from storefront.invoices.schemas import BuyerFields
from storefront.tours import booking_repository, bookings, extras, settlement, views
from storefront.tours.bookings import Party
from storefront.tours.errors import BookingNotFoundError
from storefront.tours.models import Booking, BookingState
from storefront.tours.words import say_unit

SOLD = frozenset({BookingState.CONFIRMED, BookingState.REDEEMED})
"""States in which the visitor has paid, and keeps what was paid for."""


def is_sold(booking: Booking) -> bool:
    """Whether there is something to invoice: a visit that was paid, or what was kept of one that was cancelled."""
    if booking.batch_id is not None:
        return False  # its guest paid the sales point, and left no name
    return (booking.state in SOLD and not booking.owed_minor) or booking.kept_minor > 0


async def list_kept(session: AsyncSession, departure_ids: Collection[UUID]) -> dict[UUID, list[Booking]]:
    """List the parties of departures that come no more and of whose money something was kept, by departure."""
    kept: dict[UUID, list[Booking]] = defaultdict(list)
    for booking in await booking_repository.list_visitors(session, departure_ids, [BookingState.CANCELLED]):
        if booking.kept_minor:
            kept[booking.departure_id].append(booking)
    return kept


async def ask(session: AsyncSession, *, booking_id: UUID, buyer: BuyerFields, now: datetime) -> None:
    """Keep whom a visitor wants the invoice made out to; raises `NotSoldError` and, once it is issued, `InvoicedError`."""
    _require_sold(await settlement.lock_booking(session, booking_id))
    await invoices.save_buyer(session, kind=SoldKind.BOOKING, sold_id=booking_id, buyer=buyer, now=now)


async def get_own(session: AsyncSession, *, booking_id: UUID, producer_id: UUID) -> Party:
    """Get a booking of this producer's visits; another's does not exist for them (`BookingNotFoundError`)."""
    party = await bookings.get_party(session, await bookings.get_booking(session, booking_id))
    if party.tour.producer_id != producer_id:
        raise BookingNotFoundError
    return party


async def draft_invoice(session: AsyncSession, *, booking_id: UUID, producer: Producer) -> InvoiceDraft:
    """What is to be invoiced of a visit: tickets by price type and add-ons, or what was kept of it, each as what it is.

    Raises `NotSoldError`, `BookingNotFoundError`.
    """
    party = await get_own(session, booking_id=booking_id, producer_id=producer.id)
    _require_sold(party.booking)
    asked = (await invoices.list_buyers(session, SoldKind.BOOKING, [booking_id])).get(booking_id)
    kept = party.booking.kept_minor
    lines = [
        InvoiceLine(
            title=f"{party.tour.title}, {say_unit(unit)}",
            quantity=str(number),
            amount_minor=amount,
            kind=TaxKind.SERVICES,
        )
        for unit, number, amount in views.count_units(party.items)
    ] + [
        InvoiceLine(
            title=one.name,
            quantity=str(one.number),
            amount_minor=one.number * one.price_minor,
            kind=one.tax_kind,
        )
        for one in party.extras
    ]
    if kept:
        title = str(_("Tiền nhà vườn giữ lại: %(tour)s", tour=party.tour.title))
        lines = [
            InvoiceLine(title=title, quantity="1", amount_minor=amount, kind=kind)
            for kind, amount in (await _split_kept(session, party.booking)).items()
        ]
    return InvoiceDraft(
        key=booking_id,
        seller_name=producer.name,
        seller_tax_code=producer.tax_code or "",
        buyer_name=asked.name if asked else party.booking.contact_name,
        buyer_tax_code=asked.tax_code if asked else "",
        buyer_address=asked.address if asked else "",
        buyer_email=asked.email if asked else "",
        lines=lines,
        total_minor=kept or party.booking.standing_minor,
    )


async def _split_kept(session: AsyncSession, booking: Booking) -> dict[TaxKind, int]:
    """What was kept is what to the tax office: as it was withheld, less what was set off with what went back."""
    paid = await extras.split(session, booking, booking.refundable_minor)
    back = await extras.split(session, booking, booking.refundable_minor - booking.kept_minor)
    kept = {kind: amount - back.get(kind, 0) for kind, amount in paid.items()}
    return {kind: amount for kind, amount in kept.items() if amount}


async def write_invoice(
    session: AsyncSession,
    *,
    booking_id: UUID,
    producer_id: UUID,
    issued: IssuedInvoice,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep a visit's invoice; a newer one is the one that counts, and the same again changes nothing.

    Raises `NotSoldError`, `BookingNotFoundError`, and `InvalidError` (field `issued_on`) for a day that is still to come.
    """
    await get_own(session, booking_id=booking_id, producer_id=producer_id)
    _require_sold(await settlement.lock_booking(session, booking_id))
    await invoices.record_invoice(
        session, kind=SoldKind.BOOKING, sold_id=booking_id, issued=issued, person_id=person_id, now=now
    )


def _require_sold(booking: Booking) -> None:
    if not is_sold(booking):
        raise NotSoldError
