"""What money does to an order: in time it makes the goods the buyer's, late it looks for them again (PRICING.md, O6 to O9)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import service as orders
from storefront.orders.events import OrderPaid
from storefront.orders.models import CancelReason, Consignment, Order, OrderState
from storefront.orders.states import transition
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import VoucherUsedUpError

if TYPE_CHECKING:
    from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid


async def on_payment_named(session: AsyncSession, event: PaymentNamed) -> None:
    """Lock the order and its consignments before payments lock the payment (the one order of locks)."""
    if event.payable_kind is PayableKind.ORDER:
        await orders.lock_order(session, event.payable_id)


async def on_payment_paid(session: AsyncSession, event: PaymentPaid) -> None:
    """Make the goods the buyer's, book the sale and tell the producers; hearing of it twice changes nothing.

    Raises `SoldOutError` when late money is accepted by hand and the goods are gone, and `VoucherUsedUpError` when
    somebody else has the voucher's use by then (V7).
    """
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, consignments = await orders.lock_order(session, event.payable_id)
    if order.paid_at is not None:
        return
    await stock.allocate(session, order_id=order.id, now=event.paid_at)
    if order.discount_minor:
        await vouchers.take_again(session, order_id=order.id)
    order.paid_at, order.cancelled_at, order.cancel_reason = event.paid_at, None, None
    for consignment in consignments:
        transition(consignment, OrderState.AWAITING_CONFIRMATION, now=event.paid_at)
    await orders.sum_up(session, order, consignments, person_id=None, now=event.paid_at)
    await _book_sale(session, order, consignments, now=event.paid_at)
    await emit(session, OrderPaid(order_id=order.id, paid_at=event.paid_at))


async def on_payment_arrived_late(session: AsyncSession, event: PaymentArrivedLate) -> None:
    """Take late money when the goods are still there; otherwise it waits in its queue and somebody calls the buyer.

    An order that its buyer gave up is not woken by itself: a human asks first.
    """
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, _consignments = await orders.lock_order(session, event.payable_id)
    if order.cancel_reason is CancelReason.BUYER:
        return
    try:
        async with session.begin_nested():
            await stock.allocate(session, order_id=order.id, now=event.arrived_at)
            if order.discount_minor:
                await vouchers.take_again(session, order_id=order.id)
    except (SoldOutError, VoucherUsedUpError):
        return
    await payments.accept_late(session, payment_id=event.payment_id, now=event.arrived_at)


async def on_payment_extended(session: AsyncSession, event: PaymentExtended) -> None:
    """Hold the goods for as long as the payer may still pay; `HoldOverError` when they were given back meanwhile."""
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, _consignments = await orders.lock_order(session, event.payable_id)
    order.expires_at = event.expires_at
    await stock.extend(session, order_id=order.id, expires_at=event.expires_at)


async def _book_sale(
    session: AsyncSession, order: Order, consignments: list[Consignment], *, now: datetime
) -> None:
    entries = [(accounts.buyer_receivable(PayableKind.ORDER, order.id), order.total_minor)]
    for one in consignments:
        entries.append((accounts.seller_payable(one.producer_id), -one.goods_minor))
        entries.append((accounts.delivery_payable(one.producer_id), -one.delivery_minor))
    await ledger.record(
        session,
        kind="sale",
        source=f"order:{order.id}",
        memo=order.code,
        entries=entries,
        occurred_at=now,
        now=now,
    )
    goods = {one.producer_id: one.goods_minor for one in consignments}
    await fees.take_fees(session, sale=f"order:{order.id}", memo=order.code, goods=goods, now=now)
