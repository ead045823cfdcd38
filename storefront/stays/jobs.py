"""Work of stays beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.stays import bookings, nights


async def expire_holds(session: AsyncSession, *, now: datetime) -> None:
    """Give back the beds of holds whose time is over."""
    await bookings.expire_holds(session, now=now)


async def keep_nights(session: AsyncSession, *, now: datetime) -> None:
    """Make the nights that have come into reach."""
    await nights.keep_made(session, now=now)
