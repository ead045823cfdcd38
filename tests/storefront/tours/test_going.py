"""Go or no go, and days that are not sure yet (BOOKINGS.md, 47 to 49)."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import select, text

from app.core.clock import today
from storefront.refunds.models import Refund
from storefront.tours import (
    blackouts,
    bookings,
    calling_off,
    cancelling,
    departure_repository,
    departures,
    going,
    jobs,
    moving,
    offering,
    service,
    terms,
    waiting,
    words,
)
from storefront.tours.errors import NotBookableError, TransitionError
from storefront.tours.models import BelowRule, BookingState, CallOffReason, Departure, DepartureState
from storefront.tours.schemas import BlackoutFields, DepartureFields, TourFields
from storefront.tours.states import is_unsure, takes_names
from storefront.tours.waiting_models import WaitingParty, WaitingState
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_visit
from tests.storefront.tours.test_bookings import book, paid_booking
from tests.storefront.tours.test_tours import date_fields
from tests.storefront.tours.test_waiting import wait

START = NOW + timedelta(days=7)
HOUR = START - timedelta(hours=48)


async def small_visit(session, **overrides):
    """A visit that needs six heads, decided two days before."""
    values = {"minimum_heads": 6, "decide_hours": 48, "cancellation_cutoff_hours": 72}
    return await make_visit(session, starts_at=START, **values | overrides)


async def decide(session, visit, now=HOUR):
    """The hour has come; answers the day's state."""
    await going.decide(session, departure_id=visit.departure.id, **SITE, now=now)
    return (await departures.get_departure(session, visit.departure.id)).state


async def said(session, words_):
    """How many messages are to be sent that begin so."""
    statement = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'notices.send_sms' AND args->>'msgid' LIKE :like"
    return await session.scalar(text(statement), {"like": f"{words_}%"})


async def test_enough_have_paid(session):
    """At the hour, heads that have paid count, not holds; everybody who has paid is told, once (rule 47)."""
    visit = await small_visit(session)
    family = {visit.units["family"].id: 1}
    for units in (family, {visit.units["adult"].id: 2}):
        await paid_booking(session, visit, units=units)
    await book(session, visit, 3, now=HOUR)
    assert await decide(session, visit, HOUR - timedelta(seconds=1)) is DepartureState.OPEN
    assert await decide(session, visit) is DepartureState.GO
    assert await decide(session, visit) is DepartureState.GO
    assert await said(session, "Chợ Phiên: chắc chắn đi") == 2


async def test_too_few_have_paid(session):
    """Called off, and both sides hear why; who has paid chooses, here all the money; a hold is no guest (rule 48)."""
    visit = await small_visit(session)
    paid = await paid_booking(session, visit, 5)
    held = await book(session, visit, 3, now=HOUR)
    assert await decide(session, visit) is DepartureState.CANCELLED
    assert (await bookings.get_booking(session, held.id)).state is BookingState.CANCELLED
    assert await said(session, "Chợ Phiên: nhà vườn báo nghỉ") == 2
    assert await said(session, "Đã báo nghỉ") == 1
    assert await decide(session, visit) is DepartureState.CANCELLED
    await cancelling.cancel_booking(session, booking_id=paid.id, now=HOUR)
    [refund] = await session.scalars(select(Refund).where(Refund.payable_id == paid.id))
    assert refund.amount_minor == 750_000


async def test_nobody_is_bound_until_it_is_sure(session):
    """Past the cut-off a party still cancels and moves free of charge; once it is sure, no more (rule 47)."""
    visit = await small_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=7))
    parties = [await paid_booking(session, visit, 2) for _party in range(4)]
    late = START - timedelta(hours=60)
    assert cancelling.why_not(parties[0], visit.tour, visit.departure, now=late) is None
    assert "cho đến khi nhà vườn báo" in str(
        words.say_free(terms.steps_of(visit.tour), visit.tour, visit.departure).msgid
    )
    await cancelling.cancel_booking(session, booking_id=parties[0].id, now=late)
    await moving.move(session, booking_id=parties[1].id, departure_id=other.id, now=late)
    await going.go(session, departure_id=visit.departure.id, now=NOW)
    departure = await departures.get_departure(session, visit.departure.id)
    assert cancelling.why_not(parties[2], visit.tour, departure, now=late) is not None
    assert moving.why_not(parties[2], visit.tour, departure, now=late) is not None
    assert "cho đến khi" not in str(words.say_free(terms.steps_of(visit.tour), visit.tour, departure).msgid)
    assert words.say_least(visit.tour, departure) is None
    assert await said(session, "Chợ Phiên: chắc chắn đi") == 2


