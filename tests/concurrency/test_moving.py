"""Parties that change places at once: no seat twice, none lost, nobody waits for the other (BOOKINGS.md, 14 and 15)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.core.errors import BusyError
from storefront.tours import departure_repository, moving
from storefront.tours.errors import NotMovableError, SoldOutError
from tests.concurrency.test_tours import book, cancel, counters, pay, sweep
from tests.factories.visits import NOW, Visit, make_departure, make_visit

LATER = NOW + timedelta(minutes=16)
ROUNDS = 12


async def open_two(db, capacity=20):
    """A tour with two days: the same visit seen from each."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=capacity)
        other = await make_departure(
            session, visit.tour.id, starts_at=NOW + timedelta(days=5), capacity=capacity
        )
        return visit, Visit(visit.producer, visit.host, visit.tour, visit.option, visit.units, other)


async def move(db, booking, to, now=NOW):
    """Move a party; False when it was refused in words."""
    try:
        async with db.transaction() as session:
            await moving.move(session, booking_id=booking.id, departure_id=to.departure.id, now=now)
    except (NotMovableError, SoldOutError):
        return False
    return True


async def sweep_with(db, _booking, now):
    """One sweep more, instead of an act of the party's own."""
    await sweep(db, now)


async def assert_whole(db, *visits):
    """Each counter is the sum of its live parties."""
    for visit in visits:
        taken, heads = await counters(db, visit)
        assert taken == heads


async def test_parties_change_places_both_ways(db):
    """Ten parties here and ten there go the other way at once, over and over: all get there, and nobody locks anybody."""
    here, there = await open_two(db, capacity=40)
    first = [await book(db, here, 2) for _ in range(5)]
    second = [await book(db, there, 2) for _ in range(5)]
    for _round in range(ROUNDS):
        went = await asyncio.gather(
            *(move(db, one, there) for one in first), *(move(db, one, here) for one in second)
        )
        assert all(went)
        here, there = there, here
    assert await counters(db, here) == (10, 10)
    assert await counters(db, there) == (10, 10)


async def test_without_one_order_they_lock_each_other(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who locks the counter of the day that it wants first meets whoever comes from there."""
    here, there = await open_two(db, capacity=40)
    first, second = await book(db, here, 2), await book(db, there, 2)
    both_have_one = asyncio.Barrier(2)
    take = departure_repository.take_seats

    async def careless(_session, _ids):
        """Lock nothing beforehand."""

    async def take_and_wait(session, departure_id, heads, **more):
        done = await take(session, departure_id, heads, **more)
        await both_have_one.wait()
        return done

    monkeypatch.setattr(departure_repository, "lock_departures", careless)
    monkeypatch.setattr(departure_repository, "take_seats", take_and_wait)
    ended = await asyncio.gather(move(db, first, there), move(db, second, here), return_exceptions=True)
    assert any(isinstance(one, BusyError) for one in ended)


async def test_many_move_to_the_last_seats(db):
    """Ten parties of two that want the six seats of another day: three get there, the others stay where they are."""
    here, there = await open_two(db, capacity=26)
    await asyncio.gather(*(book(db, there, 5) for _ in range(4)))
    parties = [await book(db, here, 2) for _ in range(10)]
    went = await asyncio.gather(*(move(db, one, there) for one in parties))
    assert sum(went) == 3
    assert await counters(db, there) == (26, 26)
    assert await counters(db, here) == (14, 14)


async def test_moving_against_paying_cancelling_and_the_sweep(db):
    """Money, a change of mind and the sweep meet a party that moves: seats are those of live parties, on both days."""
    here, there = await open_two(db)
    for number in range(ROUNDS):
        booking = await book(db, here, 2)
        other = (pay, cancel, sweep_with)[number % 3]
        await asyncio.gather(move(db, booking, there), other(db, booking, LATER), sweep(db, LATER))
        await assert_whole(db, here, there)


async def test_the_same_move_pressed_many_times(db):
    """A double press moves once."""
    here, there = await open_two(db)
    booking = await book(db, here, 3)
    assert all(await asyncio.gather(*(move(db, booking, there) for _ in range(8))))
    assert await counters(db, here) == (0, 0)
    assert await counters(db, there) == (3, 3)
