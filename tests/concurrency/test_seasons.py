"""Seasons and closed days under many hands: no start twice, no guest lost, nothing open on a closed day (BOOKINGS.md, 30-34)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update

from app.core.clock import today
from storefront.tours import (
    blackouts,
    booking_repository,
    departure_repository,
    departures,
    moving,
    repository,
    season_repository,
    seasons,
    sweeping,
)
from storefront.tours.errors import (
    BlackoutError,
    GuestsStayError,
    NotBookableError,
    SeasonStandsError,
    TransitionError,
)
from storefront.tours.models import Booking, Departure, DepartureState, SeasonRule, Tour
from storefront.tours.schemas import BlackoutFields, DayFields, SeasonFields
from storefront.tours.states import BOOKABLE, LIVE
from tests.concurrency.test_tours import book, counters, open_visit
from tests.factories.visits import NOW, Visit, make_departure, make_season
from tests.instants import until_stopped

DAY = today(NOW) + timedelta(days=2)
"""A Saturday."""
WEEK = timedelta(days=7)
ROUNDS = 5


def season(**overrides):
    """Saturdays and Sundays at eight."""
    values = {
        "from_on": DAY,
        "until_on": DAY + timedelta(days=30),
        "weekdays": [5, 6],
        "starts": "08:00",
        "capacity": "12",
    }
    return SeasonFields.model_validate(values | overrides)


async def add_season(db, visit, **overrides):
    """Make a season; None when one stands."""
    try:
        async with db.transaction() as session:
            return await seasons.create_rule(
                session, tour_id=visit.tour.id, fields=season(**overrides), now=NOW
            )
    except SeasonStandsError:
        return None


async def keep(db):
    """The nightly job."""
    async with db.transaction() as session:
        await seasons.keep_all_made(session, now=NOW)


async def count(db, model, tour_id):
    """How many rows a tour has."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model).where(model.tour_id == tour_id))


async def at_eight(db, visit):
    """The visit as seen from its season's first Saturday."""
    async with db.transaction() as session:
        departure = await session.scalar(
            select(Departure)
            .where(Departure.tour_id == visit.tour.id, Departure.rule_id.is_not(None))
            .order_by(Departure.starts_at)
            .limit(1)
        )
    return Visit(visit.producer, visit.host, visit.tour, visit.option, visit.units, departure)


async def come(db, visit):
    """A party of two books; None where the day takes nobody."""
    try:
        return await book(db, visit, 2)
    except NotBookableError:
        return None


async def guests_on_dropped(db, tour_id):
    """Live bookings on departures that their season has dropped."""
    async with db.transaction() as session:
        statement = (
            select(func.count())
            .select_from(Booking)
            .join(Departure, Departure.id == Booking.departure_id)
            .where(Departure.tour_id == tour_id, Departure.dropped_at.is_not(None), Booking.state.in_(LIVE))
        )
        return await session.scalar(statement)


async def test_the_job_eight_times_at_once(db):
    """Eight jobs that make the same season at once make each start once (30)."""
    visit = await open_visit(db)
    async with db.transaction() as session:
        await make_season(session, visit.tour.id, from_on=DAY, until_on=DAY + timedelta(days=13))
    await asyncio.gather(*(keep(db) for _job in range(8)))
    assert await count(db, Departure, visit.tour.id) == 1 + 4
    await keep(db)
    assert await count(db, Departure, visit.tour.id) == 1 + 4


async def test_the_same_season_pressed_four_times(db):
    """A season sent four times at once is one (30)."""
    visit = await open_visit(db)
    made = await asyncio.gather(*(add_season(db, visit) for _press in range(4)))
    assert sum(one is not None for one in made) == 1
    assert await count(db, SeasonRule, visit.tour.id) == 1