async def test_a_host_is_asked_once(session):
    """Asked at the hour; enough guests later make it sure; silence until the answer's end calls it off (rule 48)."""
    visit = await small_visit(session, below=BelowRule.ASK)
    await paid_booking(session, visit, 4)
    assert await decide(session, visit) is DepartureState.OPEN
    assert await decide(session, visit, HOUR + timedelta(hours=1)) is DepartureState.OPEN
    assert await said(session, "Mới có") == 1
    assert await decide(session, visit, HOUR + going.ANSWER) is DepartureState.CANCELLED
    assert await said(session, "Chợ Phiên: nhà vườn báo nghỉ") == 1


async def test_guests_who_come_after_the_question(session):
    """Enough have paid while the host thinks: it is sure (rule 48)."""
    visit = await small_visit(session, below=BelowRule.ASK)
    await decide(session, visit)
    await paid_booking(session, visit, 6, now=HOUR)
    assert await decide(session, visit, HOUR + timedelta(hours=1)) is DepartureState.GO


async def test_how_long_a_host_may_think(session):
    """Half of the time that is left, twelve hours at most (rule 48)."""
    visit = await small_visit(session)
    assert going.answer_by(visit.departure, HOUR) == HOUR + timedelta(hours=12)
    assert going.answer_by(visit.departure, START - timedelta(hours=4)) == START - timedelta(hours=2)


async def test_which_days_are_decided(session):
    """Those that need guests, are open, and whose hour has come; each by a job of its own (rule 47)."""
    visit = await small_visit(session)
    await make_visit(session, starts_at=START)
    later = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1))
    sure = await make_departure(
        session, visit.tour.id, starts_at=START - timedelta(days=1), state=DepartureState.GO
    )
    assert await going.list_undecided(session, now=HOUR - timedelta(seconds=1)) == []
    assert await going.list_undecided(session, now=HOUR) == [visit.departure.id]
    assert await going.list_undecided(session, now=START) == [later.id]
    assert sure.state is DepartureState.GO
    for _time in range(2):
        await jobs.look_for_undecided(session, now=HOUR)
    names = await session.scalars(
        text("SELECT args->>'departure_id' FROM jobs.procrastinate_jobs WHERE task_name = 'tours.decide'")
    )
    assert list(names) == [str(visit.departure.id)]
    await jobs.decide(session, **SITE, now=HOUR, departure_id=str(visit.departure.id))
    assert (await departures.get_departure(session, visit.departure.id)).state is DepartureState.CANCELLED


async def test_a_tap_that_comes_twice(session):
    """A day that is sure is not made sure again; a day without a minimum tells nobody (rule 47)."""
    visit = await make_visit(session, starts_at=START)
    await paid_booking(session, visit, 2)
    await going.go(session, departure_id=visit.departure.id, now=NOW)
    assert await said(session, "Chợ Phiên: chắc chắn đi") == 0
    with pytest.raises(TransitionError):
        await going.go(session, departure_id=visit.departure.id, now=NOW)


async def test_the_host_was_faster(session, monkeypatch):
    """A host who calls the day off in the moment of decision is not overruled, and nobody is told that it is sure (48)."""
    visit = await small_visit(session)
    await paid_booking(session, visit, 6)
    really = departure_repository.mark_sure

    async def called_off_first(session, departure_id, *, now):
        await calling_off.call_off(
            session, departure_id=departure_id, reason=CallOffReason.ROAD, **SITE, now=now
        )
        return await really(session, departure_id, now=now)

    monkeypatch.setattr(departure_repository, "mark_sure", called_off_first)
    assert await decide(session, visit) is DepartureState.CANCELLED
    assert await said(session, "Chợ Phiên: chắc chắn đi") == 0


async def test_a_sure_day_stays_sure(session):
    """Closed and opened again, by its host or for a day at home, it goes as it was said, however few pay (rule 47)."""
    visit = await small_visit(session)
    paid = await paid_booking(session, visit, 2)
    await going.go(session, departure_id=visit.departure.id, now=NOW)
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    await going.open_day(session, departure_id=visit.departure.id, now=NOW)
    assert await decide(session, visit) is DepartureState.GO
    fields = BlackoutFields(from_on=visit.departure.local_on)
    await blackouts.add(session, producer_id=visit.producer.id, fields=fields, now=NOW)
    [closed] = await blackouts.list_closed(session, producer_id=visit.producer.id, now=NOW)
    await blackouts.remove(session, producer_id=visit.producer.id, blackout_id=closed.blackout.id, now=NOW)
    assert await decide(session, visit) is DepartureState.GO
    departure = await departures.get_departure(session, visit.departure.id)
    late = START - timedelta(hours=60)
    assert cancelling.why_not(paid, visit.tour, departure, now=late) is not None


