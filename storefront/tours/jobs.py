"""Work of visits beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours import bookings, choices, departures, seasons


async def expire_holds(session: AsyncSession, *, now: datetime) -> None:
    """Give back the seats of holds whose time is over."""
    await bookings.expire_holds(session, now=now)


async def close_begun(session: AsyncSession, *, now: datetime) -> None:
    """Close departures that have begun."""
    await departures.close_begun(session, now=now)


async def keep_seasons(session: AsyncSession, *, now: datetime) -> None:
    """Make the days of seasons that have come into reach."""
    await seasons.keep_all_made(session, now=now)


async def lapse_choices(session: AsyncSession, *, now: datetime) -> None:
    """Give the money back to guests of a day called off that did not choose in time."""
    await choices.lapse_due(session, now=now)
