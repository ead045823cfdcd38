"""Practice farms: one for each person who wants one, entered with one tap, made anew as often as one likes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer
from producers.practice import ground, repository
from producers.practice.models import PracticeFarm

NAME = "Vườn tập"


async def enter(session: AsyncSession, *, person_id: UUID, now: datetime) -> Producer:
    """The practice farm of this person, made at the first time; two taps at once make one."""
    row = await repository.lock_farm(session, person_id)
    if row.producer_id is not None:
        return await cooperatives.get_producer(session, row.producer_id)
    return await _make(session, row, now)


async def reset(session: AsyncSession, *, person_id: UUID, now: datetime) -> Producer:
    """A fresh practice farm; what was written in the last one stays there, and belongs to nobody."""
    row = await repository.lock_farm(session, person_id)
    if row.producer_id is not None:
        await cooperatives.close_practice(session, producer_id=row.producer_id, now=now)
    return await _make(session, row, now)


async def _make(session: AsyncSession, row: PracticeFarm, now: datetime) -> Producer:
    person = await accounts.get_person(session, row.person_id)
    # 20 to 29 are GS1's prefixes for numbers that never leave a house (General Specifications, restricted circulation)
    prefix = f"20{await repository.take_number(session):08}"
    producer = await cooperatives.create_practice(
        session, name=NAME, commune_code=ground.COMMUNE, gs1_prefix=prefix, person=person, now=now
    )
    await ground.furnish(session, producer_id=producer.id, person_id=row.person_id, now=now)
    row.producer_id = producer.id
    await session.flush()
    return producer


async def find(session: AsyncSession, person_id: UUID) -> UUID | None:
    """The practice farm of a person, or None when they never entered one."""
    row = await repository.find_farm(session, person_id)
    return row.producer_id if row else None


async def find_owner(session: AsyncSession, producer_id: UUID) -> UUID | None:
    """Whose practice farm this is now; None for a real producer, and for one that a fresh one took the place of."""
    return await repository.find_owner(session, producer_id)
