"""The hour of decision meets who pays and who changes their mind: sure means that enough have paid (BOOKINGS.md, 48)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.errors import AppError
from storefront.tours import booking_repository, cancelling, going
from storefront.tours.models import Booking, BookingState, Departure, DepartureState
from tests.concurrency.test_tours import book, cancel, counters, pay
from tests.factories.visits import NOW, SITE, make_visit
from tests.instants import until_stopped

START = NOW + timedelta(days=7)
HOUR = START - timedelta(hours=48)
ROUNDS = 10


async def open_small(db):
    """A visit that needs six heads, past its cut-off at the hour of decision; two parties of three hold seats."""
    async with db.transaction() as session:
        visit = await make_visit(session, starts_at=START, minimum_heads=6, cancellation_cutoff_hours=72)
    return visit, [await book(db, visit, 3, now=HOUR) for _ in range(2)]


async def decide(db, visit):
    """One job of the hour."""
    async with db.transaction() as session:
        await going.decide(session, departure_id=visit.departure.id, **SITE, now=HOUR)


async def see(db, visit):
    """(the day's state, heads that have paid) as committed."""
    async with db.transaction() as session:
        state = (await session.get_one(Departure, visit.departure.id)).state
        paid = await session.scalars(
            select(Booking.heads).where(
                Booking.departure_id == visit.departure.id, Booking.state == BookingState.CONFIRMED
            )
        )
        return state, sum(paid)


async def test_a_change_of_mind_at_the_hour(db):
    """Gone before it is counted, and the day is off, so the others choose; or counted, and then bound: never sure with too few."""
    for number in range(ROUNDS):
        visit, parties = await open_small(db)
        for one in parties:
            await pay(db, one, HOUR)
        acts = [cancel(db, parties[0], HOUR), decide(db, visit), decide(db, visit)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        assert await see(db, visit) in ((DepartureState.GO, 6), (DepartureState.CANCELLED, 3))


async def test_money_at_the_hour(db):
    """The last party pays as it is decided: counted, and sure; or off, and its money waits to go back."""
    for number in range(ROUNDS):
        visit, parties = await open_small(db)
        await pay(db, parties[0], HOUR)
        acts = [pay(db, parties[1], HOUR), decide(db, visit), decide(db, visit)]
        done = await asyncio.gather(*(acts if number % 2 else acts[::-1]), return_exceptions=True)
        assert all(one is None or isinstance(one, AppError) for one in done)
        assert await see(db, visit) in ((DepartureState.GO, 6), (DepartureState.CANCELLED, 3))
        taken, heads = await counters(db, visit)
        assert taken == heads


async def test_without_the_locks_a_day_is_sure_with_too_few(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who counts without locking counts a party that is just leaving, and three go where six must."""

    async def look(session, departure_ids, states):
        found = select(Booking).where(Booking.departure_id.in_(departure_ids), Booking.state.in_(states))
        return list(await session.scalars(found))

    visit, parties = await open_small(db)
    for one in parties:
        await pay(db, one, HOUR)
    monkeypatch.setattr(booking_repository, "lock_live", look)
    async with db.transaction() as leaving:
        await cancelling.cancel_booking(leaving, booking_id=parties[0].id, now=HOUR)
        deciding = asyncio.create_task(decide(db, visit))
        await until_stopped(db, deciding)
    await deciding
    assert await see(db, visit) == (DepartureState.GO, 3)
