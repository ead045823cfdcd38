"""Work of visits beside the requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from storefront.tours import bookings, departures, offering, waiting_repository
from storefront.tours.seats import OFFER_JOB


async def expire_holds(session: AsyncSession, *, now: datetime) -> None:
    """Give back the seats of holds whose time is over."""
    await bookings.expire_holds(session, now=now)


async def offer_seats(
    session: AsyncSession, *, now: datetime, secret: bytes, address: str, departure_id: str
) -> None:
    """Offer the free seats of a departure to whoever waits for them."""
    await offering.offer_seats(
        session, departure_id=UUID(departure_id), secret=secret, address=address, now=now
    )


async def think_of_waiting(session: AsyncSession, *, now: datetime) -> None:
    """Look at every departure that somebody waits for: a courtesy, for what gives seats back asks for it itself."""
    for departure_id in await waiting_repository.list_waited_for(session, now=now):
        await jobs.defer(session, OFFER_JOB, departure_id=str(departure_id))


async def close_begun(session: AsyncSession, *, now: datetime) -> None:
    """Close departures that have begun."""
    await departures.close_begun(session, now=now)
