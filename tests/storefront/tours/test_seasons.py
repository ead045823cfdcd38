"""Seasons that make days, and days on which nobody is received (BOOKINGS.md, 30-35)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.clock import VN, in_vietnam, today
from app.core.ids import uuid7
from storefront.tours import (
    blackouts,
    bookings,
    calling_off,
    departure_repository,
    departures,
    jobs,
    season_repository,
    seasons,
    words,
)
from storefront.tours.errors import (
    CapacityError,
    GuestsStayError,
    PlanError,
    SeasonNotFoundError,
    SeasonStandsError,
    TransitionError,
)
from storefront.tours.models import (
    AvailabilityType,
    CallOffReason,
    Departure,
    DepartureState,
    SeasonRule,
    Tour,
)
from storefront.tours.schemas import BlackoutFields, DayFields, DepartureFields, SeasonFields
from storefront.tours.states import last_booking_at
from tests.factories.people import log_in
from tests.factories.visits import NOW, SECRET, SITE, make_departure, make_season, make_visit, wish

TODAY = today(NOW)
SATURDAY = date(2026, 11, 14)
WEEK = timedelta(days=7)


def season(**overrides):
    """Saturdays and Sundays at eight, until the end of the year, from a Friday on."""
    values = {
        "from_on": date(2026, 11, 13),
        "until_on": date(2026, 12, 31),
        "weekdays": ["5", "6"],
        "starts": "08:00",
        "capacity": "12",
    }
    return SeasonFields.model_validate(values | overrides)


async def made(session, rule):
    """What stands of a season: (day, hour)."""
    found = await season_repository.list_made(session, rule.id, from_on=TODAY)
    return [(one.local_on, f"{in_vietnam(one.starts_at):%H:%M}") for one in found]


async def book(session, visit, departure, adults=2, now=NOW):
    """A party that holds its seats."""
    return await bookings.create_booking(
        session,
        booking=wish(visit, adults, departure_id=departure.id),
        secret=SECRET,
        person_id=None,
        language="vi",
        now=now,
    )


async def on_day(session, rule, day):
    """The departure that a season made on a day."""
    found = await season_repository.list_made(session, rule.id, from_on=day)
    return next(one for one in found if one.local_on == day)


def test_a_season_begins_on_a_day_that_is_not_its_own():
    """From a Tuesday, twelve weeks of Saturdays and Sundays are 24 days, and the Tuesday is none of them (30)."""
    tuesday = date(2026, 11, 17)
    rule = SeasonRule(
        from_on=tuesday,
        until_on=tuesday + 12 * WEEK - timedelta(days=1),
        rrule=seasons.write_rule([6, 5]),
        starts=["08:00"],
    )
    slots = seasons.list_slots(rule, from_on=date(2026, 1, 1), until_on=date(2027, 12, 31))
    assert len(slots) == 24
    assert tuesday not in {slot.date() for slot in slots}
    assert slots[0] == datetime(2026, 11, 21, 1, 0, tzinfo=VN).replace(hour=8)


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 400),
    st.integers(0, 200),
    st.sets(st.times().map(lambda one: f"{one:%H:%M}"), min_size=1, max_size=3),
)
def test_a_season_is_its_weekdays_and_hours_and_nothing_else(weekdays, offset, length, hours):
    """Whatever weekdays, hours and days: each such day has each hour, on Vietnam's clock, and no other has any (30)."""
    first = date(2026, 1, 1) + timedelta(days=offset)
    last = first + timedelta(days=length)
    text = seasons.write_rule(list(weekdays))
    assert seasons.read_weekdays(text) == sorted(weekdays)
    rule = SeasonRule(from_on=first, until_on=last, rrule=text, starts=sorted(hours))
    days = [first + timedelta(days=number) for number in range(length + 1)]
    wanted = [
        datetime.combine(day, time.fromisoformat(hour), tzinfo=VN)
        for day in days
        if day.weekday() in weekdays
        for hour in sorted(hours)
    ]
    assert seasons.list_slots(rule, from_on=date(2025, 1, 1), until_on=date(2030, 1, 1)) == wanted
    assert all(f"{slot:%z}" == "+0700" for slot in wanted)