async def test_a_day_that_is_not_sold_any_more_is_decided_too(session):
    """Closed before its hour it binds nobody, and is made sure or called off as any other; the host may say go (47, 48)."""
    visit = await small_visit(session)
    paid = await paid_booking(session, visit, 6)
    await departures.move_departure(session, departure_id=visit.departure.id, state=DepartureState.CLOSED)
    departure = await departures.get_departure(session, visit.departure.id)
    late = START - timedelta(hours=60)
    assert cancelling.why_not(paid, visit.tour, departure, now=late) is None
    assert await going.list_undecided(session, now=HOUR) == [visit.departure.id]
    assert await decide(session, visit) is DepartureState.CLOSED
    assert await said(session, "Chợ Phiên: chắc chắn đi") == 1
    assert await going.list_undecided(session, now=HOUR) == []
    other = await small_visit(session)
    await paid_booking(session, other, 2)
    await departures.move_departure(session, departure_id=other.departure.id, state=DepartureState.CLOSED)
    await going.go(session, departure_id=other.departure.id, now=NOW)
    assert await decide(session, other) is DepartureState.CLOSED


async def test_a_day_made_after_its_hour_is_sure(session):
    """Made, or opened, when it should have been decided already, a day goes; so do days whose tour asks for more since (48)."""
    visit = await small_visit(session)
    fields = DepartureFields(from_on=today(NOW + timedelta(days=1)), starts=time(15, 0), capacity=9)
    await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW)
    assert await going.list_undecided(session, now=NOW) == []
    late = await make_departure(
        session, visit.tour.id, starts_at=NOW + timedelta(hours=31), state=DepartureState.PROVISIONAL
    )
    await going.open_day(session, departure_id=late.id, now=NOW)
    assert (await departures.get_departure(session, late.id)).state is DepartureState.GO
    near = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(hours=60))
    words_ = TourFields.model_validate(
        {name: getattr(visit.tour, name) for name in TourFields.model_fields} | {"decide_hours": 72}
    )
    await service.update_tour(
        session, tour_id=visit.tour.id, fields=words_, commune_code=visit.tour.commune_code, now=NOW
    )
    assert await going.list_undecided(session, now=NOW) == []
    assert not is_unsure(visit.tour, await departures.get_departure(session, near.id))
    assert is_unsure(visit.tour, await departures.get_departure(session, visit.departure.id))


def test_how_a_decision_is_said():
    """Days where they are whole, else hours."""
    assert str(words.say_decision(12)) == "trước 12 giờ"
    assert str(words.say_decision(48)) == "trước 2 ngày"


async def test_a_provisional_day_takes_names_and_no_money(session):
    """Room or not, parties leave their names; opened, each in turn has its seats (rule 49)."""
    visit = await make_visit(session, starts_at=START)
    day = today(START) + timedelta(days=2)
    fields = date_fields(from_on=day, capacity="3", is_provisional=True)
    await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW)
    departure = await session.scalar(select(Departure).where(Departure.local_on == day))
    assert departure.state is DepartureState.PROVISIONAL
    first = await wait(session, visit, 2, departure_id=departure.id)
    second = await wait(session, visit, 2, departure_id=departure.id, now=NOW + timedelta(seconds=1))
    third = await wait(session, visit, 1, departure_id=departure.id, now=NOW + timedelta(seconds=2))
    with pytest.raises(NotBookableError):
        await book(session, visit, departure_id=departure.id)
    with pytest.raises(NotBookableError):
        await wait(session, visit, departure_id=departure.id, now=departure.starts_at)
    rule = {"departure_id": departure.id, "secret": SECRET, "address": "https://cho.example", "now": NOW}
    assert await offering.offer_seats(session, **rule) == []
    await departures.move_departure(session, departure_id=departure.id, state=DepartureState.OPEN)
    assert [one.heads for one in await offering.offer_seats(session, **rule)] == [2, 1]
    states = []
    for party in (first, second, third):
        await session.refresh(party)
        states.append(party.state)
    assert states == ["offered", "waiting", "offered"]
    visit.tour.is_published = False
    await session.flush()
    departure.state = DepartureState.PROVISIONAL
    assert not takes_names(visit.tour, departure, NOW)


async def test_lists_end_with_their_day(session):
    """A day called off tells who waited, once; a day that is over tells nobody; the others go on waiting (rule 49)."""
    visit = await make_visit(session, capacity=1, starts_at=START)
    off = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=1), capacity=1)
    later = await make_departure(session, visit.tour.id, starts_at=START + timedelta(days=9), capacity=1)
    for one in (visit.departure, off, later):
        await wait(session, visit, 2, departure_id=one.id)
    await calling_off.call_off(session, departure_id=off.id, reason=CallOffReason.ROAD, **SITE, now=NOW)
    for _time in range(2):
        await waiting.close_lists(session, now=visit.departure.ends_at)
    assert await said(session, "Chợ Phiên: nhà vườn báo nghỉ") == 1
    rows = await session.scalars(select(WaitingParty).execution_options(populate_existing=True))
    assert {row.departure_id: row.state for row in rows} == {
        visit.departure.id: WaitingState.CLOSED,
        off.id: WaitingState.CLOSED,
        later.id: WaitingState.WAITING,
    }
