"""Guests of a day called off who choose under many hands: one answer, money once, no seat lost (BOOKINGS.md, 36-38)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.clock import today
from app.core.errors import BusyError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.tours import (
    booking_repository,
    calling_off,
    choice_repository,
    choices,
    departure_repository,
)
from storefront.tours.choice_repository import CHOICE_TIME
from storefront.tours.errors import ChosenError, MovingError, NotBookableError, NotCancellableError
from storefront.tours.models import (
    Booking,
    BookingState,
    CallOffReason,
    ChoiceAnswer,
    Departure,
    DepartureState,
    VisitChoice,
)
from tests.books import list_breaches
from tests.concurrency.test_moving import assert_whole, move, open_two
from tests.concurrency.test_tours import book, counters, pay
from tests.factories.visits import NOW, SITE

ROUNDS = 6
DEADLINE = NOW + CHOICE_TIME


async def call_off(db, *visits, now=NOW):
    """A host calls off the days of these visits, one after the other."""
    for visit in visits:
        async with db.transaction() as session:
            await calling_off.call_off(
                session, departure_id=visit.departure.id, reason=CallOffReason.WEATHER, **SITE, now=now
            )


async def call_day_off(db, visit, now=NOW):
    """One tap for the whole day: how many parties were asked, or None where bookings came too fast."""
    try:
        async with db.transaction() as session:
            done = await calling_off.call_off_day(
                session,
                producer_id=visit.producer.id,
                on=visit.departure.local_on,
                reason=CallOffReason.ROAD,
                **SITE,
                now=now,
            )
    except MovingError:
        return None
    return done.parties


async def take_day(db, booking, to, now=NOW):
    """The guest takes another day; False when it was too late for that."""
    try:
        async with db.transaction() as session:
            await choices.choose_day(session, booking_id=booking.id, departure_id=to.departure.id, now=now)
    except (ChosenError, NotCancellableError):
        return False
    return True


async def take_money(db, booking, now=NOW):
    """The guest takes the money; False when it was too late for that."""
    try:
        async with db.transaction() as session:
            await choices.choose_money(session, booking_id=booking.id, now=now)
    except (ChosenError, NotCancellableError):
        return False
    return True


async def lapse(db, now=DEADLINE):
    """The job of every minute."""
    async with db.transaction() as session:
        return await choices.lapse_due(session, now=now)


async def outcome(db, booking):
    """(where it is, its state, what was answered, what is owed to it)."""
    async with db.transaction() as session:
        row = await session.get_one(Booking, booking.id)
        answers = list(
            await session.scalars(select(VisitChoice.answer).where(VisitChoice.booking_id == booking.id))
        )
        owed = -await ledger.balance(session, accounts.refund_payable(PayableKind.BOOKING, booking.id))
        return row.departure_id, row.state, answers, owed


async def asked_party(db, here):
    """A party of two that has paid."""
    booking = await book(db, here, 2)
    await pay(db, booking, NOW)
    return booking


async def assert_one_answer(db, booking, here, there, *others):
    """Either it goes there and nothing is owed, or all of its money is owed once and its seats are free."""
    where, state, [answer], owed = await outcome(db, booking)
    if answer is ChoiceAnswer.MOVED:
        assert (state, owed) == (BookingState.CONFIRMED, 0)
        assert where in {one.departure.id for one in (there, *others)}
    else:
        assert (where, state, owed) == (here.departure.id, BookingState.CANCELLED, booking.total_minor)
    await assert_whole(db, here, there, *others)
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_another_day_and_the_money_at_once(db):
    """A guest's two phones: one takes another day, one the money, each tapped twice: one of both happens, once."""
    for _round in range(ROUNDS):
        here, there = await open_two(db)
        booking = await asked_party(db, here)
        await call_off(db, here)
        said = await asyncio.gather(
            take_day(db, booking, there),
            take_money(db, booking),
            take_day(db, booking, there),
            take_money(db, booking),
        )
        assert said[0] == said[2] != said[1] == said[3]
        await assert_one_answer(db, booking, here, there)


async def test_the_guest_meets_the_job(db):
    """In the last second a guest takes a day while the job gives the money back, thrice: one of both happens, once."""
    for _round in range(ROUNDS):
        here, there = await open_two(db)
        booking = await asked_party(db, here)
        await call_off(db, here)
        await asyncio.gather(
            lapse(db),
            take_day(db, booking, there, DEADLINE - timedelta(seconds=1)),
            lapse(db),
            take_money(db, booking, DEADLINE),
            lapse(db),
        )
        await lapse(db)
        await assert_one_answer(db, booking, here, there)