async def test_without_the_tours_lock_seasons_double(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: two presses that lock nothing both find no season, and make two."""
    visit = await open_visit(db)
    both = asyncio.Barrier(2)

    async def look(session, ids):
        return list(await session.scalars(select(Tour).where(Tour.id.in_(ids))))

    find = season_repository.list_rules

    async def find_and_wait(session, tour_ids, *, lasting_on):
        found = await find(session, tour_ids, lasting_on=lasting_on)
        await both.wait()
        return found

    monkeypatch.setattr(repository, "lock_tours", look)
    monkeypatch.setattr(season_repository, "list_rules", find_and_wait)
    await asyncio.gather(add_season(db, visit), add_season(db, visit))
    assert await count(db, SeasonRule, visit.tour.id) == 2


async def split(db, rule_id):
    """From the first day on at ten instead of eight."""
    async with db.transaction() as session:
        return await seasons.change_following(
            session, rule_id=rule_id, fields=season(starts="10:00"), now=NOW
        )


async def test_guests_come_while_a_season_changes(db):
    """Parties that book while all days move are refused in words, or stay where they booked (32)."""
    for _round in range(ROUNDS):
        visit = await open_visit(db)
        rule = await add_season(db, visit)
        first = await at_eight(db, visit)
        made = await asyncio.gather(
            come(db, first), come(db, first), split(db, rule.id), come(db, first), come(db, first)
        )
        parties = sum(made[number] is not None for number in (0, 1, 3, 4))
        assert await guests_on_dropped(db, visit.tour.id) == 0
        assert await counters(db, first) == (2 * parties, 2 * parties)
        async with db.transaction() as session:
            row = await session.get_one(Departure, first.departure.id)
            assert (row.dropped_at is None) == bool(parties)
            same_day = select(func.count()).where(
                Departure.rule_id == made[2].id, Departure.local_on == DAY, Departure.dropped_at.is_(None)
            )
            assert await session.scalar(same_day) == 1


async def test_dropping_what_was_read_as_free_loses_guests(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who looks first and drops afterwards drops a day that somebody has booked meanwhile."""
    visit = await open_visit(db)
    rule = await add_season(db, visit)
    first = await at_eight(db, visit)
    has_looked, has_booked = asyncio.Event(), asyncio.Event()

    async def careless(_session, _ids):
        """Lock nothing."""

    async def look_and_drop(session, rule_id, *, from_on, now):
        free = list(
            await session.scalars(
                select(Departure.id).where(Departure.rule_id == rule_id, Departure.taken == 0)
            )
        )
        has_looked.set()
        await has_booked.wait()
        await session.execute(
            update(Departure)
            .where(Departure.id.in_(free))
            .values(state=DepartureState.CLOSED, dropped_at=now, slot_at=None)
        )
        return len(free)

    async def come_meanwhile():
        await has_looked.wait()
        await come(db, first)
        has_booked.set()

    monkeypatch.setattr(departure_repository, "lock_departures", careless)
    monkeypatch.setattr(season_repository, "drop_unbooked", look_and_drop)
    await asyncio.gather(split(db, rule.id), come_meanwhile())
    assert await guests_on_dropped(db, visit.tour.id) == 1


async def test_guests_come_while_a_day_moves(db):
    """A party that books at eight while the day moves to ten never finds itself at ten (31)."""
    for _round in range(ROUNDS):
        visit = await open_visit(db)

        was_made, has_moved = await asyncio.gather(come(db, visit), move_at_ten(db, visit))
        async with db.transaction() as session:
            row = await session.get_one(Departure, visit.departure.id)
            if was_made is not None and not has_moved:
                assert row.starts_at == visit.departure.starts_at
            assert (row.starts_at != visit.departure.starts_at) == has_moved


async def move_at_ten(db, visit, now=NOW):
    """The host moves the day to ten; False while guests keep it."""
    try:
        async with db.transaction() as session:
            await seasons.change_day(
                session,
                departure_id=visit.departure.id,
                fields=DayFields(starts=time(10), capacity=6),
                now=now,
            )
    except GuestsStayError:
        return False
    return True


async def move_beside_a_sweep(db):
    """The host moves a day while somebody else ends its only hold: whether it moved."""
    visit = await open_visit(db)
    await book(db, visit, now=NOW - timedelta(minutes=20))
    is_locked, waits = asyncio.Event(), asyncio.Event()

    async def sweep_slowly():
        async with db.transaction() as session:
            await booking_repository.lock_expired(session, now=NOW, skip_locked=False)
            is_locked.set()
            await waits.wait()
            await sweeping.expire_holds(session, now=NOW)

    sweep = asyncio.create_task(sweep_slowly())
    await is_locked.wait()
    moving = asyncio.create_task(move_at_ten(db, visit))
    await until_stopped(db, moving)
    waits.set()
    await sweep
    return await moving


async def test_a_hold_that_somebody_ends_keeps_no_day(db):
    """A day moves though its last hold, which is over, is in somebody else's hands (3 and 31)."""
    assert await move_beside_a_sweep(db)


async def test_a_hold_that_is_passed_over_keeps_its_day(db, monkeypatch):
    """Negative control: who passes over what somebody works on is told that guests stay, and there are none."""
    wait_for_nobody = partial(sweeping.expire_holds, skip_locked=True)

    async def careless(session, *, skip_locked=True, **more):
        return await wait_for_nobody(session, **more)

    monkeypatch.setattr(sweeping, "expire_holds", careless)
    assert not await move_beside_a_sweep(db)


async def move_beside_a_party(db):
    """A party comes over from another day with a hold that ends meanwhile, while the host moves the day: whether it moved."""
    visit = await open_visit(db)
    booking = await book(db, visit, now=NOW - timedelta(minutes=14, seconds=59))
    async with db.transaction() as session:
        there = await make_departure(session, visit.tour.id, starts_at=visit.departure.starts_at + WEEK)
    has_come, waits = asyncio.Event(), asyncio.Event()

    async def come_over():
        async with db.transaction() as session:
            await moving.move(session, booking_id=booking.id, departure_id=there.id, now=NOW)
            has_come.set()
            await waits.wait()

    coming = asyncio.create_task(come_over())
    await has_come.wait()
    host = asyncio.create_task(move_at_ten(db, replace(visit, departure=there), NOW + timedelta(seconds=2)))
    await until_stopped(db, host)
    waits.set()
    await coming
    return await host


async def test_a_hold_that_ends_on_its_way_keeps_no_day(db):
    """A hold that came from another day, and was over before the host's own clock, is ended behind the lock (3 and 31)."""
    assert await move_beside_a_party(db)


async def test_a_hold_that_is_looked_for_before_the_lock_alone(db, monkeypatch):
    """Negative control: swept before the lock alone, a hold that comes over while it is waited for keeps the day."""
    sweep, looked = sweeping.expire_holds, []

    async def once(session, **more):
        looked.append(more)
        return await sweep(session, **more) if len(looked) == 1 else 0

    monkeypatch.setattr(sweeping, "expire_holds", once)
    assert not await move_beside_a_party(db)
    assert len(looked) == 2


async def close(db, visit):
    """Nobody is received on the day."""
    async with db.transaction() as session:
        await blackouts.add(
            session,
            producer_id=visit.producer.id,
            fields=BlackoutFields(from_on=DAY, until_on=DAY + timedelta(days=7)),
            now=NOW,
        )


async def reopen(db, visit):
    """A host opens the day again."""
    try:
        async with db.transaction() as session:
            await departures.move_departure(
                session, departure_id=visit.departure.id, state=DepartureState.OPEN
            )
    except (BlackoutError, TransitionError):
        return


async def open_on_closed(db, tour_id):
    """Departures that take guests on a day on which nobody is received."""
    async with db.transaction() as session:
        return await session.scalar(
            select(func.count()).where(
                Departure.tour_id == tour_id,
                Departure.local_on.between(DAY, DAY + timedelta(days=7)),
                Departure.state.in_(BOOKABLE),
            )
        )


async def test_a_day_closes_while_others_open_it(db):
    """A season makes days, a host opens one, guests book, while they are closed: none takes guests afterwards (33)."""
    for _round in range(ROUNDS):
        visit = await open_visit(db)
        async with db.transaction() as session:
            await make_season(session, visit.tour.id)
            row = await session.get_one(Departure, visit.departure.id)
            row.state = DepartureState.CLOSED
        await asyncio.gather(
            keep(db), reopen(db, visit), close(db, visit), keep(db), come(db, visit), reopen(db, visit)
        )
        assert await open_on_closed(db, visit.tour.id) == 0
        assert (await come(db, visit)) is None


async def test_without_the_tours_lock_a_closed_day_opens(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: a host who saw no closed day opens one that was closed meanwhile."""
    visit = await open_visit(db)
    async with db.transaction() as session:
        row = await session.get_one(Departure, visit.departure.id)
        row.state = DepartureState.CLOSED
    has_looked, has_closed = asyncio.Event(), asyncio.Event()
    find = season_repository.list_blackouts

    async def look(session, ids):
        return list(await session.scalars(select(Tour).where(Tour.id.in_(ids))))

    async def find_and_wait(session, producer_id, *, from_on, until_on=None):
        found = await find(session, producer_id, from_on=from_on, until_on=until_on)
        has_looked.set()
        await has_closed.wait()
        return found

    async def close_meanwhile():
        await has_looked.wait()
        await close(db, visit)
        has_closed.set()

    monkeypatch.setattr(repository, "lock_tours", look)
    monkeypatch.setattr(season_repository, "list_blackouts", find_and_wait)
    await asyncio.gather(reopen(db, visit), close_meanwhile())
    assert await open_on_closed(db, visit.tour.id) == 1


async def test_the_time_for_booking_ends_while_a_party_books(db, monkeypatch: pytest.MonkeyPatch):
    """A host asks for three days' notice while a party has read the page: the update that takes seats has the last word (34)."""
    visit = await open_visit(db)
    take = departure_repository.take_seats

    async def ask_for_more_notice(session, departure_id, heads, **more):
        async with db.transaction() as other:
            await other.execute(update(Tour).where(Tour.id == visit.tour.id).values(booking_lead_hours=72))
        return await take(session, departure_id, heads, **more)

    monkeypatch.setattr(departure_repository, "take_seats", ask_for_more_notice)
    assert await come(db, visit) is None
    assert await counters(db, visit) == (0, 0)


async def test_a_look_alone_sells_too_late(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: without the time in that update, the party that looked in time is let in too late."""
    visit = await open_visit(db)

    async def take_without_time(session, departure_id, heads, **_more):
        async with db.transaction() as other:
            await other.execute(update(Tour).where(Tour.id == visit.tour.id).values(booking_lead_hours=72))
        await session.execute(
            update(Departure).where(Departure.id == departure_id).values(taken=Departure.taken + heads)
        )
        return True

    monkeypatch.setattr(departure_repository, "take_seats", take_without_time)
    assert await come(db, visit) is not None
    assert await counters(db, visit) == (2, 2)
