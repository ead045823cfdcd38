"""Paid goods that are not sent after all: the producer cannot, or the buyer no longer wants them (PRICING.md O16, O17)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from storefront.fulfilment import refunding, service
from storefront.fulfilment.errors import NoGoodsChosenError, PackedWholeError
from storefront.orders import money_back, parcels
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import OrderLine, OrderState
from storefront.orders.parcels import Locked
from storefront.orders.words import join, say_goods
from storefront.preorders import service as preorders
from storefront.refunds.models import RefundReason
from storefront.stock import service as stock

WRITTEN_OFF = "not sent, written off"
_HERE = frozenset({OrderState.AWAITING_CONFIRMATION, OrderState.PACKING})


async def hold_back(
    session: AsyncSession,
    *,
    consignment_id: UUID,
    producer_id: UUID,
    line_ids: Collection[UUID],
    is_good: bool,
    person_id: UUID,
    now: datetime,
) -> None:
    """Do not send some lines of a paid parcel, or all: their price goes back and the buyer is told; twice is harmless.

    `is_good`: the goods are there and may be sold to others; else they leave the shelf. Raises `WrongStateError` for a
    parcel that is not paid or has left, `NoGoodsChosenError` without a line of it, `PackedWholeError`, `OrderNotFoundError`.
    """
    locked = await service.lock_own(session, consignment_id, producer_id)
    if _is_over(locked):
        return
    if locked.order.paid_at is None or locked.parcel.state not in _HERE:
        raise WrongStateError(locked.parcel.state)
    lines, is_all = await _list_fresh(session, locked, line_ids)
    if locked.parcel.packed_at is not None and not is_all:
        raise PackedWholeError
    if not lines:
        return
    lost_by = None if is_good else person_id
    await _free(session, locked.order.id, lines, lost_by=lost_by, now=now)
    await _give_back(session, locked, lines, is_all=is_all, person_id=person_id, now=now)
    order, producer = locked.order, await cooperatives.get_producer(session, producer_id)
    words = _(
        "Chợ Phiên: %(producer)s không gửi được món này trong đơn %(code)s: %(goods)s. Tiền món này được trả lại cho bạn.",
        producer=producer.name,
        code=order.code,
        goods=join(say_goods(lines)),
    )
    await notices.send_message(session, phone=order.buyer_phone, text=words, lang=order.language)


async def call_off(session: AsyncSession, *, order_id: UUID, consignment_id: UUID, now: datetime) -> None:
    """The buyer no longer wants a paid parcel that nobody took on yet: all goes back, and those who pack are told.

    Twice is harmless. Raises `WrongStateError` once it was taken on or when it is not paid, `OrderNotFoundError` for a
    parcel of another order.
    """
    locked = await parcels.lock_parcel(session, consignment_id)
    if locked.order.id != order_id:
        raise OrderNotFoundError
    if _is_over(locked):
        return
    if locked.order.paid_at is None or locked.parcel.state is not OrderState.AWAITING_CONFIRMATION:
        raise WrongStateError(locked.parcel.state)
    lines, _is_all = await _list_fresh(session, locked, None)
    await _free(session, order_id, lines, lost_by=None, now=now)
    await _give_back(session, locked, lines, is_all=True, person_id=locked.order.person_id, now=now)
    words = _(
        "Khách hủy đơn %(code)s vì không mua nữa. Bạn đừng gói, đừng gửi. Hàng đã về lại kệ.",
        code=locked.order.code,
    )
    await service.tell_packers(session, locked.parcel, words, kind="order_called_off", now=now)


def _is_over(locked: Locked) -> bool:
    return locked.order.paid_at is not None and locked.parcel.state is OrderState.CANCELLED


async def _list_fresh(
    session: AsyncSession, locked: Locked, line_ids: Collection[UUID] | None
) -> tuple[Sequence[OrderLine], bool]:
    """Those of these lines (None: of all) whose price did not go back, and whether nothing is left to send without them."""
    [parcel] = await parcels.list_with_lines(session, [locked.parcel])
    own = {line.id for line in parcel.lines}
    chosen = own if line_ids is None else own.intersection(line_ids)
    if not chosen:
        raise NoGoodsChosenError
    back = await money_back.list_refunded(session, own)
    fresh = [line for line in parcel.lines if line.id in chosen and line.id not in back]
    return fresh, len(back) + len(fresh) == len(own)


async def _free(
    session: AsyncSession,
    order_id: UUID,
    lines: Sequence[OrderLine],
    *,
    lost_by: UUID | None,
    now: datetime,
) -> None:
    """Free their places and goods, which leave the shelf when somebody says that they are lost.

    Caps, then shelves, and the books after both: the one order of locks.
    """
    ids = {line.id for line in lines}
    promised = await preorders.release(session, order_id=order_id, line_ids=ids)
    if lost_by is None:
        await stock.release(session, order_id=order_id, line_ids=ids, now=now)
    else:
        await stock.write_off(
            session, order_id=order_id, line_ids=ids, reason=WRITTEN_OFF, person_id=lost_by, now=now
        )
    await preorders.share_out(session, promised, now=now)


async def _give_back(
    session: AsyncSession,
    locked: Locked,
    lines: Sequence[OrderLine],
    *,
    is_all: bool,
    person_id: UUID | None,
    now: datetime,
) -> None:
    """Owe their price to the buyer; a parcel of which nothing is left ends."""
    if is_all:
        await service.unpack(session, locked.parcel.id)
    [parcel] = await parcels.list_with_lines(session, [locked.parcel])
    await refunding.give_back(
        session, parcel, lines, reason=RefundReason.CANCELLED, person_id=person_id, now=now
    )
    if is_all:
        await refunding.end_parcel(session, locked, person_id=person_id, now=now)
