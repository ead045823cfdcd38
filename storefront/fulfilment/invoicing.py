"""Invoices of parcels: what is to be invoiced, and what was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from producers.cooperatives.models import Producer
from producers.listings.models import TaxKind
from storefront.fulfilment import service
from storefront.invoices import service as invoices
from storefront.invoices.errors import NotSoldError
from storefront.invoices.models import SoldKind
from storefront.invoices.ports import InvoiceDraft, InvoiceLine, IssuedInvoice
from storefront.orders import money_back, parcels
from storefront.orders.models import OrderState
from storefront.orders.words import say_ordered

SOLD = service.CONFIRMED | {OrderState.AWAITING_CONFIRMATION, OrderState.COMPLETED}
"""States in which the buyer has paid, and keeps what was paid for."""


async def list_asked(session: AsyncSession, consignment_ids: Collection[UUID]) -> set[UUID]:
    """List the parcels whose buyers wait for an invoice."""
    return (
        await invoices.list_waiting(session, SoldKind.PARCEL, consignment_ids) if consignment_ids else set()
    )


async def draft_invoice(session: AsyncSession, *, consignment_id: UUID, producer: Producer) -> InvoiceDraft:
    """What is to be invoiced of a parcel: the lines that were not paid back, and its delivery.

    Raises `NotSoldError`, `OrderNotFoundError`.
    """
    parcel = await parcels.get_parcel(session, consignment_id=consignment_id, producer_id=producer.id)
    if parcel.consignment.state not in SOLD:
        raise NotSoldError
    asked = (await invoices.list_buyers(session, SoldKind.PARCEL, [consignment_id])).get(consignment_id)
    refunded = await money_back.list_refunded(session, [line.id for line in parcel.lines])
    lines = [
        InvoiceLine(
            title=line.title,
            quantity=str(say_ordered(line)),
            amount_minor=line.earned_minor,
            kind=line.tax_kind,
        )
        for line in parcel.lines
        if line.id not in refunded
    ]
    if parcel.consignment.delivery_minor:
        delivery = str(_("Tiền gửi hàng"))
        lines.append(
            InvoiceLine(
                title=delivery,
                quantity="1",
                amount_minor=parcel.consignment.delivery_minor,
                kind=TaxKind.TRANSPORT,
            )
        )
    return InvoiceDraft(
        key=consignment_id,
        seller_name=producer.name,
        seller_tax_code=producer.tax_code or "",
        buyer_name=asked.name if asked else parcel.order.buyer_name,
        buyer_tax_code=asked.tax_code if asked else "",
        buyer_address=asked.address if asked else "",
        buyer_email=asked.email if asked else "",
        lines=lines,
        total_minor=sum(line.amount_minor for line in lines),
    )


async def write_invoice(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    issued: IssuedInvoice,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep a parcel's invoice; a newer one is the one that counts, and the same again changes nothing.

    Raises `NotSoldError`, `OrderNotFoundError`, and `InvalidError` (field `issued_on`) for a day that is still to come.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    if locked.parcel.state not in SOLD:
        raise NotSoldError
    await invoices.record_invoice(
        session, kind=SoldKind.PARCEL, sold_id=consignment_id, issued=issued, person_id=person_id, now=now
    )
