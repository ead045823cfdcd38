"""Selects and locks of paper tickets; their batch's row comes before bookings in the order of locks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.batch_models import BatchSettlement, BatchTicket, TicketBatch, TicketState
from storefront.tours.models import Booking, Departure, DepartureState, UnitItem


@dataclass(frozen=True)
class Line:
    """A ticket with where it leads to, and when somebody came in with it."""

    ticket: BatchTicket
    booking: Booking | None
    departure: Departure | None
    came_at: datetime | None


async def insert_batch(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a batch; False when its id or code is there already. Waits for another that inserts the same."""
    statement = insert(TicketBatch).values(**values).on_conflict_do_nothing().returning(TicketBatch.id)
    return await session.scalar(statement) is not None


async def insert_tickets(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the tickets of a batch."""
    await session.execute(insert(BatchTicket), list(rows))


async def insert_bookings(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    """Insert bookings of paper tickets; answers which are in, the others' codes being taken."""
    statement = insert(Booking).values(list(rows)).on_conflict_do_nothing(index_elements=["code"])
    return set(await session.scalars(statement.returning(Booking.id)))


async def insert_items(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the unit items of bookings."""
    await session.execute(insert(UnitItem), list(rows))


async def find_batch(session: AsyncSession, batch_id: UUID) -> TicketBatch | None:
    """Select a batch; nothing of it ever changes."""
    return await session.get(TicketBatch, batch_id)


async def lock_batch(session: AsyncSession, batch_id: UUID) -> None:
    """Lock a batch, beside bookings that only point to it: whoever settles or seats its tickets comes one after the other."""
    statement = select(TicketBatch.id).where(TicketBatch.id == batch_id)
    await session.execute(statement.with_for_update(of=TicketBatch, key_share=True))


async def get_batches(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, TicketBatch]:
    """Select batches by id."""
    statement = select(TicketBatch).where(TicketBatch.id.in_(ids))
    return {batch.id: batch for batch in await session.scalars(statement)}


async def list_batches(
    session: AsyncSession, producer_id: UUID
) -> list[tuple[TicketBatch, Departure | None]]:
    """Select a producer's batches with the departures that they are for, the newest first."""
    statement = (
        select(TicketBatch, Departure)
        .outerjoin(Departure, Departure.id == TicketBatch.departure_id)
        .where(TicketBatch.producer_id == producer_id)
        .order_by(TicketBatch.id.desc())
    )
    return [(batch, departure) for batch, departure in await session.execute(statement)]


async def count_states(
    session: AsyncSession, batch_ids: Collection[UUID]
) -> dict[UUID, dict[TicketState, int]]:
    """Count the tickets of batches by state."""
    statement = (
        select(BatchTicket.batch_id, BatchTicket.state, func.count())
        .where(BatchTicket.batch_id.in_(batch_ids))
        .group_by(BatchTicket.batch_id, BatchTicket.state)
    )
    counts: dict[UUID, dict[TicketState, int]] = {id_: dict.fromkeys(TicketState, 0) for id_ in batch_ids}
    for batch_id, state, number in await session.execute(statement):
        counts[batch_id][state] = number
    return counts


async def list_lines(session: AsyncSession, batch_id: UUID) -> list[Line]:
    """Select the tickets of a batch by number, as they are committed now."""
    statement = (
        select(BatchTicket, Booking, Departure, UnitItem.redeemed_at)
        .outerjoin(Booking, Booking.id == BatchTicket.booking_id)
        .outerjoin(Departure, Departure.id == Booking.departure_id)
        .outerjoin(UnitItem, UnitItem.booking_id == Booking.id)
        .where(BatchTicket.batch_id == batch_id)
        .order_by(BatchTicket.number)
    )
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [Line(ticket, booking, departure, came_at) for ticket, booking, departure, came_at in rows]


async def find_ticket(
    session: AsyncSession, code: str, producer_id: UUID
) -> tuple[BatchTicket, TicketBatch] | None:
    """Select a producer's paper ticket by its code."""
    statement = (
        select(BatchTicket, TicketBatch)
        .join(TicketBatch, TicketBatch.id == BatchTicket.batch_id)
        .where(BatchTicket.code == code, TicketBatch.producer_id == producer_id)
    )
    row = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    return None if row is None else (row[0], row[1])


async def find_any_ticket(session: AsyncSession, code: str) -> tuple[BatchTicket, TicketBatch] | None:
    """Select a paper ticket by its code, whoever's visit it is."""
    statement = (
        select(BatchTicket, TicketBatch)
        .join(TicketBatch, TicketBatch.id == BatchTicket.batch_id)
        .where(BatchTicket.code == code)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_bookings(session: AsyncSession, ids: Sequence[UUID]) -> list[Booking]:
    """Select bookings in the order of these ids."""
    found = {
        booking.id: booking for booking in await session.scalars(select(Booking).where(Booking.id.in_(ids)))
    }
    return [found[id_] for id_ in ids]


async def lock_bookings(session: AsyncSession, ids: Collection[UUID]) -> list[Booking]:
    """Lock bookings, ids ascending."""
    statement = select(Booking).where(Booking.id.in_(ids)).order_by(Booking.id)
    statement = statement.with_for_update(of=Booking, key_share=True)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def hand_back(session: AsyncSession, booking_ids: Collection[UUID]) -> None:
    """Make void what is not sold of the tickets that lead to some locked bookings."""
    await session.execute(
        update(BatchTicket)
        .where(BatchTicket.booking_id.in_(booking_ids), BatchTicket.state == TicketState.OUT)
        .values(state=TicketState.BACK, booking_id=None)
        .execution_options(synchronize_session=False)
    )


async def unseat(session: AsyncSession, booking_ids: Collection[UUID]) -> None:
    """Let tickets for any day lead nowhere again: their codes go from the bookings that they led to."""
    await session.execute(
        update(BatchTicket)
        .where(BatchTicket.booking_id.in_(booking_ids))
        .values(booking_id=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(UnitItem)
        .where(UnitItem.booking_id.in_(booking_ids))
        .values(ticket_code=None)
        .execution_options(synchronize_session=False)
    )


async def find_settlement(session: AsyncSession, settlement_id: UUID) -> BatchSettlement | None:
    """Select a settlement."""
    return await session.get(BatchSettlement, settlement_id)


async def list_settlements(session: AsyncSession, batch_id: UUID) -> list[BatchSettlement]:
    """Select what was settled of a batch, the oldest first."""
    statement = select(BatchSettlement).where(BatchSettlement.batch_id == batch_id)
    return list(await session.scalars(statement.order_by(BatchSettlement.id)))


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None, *, on: date, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Select (settlement, producer) of sold paper tickets whose visit is not over; of one producer when asked.

    Of a departure that was called off it is not over until all of its guests have their money back.
    """
    waits = select(BatchTicket.id).where(
        BatchTicket.batch_id == TicketBatch.id,
        BatchTicket.state == TicketState.SOLD,
        BatchTicket.returned_at.is_(None),
    )
    is_off = Departure.state == DepartureState.CANCELLED
    statement = (
        select(BatchSettlement.id, TicketBatch.producer_id)
        .join(TicketBatch, TicketBatch.id == BatchSettlement.batch_id)
        .outerjoin(Departure, Departure.id == TicketBatch.departure_id)
        .where(
            BatchSettlement.sold > 0,
            or_(
                and_(TicketBatch.departure_id.is_(None), TicketBatch.valid_until >= on),
                and_(~is_off, Departure.ends_at > now),
                and_(is_off, waits.exists()),
            ),
        )
    )
    if producer_id is not None:
        statement = statement.where(TicketBatch.producer_id == producer_id)
    return [(settlement_id, seller_id) for settlement_id, seller_id in await session.execute(statement)]


async def list_unsold(session: AsyncSession, booking_ids: Collection[UUID]) -> set[UUID]:
    """Select those bookings whose ticket lies at a sales point, for one departure, and nobody is known to have bought it."""
    statement = (
        select(BatchTicket.booking_id)
        .join(TicketBatch, TicketBatch.id == BatchTicket.batch_id)
        .where(
            BatchTicket.booking_id.in_(booking_ids),
            BatchTicket.state == TicketState.OUT,
            TicketBatch.departure_id.is_not(None),
        )
    )
    return {id_ for id_ in await session.scalars(statement) if id_ is not None}


async def list_for_any_day(
    session: AsyncSession, producer_id: UUID, on: date
) -> list[tuple[TicketBatch, BatchTicket, Departure | None, datetime | None]]:
    """Select a producer's tickets for any day that are good on one, with where each leads to and when it came in."""
    statement = (
        select(TicketBatch, BatchTicket, Departure, UnitItem.redeemed_at)
        .join(BatchTicket, BatchTicket.batch_id == TicketBatch.id)
        .outerjoin(Booking, Booking.id == BatchTicket.booking_id)
        .outerjoin(Departure, Departure.id == Booking.departure_id)
        .outerjoin(UnitItem, UnitItem.booking_id == Booking.id)
        .where(
            TicketBatch.producer_id == producer_id,
            TicketBatch.departure_id.is_(None),
            TicketBatch.valid_from <= on,
            TicketBatch.valid_until >= on,
        )
        .order_by(TicketBatch.id, BatchTicket.number)
    )
    rows = await session.execute(statement)
    return [(batch, ticket, departure, came_at) for batch, ticket, departure, came_at in rows]
