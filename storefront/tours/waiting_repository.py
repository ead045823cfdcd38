"""Selects and conditional updates of the waiting list."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import Booking, BookingState, Departure, DepartureState, TourUnit
from storefront.tours.states import BOOKABLE
from storefront.tours.waiting_models import WaitingParty, WaitingState, WaitingUnit


async def insert_party(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a waiting party; False when its id is there already, or its number waits for the day."""
    statement = insert(WaitingParty).values(**values).on_conflict_do_nothing().returning(WaitingParty.id)
    return await session.scalar(statement) is not None


async def find_party(session: AsyncSession, party_id: UUID) -> WaitingParty | None:
    """Select a waiting party as it is committed now."""
    return await session.get(WaitingParty, party_id, populate_existing=True)


async def find_by_token_hash(session: AsyncSession, token_hash: bytes) -> WaitingParty | None:
    """Select the waiting party that a link opens."""
    return await session.scalar(select(WaitingParty).where(WaitingParty.token_hash == token_hash))


async def has_open_offer(
    session: AsyncSession, departure_id: UUID, phone: str, *, but: UUID, now: datetime
) -> bool:
    """Whether seats of the day are held for this number by an offer just now, besides that to one party."""
    statement = (
        select(WaitingParty.id)
        .join(Booking, Booking.id == WaitingParty.booking_id)
        .where(
            WaitingParty.departure_id == departure_id,
            WaitingParty.contact_phone == phone,
            WaitingParty.id != but,
            Booking.state == BookingState.ON_HOLD,
            Booking.expires_at > now,
        )
    )
    return await session.scalar(statement.limit(1)) is not None


async def is_waited_for(session: AsyncSession, departure_id: UUID) -> bool:
    """Whether anybody waits for seats of a departure."""
    waits = exists().where(
        WaitingParty.departure_id == departure_id, WaitingParty.state == WaitingState.WAITING
    )
    return bool(await session.scalar(select(waits)))


async def list_waited_for(session: AsyncSession, *, now: datetime) -> list[UUID]:
    """Select the departures that are still to come and somebody waits for."""
    statement = (
        select(WaitingParty.departure_id)
        .distinct()
        .join(Departure, Departure.id == WaitingParty.departure_id)
        .where(
            WaitingParty.state == WaitingState.WAITING,
            Departure.state.in_(BOOKABLE),
            Departure.ends_at > now,
        )
        .order_by(WaitingParty.departure_id)
    )
    return list(await session.scalars(statement))


async def close_lists(session: AsyncSession, *, now: datetime) -> list[WaitingParty]:
    """Close the places on lists of days that are called off or over; answers those that waited for a day called off."""
    ended = select(Departure.id).where(
        or_(
            Departure.state == DepartureState.CANCELLED,
            Departure.dropped_at.is_not(None),
            Departure.ends_at <= now,
        )
    )
    statement = (
        update(WaitingParty)
        .where(WaitingParty.state == WaitingState.WAITING, WaitingParty.departure_id.in_(ended))
        .values(state=WaitingState.CLOSED)
        .returning(WaitingParty)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    closed = list(await session.scalars(statement))
    off = select(Departure.id).where(
        Departure.id.in_({one.departure_id for one in closed}),
        or_(Departure.state == DepartureState.CANCELLED, Departure.dropped_at.is_not(None)),
    )
    called_off = set(await session.scalars(off))
    return [one for one in closed if one.departure_id in called_off]


async def count_before(session: AsyncSession, party: WaitingParty) -> int:
    """Count the parties that wait for the same day and came before."""
    statement = select(func.count()).where(
        WaitingParty.departure_id == party.departure_id,
        WaitingParty.state == WaitingState.WAITING,
        tuple_(WaitingParty.created_at, WaitingParty.id) < (party.created_at, party.id),
    )
    return int(await session.scalar(statement) or 0)


async def list_waiting(session: AsyncSession, departure_ids: Collection[UUID]) -> list[WaitingParty]:
    """Select who waits for departures, the first to come first."""
    statement = select(WaitingParty).where(
        WaitingParty.departure_id.in_(departure_ids), WaitingParty.state == WaitingState.WAITING
    )
    return list(await session.scalars(statement.order_by(WaitingParty.created_at, WaitingParty.id)))


async def lock_waiting(session: AsyncSession, departure_id: UUID, *, most: int) -> list[WaitingParty]:
    """Lock who waits for a departure with at most so many heads, the first first; who is just leaving is passed over."""
    statement = (
        select(WaitingParty)
        .where(
            WaitingParty.departure_id == departure_id,
            WaitingParty.state == WaitingState.WAITING,
            WaitingParty.heads <= most,
        )
        .order_by(WaitingParty.created_at, WaitingParty.id)
        .with_for_update(of=WaitingParty, skip_locked=True)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_units(
    session: AsyncSession, party_ids: Collection[UUID]
) -> list[tuple[WaitingUnit, TourUnit]]:
    """Select what waiting parties want, with the price types."""
    statement = (
        select(WaitingUnit, TourUnit)
        .join(TourUnit, TourUnit.id == WaitingUnit.unit_id)
        .where(WaitingUnit.party_id.in_(party_ids))
        .order_by(TourUnit.position, WaitingUnit.id)
    )
    return [(wanted, unit) for wanted, unit in await session.execute(statement)]


async def leave(session: AsyncSession, party_id: UUID, *, now: datetime) -> bool:
    """Take a party off the list that still waits; False when it is offered its seats by now, or left before."""
    statement = (
        update(WaitingParty)
        .where(WaitingParty.id == party_id, WaitingParty.state == WaitingState.WAITING)
        .values(state=WaitingState.LEFT, left_at=now)
        .returning(WaitingParty.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
