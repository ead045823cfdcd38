"""Parcels: what of an order one producer sends, found, locked and moved on; the order is their sum."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders import repository, service
from storefront.orders.errors import OrderNotFoundError
from storefront.orders.models import Consignment, DeliveryProof, Order, OrderLine, OrderState
from storefront.orders.states import not_before_last, sum_states, transition
from storefront.orders.steps import write_step


@dataclass(frozen=True)
class Parcel:
    """A consignment with the order that it belongs to and what is in it."""

    consignment: Consignment
    order: Order
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True)
class Locked:
    """An order and all its consignments under our lock; `parcel` is the one that was asked for."""

    order: Order
    consignments: list[Consignment]
    parcel: Consignment


async def list_consignments(session: AsyncSession, order_ids: Collection[UUID]) -> list[Consignment]:
    """List the consignments of some orders; one query."""
    return await repository.list_consignments(session, order_ids)


async def get_consignments(session: AsyncSession, ids: Collection[UUID]) -> list[Consignment]:
    """Get parcels that a fact names, in its order; of its announcer, who holds them, without a query."""
    return [await repository.get_consignment(session, one) for one in ids]


async def list_parcels(session: AsyncSession, order: Order) -> list[Parcel]:
    """List an order's parcels with their lines; two queries."""
    return await list_with_lines(session, await repository.list_consignments(session, [order.id]), [order])


async def list_proofs(session: AsyncSession, consignment_ids: Collection[UUID]) -> dict[UUID, DeliveryProof]:
    """Say who took some parcels, by the parcel's id; parcels of which nobody said it are left out. One query at most."""
    found = await repository.list_proofs(session, consignment_ids) if consignment_ids else []
    return {one.consignment_id: one for one in found}


async def list_parcels_of(
    session: AsyncSession,
    *,
    producer_id: UUID,
    states: Collection[OrderState],
    limit: int,
    only_unpacked: bool = False,
) -> list[Parcel]:
    """List a producer's parcels in some states, those that wait longest first; three queries."""
    found = await repository.list_parcels(
        session, producer_id=producer_id, states=states, limit=limit, only_unpacked=only_unpacked
    )
    return await list_with_lines(session, found)


async def list_parcels_with(
    session: AsyncSession, *, producer_id: UUID, line_ids: Collection[UUID]
) -> list[Parcel]:
    """List a producer's parcels that hold any of these lines, the oldest first."""
    found = await repository.list_parcels_with(session, producer_id=producer_id, line_ids=line_ids)
    return await list_with_lines(session, found)


async def list_parcels_in(
    session: AsyncSession, *, producer_id: UUID, order_ids: Collection[UUID]
) -> list[Parcel]:
    """List a producer's parcels of these orders; three queries."""
    found = await repository.list_consignments(session, order_ids)
    return await list_with_lines(session, [one for one in found if one.producer_id == producer_id])


async def list_waiting_for_cash(
    session: AsyncSession, *, producer_id: UUID | None, limit: int
) -> list[Parcel]:
    """List parcels that left to be paid on delivery and whose money is not here, those that wait longest first."""
    found = await repository.list_waiting_for_cash(session, producer_id=producer_id, limit=limit)
    return await list_with_lines(session, found)


async def list_underway(session: AsyncSession, producer_id: UUID | None = None) -> list[tuple[UUID, UUID]]:
    """List (order, producer) of every parcel that was taken on and has neither arrived nor ended."""
    return await repository.list_underway(session, producer_id)


async def list_under_way(session: AsyncSession, *, before: datetime, without_note: str) -> list[UUID]:
    """List the parcels on their way that left at `before` or earlier, and have no such note in their history."""
    return await repository.list_under_way(session, before=before, without_note=without_note)


async def count_parcels(session: AsyncSession, producer_id: UUID) -> dict[OrderState, int]:
    """Count a producer's parcels by state; states without any are left out."""
    return await repository.count_parcels(session, producer_id)


async def get_parcel(session: AsyncSession, *, consignment_id: UUID, producer_id: UUID) -> Parcel:
    """Get a parcel of this producer; another producer's does not exist for them (`OrderNotFoundError`)."""
    consignment = await repository.find_consignment(session, consignment_id)
    if consignment is None or consignment.producer_id != producer_id:
        raise OrderNotFoundError
    [parcel] = await list_with_lines(session, [consignment])
    return parcel


async def lock_parcel(session: AsyncSession, consignment_id: UUID) -> Locked:
    """Lock an order and its consignments by one of them; raises `OrderNotFoundError`."""
    seen = await repository.find_consignment(session, consignment_id)
    if seen is None:
        raise OrderNotFoundError
    order, consignments = await service.lock_order(session, seen.order_id)
    return Locked(order, consignments, next(one for one in consignments if one.id == consignment_id))


async def move_parcel(
    session: AsyncSession,
    locked: Locked,
    to: OrderState,
    *,
    person_id: UUID | None,
    now: datetime,
    done_at: datetime | None = None,
) -> None:
    """Move a locked parcel to its next state and sum the order up; raises `WrongStateError`.

    `done_at` is when it was done, if we hear of it later; the history keeps `now`.
    """
    transition(locked.parcel, to, now=not_before_last(locked.parcel, done_at or now))
    write_step(session, locked.order, locked.parcel, person_id=person_id, now=now)
    await sum_up(session, locked.order, locked.consignments, person_id=person_id, now=now)


async def record_step(
    session: AsyncSession,
    order: Order,
    consignment: Consignment,
    *,
    person_id: UUID | None,
    note: str,
    now: datetime,
) -> None:
    """Write into the history what somebody did without moving the parcel; `note` is a word for the books."""
    write_step(session, order, consignment, person_id=person_id, now=now, note=note)
    await session.flush()


async def record_steps(
    session: AsyncSession, parcels: Collection[Parcel], *, person_id: UUID, note: str, now: datetime
) -> None:
    """Write into the history of several parcels what somebody did with all of them; one statement."""
    for parcel in parcels:
        write_step(session, parcel.order, parcel.consignment, person_id=person_id, now=now, note=note)
    await session.flush()


async def complete_parcel(
    session: AsyncSession, *, order_id: UUID, consignment_id: UUID, now: datetime
) -> None:
    """The buyer has the parcel in hand; saying so twice is harmless. Raises `WrongStateError`, `OrderNotFoundError`."""
    locked = await lock_parcel(session, consignment_id)
    if locked.order.id != order_id:
        raise OrderNotFoundError
    if locked.parcel.state is not OrderState.COMPLETED:
        await move_parcel(session, locked, OrderState.COMPLETED, person_id=locked.order.person_id, now=now)


async def list_with_lines(
    session: AsyncSession, consignments: Collection[Consignment], known: Collection[Order] | None = None
) -> list[Parcel]:
    """Put parcels together with their orders and lines; two queries, one where the orders are known."""
    found = known or await repository.list_orders(session, {one.order_id for one in consignments})
    orders = {order.id: order for order in found}
    lines = await repository.list_lines(session, [one.id for one in consignments])
    return [
        Parcel(one, orders[one.order_id], tuple(line for line in lines if line.consignment_id == one.id))
        for one in consignments
    ]


async def sum_up(
    session: AsyncSession,
    order: Order,
    consignments: list[Consignment],
    *,
    person_id: UUID | None,
    now: datetime,
) -> None:
    """Give the order the state of its slowest parcel, and write the step down."""
    state = sum_states([consignment.state for consignment in consignments])
    if state is not order.state:
        order.state = state
        write_step(session, order, None, person_id=person_id, now=now)
    await session.flush()
