"""Parcels that are paid on delivery: not sent after all, or brought back because nobody took them (M5, M6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.i18n import _
from app.core.money import format_dong
from storefront.fulfilment import service
from storefront.orders import cancelling, parcels, settlement
from storefront.orders import service as orders
from storefront.orders.errors import WrongStateError
from storefront.orders.models import OrderState
from storefront.stock import service as stock

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.orders.events import CashOrderTaken

BACK_ON_SHELF, WRITTEN_OFF = "refused, back on the shelf", "refused, written off"
_WITH_COURIER = {OrderState.SHIPPING, OrderState.DELIVERED}


async def on_cash_order(session: AsyncSession, event: CashOrderTaken) -> None:
    """Tell the producer of a new order that is to be paid on delivery."""
    order = await orders.get_order(session, event.order_id)
    words = _(
        "Có đơn mới %(code)s, thu hộ %(amount)s lúc giao. Bạn gọi khách rồi xác nhận giúp nhé.",
        code=order.code,
        amount=format_dong(order.collect_minor),
    )
    for parcel in await parcels.list_parcels(session, order):
        await service.tell_packers(session, parcel.consignment, words, kind="cash_order", now=event.taken_at)


async def decline(session: AsyncSession, *, consignment_id: UUID, producer_id: UUID, now: datetime) -> None:
    """Do not send an order that is to be paid on delivery: its goods are free again, nobody owes anything.

    Raises `WrongStateError` when it is paid, has left or is over, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    await cancelling.decline(session, order_id=locked.order.id, consignments=locked.consignments, now=now)
    await service.unpack(session, consignment_id)


async def take_refused(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    is_good: bool,
    person_id: UUID,
    now: datetime,
) -> None:
    """Take a parcel back that the buyer did not take and did not pay; `is_good`: its goods may be sold again.

    Raises `WrongStateError` when it is paid, has not left or is over, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    if not locked.order.collect_minor or locked.parcel.state not in _WITH_COURIER:
        raise WrongStateError(locked.parcel.state)
    await parcels.move_parcel(session, locked, OrderState.RETURNED, person_id=person_id, now=now)
    note = BACK_ON_SHELF if is_good else WRITTEN_OFF
    await parcels.record_step(session, locked.order, locked.parcel, person_id=person_id, note=note, now=now)
    if is_good:
        await stock.put_back(session, order_id=locked.order.id, reason=note, now=now)
        await service.unpack(session, consignment_id)
    await settlement.end_refused(session, locked.order, locked.consignments, now=now)
