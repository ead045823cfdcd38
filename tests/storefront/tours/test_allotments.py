"""Seats held for an operator until some days before: who may take them, and when they are everybody's."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import update

from app.core.clock import in_vietnam, today
from app.core.ids import uuid7
from storefront.operators import service as operators
from storefront.operators.errors import OperatorNotFoundError
from storefront.tours import (
    allotment_repository,
    allotments,
    bookings,
    cancelling,
    changing,
    departures,
    moving,
    offering,
    seasons,
    settlement,
    waiting,
)
from storefront.tours.allotments import Promise
from storefront.tours.errors import (
    AllotmentError,
    AllotmentNotFoundError,
    DepartureNotFoundError,
    HeldCapacityError,
    SoldOutError,
)
from storefront.tours.models import BookingState, Departure, UnitType
from storefront.tours.schemas import DayFields, DepartureFields, SeasonFields
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_visit, wish
from tests.storefront.tours.test_resources import assign, make_car

START = NOW + timedelta(days=10)
DAY = today(START)


class Stand:
    """A visit of ten seats in ten days, an operator, and another one."""

    def __init__(self, session, visit, first, second):
        self.session, self.visit, self.first, self.second = session, visit, first, second

    @property
    def departure_id(self):
        """The date."""
        return self.visit.departure.id

    async def grant(self, heads, *, to=None, days=3, now=NOW):
        """Hold seats, for the first operator unless another is named."""
        promise = Promise(operator_id=(to or self.first).id, heads=heads, release_days=days)
        await allotments.grant(self.session, departure_id=self.departure_id, promise=promise, now=now)

    async def book(self, adults, *, by=None, now=NOW):
        """A party of a visitor, or brought by an operator."""
        return await bookings.create_booking(
            self.session,
            booking=wish(self.visit, adults),
            secret=SECRET,
            person_id=None,
            language="vi",
            now=now,
            terms=operators.terms_of(by) if by else None,
        )

    async def left(self, by=None, now=NOW):
        """What is free for a visitor, or for an operator; a list of dates says the same."""
        operator_id = by.id if by else None
        count = await departures.count_left(self.session, self.departure_id, now=now, operator_id=operator_id)
        tour = self.visit.tour
        lists = [
            await departures.list_seats(self.session, [tour], now=now, operator_id=operator_id),
            await departures.list_between(self.session, tour, DAY, DAY, now=now, operator_id=operator_id),
            await departures.list_starting(self.session, tour, [START], now=now, operator_id=operator_id),
        ]
        assert {found[0].left for found in lists} == {count}
        return count


@pytest.fixture
async def stand(session):
    visit = await make_visit(session, capacity=10, starts_at=START)
    first = await operators.get_or_create_operator(session, name="Sông Cầu", now=NOW)
    second = await operators.get_or_create_operator(session, name="Núi Xanh", now=NOW)
    return Stand(session, visit, first, second)


async def test_strangers_cannot_take_what_is_held(stand):
    """Six of ten are held: a stranger and another operator see and get four, its operator ten (BOOKINGS.md, 70 and 71)."""
    await stand.grant(6)
    assert [await stand.left(by) for by in (None, stand.second, stand.first)] == [4, 4, 10]
    for by in (None, stand.second):
        with pytest.raises(SoldOutError) as refused:
            await stand.book(5, by=by)
        assert refused.value.left == 4
    await stand.book(4)
    assert [await stand.left(by) for by in (None, stand.second, stand.first)] == [0, 0, 6]
    await stand.book(6, by=stand.first)
    assert await stand.left(stand.first) == 0


async def test_own_bookings_eat_the_allotment_first(stand):
    """What an operator books comes off what is held for it, then off the rest; cancelled it is held again (BOOKINGS.md, 71)."""
    await stand.grant(6)
    small = await stand.book(4, by=stand.first)
    assert [await stand.left(by) for by in (None, stand.first)] == [4, 6]
    big = await stand.book(4, by=stand.first)
    assert [await stand.left(by) for by in (None, stand.first)] == [2, 2]
    await cancelling.cancel_booking(stand.session, booking_id=big.id, now=NOW)
    assert [await stand.left(by) for by in (None, stand.first)] == [4, 6]
    [held] = (await allotments.list_held(stand.session, [stand.departure_id], now=NOW))[stand.departure_id]
    assert (held.operator, held.booked, held.left) == (stand.first, 4, 2)
    # A hold whose time is over is held for its operator again, before anybody has swept it.
    after = small.expires_at + timedelta(seconds=1)
    assert [await stand.left(by, after) for by in (None, stand.first)] == [4, 10]
    await stand.book(4, now=after)
    with pytest.raises(SoldOutError):
        await stand.book(1, now=after)
    await stand.book(6, by=stand.first, now=after)


async def test_the_clock_frees_what_is_left(stand):
    """From so many days before the start what is left is everybody's, though no job ran; pages hear of it once (BOOKINGS.md, 72)."""
    await stand.grant(6, days=3)
    await stand.book(2, by=stand.first)
    free_at = START - timedelta(days=3)
    assert await stand.left(now=free_at - timedelta(seconds=1)) == 4
    booked = await stand.book(2, by=stand.first, now=free_at - timedelta(minutes=1))
    assert await stand.left(now=free_at) == 10 - 2  # the first two were a hold that nobody confirmed
    await stand.book(8, now=free_at)
    assert booked.heads == 2
    assert await allotments.list_held(stand.session, [stand.departure_id], now=free_at) == {
        stand.departure_id: []
    }
    assert await allotment_repository.note_released(stand.session, now=free_at - timedelta(seconds=1)) == []
    async with stand.session.begin_nested() as looked:
        told = await allotment_repository.note_released(stand.session, now=free_at)
        await looked.rollback()
    assert told == [(stand.departure_id, stand.visit.tour.id)]
    await allotments.tell_released(stand.session, now=free_at)
    assert await allotment_repository.note_released(stand.session, now=free_at) == []