async def test_departures_come_into_reach(session):
    """A year's season makes four months; as days pass the job makes the rest, each once (30)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(
        session, tour_id=visit.tour.id, fields=season(until_on=TODAY + timedelta(days=300)), now=NOW
    )
    first = await made(session, rule)
    assert first[0] == (SATURDAY, "08:00")
    assert first[-1][0] <= TODAY + seasons.HORIZON < first[-1][0] + WEEK
    await jobs.keep_seasons(session, now=NOW)
    assert await made(session, rule) == first
    await jobs.keep_seasons(session, now=NOW + 4 * WEEK)
    assert len(await made(session, rule)) == len(first) + 8
    assert await seasons.keep_all_made(session, now=NOW + 4 * WEEK) == 0
    assert await seasons.keep_all_made(session, now=NOW + timedelta(days=400)) == 0


async def test_a_start_that_stands_is_left_as_it_is(session):
    """A date that was added by hand stays by hand; two hours a day make two departures (30)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(
        session, tour_id=visit.tour.id, fields=season(starts="09:00", starts_2="14:00"), now=NOW
    )
    assert (await departures.get_departure(session, visit.departure.id)).rule_id is None
    found = await made(session, rule)
    assert found[:3] == [
        (SATURDAY, "14:00"),
        (SATURDAY + timedelta(days=1), "09:00"),
        (SATURDAY + timedelta(days=1), "14:00"),
    ]


@pytest.mark.parametrize(
    ("field", "overrides"),
    [
        ("from_on", {"from_on": TODAY - timedelta(days=1)}),
        ("until_on", {"until_on": TODAY}),
        ("until_on", {"until_on": TODAY + timedelta(days=400)}),
        ("weekdays", {"weekdays": []}),
        ("closes", {"closes": "17:00"}),
    ],
)
async def test_seasons_that_cannot_be(session, field, overrides):
    """Gone by, backwards, too far, no weekday, a closing hour of a timed visit: said beside the field (30)."""
    visit = await make_visit(session)
    with pytest.raises(PlanError) as refused:
        await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(**overrides), now=NOW)
    assert list(refused.value.fields) == [field]


async def test_a_season_stands_once(session):
    """The same weekday and hour in the same time is refused; another hour, weekday or time is not (30)."""
    visit = await make_visit(session)

    async def add(**overrides):
        return await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(**overrides), now=NOW)

    await add(until_on="2026-11-30")
    with pytest.raises(SeasonStandsError):
        await add(weekdays=["6", "0"], starts="13:00", starts_2="08:00")
    await add(weekdays=["0"])
    await add(starts="13:00")
    await add(from_on="2026-12-01")
    assert len(await seasons.list_rules(session, visit.tour.id, now=NOW)) == 4


