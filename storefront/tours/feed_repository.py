"""Selects of calendar feeds, and of the dates that they tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import CalendarFeed, Departure, Tour


async def insert_feed(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert a feed unless its reader has one already."""
    await session.execute(insert(CalendarFeed).values(**values).on_conflict_do_nothing())


async def find_of_member(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> CalendarFeed | None:
    """Select the feed that a person has at a producer."""
    statement = select(CalendarFeed).where(
        CalendarFeed.producer_id == producer_id,
        CalendarFeed.person_id == person_id,
        CalendarFeed.ended_at.is_(None),
    )
    return await session.scalar(statement)


async def find_of_party(session: AsyncSession, booking_id: UUID) -> CalendarFeed | None:
    """Select the feed of a booking."""
    statement = select(CalendarFeed).where(CalendarFeed.booking_id == booking_id)
    return await session.scalar(statement.where(CalendarFeed.ended_at.is_(None)))


async def find_by_token_hash(session: AsyncSession, token_hash: bytes) -> CalendarFeed | None:
    """Select the feed that an address opens; one that was ended opens nothing."""
    statement = select(CalendarFeed).where(CalendarFeed.token_hash == token_hash)
    return await session.scalar(statement.where(CalendarFeed.ended_at.is_(None)))


async def end_feed(session: AsyncSession, feed_id: UUID, *, now: datetime) -> None:
    """End a feed; again changes nothing."""
    await session.execute(
        update(CalendarFeed)
        .where(CalendarFeed.id == feed_id, CalendarFeed.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


async def list_dates(
    session: AsyncSession, producer_id: UUID, *, ending_after: datetime
) -> list[tuple[Departure, Tour]]:
    """Select every date of a producer that ends after an instant, whatever its state; the first first."""
    statement = (
        select(Departure, Tour)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(Tour.producer_id == producer_id, Departure.ends_at > ending_after)
        .order_by(Departure.starts_at, Departure.id)
    )
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(departure, tour) for departure, tour in rows]