async def test_more_than_there_is_cannot_be_held(stand):
    """A host holds what is free or the operator's own; what is promised to one is not promised to another (BOOKINGS.md, 73)."""
    await stand.book(2)
    await stand.book(3, by=stand.first)
    await stand.grant(4, to=stand.second)
    with pytest.raises(AllotmentError) as refused:
        await stand.grant(5)
    assert "4" in str(refused.value.message)
    await stand.grant(4)
    assert [await stand.left(by) for by in (None, stand.first, stand.second)] == [0, 1, 4]
    await stand.grant(3)  # said anew, it is what holds
    assert await stand.left() == 1
    for wrong, error in (
        ({"departure_id": uuid7()}, DepartureNotFoundError),
        ({"promise": Promise(operator_id=uuid7(), heads=1, release_days=1)}, OperatorNotFoundError),
    ):
        right = {
            "departure_id": stand.departure_id,
            "promise": Promise(operator_id=stand.first.id, heads=1, release_days=1),
        }
        with pytest.raises(error):
            await allotments.grant(stand.session, **right | wrong, now=NOW)


async def test_a_hold_that_is_over_is_swept_before_seats_are_promised(stand):
    """What is over by the clock is ended before it is counted: nobody pays late into seats that are promised, and no promise shrinks for it (BOOKINGS.md, 3 and 73)."""
    lapsed = [await stand.book(4), await stand.book(3, by=stand.second)]
    after = lapsed[0].expires_at + timedelta(seconds=1)
    await stand.grant(10, now=after)
    for one in lapsed:
        assert (await bookings.get_booking(stand.session, one.id)).state is BookingState.EXPIRED
    await allotments.keep_held(stand.session, stand.visit.tour, now=after)
    assert [await stand.left(by, after) for by in (None, stand.second, stand.first)] == [0, 0, 10]
    # Refused, nothing is promised, and what was over may stay for the next one to sweep.
    with pytest.raises(AllotmentError):
        await stand.grant(11, now=after)


async def test_a_rule_sweeps_what_is_over_before_it_promises(stand):
    """A rule counts what is left behind the counters, when what is over has ended: its promise stays whole (BOOKINGS.md, 3 and 75)."""
    session, tour = stand.session, stand.visit.tour
    lapsed = await stand.book(8)
    after = lapsed.expires_at + timedelta(seconds=1)
    promise = Promise(operator_id=stand.first.id, heads=5, release_days=2)
    rule = {"tour_id": tour.id, "promise": promise, "weekdays": [], "until_on": DAY}
    await allotments.create_rule(session, **rule, now=after)
    assert (await bookings.get_booking(session, lapsed.id)).state is BookingState.EXPIRED
    await allotments.keep_held(session, tour, now=after)
    assert [await stand.left(by, after) for by in (None, stand.first)] == [5, 10]


