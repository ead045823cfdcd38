"""Add-ons under many hands at once (BOOKINGS.md, 92)."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from storefront.tours import departure_repository, extra_changing, extra_repository
from storefront.tours.errors import ExtraGoneError
from storefront.tours.extra_models import BookingExtra
from storefront.tours.models import Booking
from storefront.tours.states import LIVE
from tests.concurrency.test_tours import book, counters
from tests.factories.visits import NOW, make_visit
from tests.storefront.tours.test_extras import make_fish


async def open_visit(db, most=6):
    """A tour with so many fish a day: (visit, fish)."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=60)
        return visit, await make_fish(session, visit, most=most)


async def take(db, visit, fish, number=1):
    """One party with fish, in a transaction of its own; None when they are gone."""
    try:
        return await book(db, visit, extras={fish.id: number})
    except ExtraGoneError:
        return None


async def take_more(db, booking, fish, number):
    """A party that has booked takes some; False when they are gone."""
    try:
        async with db.transaction() as session:
            await extra_changing.change(session, booking_id=booking.id, asked={fish.id: number}, now=NOW)
    except ExtraGoneError:
        return False
    return True


async def count_fish(db):
    """How many live parties have, as committed."""
    async with db.transaction() as session:
        statement = select(func.coalesce(func.sum(BookingExtra.number), 0)).join(
            Booking, Booking.id == BookingExtra.booking_id
        )
        return int(await session.scalar(statement.where(Booking.state.in_(LIVE))))


async def test_thirty_parties_for_six_fish(db):
    """Six of thirty parties get the six fish of the day, whoever books and whoever takes them afterwards (92)."""
    visit, fish = await open_visit(db)
    had = [await book(db, visit) for _ in range(10)]
    done = await asyncio.gather(
        *(take(db, visit, fish) for _ in range(20)), *(take_more(db, one, fish, 1) for one in had)
    )
    assert sum(bool(one) for one in done) == 6
    assert await count_fish(db) == 6
    taken, heads = await counters(db, visit)
    assert taken == heads


async def test_without_the_departures_lock_too_many_are_given(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: parties that count before the date's row is theirs all get the last fish."""
    visit, fish = await open_visit(db, most=1)
    parties = [await book(db, visit) for _ in range(3)]
    all_counted = asyncio.Barrier(3)
    count = extra_repository.count_given

    async def careless(_session, _ids):
        """Lock nothing."""

    async def count_and_wait(session, departure_id, extra_ids, *, besides, now=None):
        given = await count(session, departure_id, extra_ids, besides=besides, now=now)
        await all_counted.wait()
        return given

    monkeypatch.setattr(departure_repository, "lock_counters", careless)
    monkeypatch.setattr(extra_repository, "count_given", count_and_wait)
    assert all(await asyncio.gather(*(take_more(db, one, fish, 1) for one in parties)))
    assert await count_fish(db) == 3
