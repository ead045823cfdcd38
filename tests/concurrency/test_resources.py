"""Hosts who choose the same guide for two dates at once (BOOKINGS.md, 101)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.core.clock import VN
from storefront.tours import repository, resource_repository, resources, season_repository, seasons
from storefront.tours.errors import ResourceBusyError
from storefront.tours.models import Departure
from storefront.tours.resource_models import DepartureResource
from storefront.tours.schemas import DayFields
from tests.factories.visits import NOW, make_departure, make_tour, make_visit
from tests.instants import until_stopped
from tests.storefront.tours.test_resources import assign as choose
from tests.storefront.tours.test_resources import make_car, make_guide, save_seats

ROUNDS = 6
HOURS = timedelta(hours=8)


async def open_dates(db, number=4):
    """So many dates that all overlap, each of a tour of its own, a guide and a car: (visit, dates, crew)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        starts = visit.departure.starts_at
        dates = [
            await make_departure(session, tour.id, starts_at=starts + timedelta(minutes=10 * step))
            for step in range(1, number)
            for tour in [await make_tour(session, producer_id=visit.producer.id)]
        ]
        crew = [await make_guide(session, visit.producer.id), await make_car(session, visit.producer.id)]
        return visit, [visit.departure, *dates], crew


async def assign(db, visit, departure, crew):
    """One host's choice in a transaction of its own; the words in which it was refused, or "" when it was not."""
    try:
        async with db.transaction() as session:
            await resources.assign(
                session,
                departure_id=departure.id,
                producer_id=visit.producer.id,
                resource_ids=[one.id for one in crew],
                limits_seats=False,
                now=NOW,
            )
    except ResourceBusyError as error:
        return str(error.message)
    return ""


async def test_one_guide_for_dates_that_overlap(db):
    """Four hosts who choose the same guide and car for four dates, in any order: one has both, the others read why not (101)."""
    for _round in range(ROUNDS):
        visit, dates, crew = await open_dates(db)
        done = await asyncio.gather(
            *(assign(db, visit, one, crew[:: 1 if number % 2 else -1]) for number, one in enumerate(dates))
        )
        assert sorted("đã có chuyến" in said for said in done) == [False, True, True, True]
        async with db.transaction() as session:
            mine = DepartureResource.resource_id.in_([one.id for one in crew])
            assert await session.scalar(select(func.count()).where(mine)) == 2


async def test_two_dates_that_move_to_the_same_hour(db):
    """Two dates of one guide that two hosts move to one hour at once: one moves, the other hears that they are busy (101)."""
    for round_number in range(ROUNDS):
        visit, (first, second), crew = await open_dates(db, 2)
        async with db.transaction() as session:
            await season_repository.change_day(
                session,
                second.id,
                starts_at=first.starts_at + HOURS,
                ends_at=first.ends_at + HOURS,
                capacity=second.capacity,
            )
        assert [await assign(db, visit, one, crew) for one in (first, second)] == ["", ""]
        meets = first.starts_at.astimezone(VN) + HOURS / 2
        moved = await asyncio.gather(
            move(db, first, meets), move(db, second, meets + timedelta(minutes=round_number + 1))
        )
        assert sorted(moved) == [False, True]


async def move(db, departure, starts_at):
    """One host's other hour for a date; whether it was had."""
    fields = DayFields(starts=starts_at.time(), closes=None, capacity=departure.capacity)
    try:
        async with db.transaction() as session:
            await seasons.change_day(session, departure_id=departure.id, fields=fields, now=NOW)
    except ResourceBusyError:
        return False
    return True


