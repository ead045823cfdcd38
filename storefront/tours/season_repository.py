"""Selects of season rules and of days on which nobody is received, and what both do to departures."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from storefront.tours.models import BlackoutDay, Departure, DepartureState, SeasonRule, Tour
from storefront.tours.states import BOOKABLE

_UNDECIDED = (DepartureState.PROVISIONAL, *BOOKABLE)


async def find_rule(session: AsyncSession, rule_id: UUID) -> SeasonRule | None:
    """Select a season as it is committed now."""
    return await session.get(SeasonRule, rule_id, populate_existing=True)


async def find_next(session: AsyncSession, rule_id: UUID) -> SeasonRule | None:
    """Select the season that took over from one."""
    return await session.scalar(select(SeasonRule).where(SeasonRule.follows_id == rule_id))


async def list_rules(
    session: AsyncSession, tour_ids: Collection[UUID], *, lasting_on: date
) -> list[SeasonRule]:
    """Select the seasons of tours that still make days on or after a day, the first to begin first."""
    statement = select(SeasonRule).where(
        SeasonRule.tour_id.in_(tour_ids), SeasonRule.ended_at.is_(None), SeasonRule.until_on >= lasting_on
    )
    statement = statement.order_by(SeasonRule.from_on, SeasonRule.id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_seasonal_tours(session: AsyncSession, *, lasting_on: date) -> list[UUID]:
    """Select the tours that have a season which still makes days, ids ascending."""
    statement = select(SeasonRule.tour_id).where(
        SeasonRule.ended_at.is_(None), SeasonRule.until_on >= lasting_on
    )
    return list(await session.scalars(statement.distinct().order_by(SeasonRule.tour_id)))


async def list_slots_made(session: AsyncSession, rule_id: UUID) -> set[datetime]:
    """Select the starts of a season that a departure stands for, wherever that was moved to."""
    statement = select(Departure.slot_at).where(Departure.rule_id == rule_id, Departure.slot_at.is_not(None))
    return {slot for slot in await session.scalars(statement) if slot is not None}


async def list_made(session: AsyncSession, rule_id: UUID, *, from_on: date) -> list[Departure]:
    """Select the departures of a season from a day on that it has not dropped, the next first."""
    statement = (
        select(Departure)
        .where(Departure.rule_id == rule_id, Departure.local_on >= from_on, Departure.dropped_at.is_(None))
        .order_by(Departure.starts_at, Departure.id)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def has_start(session: AsyncSession, tour_id: UUID, starts_at: datetime) -> bool:
    """Whether the tour has a departure at an instant, one that was dropped too."""
    statement = select(Departure.id).where(Departure.tour_id == tour_id, Departure.starts_at == starts_at)
    return await session.scalar(statement) is not None


async def drop_unbooked(session: AsyncSession, rule_id: UUID, *, from_on: date, now: datetime) -> int:
    """Drop what a season made from a day on and nobody booked; answers how many. The caller holds their locks."""
    statement = (
        update(Departure)
        .where(
            Departure.rule_id == rule_id,
            Departure.local_on >= from_on,
            Departure.starts_at > now,
            Departure.dropped_at.is_(None),
            Departure.taken == 0,
            or_(Departure.state.in_(_UNDECIDED), Departure.closed_for_id.is_not(None)),
        )
        .values(state=DepartureState.CLOSED, dropped_at=now, slot_at=None, closed_for_id=None)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return len((await session.scalars(statement)).all())


async def adopt(session: AsyncSession, departure_id: UUID, *, rule_id: UUID, slot_at: datetime) -> None:
    """Let a departure stand for a start of another season: it stays as it is, and none is made beside it."""
    await session.execute(
        update(Departure)
        .where(Departure.id == departure_id)
        .values(rule_id=rule_id, slot_at=slot_at)
        .execution_options(synchronize_session=False)
    )


async def change_day(
    session: AsyncSession, departure_id: UUID, *, starts_at: datetime, ends_at: datetime, capacity: int
) -> bool:
    """Move a departure within its day and change its seats, if nobody has booked it."""
    statement = (
        update(Departure)
        .where(Departure.id == departure_id, Departure.taken == 0)
        .values(starts_at=starts_at, ends_at=ends_at, capacity=capacity)
        .returning(Departure.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def insert_blackout(
    session: AsyncSession, *, producer_id: UUID, closed_on: date, note: str, now: datetime
) -> UUID | None:
    """Insert a day on which nobody is received; None when it is one already."""
    values = {
        "id": uuid7(),
        "producer_id": producer_id,
        "closed_on": closed_on,
        "note": note,
        "created_at": now,
    }
    statement = insert(BlackoutDay).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(BlackoutDay.id))


async def list_blackouts(
    session: AsyncSession, producer_id: UUID, *, from_on: date, until_on: date | None = None
) -> list[BlackoutDay]:
    """Select the days of a producer on which nobody is received, the next first."""
    statement = select(BlackoutDay).where(
        BlackoutDay.producer_id == producer_id, BlackoutDay.closed_on >= from_on
    )
    if until_on is not None:
        statement = statement.where(BlackoutDay.closed_on <= until_on)
    return list(await session.scalars(statement.order_by(BlackoutDay.closed_on)))


async def find_blackout(session: AsyncSession, blackout_id: UUID, producer_id: UUID) -> BlackoutDay | None:
    """Select a producer's day on which nobody is received."""
    statement = select(BlackoutDay).where(
        BlackoutDay.id == blackout_id, BlackoutDay.producer_id == producer_id
    )
    return await session.scalar(statement)


async def delete_blackout(session: AsyncSession, blackout_id: UUID) -> None:
    """Receive visitors on a day again."""
    await session.execute(delete(BlackoutDay).where(BlackoutDay.id == blackout_id))


async def list_on(session: AsyncSession, producer_id: UUID, days: Collection[date]) -> list[Departure]:
    """Select a producer's departures on some days that were not dropped, the next first."""
    statement = (
        select(Departure)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(Tour.producer_id == producer_id, Departure.local_on.in_(days), Departure.dropped_at.is_(None))
        .order_by(Departure.starts_at, Departure.id)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def close_for(
    session: AsyncSession, ids: Collection[UUID], *, blackout_id: UUID, closed_on: date
) -> None:
    """Sell the departures of a day no more; who has booked stays booked. The caller holds their locks."""
    await session.execute(
        update(Departure)
        .where(Departure.id.in_(ids), Departure.local_on == closed_on, Departure.state.in_(BOOKABLE))
        .values(state=DepartureState.CLOSED, closed_for_id=blackout_id)
        .execution_options(synchronize_session=False)
    )


async def reopen_after(session: AsyncSession, blackout_id: UUID, *, now: datetime) -> None:
    """Sell again what was closed for a day on which nobody was to be received."""
    await session.execute(
        update(Departure)
        .where(
            Departure.closed_for_id == blackout_id,
            Departure.state == DepartureState.CLOSED,
            Departure.ends_at > now,
        )
        .values(
            state=case(
                (Departure.sure_at.is_not(None), DepartureState.GO.value), else_=DepartureState.OPEN.value
            ),
            closed_for_id=None,
        )
        .execution_options(synchronize_session=False)
    )


async def list_tour_ids(session: AsyncSession, producer_id: UUID) -> list[UUID]:
    """Select a producer's tours, ids ascending."""
    statement = select(Tour.id).where(Tour.producer_id == producer_id).order_by(Tour.id)
    return list(await session.scalars(statement))
