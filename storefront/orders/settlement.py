"""What money does to an order: in time it makes the goods the buyer's, late it looks for them again (PRICING.md, O6 to O9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from storefront.credits import service as credits_
from storefront.credits.errors import CreditGoneError
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import WrongStateError
from storefront.orders.events import CashOrderTaken, OrderPaid
from storefront.orders.kinds import sum_kinds
from storefront.orders.models import CancelReason, Consignment, Order, OrderState
from storefront.orders.parcels import Parcel
from storefront.orders.states import transition
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.preorders import service as preorders
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.taxes import service as taxes
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import VoucherUsedUpError

if TYPE_CHECKING:
    from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid


_NOT_TAKEN = {OrderState.AWAITING_PAYMENT, OrderState.CANCELLED}
_ASK_FIRST = {CancelReason.BUYER, CancelReason.DECLINED, CancelReason.REPLACED}


async def take_on_cash(session: AsyncSession, *, order_id: UUID, now: datetime) -> None:
    """Make the goods of a new order on delivery the buyer's before any money is here, and tell the producer (M2)."""
    order, consignments = await orders.lock_order(session, order_id)
    await stock.allocate(session, order_id=order.id, now=now)
    for consignment in consignments:
        transition(consignment, OrderState.AWAITING_CONFIRMATION, now=now)
    await parcels.sum_up(session, order, consignments, person_id=order.person_id, now=now)
    await emit(session, CashOrderTaken(order_id=order.id, taken_at=now))


async def book_with_courier(
    session: AsyncSession, order: Order, consignment: Consignment, *, now: datetime
) -> None:
    """Book that whoever brought a locked parcel has the buyer's money: nothing is in the bank yet (M3)."""
    if not order.collect_minor:
        return
    await ledger.record(
        session,
        kind="courier_collected",
        source=f"order:{order.id}",
        memo=order.code,
        entries=[
            (accounts.courier_receivable(consignment.producer_id), order.collect_minor),
            (accounts.courier_deferred(consignment.producer_id), -order.collect_minor),
        ],
        occurred_at=consignment.delivered_at or now,
        now=now,
    )


async def end_refused(
    session: AsyncSession, order: Order, consignments: list[Consignment], *, now: datetime
) -> None:
    """Nobody took a locked parcel, so nobody owes for it; money that comes all the same waits for a human (M6).

    Shelves before vouchers, here as wherever an order ends: what is put back is put back before this.
    """
    await payments.expire_payment(session, payable_kind=PayableKind.ORDER, payable_id=order.id, now=now)
    if order.has_voucher:
        await vouchers.release(session, order_id=order.id)
    await credits_.release(session, order_id=order.id, now=now)
    await _clear_courier(session, order, consignments, kind="courier_cleared", now=now)


async def _clear_courier(
    session: AsyncSession, order: Order, consignments: list[Consignment], *, kind: str, now: datetime
) -> None:
    """Take back what was booked when a parcel was delivered; nothing when it was not."""
    for one in consignments:
        if one.delivered_at is not None:
            await ledger.record(
                session,
                kind=kind,
                source=f"order:{order.id}",
                memo=order.code,
                entries=[
                    (accounts.courier_deferred(one.producer_id), order.due_minor),
                    (accounts.courier_receivable(one.producer_id), -order.due_minor),
                ],
                occurred_at=now,
                now=now,
            )


async def on_payment_named(session: AsyncSession, event: PaymentNamed) -> None:
    """Lock the order and its consignments before payments lock the payment (the one order of locks)."""
    if event.payable_kind is PayableKind.ORDER:
        await orders.lock_order(session, event.payable_id)


async def on_payment_paid(session: AsyncSession, event: PaymentPaid) -> None:
    """Make the goods the buyer's, book the sale and tell the producers; hearing of it twice changes nothing.

    Raises `SoldOutError` when late money is accepted by hand and the goods are gone, `VoucherUsedUpError` when somebody
    else has the voucher's use by then (V7), and `CreditGoneError` when its credit was spent (C4).
    """
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, consignments = await orders.lock_order(session, event.payable_id)
    if order.paid_at is not None:
        return
    if order.state is OrderState.RETURNED:
        raise WrongStateError(order.state)
    await _settle(session, order, consignments, now=event.paid_at)


