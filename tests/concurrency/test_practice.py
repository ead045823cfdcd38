"""Two taps at once on the way into the practice farm make one."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from producers.cooperatives.models import Producer
from producers.practice import repository, service
from producers.practice.models import PracticeFarm
from tests.factories.producers import NOW, make_person

HANDS = 6


async def learner(db):
    """Somebody who belongs to nobody."""
    async with db.transaction() as session:
        return (await make_person(session)).id


async def count_farms(db):
    """How many practice farms are committed."""
    async with db.transaction() as session:
        statement = select(func.count()).select_from(Producer).where(Producer.is_practice)
        return await session.scalar(statement)


async def test_many_taps_make_one_farm(db):
    """All answer the same farm."""
    person_id = await learner(db)

    async def tap():
        async with db.transaction() as session:
            return (await service.enter(session, person_id=person_id, now=NOW)).id

    assert len(set(await asyncio.gather(*(tap() for _hand in range(HANDS))))) == 1
    assert await count_farms(db) == 1


async def test_without_the_lock_they_would_make_several(db):
    """The control: who only looks first, and then makes one, makes many."""
    person_id = await learner(db)
    everybody_looked = asyncio.Barrier(HANDS)

    async def tap():
        async with db.transaction() as session:
            assert await repository.find_farm(session, person_id) is None
            await everybody_looked.wait()
            await service._make(session, PracticeFarm(person_id=person_id), NOW)

    await asyncio.gather(*(tap() for _hand in range(HANDS)))
    assert await count_farms(db) == HANDS
