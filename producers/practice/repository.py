"""Selects and locks of practice farms."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Sequence, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.practice.models import PracticeFarm

_NUMBERS = Sequence("practice_numbers")


async def lock_farm(session: AsyncSession, person_id: UUID) -> PracticeFarm:
    """Select a person's row for update, made if it is not there: of two taps the second waits for the first."""
    await session.execute(insert(PracticeFarm).values(person_id=person_id).on_conflict_do_nothing())
    statement = select(PracticeFarm).where(PracticeFarm.person_id == person_id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def find_farm(session: AsyncSession, person_id: UUID) -> PracticeFarm | None:
    """Select a person's row."""
    return await session.get(PracticeFarm, person_id)


async def find_owner(session: AsyncSession, producer_id: UUID) -> UUID | None:
    """Select whose practice farm a producer is."""
    return await session.scalar(select(PracticeFarm.person_id).where(PracticeFarm.producer_id == producer_id))


async def take_number(session: AsyncSession) -> int:
    """Take the next number of a practice farm."""
    return int(await session.scalar(select(_NUMBERS.next_value())) or 0)
