"""Invoices: written down once issued, corrected by a newer one, shown to the buyer. Rules I1 to I6 of ledger/BOOKS.md."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.errors import InvalidError
from app.core.i18n import _
from app.core.ids import uuid7
from storefront.invoices import repository
from storefront.invoices.errors import InvoicedError
from storefront.invoices.models import Invoice, InvoiceBuyer, SoldKind
from storefront.invoices.ports import IssuedInvoice
from storefront.invoices.schemas import BuyerFields


async def record_invoice(
    session: AsyncSession,
    *,
    kind: SoldKind,
    sold_id: UUID,
    issued: IssuedInvoice,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep the invoice of a sale, over an earlier one; the same again changes nothing.

    The caller holds the lock of the order or booking. Raises `InvalidError` (field `issued_on`) for a day that is still
    to come.
    """
    if issued.issued_on > today(now):
        words = _("Ngày xuất hóa đơn chưa tới.")
        raise InvalidError(words, fields={"issued_on": words})
    values = {name: getattr(issued, name) for name in issued.__dataclass_fields__}
    last = (await list_invoices(session, kind, [sold_id])).get(sold_id)
    if last is not None and all(getattr(last, name) == value for name, value in values.items()):
        return
    row = {
        "id": uuid7(),
        "sold_kind": kind,
        "sold_id": sold_id,
        "recorded_by_id": person_id,
        "created_at": now,
    }
    await repository.insert_invoice(session, row | values)


async def list_invoices(
    session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]
) -> dict[UUID, Invoice]:
    """Say the newest invoice of some sales of a kind, by their id; those without one are left out. One query."""
    return {one.sold_id: one for one in await repository.list_newest(session, kind, sold_ids)}


async def save_buyer(
    session: AsyncSession, *, kind: SoldKind, sold_id: UUID, buyer: BuyerFields, now: datetime
) -> None:
    """Keep whom a buyer wants the invoice made out to; `InvoicedError` once it is issued.

    The caller holds the lock of the order or booking.
    """
    if await list_invoices(session, kind, [sold_id]):
        raise InvoicedError
    key = {"sold_kind": kind, "sold_id": sold_id}
    await repository.save_buyer(session, key, {**buyer.model_dump(), "asked_at": now})


async def list_buyers(
    session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]
) -> dict[UUID, InvoiceBuyer]:
    """Say whom the invoices of some sales are for, by their id; those whose buyer asked for none are left out. One query."""
    return {one.sold_id: one for one in await repository.list_buyers(session, kind, sold_ids)}


async def list_waiting(session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]) -> set[UUID]:
    """Say for which of some sales a buyer asked for an invoice that is not issued yet; two queries."""
    issued = await list_invoices(session, kind, sold_ids)
    return (await list_buyers(session, kind, sold_ids)).keys() - issued.keys()