async def test_a_hold_that_is_over_trims_no_promise(stand):
    """A date with fewer seats than before keeps all of a promise that fits once what is over has ended (BOOKINGS.md, 3 and 73)."""
    await stand.grant(6)
    lapsed = await stand.book(4)
    after = lapsed.expires_at + timedelta(seconds=1)
    row = stand.visit.departure
    await stand.session.execute(update(Departure).where(Departure.id == row.id).values(capacity=8))
    await allotments.keep_held(stand.session, stand.visit.tour, now=after)
    assert [await stand.left(by, after) for by in (None, stand.first)] == [2, 8]


async def test_a_host_takes_a_promise_back(stand):
    """Ended, what is not booked is everybody's; ended twice changes nothing (BOOKINGS.md, 73)."""
    await stand.grant(6)
    booked = await stand.book(2, by=stand.first)
    for _time in range(2):
        await allotments.end(stand.session, departure_id=stand.departure_id, operator_id=stand.first.id)
        assert await stand.left() == 8
    assert booked.heads == 2


async def test_seats_do_not_sink_below_what_is_held(stand):
    """A day's seats never get fewer than those taken and held; without what is held as ever (BOOKINGS.md, 74)."""
    await stand.grant(6)
    await stand.book(2, by=stand.first)
    change = {"departure_id": stand.departure_id, "now": NOW}
    with pytest.raises(HeldCapacityError) as refused:
        await departures.change_capacity(stand.session, capacity=5, **change)
    assert "6" in str(refused.value.message)
    await departures.change_capacity(stand.session, capacity=6, **change)
    assert [await stand.left(by) for by in (None, stand.first)] == [0, 4]
    await allotments.end(stand.session, departure_id=stand.departure_id, operator_id=stand.first.id)
    await departures.change_capacity(stand.session, capacity=2, **change)
    assert await stand.left() == 0


async def test_cars_and_another_hour_leave_what_is_held(stand):
    """Fewer seats than those taken and held are refused by whichever page: the cars of a day, or the day at another hour (BOOKINGS.md, 74 and 103)."""
    await stand.grant(6)
    session, visit = stand.session, stand.visit
    car = await make_car(session, visit.producer.id, seats=4)
    boat = await make_car(session, visit.producer.id, name="Thuyền", kind="boat", seats=2)
    with pytest.raises(HeldCapacityError):
        await assign(session, visit, car, limits=True)
    later = in_vietnam(START + timedelta(hours=1)).time()
    with pytest.raises(HeldCapacityError):
        await seasons.change_day(
            session,
            departure_id=stand.departure_id,
            fields=DayFields(starts=later, capacity=5),
            now=NOW,
        )
    await assign(session, visit, car, boat, limits=True)
    assert [await stand.left(by) for by in (None, stand.first)] == [0, 6]


async def test_a_season_with_fewer_seats_holds_no_more_than_is_there(stand):
    """A season made smaller takes its dates along: of what was promised there the later gives way first, and the host may add seats one by one (BOOKINGS.md, 73 and 74)."""
    session, tour = stand.session, stand.visit.tour
    day = DAY + timedelta(days=20)
    season = SeasonFields(from_on=day, until_on=day, weekdays=[day.weekday()], starts=time(15), capacity=10)
    rule = await seasons.create_rule(session, tour_id=tour.id, fields=season, now=NOW)
    [made] = await departures.list_between(session, tour, day, day, now=NOW)
    date = made.departure.id
    for operator in (stand.first, stand.second):
        promise = Promise(operator_id=operator.id, heads=4, release_days=3)
        await allotments.grant(session, departure_id=date, promise=promise, now=NOW)
    fewer = season.model_copy(update={"capacity": 5})
    await seasons.change_following(session, rule_id=rule.id, fields=fewer, now=NOW)
    held = (await allotments.list_held(session, [date], now=NOW))[date]
    assert [(one.operator, one.left) for one in held] == [(stand.first, 4), (stand.second, 1)]
    await departures.change_capacity(session, departure_id=date, capacity=6, now=NOW)
    assert await departures.count_left(session, date, now=NOW) == 1