async def test_without_lock_and_guard_a_guest_gets_both(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who neither locks nor asks whether an answer stands gives the day and the money."""
    here, there = await open_two(db)
    booking = await asked_party(db, here)
    # Another party, whose seats hide from the CHECK that this one's go back twice.
    await asked_party(db, here)
    await call_off(db, here)
    has_looked, has_money = asyncio.Event(), asyncio.Event()

    async def look(session, booking_id):
        return await session.get(Booking, booking_id, populate_existing=True)

    async def say_yes(_session, _booking_id, given, *, now):
        if given is ChoiceAnswer.MOVED:
            has_looked.set()
            await has_money.wait()
        return True

    async def take_money_meanwhile():
        await has_looked.wait()
        await take_money(db, booking)
        has_money.set()

    monkeypatch.setattr(booking_repository, "lock_booking", look)
    monkeypatch.setattr(choice_repository, "answer", say_yes)
    await asyncio.gather(take_day(db, booking, there), take_money_meanwhile())
    _where, _state, _answers, owed = await outcome(db, booking)
    assert owed == booking.total_minor
    # Seats there besides, for a party that has its money back.
    assert (await counters(db, there))[0] == 2
    assert await counters(db, here) == (0, 2)


async def test_the_guard_alone_allows_one_answer(db, monkeypatch: pytest.MonkeyPatch):
    """Even where nothing is locked, the conditional update of the choice lets one answer through."""
    here, there = await open_two(db)
    booking = await asked_party(db, here)
    await call_off(db, here)
    both = asyncio.Barrier(2)
    ask = choice_repository.answer

    async def look(session, booking_id):
        return await session.get(Booking, booking_id, populate_existing=True)

    async def wait_and_ask(session, booking_id, given, *, now):
        await both.wait()
        return await ask(session, booking_id, given, now=now)

    monkeypatch.setattr(booking_repository, "lock_booking", look)
    monkeypatch.setattr(choice_repository, "answer", wait_and_ask)
    said = await asyncio.gather(take_day(db, booking, there), take_money(db, booking))
    assert sorted(said) == [False, True]
    await assert_one_answer(db, booking, here, there)


async def test_a_whole_day_tapped_many_times_while_parties_come(db):
    """Four taps while parties book and pay: all that is there is called off, each paid party is asked once."""
    here, there = await open_two(db, capacity=60)
    paid = [await asked_party(db, here) for _party in range(3)]

    async def come():
        try:
            booking = await book(db, here, 1)
        except NotBookableError:
            return None
        if booking is not None:
            await pay(db, booking, NOW)
        return booking

    async def taps():
        return [await call_day_off(db, here) for _tap in range(2)]

    await asyncio.gather(*(come() for _ in range(5)), taps(), taps(), come())
    await call_day_off(db, here)
    async with db.transaction() as session:
        departure = await session.get_one(Departure, here.departure.id)
        assert departure.state is DepartureState.CANCELLED
        confirmed = await session.scalar(
            select(func.count()).where(
                Booking.departure_id == departure.id, Booking.state == BookingState.CONFIRMED
            )
        )
        asked = await session.scalar(select(func.count()).where(VisitChoice.departure_id == departure.id))
        assert asked == confirmed >= len(paid)
        holds = select(func.count()).where(
            Booking.departure_id == departure.id, Booking.state == BookingState.ON_HOLD
        )
        assert await session.scalar(holds) == 0
    await assert_whole(db, here, there)


async def open_one_day(db, capacity=40):
    """A tour with two departures on one day."""
    here, there = await open_two(db, capacity=capacity)
    async with db.transaction() as session:
        row = await session.get_one(Departure, there.departure.id)
        row.starts_at = here.departure.starts_at + timedelta(hours=4)
        row.ends_at, row.local_on = row.starts_at + timedelta(hours=3), today(row.starts_at)
    return here, there


async def test_a_whole_day_against_parties_that_change_places(db):
    """Parties move between two departures of a day that is called off: nobody locks anybody, all are asked once."""
    for _round in range(ROUNDS):
        here, there = await open_one_day(db)
        first = [await asked_party(db, here) for _party in range(3)]
        second = [await asked_party(db, there) for _party in range(3)]
        said = await asyncio.gather(
            *(move_if_open(db, one, there) for one in first),
            call_day_off(db, here),
            *(move_if_open(db, one, here) for one in second),
        )
        if said[3] is None:
            await call_day_off(db, here)
        for one in (*first, *second):
            _where, state, answers, owed = await outcome(db, one)
            assert (state, answers, owed) == (BookingState.CONFIRMED, [None], 0)
        await assert_whole(db, here, there)


async def move_if_open(db, booking, to):
    """Move a party, unless the day there is called off."""
    try:
        return await move(db, booking, to)
    except (NotBookableError, ChosenError):
        return False


async def test_departure_by_departure_they_lock_each_other(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who locks one counter before the bookings of the next departure meets who comes from there."""
    here, there = await open_one_day(db)
    booking = await asked_party(db, there)
    has_booking, has_counter = asyncio.Event(), asyncio.Event()
    lock = departure_repository.lock_departures

    async def lock_late(session, ids):
        has_booking.set()
        await has_counter.wait()
        await lock(session, ids)

    monkeypatch.setattr(departure_repository, "lock_departures", lock_late)

    async def one_by_one():
        async with db.transaction() as session:
            await has_booking.wait()
            for visit in (here, there):
                await calling_off.call_off(
                    session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
                )
                has_counter.set()

    ended = await asyncio.gather(one_by_one(), move_if_open(db, booking, here), return_exceptions=True)
    assert any(isinstance(one, BusyError) for one in ended)
