"""The waiting list (BOOKINGS.md, 42 to 46)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.core.ids import uuid7
from storefront.tours import (
    bookings,
    calling_off,
    cancelling,
    departures,
    jobs,
    moving,
    offering,
    settlement,
    sweeping,
    waiting,
    words,
)
from storefront.tours.errors import (
    AlreadyWaitingError,
    NotBookableError,
    PartyError,
    RoomError,
    TakenIdError,
    WaitingNotFoundError,
)
from storefront.tours.models import (
    AvailabilityType,
    BookingState,
    CallOffReason,
    Departure,
    DepartureState,
    UnitType,
)
from storefront.tours.waiting_models import WaitingParty, WaitingState
from tests.factories.people import new_phone
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_visit, wish
from tests.instants import look_too_early
from tests.storefront.tours.test_bookings import book, pay

START = NOW + timedelta(days=7)


async def full_visit(session, capacity=3, **overrides):
    """A tour whose one day is sold out: (visit, the booking that has the seats)."""
    visit = await make_visit(
        session, capacity=capacity, starts_at=overrides.pop("starts_at", START), **overrides
    )
    return visit, await book(session, visit, min(capacity, 10))


async def wait(session, visit, adults=2, *, now=NOW, phone=None, **overrides):
    """A party that waits for its seats."""
    party = wish(visit, adults, contact_phone=phone or new_phone(), **overrides)
    return await waiting.join(session, wish=party, secret=SECRET, person_id=None, language="vi", now=now)


async def offer(session, visit, now=NOW):
    """The job that seats which come back ask for."""
    return await offering.offer_seats(
        session, departure_id=visit.departure.id, secret=SECRET, address=SITE["address"], now=now
    )


async def queued(session):
    """How many jobs ask for the list."""
    statement = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'tours.offer_seats' AND scheduled_at IS NULL"
    return await session.scalar(text(statement))


async def see(session, party):
    """(state of the place, state of its booking) as they are now."""
    await session.refresh(party)
    booking = await bookings.get_booking(session, party.booking_id) if party.booking_id else None
    return party.state, booking and booking.state


async def test_a_whole_party_waits_once(session):
    """One place for a number and a day; the same id answers it; a token opens it (rule 42)."""
    visit, _full = await full_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1), capacity=1)
    units = {
        visit.units[UnitType.FAMILY].id: 1,
        visit.units[UnitType.CHILD].id: 1,
        visit.units[UnitType.ADULT].id: 0,
    }
    place = await wait(session, visit, phone="+84912000111", units=units)
    assert (place.heads, place.state) == (5, WaitingState.WAITING)
    found = await waiting.get_by_token(session, waiting.token_of(place, SECRET))
    shown = await waiting.get_place(session, found)
    assert [(one.number, unit.kind) for one, unit in shown.units] == [(1, "child"), (1, "family")]
    assert (shown.before, shown.booking) == (0, None)
    assert (await wait(session, visit, 1, id=place.id, phone="+84912000111")).heads == 5
    with pytest.raises(TakenIdError):  # an id is no key
        await wait(session, visit, 1, id=place.id, phone="+84912000222")
    with pytest.raises(AlreadyWaitingError):
        await wait(session, visit, 1, phone="+84912000111")
    assert await wait(session, visit, 2, phone="+84912000111", departure_id=other.id)
    with pytest.raises(WaitingNotFoundError):
        await waiting.get_by_token(session, "khong-co")


async def test_who_need_not_or_cannot_wait(session):
    """Room for all, a day that takes nobody, and a party of nobody are refused (rule 42)."""
    visit, _full = await full_visit(session, capacity=3)
    with pytest.raises(RoomError):
        await wait(session, visit, 2, now=NOW + timedelta(minutes=16))
    with pytest.raises(PartyError):
        await wait(session, visit, 0)
    with pytest.raises(NotBookableError):
        await wait(session, visit, 2, now=START)


async def test_the_first_that_fits_is_asked_first(session):
    """In the order of coming, and a small party passes a big one that the seats are too few for (rule 43)."""
    visit, full = await full_visit(session, capacity=4)
    big = await wait(session, visit, 5)
    first = await wait(session, visit, 2, now=NOW + timedelta(minutes=1))
    three = await wait(session, visit, 3, now=NOW + timedelta(minutes=2))
    last = await wait(session, visit, 1, now=NOW + timedelta(minutes=3))
    assert (await waiting.get_place(session, last)).before == 3
    assert await offer(session, visit) == []
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    made = await offer(session, visit)
    assert [one.heads for one in made] == [2, 1]
    assert [(await see(session, one))[0] for one in (big, first, three, last)] == [
        "waiting", "offered", "waiting", "offered",
    ]  # fmt: skip
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 1
    lists = await waiting.list_waiting(session, [visit.departure.id])
    assert [one.id for one in lists[visit.departure.id]] == [big.id, three.id]
    assert await offer(session, visit) == []


async def test_more_seats_for_a_big_party(session):
    """More capacity is for the list too, and a day that opens again (rules 43 and 45)."""
    visit, _full = await full_visit(session)
    big = await wait(session, visit, 5)
    before = await queued(session)
    await departures.change_capacity(session, departure_id=visit.departure.id, capacity=8, now=NOW)
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    assert await offer(session, visit) == []
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.OPEN)
    assert await queued(session) == before + 3
    await offer(session, visit)
    assert await see(session, big) == (WaitingState.OFFERED, BookingState.ON_HOLD)


async def test_what_is_not_sold_any_more_is_passed_over(session):
    """A ticket that was taken off, or counts more heads by now, keeps nobody else waiting (rule 43)."""
    visit, full = await full_visit(session, capacity=4)
    gone = await wait(session, visit, units={visit.units[UnitType.CHILD].id: 2})
    grown = await wait(session, visit, units={visit.units[UnitType.FAMILY].id: 1})
    fits = await wait(session, visit, 2)
    visit.units[UnitType.CHILD].is_active = False
    visit.units[UnitType.FAMILY].pax_count = 5
    await session.flush()
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    assert [one.heads for one in await offer(session, visit)] == [2]
    assert [(await see(session, one))[0] for one in (gone, grown, fits)] == ["waiting", "waiting", "offered"]


async def test_a_place_that_is_offered_already_is_not_refused_to_itself(session, monkeypatch):
    """A repeat that looked for itself a moment too early is answered with its place, though seats are offered to it by now."""
    visit, full = await full_visit(session)
    first = await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    await offer(session, visit)
    look_too_early(monkeypatch, waiting.waiting_repository, "find_party")
    assert (await wait(session, visit, 3, id=first.id, phone=first.contact_phone)).id == first.id


async def test_an_offer_ends_and_the_next_is_asked(session):
    """Twelve hours, then the seats are the next one's; who let them go may leave the name again (rule 44)."""
    visit, full = await full_visit(session)
    first = await wait(session, visit, 3, phone="+84912000111")
    second = await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    [booking] = await offer(session, visit)
    assert booking.expires_at == NOW + offering.OFFER
    assert booking.contact_phone == "+84912000111"
    with pytest.raises(AlreadyWaitingError):
        await wait(session, visit, 3, phone="+84912000111")
    over = NOW + offering.OFFER
    assert [one.heads for one in await offer(session, visit, over)] == [3]
    assert await see(session, first) == (WaitingState.OFFERED, BookingState.EXPIRED)
    assert await see(session, second) == (WaitingState.OFFERED, BookingState.ON_HOLD)
    assert (await wait(session, visit, 3, phone="+84912000111", now=over)).id != first.id


