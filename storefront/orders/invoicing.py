"""Whom the invoices of an order are made out to: said once for all its parcels (ledger/BOOKS.md, I4 to I6)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from storefront.invoices import service as invoices
from storefront.invoices.errors import InvoicedError, SaleOverError
from storefront.invoices.models import InvoiceBuyer, SoldKind
from storefront.invoices.schemas import BuyerFields
from storefront.orders import repository, service
from storefront.orders.models import Consignment, Order, OrderState
from storefront.orders.states import state_at

ENDED = frozenset({OrderState.CANCELLED, OrderState.RETURNED})


@dataclass(frozen=True)
class Asking:
    """What the order's page says of it: whether it may (still) be said, and whom the buyer named, or the last time."""

    is_open: bool
    asked: InvoiceBuyer | None
    before: InvoiceBuyer | None = None


async def ask(session: AsyncSession, *, order_id: UUID, buyer: BuyerFields, now: datetime) -> None:
    """Keep whom the invoices of an order's parcels are for, of those that are not issued yet.

    Raises `SaleOverError` when all of it ended, and `InvoicedError` once every invoice is issued.
    """
    order, consignments = await service.lock_order(session, order_id)
    live = _list_live(order, consignments, now)
    if not live:
        raise SaleOverError
    issued = await invoices.list_invoices(session, SoldKind.PARCEL, live)
    waiting = [sold_id for sold_id in live if sold_id not in issued]
    if not waiting:
        raise InvoicedError
    for sold_id in waiting:
        await invoices.save_buyer(session, kind=SoldKind.PARCEL, sold_id=sold_id, buyer=buyer, now=now)


async def find_asking(
    session: AsyncSession,
    order: Order,
    consignments: Collection[Consignment],
    *,
    issued: Collection[UUID],
    is_billed: bool,
    person: Person | None,
    now: datetime,
) -> Asking:
    """Find what the order's page says; the last company of a buyer who is logged in, where none is named yet.

    `is_billed`: somebody is named for one of its parcels.
    """
    waiting = [sold_id for sold_id in _list_live(order, consignments, now) if sold_id not in issued]
    if not waiting:
        return Asking(is_open=False, asked=None)
    asked = await find_asked(session, waiting) if is_billed else None
    if asked is not None or person is None or not service.is_buyer(order, person):
        return Asking(is_open=True, asked=asked)
    return Asking(is_open=True, asked=None, before=await find_last(session, person.id))


async def find_asked(session: AsyncSession, consignment_ids: Collection[UUID]) -> InvoiceBuyer | None:
    """Find whom the buyer named last for some parcels of one order."""
    named = await invoices.list_buyers(session, SoldKind.PARCEL, consignment_ids)
    return max(named.values(), key=lambda one: one.asked_at, default=None)


async def find_last(session: AsyncSession, person_id: UUID) -> InvoiceBuyer | None:
    """Find whom a person named last for an order that they placed logged in."""
    return await repository.find_last_invoice_buyer(session, person_id)


def _list_live(order: Order, consignments: Collection[Consignment], now: datetime) -> list[UUID]:
    """The parcels that are bought, or still may be, in the order of their ids."""
    if state_at(order, now) in ENDED:
        return []
    return sorted(one.id for one in consignments if one.state not in ENDED)
