"""A day called off, and what its guests choose (BOOKINGS.md, 36-38)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.tours import (
    bookings,
    calling_off,
    cancelling,
    choice_repository,
    choices,
    departure_repository,
    departures,
    feeds,
    jobs,
    moving,
    words,
)
from storefront.tours.calendars import Status
from storefront.tours.choice_repository import CHOICE_TIME
from storefront.tours.errors import ChosenError, MovingError, NotBookableError, PlanError, SoldOutError
from storefront.tours.models import (
    BookingState,
    CallOffReason,
    ChoiceAnswer,
    Departure,
    DepartureState,
    VisitChoice,
)
from storefront.tours.tickets import Verdict, look_up
from tests.books import list_breaches
from tests.factories.visits import NOW, SITE, make_departure, make_visit
from tests.storefront.tours.test_bookings import MORNING, book, check_in, paid_booking

DEADLINE = NOW + CHOICE_TIME
LATER = NOW + timedelta(days=5)


async def call_off(session, departure, now=NOW, **more):
    """A storm."""
    return await calling_off.call_off(
        session, departure_id=departure.id, reason=CallOffReason.WEATHER, **SITE, now=now, **more
    )


async def call_day_off(session, visit, on=None, now=NOW):
    """A storm, all day."""
    return await calling_off.call_off_day(
        session,
        producer_id=visit.producer.id,
        on=on or visit.departure.local_on,
        reason=CallOffReason.WEATHER,
        **SITE,
        now=now,
    )


async def owed(session, booking):
    """What the books owe a party."""
    return -await ledger.balance(session, accounts.refund_payable("booking", booking.id))


async def taken(session, *found):
    """How many heads each counter says."""
    return [(await session.get(Departure, one.id, populate_existing=True)).taken for one in found]


async def answers(session):
    """What was answered."""
    return list(await session.scalars(select(VisitChoice.answer).order_by(VisitChoice.id)))


async def test_a_whole_day(session):
    """All departures of the day, of every tour of the producer, nobody else's; those with visitors inside stand (36)."""
    visit, strange = await make_visit(session), await make_visit(session)
    start = visit.departure.starts_at
    second = await make_departure(session, visit.tour.id, starts_at=start + timedelta(hours=4))
    idle = await make_departure(
        session, visit.tour.id, starts_at=start + timedelta(hours=6), state=DepartureState.CLOSED
    )
    other_day = await make_departure(session, visit.tour.id, starts_at=LATER)
    inside = await paid_booking(session, visit)
    await check_in(session, visit, inside.code)
    waiting = await paid_booking(session, visit, 2, departure_id=second.id)
    done = await call_day_off(session, visit, now=MORNING)
    assert (done.departures, done.parties, done.standing) == (1, 1, {visit.departure.id})
    again = await call_day_off(session, visit, now=MORNING)
    assert (again.departures, again.parties, again.standing) == (0, 0, {visit.departure.id})
    states = [
        (await departures.get_departure(session, one.id)).state
        for one in (second, visit.departure, idle, other_day, strange.departure)
    ]
    opened = DepartureState.OPEN
    assert states == [DepartureState.CANCELLED, opened, DepartureState.CLOSED, opened, opened]
    assert (await choices.find_open(session, waiting, now=MORNING)) is not None
    lines = await calling_off.list_day(session, producer_id=visit.producer.id, on=visit.departure.local_on)
    assert [(one.parties, one.heads, one.has_visitors, one.answers) for one in lines] == [
        (1, 1, True, {}),
        (1, 2, False, {None: 1}),
        (0, 0, False, {}),
    ]
    with pytest.raises(PlanError):
        await call_day_off(session, visit, on=visit.departure.local_on, now=NOW + timedelta(days=4))


async def test_what_a_party_may_do_meanwhile(session):
    """Until it has chosen: its heads stay counted, its tickets open nothing, its calendar says so, no hour is too late (37)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit, 2)
    await call_off(session, visit.departure, now=MORNING, note="Bão số 9")
    assert await taken(session, visit.departure) == [2]
    gate = await look_up(session, code=booking.code, producer_id=visit.producer.id, now=MORNING)
    assert gate.verdict is Verdict.CALLED_OFF
    party = await bookings.get_party(session, booking)
    assert "mưa bão, trời xấu: Bão số 9." in str(words.say_called_off(party.departure))
    [entry] = feeds.tell_party(party, host="a", address="https://a/b", source=None).entries
    assert entry.status is Status.CANCELLED
    assert cancelling.why_not(booking, party.tour, party.departure, now=MORNING) is None
    assert moving.why_not(booking, party.tour, party.departure, now=MORNING) is None
    with pytest.raises(NotBookableError):
        await book(session, visit)


async def test_another_day(session):
    """The party goes with its payment and its tickets; then it has chosen (37)."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    full = await make_departure(session, visit.tour.id, starts_at=LATER + timedelta(days=1), capacity=1)
    booking = await paid_booking(session, visit, 2)
    await call_off(session, visit.departure)
    for departure, error in ((full, SoldOutError), (visit.departure, NotBookableError)):
        with pytest.raises(error):
            async with session.begin_nested():
                await choices.choose_day(session, booking_id=booking.id, departure_id=departure.id, now=NOW)
    for _tap in range(2):
        moved = await choices.choose_day(session, booking_id=booking.id, departure_id=other.id, now=NOW)
        assert (moved.departure_id, moved.state) == (other.id, BookingState.CONFIRMED)
    assert await taken(session, visit.departure, other) == [0, 2]
    assert (await answers(session), await owed(session, booking)) == ([ChoiceAnswer.MOVED], 0)
    with pytest.raises(ChosenError):
        await choices.choose_money(session, booking_id=booking.id, now=NOW)
    with pytest.raises(ChosenError):
        await choices.choose_day(session, booking_id=booking.id, departure_id=full.id, now=NOW)
    # And the new day may be called off too: the party chooses again.
    await call_off(session, other)
    assert await answers(session) == [ChoiceAnswer.MOVED, None]