async def test_a_paid_offer_that_is_cancelled_gives_its_seats_back_once(session):
    """The place is used up: its seats go to the next, and never to it again (rule 44)."""
    visit, full = await full_visit(session)
    first = await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    [booking] = await offer(session, visit)
    await pay(session, booking)
    assert await see(session, first) == (WaitingState.OFFERED, BookingState.CONFIRMED)
    await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    assert await offer(session, visit) == []
    assert await departures.count_left(session, visit.departure.id, now=NOW) == 3


@pytest.mark.parametrize(
    ("before_start", "lasts"),
    [
        (timedelta(days=7), timedelta(hours=12)),
        (timedelta(hours=30), timedelta(hours=6)),
        (timedelta(hours=24, minutes=20), timedelta(hours=12)),
        (timedelta(hours=5), timedelta(hours=5)),
        (timedelta(minutes=20), None),
    ],
)
async def test_how_long_an_offer_lasts(session, before_start, lasts):
    """Half a day, never past the cut-off of 24 hours, nor after that the start; too short an offer is none (rule 44)."""
    visit = await make_visit(session, starts_at=NOW + before_start)
    until = offering.offer_until(visit.tour, visit.departure, now=NOW)
    assert until == (None if lasts is None else NOW + lasts)


async def test_a_day_pass_is_offered_until_the_gate_closes(session):
    """Visitors of a day pass may come until its end (rule 44)."""
    visit = await make_visit(session, starts_at=NOW, availability_type=AvailabilityType.OPENING_HOURS)
    until = offering.offer_until(visit.tour, visit.departure, now=NOW + timedelta(hours=1))
    assert until == visit.departure.ends_at


