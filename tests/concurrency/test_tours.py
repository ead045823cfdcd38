"""Seats under many hands at once: real connections, and a negative control that shows the race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core.db import Database
from app.core.ids import uuid7
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import bookings, cancelling, departure_repository, departures, jobs, sweeping
from storefront.tours.errors import NotCancellableError, SoldOutError
from storefront.tours.models import Booking, BookingState, Departure
from storefront.tours.states import LIVE
from tests.factories.visits import NOW, SECRET, make_visit, wish

LATER = NOW + timedelta(minutes=16)


async def open_visit(db, capacity=20):
    """A tour with one departure."""
    async with db.transaction() as session:
        return await make_visit(session, capacity=capacity)


async def book(db, visit, adults=1, now=NOW, **overrides):
    """One party in a transaction of its own: its booking, or None when sold out."""
    try:
        async with db.transaction() as session:
            return await bookings.create_booking(
                session,
                booking=wish(visit, adults, **overrides),
                secret=SECRET,
                person_id=None,
                language="vi",
                now=now,
            )
    except SoldOutError:
        return None


async def arrive(session, booking, now):
    """The whole price arrives."""
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking.id)
    arrival = receipts.Arrival(
        provider="test",
        external_id=str(uuid7()),
        account="bank:970436:1",
        amount_minor=payment.amount_minor,
        memo=payment.code,
        payment_id=payment.id,
        arrived_at=now,
    )
    await receipts.record_arrival(session, arrival, now=now)


async def pay(db, booking, now):
    """The same in a transaction of its own."""
    async with db.transaction() as session:
        await arrive(session, booking, now)


async def cancel(db, booking, now):
    """The visitor changes their mind, in time or not."""
    try:
        async with db.transaction() as session:
            await cancelling.cancel_booking(session, booking_id=booking.id, now=now)
    except NotCancellableError:
        return


async def sweep(db, now):
    """The courtesy sweep."""
    async with db.transaction() as session:
        await sweeping.expire_holds(session, now=now)


async def counters(db, visit):
    """(taken, heads of live bookings) as committed."""
    async with db.transaction() as session:
        taken = await session.scalar(select(Departure.taken).where(Departure.id == visit.departure.id))
        heads = select(func.coalesce(func.sum(Booking.heads), 0)).where(
            Booking.departure_id == visit.departure.id, Booking.state.in_(LIVE)
        )
        return taken, int(await session.scalar(heads))


async def test_fifty_visitors_for_twenty_seats(db):
    """Exactly 20 of 50 visitors get one of the 20 seats (BOOKINGS.md, 1 and 2)."""
    visit = await open_visit(db)
    made = await asyncio.gather(*(book(db, visit) for _ in range(50)))
    assert sum(one is not None for one in made) == 20
    assert await counters(db, visit) == (20, 20)


async def test_parties_of_three_for_twenty_seats(db):
    """Parties of three fill 18 of 20 seats: no party is split (BOOKINGS.md, 2)."""
    visit = await open_visit(db)
    made = await asyncio.gather(*(book(db, visit, 3) for _ in range(30)))
    assert sum(one is not None for one in made) == 6
    assert await counters(db, visit) == (18, 18)


async def test_a_sweep_waits_at_one_date_and_holds_no_other(db):
    """Somebody is at a date's counter: the sweep ends the holds of all others meanwhile, and of this one the next time (3)."""
    busy, free = await open_visit(db), await open_visit(db)
    for visit in (busy, free):
        await book(db, visit)
    hurried = Database(db.url, handlers=db.handlers, pool_size=2, lock_wait=timedelta(milliseconds=100))
    async with hurried, db.transaction() as somebody:
        await departure_repository.lock_counters(somebody, [busy.departure.id])
        await jobs.expire_due(hurried, now=LATER)
        assert [await counters(db, one) for one in (busy, free)] == [(1, 1), (0, 0)]
    await jobs.expire_due(db, now=LATER)
    assert await counters(db, busy) == (0, 0)


async def test_read_then_write_oversells(db):
    """Negative control: visitors who count first and write afterwards are promised more than 20 seats."""
    visit = await open_visit(db)
    at_the_counter = asyncio.Barrier(50)

    async def book_carelessly():
        async with db.transaction() as session:
            departure = await session.get_one(Departure, visit.departure.id)
            await at_the_counter.wait()
            if departure.taken + 1 > departure.capacity:
                return False
            await session.execute(
                update(Departure).where(Departure.id == departure.id).values(taken=departure.taken + 1)
            )
            return True

    promised = await asyncio.gather(*(book_carelessly() for _ in range(50)))
    assert sum(promised) > 20


async def test_the_same_id_twenty_times_at_once(db):
    """One id sent twenty times in parallel makes one booking and takes its seats once (BOOKINGS.md, 5)."""
    visit = await open_visit(db)
    booking_id = uuid7()
    made = await asyncio.gather(*(book(db, visit, 2, id=booking_id) for _ in range(20)))
    assert {one.id for one in made if one} == {booking_id}
    assert len({one.code for one in made if one}) == 1
    assert await counters(db, visit) == (2, 2)


async def test_money_racing_the_sweep_leaks_no_seat(db):
    """Money that arrives while its hold is swept confirms or waits; seats taken are those of live bookings."""
    visit = await open_visit(db, capacity=40)
    for _round in range(20):
        booking = await book(db, visit, 2)
        await asyncio.gather(pay(db, booking, LATER), sweep(db, LATER), sweep(db, LATER))
        taken, heads = await counters(db, visit)
        assert taken == heads


async def test_cancelling_racing_the_sweep_leaks_no_seat(db):
    """A hold that is cancelled while it is swept gives its seats back once (BOOKINGS.md, 4)."""
    visit = await open_visit(db)
    await book(db, visit, 5)
    for _round in range(20):
        booking = await book(db, visit, 3, now=NOW - timedelta(minutes=14))
        results = await asyncio.gather(
            cancel(db, booking, NOW), sweep(db, NOW + timedelta(minutes=2)), return_exceptions=True
        )
        assert results == [None, None]
        assert await counters(db, visit) == (5, 5)


async def test_new_parties_racing_the_sweep(db):
    """Many parties that need the same swept seats get each seat once, without a deadlock (BOOKINGS.md, 3)."""
    visit = await open_visit(db)
    for _party in range(20):
        await book(db, visit, now=NOW - timedelta(minutes=20))
    made = await asyncio.gather(*(book(db, visit) for _ in range(40)), sweep(db, NOW))
    assert sum(one is not None for one in made) == 20
    assert await counters(db, visit) == (20, 20)


async def test_counting_in_two_looks_hides_swept_seats(db):
    """Negative control: a sweep between the look at the counter and the look at the holds hides free seats."""
    visit = await open_visit(db)
    for _party in range(20):
        await book(db, visit, now=NOW - timedelta(minutes=20))
    async with db.transaction() as session:
        departure = await session.get_one(Departure, visit.departure.id)
        seen = departure.capacity - departure.taken
        await sweep(db, NOW)
        overdue = select(func.coalesce(func.sum(Booking.heads), 0)).where(
            Booking.departure_id == visit.departure.id, Booking.state == BookingState.ON_HOLD
        )
        assert seen + int(await session.scalar(overdue)) == 0
        assert await departures.count_left(session, visit.departure.id, now=NOW) == 20
