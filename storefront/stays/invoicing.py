"""Invoices of stays: whom they are made out to, what is to be invoiced, and what was (ledger/BOOKS.md, I1 to I6)."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.models import Producer
from producers.listings.models import TaxKind
from storefront.invoices import service as invoices
from storefront.invoices.errors import NotSoldError
from storefront.invoices.models import SoldKind
from storefront.invoices.ports import InvoiceDraft, InvoiceLine, IssuedInvoice
from storefront.invoices.schemas import BuyerFields
from storefront.stays import bookings, settlement
from storefront.stays.models import StayBooking
from storefront.stays.states import PAID


async def ask(session: AsyncSession, *, booking_id: UUID, buyer: BuyerFields, now: datetime) -> None:
    """Keep whom a guest wants the invoice made out to; raises `NotSoldError` and, once it is issued, `InvoicedError`."""
    _require_sold(await settlement.lock_booking(session, booking_id))
    await invoices.save_buyer(session, kind=SoldKind.STAY, sold_id=booking_id, buyer=buyer, now=now)


async def draft_invoice(session: AsyncSession, *, booking_id: UUID, producer: Producer) -> InvoiceDraft:
    """What is to be invoiced of a stay: its nights by their price, all of them a service.

    Raises `NotSoldError`, `StayBookingNotFoundError`.
    """
    party = await bookings.get_own(session, booking_id=booking_id, producer_id=producer.id)
    _require_sold(party.booking)
    asked = (await invoices.list_buyers(session, SoldKind.STAY, [booking_id])).get(booking_id)
    by_price = groupby(sorted(price for _day, price in party.nights))
    lines = [
        InvoiceLine(
            title=f"{party.stay.title}, {party.place.name}",
            quantity=str(number),
            amount_minor=number * price,
            kind=TaxKind.SERVICES,
        )
        for price, nights in by_price
        for number in [len(list(nights)) * party.booking.units]
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
        total_minor=party.booking.total_minor,
    )


async def write_invoice(
    session: AsyncSession,
    *,
    booking_id: UUID,
    producer_id: UUID,
    issued: IssuedInvoice,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep a stay's invoice; a newer one is the one that counts, and the same again changes nothing.

    Raises `NotSoldError`, `StayBookingNotFoundError`, and `InvalidError` (field `issued_on`) for a day still to come.
    """
    await bookings.get_own(session, booking_id=booking_id, producer_id=producer_id)
    _require_sold(await settlement.lock_booking(session, booking_id))
    await invoices.record_invoice(
        session, kind=SoldKind.STAY, sold_id=booking_id, issued=issued, person_id=person_id, now=now
    )


def _require_sold(booking: StayBooking) -> None:
    if booking.state not in PAID:
        raise NotSoldError