async def test_a_rule_holds_on_dates_made_later_too(stand):
    """A rule holds seats on its weekdays as far as they are free, on dates of seasons and single dates alike; ended, it holds nothing (BOOKINGS.md, 75)."""
    session, tour = stand.session, stand.visit.tour
    await stand.book(8)
    promise = Promise(operator_id=stand.first.id, heads=5, release_days=2)
    other = await make_departure(session, tour.id, starts_at=START + timedelta(days=1), capacity=9)
    rule = await allotments.create_rule(
        session,
        tour_id=tour.id,
        promise=promise,
        weekdays=[DAY.weekday()],
        until_on=DAY + timedelta(days=30),
        now=NOW,
    )
    assert [await stand.left(by) for by in (None, stand.first)] == [0, 2]
    assert await departures.count_left(session, other.id, now=NOW) == 9
    week = timedelta(days=7)
    fields = DepartureFields(from_on=DAY + week, starts="08:00", capacity=12)
    await departures.create_departures(session, tour_id=tour.id, fields=fields, now=NOW)
    season = SeasonFields(
        from_on=DAY + 2 * week,
        until_on=DAY + 6 * week,
        weekdays=[DAY.weekday()],
        starts="09:00",
        capacity=7,
    )
    await seasons.create_rule(session, tour_id=tour.id, fields=season, now=NOW)
    seen = await departures.list_seats(session, [tour], now=NOW)
    assert [one.left for one in seen] == [0, 9, 7, 2, 2, 2, 7, 7]  # until_on ends it
    # Taken back on one day, the rule does not hold there anew.
    third = seen[2].departure.id
    await allotments.end(session, departure_id=third, operator_id=stand.first.id)
    await allotments.keep_held(session, tour, now=NOW)
    assert await departures.count_left(session, third, now=NOW) == 12
    [(found, operator)] = await allotments.list_rules(session, tour.id, now=NOW)
    assert (found, operator) == (rule, stand.first)
    for _time in range(2):
        await allotments.end_rule(session, rule_id=rule.id, tour_id=tour.id, now=NOW)
    assert await allotments.list_rules(session, tour.id, now=NOW) == []
    seen = await departures.list_seats(session, [tour], now=NOW)
    assert [one.left for one in seen] == [2, 9, 12, 7, 7, 7, 7, 7]
    with pytest.raises(AllotmentNotFoundError):
        await allotments.end_rule(session, rule_id=uuid7(), tour_id=tour.id, now=NOW)


async def test_every_day_without_weekdays(stand):
    """A rule without weekdays holds on every date (BOOKINGS.md, 75)."""
    await allotments.create_rule(
        stand.session,
        tour_id=stand.visit.tour.id,
        promise=Promise(operator_id=stand.first.id, heads=5, release_days=2),
        weekdays=[],
        until_on=DAY,
        now=NOW,
    )
    assert await stand.left() == 5


async def test_moving_and_changing_take_what_is_held(stand):
    """An operator moves and grows its parties into what is held for it, a visitor does not (BOOKINGS.md, 71)."""
    session = stand.session
    await stand.grant(6)
    there = await make_departure(session, stand.visit.tour.id, starts_at=START + timedelta(days=1))
    parties = [await stand.book(1, by=by) for by in (None, stand.first)]
    for party in parties:
        await moving.move(session, booking_id=party.id, departure_id=there.id, now=NOW)
    await stand.book(4)
    tour = stand.visit.tour
    listed = [await moving.list_days(session, party, tour, now=NOW) for party in parties]
    assert [[one.departure.id for one in found] for found in listed] == [[], [stand.departure_id]]
    with pytest.raises(SoldOutError):
        await moving.move(session, booking_id=parties[0].id, departure_id=stand.departure_id, now=NOW)
    await moving.move(session, booking_id=parties[1].id, departure_id=stand.departure_id, now=NOW)
    change = {
        "booking_id": parties[1].id,
        "departure_id": stand.departure_id,
        "kept": (),
        "terms": operators.terms_of(stand.first),
        "now": NOW,
    }
    unit_id = stand.visit.units[UnitType.ADULT].id
    with pytest.raises(SoldOutError) as refused:
        async with session.begin_nested():
            await changing.change_party(session, units={unit_id: 7}, **change)
    assert refused.value.left == 5
    grown = await changing.change_party(session, units={unit_id: 6}, **change)
    await settlement.confirm_on_account(session, booking_id=grown.id, now=NOW)
    assert await stand.left(stand.first) == 0


async def test_waiting_parties_are_not_offered_what_is_held(stand):
    """Who waits is offered what is free for everybody, and the rest once the clock has freed it (BOOKINGS.md, 72)."""
    session = stand.session
    await stand.grant(6, days=3)
    await stand.book(3)
    party = await waiting.join(
        session, wish=wish(stand.visit, 2), secret=SECRET, person_id=None, language="vi", now=NOW
    )
    offer = {"departure_id": stand.departure_id, **SITE}
    assert await offering.offer_seats(session, **offer, now=NOW) == []
    [made] = await offering.offer_seats(session, **offer, now=START - timedelta(days=3))
    assert (made.heads, party.booking_id) == (2, made.id)
