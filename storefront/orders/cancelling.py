"""Orders that end unpaid: given up, out of time, recalled, replaced, or declined on delivery (PRICING.md, O4, M5, E2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.credits import service as credits_
from storefront.orders import company, parcels, repository
from storefront.orders import service as orders
from storefront.orders.errors import NotAloneError, WrongStateError
from storefront.orders.models import CancelReason, Consignment, Order, OrderState
from storefront.orders.service import Replaced
from storefront.orders.states import transition
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.preorders import service as preorders
from storefront.stock import service as stock
from storefront.vouchers import service as vouchers

_MAY_STOP = {OrderState.AWAITING_PAYMENT, OrderState.AWAITING_CONFIRMATION, OrderState.CANCELLED}


async def cancel_order(session: AsyncSession, *, order_id: UUID, now: datetime) -> None:
    """The buyer gives an unpaid order up; doing it twice is harmless.

    Raises `WrongStateError` once it is paid, or taken on by a producer who is paid on delivery, and `NotAloneError` while
    others travel by its delivery (J9).
    """
    order, consignments = await orders.lock_order(session, order_id)
    if order.paid_at is not None or order.state not in _MAY_STOP:
        raise WrongStateError(order.state)
    if order.is_cash:
        await _require_alone(session, consignments, now=now)
    if order.state is not OrderState.CANCELLED:
        await _cancel(session, order, consignments, reason=CancelReason.BUYER, now=now)


async def list_due(session: AsyncSession, *, now: datetime, limit: int = 200) -> list[UUID]:
    """List unpaid orders whose time is over."""
    return await repository.list_due(session, now=now, limit=limit)


async def expire_order(session: AsyncSession, *, order_id: UUID, now: datetime) -> bool:
    """Cancel an order that nobody paid in time and give its goods back; False when it is not so (any more)."""
    order, consignments = await orders.lock_order(session, order_id)
    if order.state is not OrderState.AWAITING_PAYMENT or order.expires_at > now:
        return False
    await _cancel(session, order, consignments, reason=CancelReason.EXPIRED, now=now)
    return True


async def stop_recalled(session: AsyncSession, *, order_id: UUID, now: datetime) -> bool:
    """Cancel an unpaid order that waits for recalled goods; False when it is paid or over by now.

    Money that comes all the same takes other goods if there are any, or waits in its queue (PRICING.md O7).
    """
    order, consignments = await orders.lock_order(session, order_id)
    if order.state is not OrderState.AWAITING_PAYMENT and not _is_stoppable(order, consignments):
        return False
    await _cancel(session, order, consignments, reason=CancelReason.RECALLED, now=now)
    return True


async def make_way(
    session: AsyncSession,
    order: Order,
    consignments: list[Consignment],
    *,
    variant_ids: Collection[UUID],
    voucher_code: str,
    now: datetime,
) -> Replaced:
    """End an unpaid order that we hold locked, for another of these packs, with this code, that takes its place.

    Every cap, then every shelf, then every voucher of both orders is locked before any of them changes: what is given
    back is taken by nobody else, and no two edits wait for each other (E3). Whoever refuses after this undoes it.
    """
    await _end(session, order, consignments, reason=CancelReason.REPLACED, now=now)
    places = await preorders.lock(session, order_id=order.id, variant_ids=variant_ids)
    # What waits for a harvest holds nothing yet, and what is left of its cap is shared out from the shelf in the end.
    await stock.lock(session, order_id=order.id, variant_ids={*variant_ids, *places})
    await vouchers.lock(session, order_id=order.id, code=voucher_code)
    promised = await preorders.release(session, order_id=order.id)
    await stock.release(session, order_id=order.id, now=now)
    await vouchers.release(session, order_id=order.id)
    return Replaced(order, places, promised)


async def decline(
    session: AsyncSession, *, order_id: UUID, consignments: list[Consignment], now: datetime
) -> None:
    """The producer does not send an order that is to be paid on delivery; the caller holds its lock (M5).

    Raises `WrongStateError` when it is paid, has left or is over.
    """
    order = await orders.get_order(session, order_id)
    if not _is_stoppable(order, consignments):
        raise WrongStateError(order.state)
    await _cancel(session, order, consignments, reason=CancelReason.DECLINED, now=now)


def _is_stoppable(order: Order, consignments: Collection[Consignment]) -> bool:
    """Whether it is to be paid on delivery and lies here still."""
    is_here = {OrderState.AWAITING_CONFIRMATION, OrderState.PACKING}.issuperset(
        one.state for one in consignments
    )
    return order.is_cash and order.paid_at is None and is_here


async def _require_alone(
    session: AsyncSession, consignments: Collection[Consignment], *, now: datetime
) -> None:
    for id_, found in (await company.find_companies(session, consignments)).items():
        for one in found.list_after(id_, now):
            raise NotAloneError(one.order.code)


async def _cancel(
    session: AsyncSession,
    order: Order,
    consignments: list[Consignment],
    *,
    reason: CancelReason,
    now: datetime,
) -> None:
    await _end(session, order, consignments, reason=reason, now=now)
    promised = await preorders.release(session, order_id=order.id)
    await stock.release(session, order_id=order.id, now=now)
    await preorders.share_out(session, promised, now=now)
    if order.has_voucher:
        await vouchers.release(session, order_id=order.id)
    await credits_.release(session, order_id=order.id, now=now)
    await company.end(session, consignments, now=now)


async def _end(
    session: AsyncSession,
    order: Order,
    consignments: list[Consignment],
    *,
    reason: CancelReason,
    now: datetime,
) -> None:
    for consignment in consignments:
        transition(consignment, OrderState.CANCELLED, now=now)
    order.cancelled_at, order.cancel_reason = now, reason
    await parcels.sum_up(session, order, consignments, person_id=None, now=now)
    await payments.expire_payment(session, payable_kind=PayableKind.ORDER, payable_id=order.id, now=now)