async def test_this_day_only(session):
    """One day moves, its season does not make the old start again; what others have is not taken (31)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(), now=NOW)
    day = await on_day(session, rule, SATURDAY)

    async def change(starts, capacity=6, now=NOW, **more):
        await seasons.change_day(
            session,
            departure_id=day.id,
            fields=DayFields(starts=starts, capacity=capacity, **more),
            now=now,
        )

    with pytest.raises(PlanError):
        await change(time(9))  # the departure that was there by hand
    with pytest.raises(PlanError):
        await change(time(9, 30), now=day.starts_at + timedelta(hours=2))
    await change(time(10))
    await seasons.keep_all_made(session, now=NOW)
    assert (await made(session, rule))[0] == (SATURDAY, "10:00")
    held = await book(session, visit, day)
    with pytest.raises(GuestsStayError) as refused:
        await change(time(11))
    assert "2" in str(refused.value.message)
    await change(time(10), capacity=3)
    with pytest.raises(CapacityError):
        await change(time(10), capacity=1)
    # A hold whose time is over is nobody.
    await change(time(11), now=held.expires_at + timedelta(minutes=1))
    assert (await made(session, rule))[0] == (SATURDAY, "11:00")
    await calling_off.call_off(session, departure_id=day.id, reason=CallOffReason.FARM, **SITE, now=NOW)
    with pytest.raises(TransitionError):
        await change(time(12))


async def test_this_and_following(session):
    """The days before stay, those after follow, but for those with guests: named, as they are, and none beside them (32)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(), now=NOW)
    booked = await on_day(session, rule, SATURDAY + WEEK)
    moved = await on_day(session, rule, SATURDAY + WEEK + timedelta(days=1))
    held = await on_day(session, rule, SATURDAY + 2 * WEEK)
    left = await on_day(session, rule, SATURDAY + 3 * WEEK + timedelta(days=1))
    await book(session, visit, booked)
    await book(session, visit, left)
    await book(session, visit, held, now=NOW - timedelta(hours=1))
    await seasons.change_day(
        session, departure_id=moved.id, fields=DayFields(starts=time(7), capacity=5), now=NOW
    )
    change = season(from_on=SATURDAY + WEEK, weekdays=["4", "5"], starts="09:30", starts_2="08:00")
    after = await seasons.change_following(session, rule_id=rule.id, fields=change, now=NOW)
    assert rule.until_on == SATURDAY + timedelta(days=6)
    assert [day for day, _hour in await made(session, rule) if day < SATURDAY + WEEK] == [
        SATURDAY,
        SATURDAY + timedelta(days=1),
    ]
    new = await made(session, after)
    # The booked Saturday at eight stands for the new eight, the other start of that day is made.
    assert [one for one in new if one[0] == SATURDAY + WEEK] == [
        (SATURDAY + WEEK, "08:00"),
        (SATURDAY + WEEK, "09:30"),
    ]
    assert {day.weekday() for day, _hour in new} == {4, 5}
    assert (await departures.get_departure(session, booked.id)).capacity == 12
    # Sundays are no more: the one with guests stays with the season before, and both are named.
    kept = await seasons.list_kept(session, after, now=NOW)
    assert [one.id for one in kept] == [left.id]
    assert (await departures.get_departure(session, moved.id)).dropped_at == NOW
    assert await seasons.find_next(session, rule) == after
    assert await seasons.change_following(session, rule_id=rule.id, fields=change, now=NOW) == after
    assert await seasons.count_coming(session, after, now=NOW) == len(new)
    assert await seasons.keep_all_made(session, now=NOW) == 0
    for on, error in ((SATURDAY, PlanError), (date(2027, 1, 2), PlanError)):
        with pytest.raises(error):
            await seasons.change_following(
                session,
                rule_id=after.id,
                fields=season(from_on=on, until_on=date(2027, 2, 1)),
                now=NOW,
            )


async def test_what_stays_stands_for_the_new_start_of_its_day(session):
    """A booked day at eight stands for nine of the new season; two of them for two; capacity stays (32)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(
        session, tour_id=visit.tour.id, fields=season(starts="08:00", starts_2="13:00"), now=NOW
    )
    day = (await season_repository.list_made(session, rule.id, from_on=TODAY))[:2]
    for one in day:
        await book(session, visit, one)
    change = season(from_on=SATURDAY, starts="09:00", capacity="30")
    after = await seasons.change_following(session, rule_id=rule.id, fields=change, now=NOW)
    rows = [await departures.get_departure(session, one.id) for one in day]
    assert [(one.rule_id, one.capacity) for one in rows] == [(after.id, 12), (rule.id, 12)]
    assert [one.id for one in await seasons.list_kept(session, after, now=NOW)] == [one.id for one in rows]


async def test_a_season_that_changes_on_its_first_day_is_over(session):
    """Nothing is left of it: it has ended, makes nothing, and cannot change again; a start that was dropped comes back (32)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(), now=NOW)
    before = await on_day(session, rule, SATURDAY)
    after = await seasons.change_following(session, rule_id=rule.id, fields=season(capacity="30"), now=NOW)
    again = await departures.get_departure(session, before.id)
    assert (again.rule_id, again.capacity, again.state) == (after.id, 30, DepartureState.OPEN)
    assert rule.ended_at == NOW
    for act in (
        seasons.change_following(session, rule_id=rule.id, fields=season(starts="07:00"), now=NOW),
        seasons.end_rule(session, rule_id=rule.id, from_on=TODAY, now=NOW),
    ):
        with pytest.raises(TransitionError):
            await act
    with pytest.raises(SeasonNotFoundError):
        await seasons.end_rule(session, rule_id=uuid4(), from_on=TODAY, now=NOW)
    assert await seasons.list_rules(session, visit.tour.id, now=NOW) == [after]


