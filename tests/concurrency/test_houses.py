"""Pond-houses under many hands at once, on several tours of one day (BOOKINGS.md, 105 to 107)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storefront.tours import house_repository, sights
from storefront.tours.errors import HouseFullError, SoldOutError
from storefront.tours.models import Booking, Departure, UnitType
from storefront.tours.states import LIVE
from tests.concurrency.test_moving import move
from tests.concurrency.test_octo import make_caller, reserve
from tests.concurrency.test_tours import LATER, book, cancel, counters, pay, sweep
from tests.factories.visits import NOW, Visit, make_departure, make_option, make_tour, make_unit, make_visit
from tests.storefront.tours.test_houses import enter, limit, make_house

ROUNDS = 8


async def open_day(db, visitors=12, tours=3, capacity=40):
    """So many tours of a producer on one day, all through two pond-houses: (visits, the first house)."""
    async with db.transaction() as session:
        first = await make_visit(session, capacity=capacity)
        visits = [first]
        for number in range(1, tours):
            tour = await make_tour(session, producer_id=first.producer.id)
            option = await make_option(session, tour.id)
            unit = await make_unit(session, option.id)
            starts_at = first.departure.starts_at + timedelta(hours=number)
            departure = await make_departure(session, tour.id, capacity=capacity, starts_at=starts_at)
            visits.append(Visit(first.producer, first.host, tour, option, {UnitType.ADULT: unit}, departure))
        pair = [await make_house(session, first), await make_house(session, first, "Nhà ao 2")]
        for number, visit in enumerate(visits):
            # Whichever house the host ticked first: the locks have an order of their own.
            await enter(session, visit, *(pair if number % 2 else pair[::-1]))
        for house in pair:
            await limit(session, first, house, visitors)
        return visits, pair[0]


async def count_inside(db):
    """Heads of live parties, over all tours of the day, as committed."""
    async with db.transaction() as session:
        heads = select(func.coalesce(func.sum(Booking.heads), 0)).where(Booking.state.in_(LIVE))
        return int(await session.scalar(heads))


async def assert_whole(db, visits):
    """Every seat counter is the sum of its live parties."""
    for visit in visits:
        taken, heads = await counters(db, visit)
        assert taken == heads


async def test_web_and_octo_on_three_tours_share_twelve_places(db):
    """Of sixty visitors by the web and by OCTO on three tours exactly twelve go into the house (105)."""
    visits, _house = await open_day(db)
    caller = await make_caller(db)
    made = await asyncio.gather(
        *(book(db, visits[number % 3]) for number in range(30)),
        *(reserve(db, caller, visits[number % 3]) for number in range(30)),
    )
    assert sum(one is not None for one in made) == 12
    assert await count_inside(db) == 12
    await assert_whole(db, visits)


async def test_without_the_lock_too_many_go_in(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: parties of three tours that count without the house's lock all find room."""
    visits, house = await open_day(db, visitors=4)
    all_counted = asyncio.Barrier(3)
    count = house_repository.count_heads

    async def look(_session, _departure_id):
        return [house_repository.House(house.id, 4)]

    async def count_and_wait(session, site_ids, departure_id, *, besides, now=None):
        heads = await count(session, site_ids, departure_id, besides=besides, now=now)
        await all_counted.wait()
        return heads

    monkeypatch.setattr(house_repository, "lock_houses", look)
    monkeypatch.setattr(house_repository, "count_heads", count_and_wait)
    made = await asyncio.gather(*(book(db, visit, 3) for visit in visits))
    assert sum(one is not None for one in made) == 3
    assert await count_inside(db) == 9


async def test_holds_that_are_over_give_their_places_once(db):
    """The house is full of holds that are over; new parties on all tours get each place once, without a deadlock (106)."""
    visits, _house = await open_day(db)
    for number in range(12):
        await book(db, visits[number % 3], now=NOW - timedelta(minutes=20))
    made = await asyncio.gather(*(book(db, visits[number % 3]) for number in range(30)), sweep(db, NOW))
    assert sum(one is not None for one in made) == 12
    assert await count_inside(db) == 12
    await assert_whole(db, visits)


