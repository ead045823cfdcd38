"""Hosts who choose the same guide for two dates at once (BOOKINGS.md, 101)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from storefront.tours import resource_repository, resources
from storefront.tours.errors import ResourceBusyError
from storefront.tours.models import Departure
from storefront.tours.resource_models import DepartureResource
from tests.factories.visits import NOW, make_departure, make_visit
from tests.storefront.tours.test_resources import make_car, make_guide

ROUNDS = 6


async def open_dates(db, number=4):
    """So many dates that all overlap, a guide and a car: (visit, dates, crew)."""
    async with db.transaction() as session:
        visit = await make_visit(session)
        starts = visit.departure.starts_at
        dates = [
            await make_departure(session, visit.tour.id, starts_at=starts + timedelta(minutes=10 * step))
            for step in range(1, number)
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
