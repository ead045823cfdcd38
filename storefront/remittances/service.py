"""Remittances: money on delivery finds its orders. Rules P31 to P35 of payments/FLOWS.md, BD1 to BD4 of ledger/BOOKS.md."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.ids import uuid7
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError
from storefront.orders.models import Consignment, Order, OrderState
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment
from storefront.remittances import repository
from storefront.remittances.errors import DifferenceError, NothingChosenError, NotWaitingError
from storefront.remittances.models import Remittance, RemittanceLine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

MOST_SHOWN = 200
WITH_COURIER = frozenset({OrderState.SHIPPING, OrderState.DELIVERED, OrderState.COMPLETED})


@dataclass(frozen=True)
class Share:
    """What came for one order (đồng), and what the courier kept of it as its price."""

    order_id: UUID
    came_minor: int
    kept_minor: int = 0


@dataclass(frozen=True)
class Waiting:
    """A parcel that left to be paid on delivery, and what is still due, in đồng."""

    parcel: order_parcels.Parcel
    due_minor: int


@dataclass(frozen=True)
class _Held:
    """An order under our lock, with its one parcel and what is asked for it."""

    order: Order
    consignment: Consignment
    payment: Payment


async def list_waiting(session: AsyncSession, *, producer_id: UUID | None = None) -> list[Waiting]:
    """List the parcels (of one producer, or of all) whose money is not here, those that wait longest first."""
    parcels = await order_parcels.list_waiting_for_cash(session, producer_id=producer_id, limit=MOST_SHOWN)
    asked = await payments.list_payments(session, PayableKind.ORDER, [one.order.id for one in parcels])
    return [Waiting(one, payments.due_minor(asked[one.order.id])) for one in parcels]


async def list_kept(session: AsyncSession, producer_id: UUID) -> list[tuple[Remittance, RemittanceLine]]:
    """List what a producer wrote down as in hand, the newest first (200 at most)."""
    return await repository.list_lines(session, producer_id, limit=MOST_SHOWN)


async def divide_transfer(
    session: AsyncSession,
    *,
    receipt_id: UUID,
    shares: Sequence[Share],
    person_id: UUID,
    now: datetime,
) -> None:
    """Divide a courier's transfer, which waits among the money of nobody, among the parcels that it is for.

    Raises `NothingChosenError`, `NotWaitingError`, `DifferenceError` where something was kept, and what
    `receipts.divide_receipt` refuses.
    """
    shares = sorted((one for one in shares if one.came_minor or one.kept_minor), key=lambda one: one.order_id)
    if not shares:
        raise NothingChosenError
    held = await _hold(session, [one.order_id for one in shares])
    for one in shares:
        order, due = held[one.order_id].order, payments.due_minor(held[one.order_id].payment)
        if one.kept_minor and one.came_minor + one.kept_minor != due:
            raise DifferenceError(order.code, due)
    remittance_id = uuid7()
    row = {"id": remittance_id, "receipt_id": receipt_id, "booked_by_id": person_id, "created_at": now}
    if not await repository.insert_remittance(session, row):
        raise NotWaitingError(held[shares[0].order_id].order.code)
    for one in shares:
        await _record_kept(session, remittance_id, held[one.order_id], one.kept_minor, now=now)
    await receipts.divide_receipt(
        session,
        receipt_id=receipt_id,
        parts={held[one.order_id].payment.id: one.came_minor for one in shares if one.came_minor},
        person_id=person_id,
        now=now,
    )
    await _finish(session, remittance_id, held, shares, now=now)


async def keep_cash(
    session: AsyncSession,
    *,
    remittance_id: UUID,
    producer_id: UUID,
    order_ids: Collection[UUID],
    person_id: UUID,
    now: datetime,
) -> None:
    """Book that a producer has what is due for these parcels in hand; the same id again changes nothing.

    What the market takes of the sales is owed by the producer then, and netted in the next payout (BO2). Raises
    `NothingChosenError`, `NotWaitingError`; another producer's order does not exist (`OrderNotFoundError`).
    """
    if not order_ids:
        raise NothingChosenError
    held = await _hold_for(session, remittance_id, producer_id, order_ids, person_id=person_id, now=now)
    shares = [Share(order_id, 0, payments.due_minor(one.payment)) for order_id, one in held.items()]
    for one in shares:
        await _record_kept(session, remittance_id, held[one.order_id], one.kept_minor, now=now)
    await _finish(session, remittance_id, held, shares, now=now)


async def _hold_for(
    session: AsyncSession,
    remittance_id: UUID,
    producer_id: UUID,
    order_ids: Collection[UUID],
    *,
    person_id: UUID,
    now: datetime,
) -> dict[UUID, _Held]:
    """Write a producer's remittance and hold its orders; nothing to hold when it was written before."""
    found = await order_parcels.list_parcels_in(session, producer_id=producer_id, order_ids=order_ids)
    if {one.order.id for one in found} != set(order_ids):
        raise OrderNotFoundError
    row = {"id": remittance_id, "producer_id": producer_id, "booked_by_id": person_id, "created_at": now}
    if not await repository.insert_remittance(session, row):
        return {}
    return await _hold(session, order_ids)


async def _hold(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, _Held]:
    """Lock orders, ids ascending, and see that each still waits for its money."""
    held: dict[UUID, _Held] = {}
    await orders.lock_orders(session, order_ids)
    for order_id in sorted(order_ids):
        order, consignments = await orders.lock_order(session, order_id)
        payment = await payments.find_payment(session, payable_kind=PayableKind.ORDER, payable_id=order_id)
        is_out = all(one.state in WITH_COURIER for one in consignments)
        if payment is None or not order.collect_minor or not is_out:
            raise NotWaitingError(order.code)
        held[order_id] = _Held(order, consignments[0], payment)
    return held


async def _record_kept(
    session: AsyncSession, remittance_id: UUID, held: _Held, kept_minor: int, *, now: datetime
) -> None:
    """Let money that never reaches us arrive with the producer, and set it off against what we owe them."""
    if not kept_minor:
        return
    producer_id = held.consignment.producer_id
    await receipts.record_arrival(
        session,
        receipts.Arrival(
            provider=receipts.IN_HAND,
            external_id=f"{remittance_id}:{held.payment.id}",
            account=accounts.producer_cash(producer_id),
            amount_minor=kept_minor,
            memo=held.order.code,
            payment_id=held.payment.id,
            arrived_at=now,
        ),
        now=now,
    )
    for_sending = min(kept_minor, held.consignment.delivery_minor)
    await ledger.record(
        session,
        kind="cash_kept",
        source=f"remittance:{remittance_id}:{held.order.id}",
        memo=held.order.code,
        entries=[
            (accounts.delivery_payable(producer_id), for_sending),
            (accounts.seller_payable(producer_id), kept_minor - for_sending),
            (accounts.producer_cash(producer_id), -kept_minor),
        ],
        occurred_at=now,
        now=now,
    )


async def _finish(
    session: AsyncSession,
    remittance_id: UUID,
    held: dict[UUID, _Held],
    shares: Sequence[Share],
    *,
    now: datetime,
) -> None:
    session.add_all(
        RemittanceLine(
            remittance_id=remittance_id,
            order_id=held[one.order_id].order.id,
            came_minor=one.came_minor,
            kept_minor=one.kept_minor,
            created_at=now,
        )
        for one in shares
    )
    await session.flush()
