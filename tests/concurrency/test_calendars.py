"""Many hands on one date at once: SEQUENCE counts every change, and one reader has one address (CALENDARS.md, 61, 63)."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, text

from storefront.tours import departures, feeds
from storefront.tours.models import CalendarFeed, Departure
from tests.factories.visits import NOW, SECRET, make_visit

HANDS = 20


async def read_sequence(db, visit):
    """How often the date changed, as the table says."""
    async with db.transaction() as session:
        return (await session.get_one(Departure, visit.departure.id)).sequence


async def open_visit(db):
    """A visit of its own."""
    async with db.transaction() as session:
        return await make_visit(session)


async def test_every_change_is_counted(db):
    """Twenty capacities at once are twenty changes."""
    visit = await open_visit(db)

    async def change(capacity):
        async with db.transaction() as session:
            await departures.change_capacity(
                session, departure_id=visit.departure.id, capacity=capacity, now=NOW
            )

    await asyncio.gather(*(change(30 + number) for number in range(HANDS)))
    assert await read_sequence(db, visit) == HANDS


async def test_counted_by_its_readers_changes_are_lost(db):
    """Negative control: without the trigger, who reads the number and writes the next one forgets the others."""
    visit = await open_visit(db)
    all_have_read = asyncio.Barrier(HANDS)

    async def change(capacity):
        async with db.transaction() as session:
            row = await departures.get_departure(session, visit.departure.id)
            following = row.sequence + 1
            await all_have_read.wait()
            await session.execute(
                text("UPDATE departures SET capacity = :capacity, sequence = :following WHERE id = :id"),
                {"capacity": capacity, "following": following, "id": visit.departure.id},
            )

    async with db.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE departures DISABLE TRIGGER stamp"))
    try:
        await asyncio.gather(*(change(30 + number) for number in range(HANDS)))
    finally:
        async with db.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE departures ENABLE TRIGGER stamp"))
    assert await read_sequence(db, visit) == 1


async def test_pressed_many_times_there_is_one_address(db):
    """Twenty presses of the button at once give one address."""
    visit = await open_visit(db)

    async def press():
        async with db.transaction() as session:
            feed = await feeds.open_for_member(
                session,
                producer_id=visit.producer.id,
                person_id=visit.host.id,
                secret=SECRET,
                language="vi",
                now=NOW,
            )
            return feeds.token_of(feed, SECRET)

    assert len(set(await asyncio.gather(*(press() for _number in range(HANDS))))) == 1
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(CalendarFeed)) == 1