async def pay_while_held(db, party, now):
    """The whole price arrives; for a hold that a sweep ended and whose places others took it is undone, and comes late (8)."""
    with contextlib.suppress(SoldOutError):
        await pay(db, party, now)


async def test_everything_at_once(db):
    """Booking, paying, cancelling, moving and the sweep on three tours and two days: never above the limit, never stuck (105 to 107)."""
    visits, house = await open_day(db, visitors=10)
    async with db.transaction() as session:
        first = visits[0]
        other = await make_departure(
            session, first.tour.id, capacity=40, starts_at=first.departure.starts_at + timedelta(days=1)
        )
        there = Visit(first.producer, first.host, first.tour, first.option, first.units, other)
        await enter(session, there, house)
    shuffled = random.Random(7)
    for _round in range(ROUNDS):
        parties = [await book(db, visit, 2) for visit in (*visits, there)]
        acts = [book(db, visits[number % 3], 2) for number in range(4)]
        acts += [sweep(db, LATER), sweep(db, NOW)]
        for number, party in enumerate(one for one in parties if one):
            act = (pay_while_held, cancel)[number % 2]
            acts.append(act(db, party, NOW))
            if party.departure_id in {visits[0].departure.id, there.departure.id}:
                to = there if party.departure_id == visits[0].departure.id else visits[0]
                acts.append(move(db, party, to))
        shuffled.shuffle(acts)
        await asyncio.gather(*acts)
        async with db.transaction() as session:
            heads = select(Departure.local_on, func.sum(Booking.heads)).join(
                Booking, Booking.departure_id == Departure.id
            )
            heads = heads.where(Booking.state.in_(LIVE)).group_by(Departure.local_on)
            assert all(number <= 10 for _day, number in await session.execute(heads))
        await assert_whole(db, [*visits, there])


async def test_two_who_change_places_between_the_houses(db):
    """Parties that go the other way at once do not lock each other, and no place is taken twice (107)."""
    visits, _house = await open_day(db, visitors=8)
    first = visits[0]
    async with db.transaction() as session:
        day = first.departure.starts_at + timedelta(days=1)
        other = await make_departure(session, first.tour.id, capacity=40, starts_at=day)
        there = Visit(first.producer, first.host, first.tour, first.option, first.units, other)
        await enter(session, there, _house)
    here = [await book(db, first, 2) for _ in range(2)]
    gone = [await book(db, there, 2) for _ in range(2)]
    for _round in range(ROUNDS):
        went = await asyncio.gather(
            *(move(db, one, there) for one in here), *(move(db, one, first) for one in gone)
        )
        assert all(went)
        here, gone = gone, here
    assert await count_inside(db) == 8


async def test_a_house_added_meanwhile_counts_who_is_just_booking(db):
    """A host who leads a date into a house while parties book it: either is refused, or both fit (108)."""
    for _round in range(ROUNDS):
        visits, _house = await open_day(db, tours=1)
        visit = visits[0]
        async with db.transaction() as session:
            small = await make_house(session, visit, "Nhà ươm")
            await limit(session, visit, small, 3)

        async def lead(small=small, visit=visit):
            try:
                async with db.transaction() as session:
                    departure = await session.get_one(Departure, visit.departure.id)
                    await sights.choose(
                        session,
                        departure=departure,
                        producer_id=visit.producer.id,
                        site_ids=[small.id],
                        lot_ids=[],
                        now=NOW,
                    )
            except HouseFullError:
                return False
            return True

        *_made, led = await asyncio.gather(*(book(db, visit, 2) for _ in range(4)), lead())
        taken, heads = await counters(db, visit)
        assert taken == heads
        assert heads <= 3 if led else heads > 3