async def pay_with_credit(session: AsyncSession, *, order_id: UUID, now: datetime) -> None:
    """Settle a new order that store credit paid whole: no money is asked for (C3)."""
    order, consignments = await orders.lock_order(session, order_id)
    await _settle(session, order, consignments, now=now)


async def _settle(
    session: AsyncSession, order: Order, consignments: list[Consignment], *, now: datetime
) -> None:
    """Make the goods of a locked order the buyer's, book the sale and tell the producers."""
    taken = await parcels.list_with_lines(session, consignments, [order])
    await _take_goods(session, order, taken, now=now)
    if order.has_voucher:
        await vouchers.take_again(session, order_id=order.id)
    if order.credit_minor:
        await credits_.take_again(session, order_id=order.id, now=now)
    order.paid_at, order.cancelled_at, order.cancel_reason = now, None, None
    for consignment in consignments:
        if consignment.state in _NOT_TAKEN:
            transition(consignment, OrderState.AWAITING_CONFIRMATION, now=now)
    await parcels.sum_up(session, order, consignments, person_id=None, now=now)
    if order.is_cash:
        await _clear_courier(session, order, consignments, kind="courier_paid", now=now)
    await _book_sale(session, order, taken, now=now)
    ids = tuple(one.id for one in consignments)
    await emit(session, OrderPaid(order_id=order.id, consignment_ids=ids, paid_at=now))


async def on_payment_arrived_late(session: AsyncSession, event: PaymentArrivedLate) -> None:
    """Take late money when the goods are still there; otherwise it waits in its queue and somebody calls the buyer.

    An order that its buyer gave up, or put another in the place of, or its producer gave up, is not woken by itself: a
    human asks first.
    """
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, consignments = await orders.lock_order(session, event.payable_id)
    if order.cancel_reason in _ASK_FIRST or order.state is OrderState.RETURNED:
        return
    wanted = await parcels.list_with_lines(session, consignments, [order])
    try:
        async with session.begin_nested():
            await _take_goods(session, order, wanted, now=event.arrived_at)
            if order.has_voucher:
                await vouchers.take_again(session, order_id=order.id)
            if order.credit_minor:
                await credits_.take_again(session, order_id=order.id, now=event.arrived_at)
    except (SoldOutError, VoucherUsedUpError, CreditGoneError):
        return
    await payments.accept_late(session, payment_id=event.payment_id, now=event.arrived_at)


async def on_payment_extended(session: AsyncSession, event: PaymentExtended) -> None:
    """Hold the goods for as long as the payer may still pay; `HoldOverError` when they were given back meanwhile."""
    if event.payable_kind is not PayableKind.ORDER:
        return
    order, _consignments = await orders.lock_order(session, event.payable_id)
    order.expires_at = event.expires_at
    await preorders.extend(session, order_id=order.id, expires_at=event.expires_at)
    await stock.extend(session, order_id=order.id, expires_at=event.expires_at)


async def _take_goods(
    session: AsyncSession, order: Order, wanted: Sequence[Parcel], *, now: datetime
) -> None:
    """Make the goods on the shelf the buyer's, and the places in the row for those that are not there yet."""
    lines = [line for parcel in wanted for line in parcel.lines]
    if any(line.expected_on for line in lines):
        waiting = await preorders.settle(session, order_id=order.id, now=now)
        if waiting == {line.id for line in lines}:
            return
    await stock.allocate(session, order_id=order.id, now=now)


async def _book_sale(session: AsyncSession, order: Order, sold: Sequence[Parcel], *, now: datetime) -> None:
    consignments = [parcel.consignment for parcel in sold]
    entries = [
        (accounts.buyer_receivable(PayableKind.ORDER, order.id), order.total_minor),
        (accounts.marketing_expense(), order.gift_minor),
    ]
    for one in consignments:
        entries.append((accounts.seller_payable(one.producer_id), -one.earned_minor))
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
    # What the market pays is earned as the buyer's money is: fees and tax are of the full price (V14).
    goods = {one.producer_id: one.earned_minor for one in consignments}
    await fees.take_fees(session, sale=f"order:{order.id}", memo=order.code, goods=goods, now=now)
    parts = {
        parcel.consignment.producer_id: taxes.sum_parts(
            sum_kinds(parcel.lines), delivery_minor=parcel.consignment.delivery_minor
        )
        for parcel in sold
    }
    await taxes.withhold(session, sale=f"order:{order.id}", memo=order.code, parts=parts, now=now)