async def test_a_season_ends(session):
    """From a day on nothing is made; guests stay and are named; a date by hand may stand there again (32)."""
    visit = await make_visit(session)
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(), now=NOW)
    booked = await on_day(session, rule, SATURDAY + WEEK)
    await book(session, visit, booked)
    with pytest.raises(PlanError):
        await seasons.end_rule(session, rule_id=rule.id, from_on=date(2027, 5, 1), now=NOW)
    await seasons.end_rule(session, rule_id=rule.id, from_on=SATURDAY + timedelta(days=1), now=NOW)
    assert await made(session, rule) == [(SATURDAY, "08:00"), (SATURDAY + WEEK, "08:00")]
    assert [one.id for one in await seasons.list_left(session, rule, now=NOW)] == [booked.id]
    fields = DepartureFields(from_on=SATURDAY + timedelta(days=1), starts=time(8), capacity=4)
    assert await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW) == 1
    seats = await departures.list_seats(session, [visit.tour], now=NOW)
    assert [one.left for one in seats if one.departure.capacity == 4] == [4]
    assert len(seats) == 4
    await seasons.end_rule(session, rule_id=rule.id, from_on=TODAY + timedelta(days=1), now=NOW)
    assert [one.id for one in await seasons.list_left(session, rule, now=NOW)] == [booked.id]


async def test_whose_season_it_is(session):
    """Another producer's season, and one that never was, are not found (30)."""
    visit = await make_visit(session)
    rule = await make_season(session, visit.tour.id)
    assert (await seasons.get_own_rule(session, rule_id=rule.id, producer_id=visit.producer.id))[
        1
    ].id == visit.tour.id
    for rule_id, producer_id in ((rule.id, uuid7()), (uuid7(), visit.producer.id)):
        with pytest.raises(SeasonNotFoundError):
            await seasons.get_own_rule(session, rule_id=rule_id, producer_id=producer_id)


async def test_a_season_leaves_closed_days_out(session):
    """None is made on a closed day, by season or by hand; taken back, the day is made (33)."""
    visit = await make_visit(session)
    closed = BlackoutFields(from_on=SATURDAY, until_on=SATURDAY + timedelta(days=1))
    await blackouts.add(session, producer_id=visit.producer.id, fields=closed, now=NOW)
    assert (await departures.get_departure(session, visit.departure.id)).state is DepartureState.CLOSED
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=season(), now=NOW)
    assert (await made(session, rule))[0][0] == SATURDAY + WEEK
    fields = DepartureFields(from_on=SATURDAY, until_on=SATURDAY + WEEK, starts=time(15), capacity=4)
    assert await departures.create_departures(session, tour_id=visit.tour.id, fields=fields, now=NOW) == 6
    # A closed day that the season had made before goes with its season.
    later = BlackoutFields(from_on=SATURDAY + WEEK)
    await blackouts.add(session, producer_id=visit.producer.id, fields=later, now=NOW)
    await seasons.change_following(
        session,
        rule_id=rule.id,
        fields=season(from_on=SATURDAY + timedelta(days=2), starts="10:00"),
        now=NOW,
    )
    for one in await blackouts.list_closed(session, producer_id=visit.producer.id, now=NOW):
        assert one.booked == []
        await blackouts.remove(session, producer_id=visit.producer.id, blackout_id=one.blackout.id, now=NOW)
        await blackouts.remove(session, producer_id=visit.producer.id, blackout_id=one.blackout.id, now=NOW)
    assert (await departures.get_departure(session, visit.departure.id)).state is DepartureState.OPEN
    days = await session.scalars(
        select(Departure).where(Departure.tour_id == visit.tour.id, Departure.dropped_at.is_(None))
    )
    at = {(one.local_on, f"{in_vietnam(one.starts_at):%H:%M}") for one in days}
    assert (SATURDAY, "08:00") in at and (SATURDAY + WEEK, "10:00") in at
    assert (SATURDAY + WEEK, "08:00") not in at


@pytest.mark.parametrize(
    ("field", "overrides"),
    [
        ("from_on", {"from_on": TODAY - timedelta(days=1)}),
        ("until_on", {"until_on": TODAY}),
        ("until_on", {"from_on": TODAY + timedelta(days=390), "until_on": None}),
        ("until_on", {"until_on": SATURDAY + timedelta(days=100)}),
    ],
)
def test_closed_days_that_cannot_be(field, overrides):
    """Gone by, backwards, too far, too many at once: said beside the field (33)."""
    fields = BlackoutFields.model_validate({"from_on": SATURDAY, "until_on": SATURDAY} | overrides)
    with pytest.raises(PlanError) as refused:
        blackouts.plan_days(fields, now=NOW)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("kind", list(AvailabilityType))
