"""Work of visits beside the requests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from app.core import jobs
from app.core.db import Database
from app.core.errors import BusyError
from storefront.tours import (
    allotments,
    balances,
    booking_repository,
    choices,
    departures,
    going,
    offering,
    seasons,
    sweeping,
    waiting,
    waiting_repository,
)
from storefront.tours.seats import OFFER_JOB

DECIDE_JOB = "tours.decide"
log = get_logger()


async def expire_due(database: Database, *, now: datetime) -> None:
    """End the holds whose time is over, date by date: whoever books on one waits for that one alone."""
    async with database.transaction() as session:
        due = await booking_repository.list_due(session, now=now)
    for departure_id in due:
        try:
            async with database.transaction() as session:
                await sweeping.expire_holds(session, now=now, departure_id=departure_id)
        except BusyError:  # somebody works on it; the next sweep comes within a minute
            log.info("departure_busy", departure_id=str(departure_id))


async def tell_released(session: AsyncSession, *, now: datetime) -> None:
    """Let pages and the waiting list know of seats that are held for no operator any more."""
    await allotments.tell_released(session, now=now)


async def offer_seats(
    session: AsyncSession, *, now: datetime, secret: bytes, address: str, departure_id: str
) -> None:
    """Offer the free seats of a departure to whoever waits for them."""
    await offering.offer_seats(
        session, departure_id=UUID(departure_id), secret=secret, address=address, now=now
    )


async def think_of_waiting(session: AsyncSession, *, now: datetime) -> None:
    """Look at every departure that somebody waits for: a courtesy, for what gives seats back asks for it itself.

    Lists of days that are over or called off are closed, and whoever waited for the latter is told.
    """
    await waiting.close_lists(session, now=now)
    for departure_id in await waiting_repository.list_waited_for(session, now=now):
        await jobs.defer(session, OFFER_JOB, departure_id=str(departure_id))


async def look_for_undecided(session: AsyncSession, *, now: datetime) -> None:
    """Have each day decided whose hour has come, in a transaction of its own."""
    for departure_id in await going.list_undecided(session, now=now):
        name = str(departure_id)
        await jobs.defer(session, DECIDE_JOB, queueing_lock=f"{DECIDE_JOB}:{name}", departure_id=name)


async def decide(
    session: AsyncSession, *, now: datetime, secret: bytes, address: str, departure_id: str
) -> None:
    """Go or no go."""
    await going.decide(session, departure_id=UUID(departure_id), secret=secret, address=address, now=now)


async def remind_of_balances(session: AsyncSession, *, now: datetime, secret: bytes, address: str) -> None:
    """Remind parties of what they still owe."""
    await balances.remind(session, secret=secret, address=address, now=now)


async def end_overdue(session: AsyncSession, *, now: datetime) -> None:
    """End the parties whose balance did not come in time."""
    await balances.end_overdue(session, now=now)


async def earn_deposits(session: AsyncSession, *, now: datetime) -> None:
    """Sell the deposits of visits that are over and whose balance never came."""
    await balances.earn_over(session, now=now)


async def close_begun(session: AsyncSession, *, now: datetime) -> None:
    """Close departures that have begun."""
    await departures.close_begun(session, now=now)


async def keep_seasons(session: AsyncSession, *, now: datetime) -> None:
    """Make the days of seasons that have come into reach."""
    await seasons.keep_all_made(session, now=now)


async def lapse_choices(session: AsyncSession, *, now: datetime) -> None:
    """Give the money back to guests of a day called off that did not choose in time."""
    await choices.lapse_due(session, now=now)