async def test_the_money(session):
    """All of it, once, through the books; the seats of the day are nobody's (37)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit, 2)
    await call_off(session, visit.departure)
    for _tap in range(2):
        await choices.choose_money(session, booking_id=booking.id, now=NOW)
    assert (await answers(session), await owed(session, booking)) == ([ChoiceAnswer.REFUNDED], 300_000)
    assert await taken(session, visit.departure) == [0]
    assert await list_breaches(session, now=NOW) == []
    assert await choices.lapse_due(session, now=DEADLINE) == 0
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    with pytest.raises(ChosenError):
        await choices.choose_day(session, booking_id=booking.id, departure_id=other.id, now=NOW)


async def test_no_choice_is_the_money(session):
    """Three days, by the clock: before it nothing happens, after it no day is to be had and the money goes back once (38)."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    first, second = await paid_booking(session, visit, 2), await paid_booking(session, visit, 1)
    await call_off(session, visit.departure)
    await jobs.lapse_choices(session, now=DEADLINE - timedelta(seconds=1))
    assert await answers(session) == [None, None]
    with pytest.raises(ChosenError):
        await choices.choose_day(session, booking_id=first.id, departure_id=other.id, now=DEADLINE)
    with pytest.raises(ChosenError):
        await moving.move(session, booking_id=first.id, departure_id=other.id, now=DEADLINE)
    # Not swept yet, and the guest asks for the money: the same.
    await choices.choose_money(session, booking_id=second.id, now=DEADLINE)
    assert await choices.lapse_due(session, now=DEADLINE) == 1
    assert await choices.lapse_due(session, now=DEADLINE) == 0
    assert sorted(one or "" for one in await answers(session)) == ["lapsed", "refunded"]
    assert [await owed(session, one) for one in (first, second)] == [300_000, 150_000]
    assert await taken(session, visit.departure) == [0]


async def test_a_choice_that_was_answered_meanwhile_is_passed_over(session, monkeypatch):
    """The job asks once more under the lock: whoever answered meanwhile is left alone (38)."""
    visit = await make_visit(session)
    booking = await paid_booking(session, visit)
    await call_off(session, visit.departure)
    due = await choice_repository.list_due(session, now=DEADLINE)
    assert due == [booking.id]
    await choices.choose_money(session, booking_id=booking.id, now=NOW)

    async def list_as_seen(_session, *, now):
        return due

    monkeypatch.setattr(choice_repository, "list_due", list_as_seen)
    assert await choices.lapse_due(session, now=DEADLINE) == 0
    assert await owed(session, booking) == 150_000


async def test_the_other_doors_are_a_choice_too(session):
    """The page of another day, and of cancelling, answer the same choice; a choice that is gone refuses both (37)."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    first, second = await paid_booking(session, visit), await paid_booking(session, visit)
    await call_off(session, visit.departure)
    await moving.move(session, booking_id=first.id, departure_id=other.id, now=NOW)
    await cancelling.cancel_booking(session, booking_id=second.id, now=NOW)
    assert sorted(one or "" for one in await answers(session)) == ["moved", "refunded"]
    third = await paid_booking(session, visit, departure_id=other.id)
    await call_off(session, other)
    await choice_repository.answer(session, third.id, ChoiceAnswer.REFUNDED, now=NOW)
    with pytest.raises(ChosenError):
        await cancelling.cancel_booking(session, booking_id=third.id, now=NOW)


async def test_bookings_that_come_in_meanwhile(db, monkeypatch):
    """A party that paid while the day was being called off is asked too, the others not again; once it is in, the host is told to tap again (36)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        first = await paid_booking(session, visit, 2)
    call = departure_repository.call_off
    coming = iter([False, True])

    async def let_one_in_between(session, departure_id, **facts):
        is_coming_in = next(coming, None)
        if is_coming_in is not None:
            async with db.transaction() as other:
                late = await paid_booking(other, visit)
                if is_coming_in:
                    await check_in(other, visit, late.code)
        return await call(session, departure_id, **facts)

    monkeypatch.setattr(departure_repository, "call_off", let_one_in_between)
    with pytest.raises(MovingError):
        async with db.transaction() as session:
            await call_off(session, visit.departure, now=MORNING)
    async with db.transaction() as session:
        assert await answers(session) == []
        assert (await bookings.get_booking(session, first.id)).state is BookingState.CONFIRMED
    coming = iter([False])
    async with db.transaction() as session:
        visit = await make_visit(session)
        await paid_booking(session, visit, 2)
    async with db.transaction() as session:
        done = await call_off(session, visit.departure)
        assert (done.departures, done.parties) == (1, 2)
        assert await taken(session, visit.departure) == [3]


async def test_a_hold_that_was_over_hears_nothing(session):
    """Whoever did not pay in time is not told of a day that they do not have (36)."""
    visit = await make_visit(session)
    held = await book(session, visit, 2)
    done = await call_off(session, visit.departure, now=held.expires_at)
    assert (done.departures, done.parties) == (1, 0)
    assert (await bookings.get_booking(session, held.id)).state is BookingState.CANCELLED
    assert await taken(session, visit.departure) == [0]
    queued = await session.scalar(text("SELECT count(*) FROM jobs.procrastinate_jobs"))
    assert queued == 1  # the hosts alone