async def write_crosswise(db, monkeypatch):
    """One host writes down the guide and then the car, another meanwhile the car and then the guide: what each came to."""
    visit, [first, second], crew = await open_dates(db, 2)
    has_guide, others = asyncio.Event(), []
    replace = resource_repository.replace

    async def one_by_one(session, departure, resource_ids):
        await resource_repository.lock_resources(session, resource_ids)
        await replace(session, departure, resource_ids[:1])
        if departure.id == first.id:
            has_guide.set()
            await until_stopped(db, *others)
        await replace(session, departure, resource_ids)

    async def come_second():
        await has_guide.wait()
        return await assign(db, visit, second, crew[::-1])

    monkeypatch.setattr(resource_repository, "replace", one_by_one)
    others.append(asyncio.create_task(come_second()))
    return await asyncio.gather(assign(db, visit, first, crew), *others, return_exceptions=True)


async def test_hosts_who_write_crosswise_stand_in_line(db, monkeypatch: pytest.MonkeyPatch):
    """Whoever comes second waits before anything is written, and is told in words."""
    first, second = await write_crosswise(db, monkeypatch)
    assert first == "" and isinstance(second, str) and second


async def test_the_constraint_alone_lets_hosts_wait_for_each_other(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: without the row that hosts stand in, they write, look afterwards, and one is told to come again."""

    async def stand_nowhere(session, resource_ids):
        """Lock nothing."""

    monkeypatch.setattr(resource_repository, "lock_resources", stand_nowhere)
    ends = await write_crosswise(db, monkeypatch)
    assert sorted(type(end).__name__ for end in ends) == ["BusyError", "str"]


async def test_looking_first_is_not_enough(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: without the table's constraint two hosts who look first both have the guide."""
    visit, dates, crew = await open_dates(db, 2)
    both_looked = asyncio.Barrier(2)
    async with db.transaction() as session:
        definition = await session.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
            {"name": "ex_departure_resources_once"},
        )
        await session.execute(
            text("ALTER TABLE departure_resources DROP CONSTRAINT ex_departure_resources_once")
        )
    replace = resource_repository.replace

    async def look_first(session, departure, resource_ids):
        assert not await resource_repository.list_busy(session, departure, resource_ids)
        await both_looked.wait()
        await replace(session, departure, resource_ids)

    monkeypatch.setattr(resource_repository, "replace", look_first)
    try:
        assert not any(await asyncio.gather(*(assign(db, visit, one, crew[:1]) for one in dates)))
    finally:
        async with db.transaction() as session:
            await session.execute(text("DELETE FROM departure_resources"))
            await session.execute(
                text(
                    f"ALTER TABLE departure_resources ADD CONSTRAINT ex_departure_resources_once {definition}"
                )
            )
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Departure)) == 2


async def lower_beside_a_choice(db):
    """A host writes down fewer seats of a car while another lets it limit a date: what the date then takes."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        car = await make_car(session, visit.producer.id)
    is_chosen, waits = asyncio.Event(), asyncio.Event()

    async def choose_slowly():
        async with db.transaction() as session:
            await choose(session, visit, car, limits=True)
            is_chosen.set()
            await waits.wait()

    async def lower():
        async with db.transaction() as session:
            await save_seats(session, car, 4)

    choosing = asyncio.create_task(choose_slowly())
    await is_chosen.wait()
    lowering = asyncio.create_task(lower())
    await until_stopped(db, lowering)
    waits.set()
    await asyncio.gather(choosing, lowering)
    async with db.transaction() as session:
        row = await session.get_one(Departure, visit.departure.id)
        return row.car_seats, row.capacity


async def test_fewer_seats_beside_a_choice(db):
    """A date for which a car is chosen while it gets fewer seats takes the fewer (103)."""
    assert await lower_beside_a_choice(db) == (4, 4)


async def test_a_car_that_nobody_stands_in_line_for(db, monkeypatch: pytest.MonkeyPatch):
    """Negative control: who does not wait for the tours does not see the choice, and the date takes the seats of before."""

    async def stand_nowhere(session, ids):
        return []

    monkeypatch.setattr(repository, "lock_tours", stand_nowhere)
    assert await lower_beside_a_choice(db) == (7, 7)