@pytest.mark.parametrize("lead", [0, 1, 30])
@pytest.mark.parametrize("until", [None, time(0, 0), time(17, 30)])
async def test_until_when_a_day_is_sold(session, kind, lead, until):
    """What the page says and what the update that takes seats asks are the same instant, to the second (34 and 35)."""
    visit = await make_visit(session, availability_type=kind, booking_lead_hours=lead, booking_until=until)
    last = last_booking_at(visit.tour, visit.departure)
    asked = await session.scalar(
        select(departure_repository.sells_until()).where(
            Departure.id == visit.departure.id, Tour.id == Departure.tour_id
        )
    )
    assert asked == last
    second = timedelta(seconds=1)
    assert await departure_repository.take_seats(session, visit.departure.id, 1, now=last - second)
    assert not await departure_repository.take_seats(session, visit.departure.id, 1, now=last)
    [seats] = await departures.list_seats(session, [visit.tour], now=last - second)
    assert seats.is_open
    assert not any(one.is_open for one in await departures.list_seats(session, [visit.tour], now=last))


def test_how_seasons_and_times_are_said():
    """Hours, weekdays and how long before are said in words (30, 34 and 35)."""
    tour = Tour(availability_type=AvailabilityType.OPENING_HOURS, booking_lead_hours=0, booking_until=None)
    rule = SeasonRule(
        from_on=SATURDAY, until_on=SATURDAY + WEEK, starts=["07:00"], closes=time(17), capacity=4
    )
    assert str(words.say_season(tour, rule)) == "từ 14/11/2026 đến 21/11/2026, mở cổng 07:00 đến 17:00"
    rule.closes = None
    assert str(words.say_season(tour, rule)) == "từ 14/11/2026 đến 21/11/2026, lúc 07:00"
    assert words.say_until(tour) is None
    tour.booking_lead_hours = 6
    assert str(words.say_until(tour)) == "Đặt trước ít nhất 6 giờ."
    tour.booking_until = time(17)
    assert "17:00 hôm trước" in str(words.say_until(tour))
    tour.booking_lead_hours = 0
    assert str(words.say_until(tour)) == "Đặt chậm nhất 17:00 hôm trước."
    said = [str(words.say_lead(hours)) for hours in (0, 6, 48)]
    assert said == ["Đặt đến tận giờ đi", "Trước giờ đi 6 giờ", "Trước giờ đi 2 ngày"]


async def test_a_day_pass_closes_when_its_gate_does(session):
    """The hours of a day pass are its season's, and one day's own; a gate does not close before it opens (35)."""
    visit = await make_visit(session, availability_type=AvailabilityType.OPENING_HOURS)
    hours = season(starts="07:00", closes="17:30")
    rule = await seasons.create_rule(session, tour_id=visit.tour.id, fields=hours, now=NOW)
    day = await on_day(session, rule, SATURDAY)
    assert day.ends_at == datetime(2026, 11, 14, 17, 30, tzinfo=VN)
    with pytest.raises(PlanError):
        await seasons.create_rule(
            session, tour_id=visit.tour.id, fields=season(starts="06:00", starts_2="07:30"), now=NOW
        )
    with pytest.raises(PlanError):
        await seasons.change_day(
            session,
            departure_id=day.id,
            fields=DayFields(starts=time(7), closes=time(7), capacity=9),
            now=NOW,
        )
    await seasons.change_day(
        session, departure_id=day.id, fields=DayFields(starts=time(7), closes=time(12), capacity=9), now=NOW
    )
    changed = await departures.get_departure(session, day.id)
    assert (changed.ends_at, changed.capacity) == (datetime(2026, 11, 14, 12, 0, tzinfo=VN), 9)
    short = await make_departure(session, visit.tour.id, starts_at=NOW + 3 * WEEK)
    assert last_booking_at(visit.tour, short) == short.ends_at


async def test_a_season_of_every_day_says_so(db, client):
    """Seven weekdays are not told one by one (30)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        for weekdays, starts in (("0123456", "08:00"), ("56", "14:00")):
            fields = season(weekdays=list(weekdays), starts=starts)
            await seasons.create_rule(session, tour_id=visit.tour.id, fields=fields, now=NOW)
        await log_in(session, client, visit.host.id)
    page = (await client.get(f"/producer/tours/{visit.tour.id}/seasons")).text
    assert "Ngày nào cũng đón" in page and "thứ Bảy, Chủ nhật" in page
