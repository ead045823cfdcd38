"""Seats held for operators under many hands at once, with negative controls that show the races."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from storefront.operators import service as operators
from storefront.tours import (
    allotment_repository,
    allotments,
    booking_repository,
    bookings,
    cancelling,
    departures,
    settlement,
    sweeping,
)
from storefront.tours.allotments import Promise
from storefront.tours.errors import AllotmentError, CarSeatsError, HeldCapacityError, SoldOutError
from storefront.tours.models import Departure
from tests.concurrency.test_octo import insist
from tests.concurrency.test_tours import arrive, counters
from tests.factories.visits import NOW, SECRET, make_visit, wish
from tests.instants import until_stopped
from tests.storefront.tours.test_resources import assign, make_car

START = NOW + timedelta(days=10)
FREE_AT = START - timedelta(days=3)


async def open_visit(db, *, capacity=10, held=6):
    """A visit with seats held for an operator until three days before."""
    async with db.transaction() as session:
        visit = await make_visit(session, capacity=capacity, starts_at=START)
        operator = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    if held:
        await grant(db, visit, operator, held)
    return visit, operator


async def grant(db, visit, operator, heads, now=NOW):
    """Hold seats in a transaction of its own; False when others have them."""
    promise = Promise(operator_id=operator.id, heads=heads, release_days=3)
    try:
        async with db.transaction() as session:
            await allotments.grant(session, departure_id=visit.departure.id, promise=promise, now=now)
    except AllotmentError:
        return False
    return True


async def book(db, visit, heads=1, *, by=None, now=NOW):
    """A party in a transaction of its own: its booking, or None when sold out."""
    try:
        async with db.transaction() as session:
            return await bookings.create_booking(
                session,
                booking=wish(visit, heads),
                secret=SECRET,
                person_id=None,
                language="vi",
                now=now,
                terms=operators.terms_of(by) if by else None,
            )
    except SoldOutError:
        return None


async def cancel(db, booking, *, before_commit=None):
    """Give a booking back; `before_commit` is waited for with the counter in hand."""
    async with db.transaction() as session:
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
        if before_commit is not None:
            await before_commit


async def test_thirty_at_once_for_what_is_held(db):
    """Of thirty at once strangers get four of ten seats at most and the operator the six that are held at least, none oversold (BOOKINGS.md, 71 and 76)."""
    visit, operator = await open_visit(db)
    doors = (partial(book, db, visit), partial(book, db, visit, by=operator))
    made = await asyncio.gather(*(insist(doors[number % 2]) for number in range(30)))
    strangers, own = (sum(one is not None for one in made[first::2]) for first in (0, 1))
    assert strangers <= 4 and own >= 6 and strangers + own == 10
    assert await counters(db, visit) == (10, 10)


async def test_two_for_the_last_of_an_allotment(db):
    """Two parties of an operator for the last held seats of a full day: one has them (BOOKINGS.md, 76)."""
    visit, operator = await open_visit(db)
    await book(db, visit, 4)
    await book(db, visit, 3, by=operator)
    made = await asyncio.gather(*(book(db, visit, 3, by=operator) for _ in range(2)))
    assert sum(one is not None for one in made) == 1
    assert await counters(db, visit) == (10, 10)


async def test_two_who_read_first_both_take_the_last(db):
    """Negative control: two who count what is held for them, and write afterwards, are both promised the same seats."""
    visit, operator = await open_visit(db)
    at_the_counter = asyncio.Barrier(2)
    held = allotment_repository.withheld(NOW, operator.id, by_clock=False)

    async def book_carelessly():
        async with db.transaction() as session:
            own = Departure.id == visit.departure.id
            taken, left = (
                await session.execute(
                    select(Departure.taken, Departure.capacity - Departure.taken - held).where(own)
                )
            ).one()
            await at_the_counter.wait()
            if left >= 6:
                await session.execute(update(Departure).where(own).values(taken=taken + 6))
            return left >= 6

    assert await asyncio.gather(book_carelessly(), book_carelessly()) == [True, True]
    assert (await counters(db, visit))[0] == 6  # twelve heads were promised


async def queue_behind_a_cancellation(db, visit, operator, act):
    """Two strangers stand at the counter while the operator gives its six seats back; answers what they got."""
    booking = await book(db, visit, 6, by=operator)
    is_gone, waits = asyncio.Event(), asyncio.Event()

    async def hesitate():
        is_gone.set()
        await waits.wait()

    going = asyncio.create_task(cancel(db, booking, before_commit=hesitate()))
    await is_gone.wait()
    strangers = [asyncio.create_task(act()) for _ in range(2)]
    await until_stopped(db, *strangers)
    waits.set()
    await going
    return sum(one is not None for one in await asyncio.gather(*strangers))


async def test_a_booking_that_goes_back_into_its_allotment(db):
    """Six seats go back to their operator while two parties of four stand at the counter: only what is free is sold (BOOKINGS.md, 76)."""
    visit, operator = await open_visit(db)
    assert await queue_behind_a_cancellation(db, visit, operator, partial(book, db, visit, 4)) == 1
    assert await counters(db, visit) == (4, 4)
    assert await book(db, visit, 6, by=operator) is not None


async def test_one_statement_sees_bookings_of_before(db):
    """Negative control: two whose one update waited see the seats that came back, but not that they are held again."""
    visit, operator = await open_visit(db)

    async def take_carelessly():
        held = allotment_repository.withheld(NOW, None, by_clock=False)
        async with db.transaction() as session:
            statement = (
                update(Departure)
                .where(Departure.id == visit.departure.id, Departure.taken + 4 + held <= Departure.capacity)
                .values(taken=Departure.taken + 4)
                .returning(Departure.id)
            )
            return await session.scalar(statement, execution_options={"synchronize_session": False})

    assert await queue_behind_a_cancellation(db, visit, operator, take_carelessly) == 2
    assert await book(db, visit, 6, by=operator) is None  # what was promised is gone


@pytest.mark.parametrize("stranger_first", [True, False])
async def test_a_promise_and_a_booking_at_once(db, stranger_first):
    """A host holds seats while a stranger books the whole day: one of them has it (BOOKINGS.md, 73 and 76)."""
    visit, operator = await open_visit(db, held=0)
    acts = [book(db, visit, 10), grant(db, visit, operator, 6)]
    if not stranger_first:
        acts.reverse()
    first, second = await asyncio.gather(*acts)
    assert bool(first) != bool(second)
    taken, heads = await counters(db, visit)
    assert taken == heads == (10 if (first and stranger_first) or (second and not stranger_first) else 0)


async def promise_beside_late_money(db):
    """All seats are promised while a party whose hold is over pays: (whether they were, what is taken, the operator)."""
    visit, operator = await open_visit(db, held=0)
    lapsed = await book(db, visit, 4)
    late = lapsed.expires_at + timedelta(seconds=1)
    is_locked, waits = asyncio.Event(), asyncio.Event()

    async def pay_slowly():
        async with db.transaction() as session:
            await settlement.lock_booking(session, lapsed.id)
            is_locked.set()
            await waits.wait()
            await arrive(session, lapsed, late)

    paying = asyncio.create_task(pay_slowly())
    await is_locked.wait()
    promising = asyncio.create_task(grant(db, visit, operator, 10, now=late))
    await until_stopped(db, promising)
    waits.set()
    await paying
    is_promised = await promising
    return is_promised, (await counters(db, visit))[0], await book(db, visit, 10, by=operator, now=late)


async def test_a_promise_beside_money_that_comes_late(db):
    """A host who promises all seats waits for the party that is paying late, and then counts it (BOOKINGS.md, 8 and 73)."""
    assert await promise_beside_late_money(db) == (False, 4, None)


async def test_a_promise_that_reads_the_clock_alone(db, monkeypatch):
    """Negative control: without the sweep the same seats are promised to one and sold to another."""

    async def nothing(*_args, **_more):
        return 0

    monkeypatch.setattr(allotments.sweeping, "expire_holds", nothing)
    is_promised, taken, booking = await promise_beside_late_money(db)
    assert (is_promised, taken, booking) == (True, 4, None)


async def behind_the_counter(db, write, act):
    """A host reads and writes with the counter in hand, another comes meanwhile; answers what the other got."""
    is_written, waits = asyncio.Event(), asyncio.Event()

    async def hold():
        async with db.transaction() as session:
            await write(session)
            is_written.set()
            await waits.wait()

    first = asyncio.create_task(hold())
    await is_written.wait()
    second = asyncio.create_task(act())
    await until_stopped(db, second)
    waits.set()
    await first
    return (await asyncio.gather(second, return_exceptions=True))[0]


async def shrink(db, visit, capacity):
    """The host changes the seats in a transaction of its own."""
    async with db.transaction() as session:
        await departures.change_capacity(session, departure_id=visit.departure.id, capacity=capacity, now=NOW)


async def test_a_first_promise_and_fewer_seats_at_once(db):
    """Who takes seats off a day while the first of them are held for an operator waits, and is told (BOOKINGS.md, 74 and 76)."""
    visit, operator = await open_visit(db, held=0)
    promise = Promise(operator_id=operator.id, heads=6, release_days=3)
    write = partial(allotments.grant, departure_id=visit.departure.id, promise=promise, now=NOW)
    answer = await behind_the_counter(db, write, partial(shrink, db, visit, 4))
    assert isinstance(answer, HeldCapacityError)


async def test_cars_and_more_seats_at_once(db):
    """Who adds seats while the cars come to limit them waits, and is told in words (BOOKINGS.md, 103)."""
    visit, _operator = await open_visit(db, held=0)
    async with db.transaction() as session:
        car = await make_car(session, visit.producer.id)

    async def limit(session):
        await assign(session, visit, car, limits=True)

    answer = await behind_the_counter(db, limit, partial(shrink, db, visit, 12))
    assert isinstance(answer, CarSeatsError)


async def test_the_release_and_a_booking_at_once(db):
    """The clock frees seats while their operator books them: by their own clocks both may, and one does (BOOKINGS.md, 72 and 76)."""
    for _round in range(5):
        visit, operator = await open_visit(db, capacity=6)
        before, after = FREE_AT - timedelta(seconds=1), FREE_AT
        made = await asyncio.gather(
            book(db, visit, 6, by=operator, now=before), book(db, visit, 6, now=after)
        )
        assert sum(one is not None for one in made) == 1
        assert await counters(db, visit) == (6, 6)


async def test_a_stranger_beside_the_sweep(db):
    """Who is refused at a counter with held seats keeps no lock of it while holds are swept: the sweep ends, and they get their seats (BOOKINGS.md, 3 and 76)."""
    visit, _operator = await open_visit(db)
    lapsed = await book(db, visit, 4)
    late = lapsed.expires_at + timedelta(seconds=1)
    is_locked, waits = asyncio.Event(), asyncio.Event()

    async def sweep_slowly():
        async with db.transaction() as session:
            ids = await booking_repository.lock_expired(session, now=late, skip_locked=False)
            is_locked.set()
            await waits.wait()
            assert await sweeping.expire_holds(session, now=late) == len(ids) == 1

    sweep = asyncio.create_task(sweep_slowly())
    await is_locked.wait()
    stranger = asyncio.create_task(book(db, visit, 4, now=late))
    await until_stopped(db, stranger)
    waits.set()
    await sweep
    assert await stranger is not None
    assert await counters(db, visit) == (4, 4)


async def test_two_clocks_that_read_first_both_find_room(db):
    """Negative control: its operator a moment before the release and a stranger after it, who read first, are both promised all."""
    visit, operator = await open_visit(db, capacity=6)
    at_the_counter = asyncio.Barrier(2)

    async def book_carelessly(now, operator_id):
        held = allotment_repository.withheld(now, operator_id, by_clock=True)
        async with db.transaction() as session:
            own = Departure.id == visit.departure.id
            left = await session.scalar(select(Departure.capacity - Departure.taken - held).where(own))
            await at_the_counter.wait()
            return left >= 6

    before = FREE_AT - timedelta(seconds=1)
    assert await asyncio.gather(book_carelessly(before, operator.id), book_carelessly(FREE_AT, None)) == [
        True,
        True,
    ]


async def test_holds_that_lapse_while_all_come(db):
    """Holds of an operator that have lapsed are held for it again: strangers at once get only what is free (BOOKINGS.md, 71 and 76)."""
    visit, operator = await open_visit(db)
    held = await book(db, visit, 6, by=operator)
    late = held.expires_at + timedelta(seconds=1)
    made = await asyncio.gather(*(insist(partial(book, db, visit, 2, now=late)) for _ in range(8)))
    assert sum(one is not None for one in made) == 2
    assert await book(db, visit, 6, by=operator, now=late) is not None
