"""Work of visits beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours import bookings, departures


async def expire_holds(session: AsyncSession, *, now: datetime) -> None:
    """Give back the seats of holds whose time is over."""
    await bookings.expire_holds(session, now=now)


async def close_begun(session: AsyncSession, *, now: datetime) -> None:
    """Close departures that have begun."""
    await departures.close_begun(session, now=now)
