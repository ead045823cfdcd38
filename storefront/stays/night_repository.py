"""Nights and their counters; whoever changes several nights of a place goes from the first to the last."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.stays.models import BookedNight, SleepingPlace, Stay, StayBooking, StayNight, StayState


async def insert_nights(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    """Insert nights; those that are there stay as they are. Answers how many are new."""
    statement = insert(StayNight).values(rows).on_conflict_do_nothing(index_elements=["place_id", "night_on"])
    return len((await session.scalars(statement.returning(StayNight.id))).all())


async def list_lasts(session: AsyncSession) -> list[tuple[SleepingPlace, date | None]]:
    """Lock every place that is let, ids ascending, with the last night that was made of it."""
    last = select(func.max(StayNight.night_on)).where(StayNight.place_id == SleepingPlace.id)
    statement = (
        select(SleepingPlace, last.correlate(SleepingPlace).scalar_subquery())
        .where(SleepingPlace.is_active)
        .order_by(SleepingPlace.id)
        .with_for_update(of=SleepingPlace, key_share=True)
        .execution_options(populate_existing=True)
    )
    return [(place, night_on) for place, night_on in await session.execute(statement)]


async def list_nights(
    session: AsyncSession, place_ids: Collection[UUID], first: date, last: date, *, now: datetime
) -> list[tuple[StayNight, int]]:
    """Select nights of places, both ends included, with the beds that are free; the next first."""
    statement = (
        select(StayNight, _free(now))
        .where(StayNight.place_id.in_(place_ids), StayNight.night_on.between(first, last))
        .order_by(StayNight.night_on, StayNight.place_id)
        .execution_options(populate_existing=True)
    )
    return [(night, int(free)) for night, free in await session.execute(statement)]


def _free(now: datetime) -> ColumnElement[int]:
    """Beds that are free, holds whose time is over counted as free.

    One statement sees counter and holds at one instant: with two, a sweep that commits between them hides the beds
    that it gave back from both.
    """
    expired = (
        select(func.coalesce(func.sum(StayBooking.units), 0))
        .join(BookedNight, BookedNight.booking_id == StayBooking.id)
        .where(
            BookedNight.night_id == StayNight.id,
            StayBooking.state == StayState.ON_HOLD,
            StayBooking.expires_at <= now,
        )
    )
    return StayNight.capacity - StayNight.taken + expired.correlate(StayNight).scalar_subquery()


async def take(session: AsyncSession, place_id: UUID, night_on: date, units: int) -> UUID | None:
    """Take beds of one night if it is sold and has them; answers the night, None when nothing was taken."""
    statement = (
        update(StayNight)
        .where(
            StayNight.place_id == place_id,
            StayNight.night_on == night_on,
            StayNight.is_closed.is_(False),
            StayNight.taken + units <= StayNight.capacity,
            StayNight.place_id == SleepingPlace.id,
            SleepingPlace.is_active,
            SleepingPlace.stay_id == Stay.id,
            Stay.is_published,
        )
        .values(taken=StayNight.taken + units)
        .returning(StayNight.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement)


async def free(session: AsyncSession, freed: Sequence[tuple[UUID, int]]) -> None:
    """Give beds of nights back: (night, how many) in the order of the places and their nights."""
    for night_id, units in freed:
        await session.execute(
            update(StayNight)
            .where(StayNight.id == night_id)
            .values(taken=StayNight.taken - units)
            .execution_options(synchronize_session=False)
        )


async def set_closed(
    session: AsyncSession, place_id: UUID, nights: Sequence[date], *, is_closed: bool
) -> None:
    """Close nights of a place to anybody new, or open them again; one after the other, from the first to the last."""
    for night_on in nights:
        await session.execute(
            update(StayNight)
            .where(StayNight.place_id == place_id, StayNight.night_on == night_on)
            .values(is_closed=is_closed)
            .execution_options(synchronize_session=False)
        )


async def set_capacity(session: AsyncSession, place_id: UUID, night_on: date, capacity: int) -> bool:
    """Change how many beds a night has, unless more are taken; False then, or where no such night was made."""
    statement = (
        update(StayNight)
        .where(StayNight.place_id == place_id, StayNight.night_on == night_on, StayNight.taken <= capacity)
        .values(capacity=capacity)
        .returning(StayNight.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def follow_number(
    session: AsyncSession, place_id: UUID, *, before: int, after: int, from_on: date
) -> None:
    """Nights that had as many beds as their place have as many as it has now, and never fewer than are taken."""
    mine = StayNight.place_id == place_id, StayNight.night_on >= from_on
    nights = select(StayNight.id).where(*mine).order_by(StayNight.night_on)
    await session.execute(nights.with_for_update(of=StayNight))
    await session.execute(
        update(StayNight)
        .where(*mine, StayNight.capacity == before)
        .values(capacity=case((StayNight.taken > after, StayNight.taken), else_=after))
        .execution_options(synchronize_session=False)
    )