async def test_too_late_for_anybody(session):
    """With minutes to go, or once the day is off, nobody is asked (rule 44)."""
    visit, full = await full_visit(session)
    await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    assert await offer(session, visit, START - timedelta(minutes=20)) == []
    await calling_off.call_off(
        session, departure_id=visit.departure.id, reason=CallOffReason.ROAD, **SITE, now=NOW
    )
    assert await offer(session, visit) == []


async def test_whatever_gives_seats_back_asks_for_the_list(session):
    """Cancelling, the sweep and moving away each ask, in their own transaction; without a list nobody does (rule 45)."""
    visit = await make_visit(session, capacity=4, starts_at=START)
    other = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1))
    alone = await book(session, visit)
    await cancelling.cancel_booking(session, booking_id=alone.id, now=NOW)
    assert await queued(session) == 0
    cancelled, moved = await book(session, visit, 1), await book(session, visit, 1)
    await book(session, visit, 2)
    await wait(session, visit, 4)
    assert await queued(session) == 1
    await cancelling.cancel_booking(session, booking_id=cancelled.id, now=NOW)
    assert await queued(session) == 2
    await moving.move(session, booking_id=moved.id, departure_id=other.id, now=NOW)
    assert await queued(session) == 3
    await sweeping.expire_holds(session, now=NOW + timedelta(minutes=16))
    assert await queued(session) == 4
    await jobs.think_of_waiting(session, now=NOW)
    assert await queued(session) == 5
    await jobs.offer_seats(
        session,
        now=NOW + timedelta(minutes=16),
        secret=SECRET,
        address=SITE["address"],
        departure_id=str(visit.departure.id),
    )
    assert await session.scalar(select(WaitingParty.state)) == WaitingState.OFFERED
    await jobs.think_of_waiting(session, now=NOW)
    assert await queued(session) == 5


async def test_leaving_with_and_without_an_offer(session):
    """From the list; with seats in hand, which come back; not out of a paid booking, nor twice (rule 46)."""
    visit, full = await full_visit(session)
    plain = await wait(session, visit, 3)
    held, after = await wait(session, visit, 3), await wait(session, visit, 3)
    for _time in range(2):
        await waiting.leave(session, party_id=plain.id, now=NOW)
    assert (await see(session, plain))[0] is WaitingState.LEFT
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    await offer(session, visit)
    for _time in range(2):
        await waiting.leave(session, party_id=held.id, now=NOW)
    assert await see(session, held) == (WaitingState.OFFERED, BookingState.CANCELLED)
    [booking] = await offer(session, visit)
    await pay(session, booking)
    await waiting.leave(session, party_id=after.id, now=NOW)
    assert await see(session, after) == (WaitingState.OFFERED, BookingState.CONFIRMED)
    with pytest.raises(WaitingNotFoundError):
        await waiting.leave(session, party_id=uuid7(), now=NOW)


async def test_an_offer_that_ended_is_left_as_it_is(session):
    """Leaving after the time is over changes nothing, swept or not (rule 46)."""
    visit, full = await full_visit(session)
    party = await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    await offer(session, visit)
    await waiting.leave(session, party_id=party.id, now=NOW + offering.OFFER)
    assert await see(session, party) == (WaitingState.OFFERED, BookingState.ON_HOLD)


async def test_late_money_of_an_offer(session):
    """Paid after its end: taken if the seats are free again, never the next one's (rules 8 and 44)."""
    visit, full = await full_visit(session)
    await wait(session, visit, 3)
    await wait(session, visit, 3)
    await cancelling.cancel_booking(session, booking_id=full.id, now=NOW)
    [first] = await offer(session, visit)
    over = NOW + offering.OFFER + timedelta(minutes=1)
    [second] = await offer(session, visit, over)
    await settlement.lock_booking(session, first.id)
    await pay(session, first, now=over)
    assert (await bookings.get_booking(session, first.id)).state is BookingState.EXPIRED
    assert (await bookings.get_booking(session, second.id)).state is BookingState.ON_HOLD
    taken = await session.scalar(select(Departure.taken).where(Departure.id == visit.departure.id))
    assert taken == 3


def test_an_instant_in_words():
    """The clock of Viet Nam and the day, the same words whenever they are read."""
    assert str(words.say_instant(NOW)) == "09:00 ngày 12/11"
