"""Selects of what people have learnt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.lessons.models import LessonProgress


async def insert_done(
    session: AsyncSession, *, person_id: UUID, lesson: str, step: str, now: datetime
) -> None:
    """Insert a step that was done; the first time stays."""
    values = {"person_id": person_id, "lesson": lesson, "step": step, "done_at": now}
    await session.execute(insert(LessonProgress).values(**values).on_conflict_do_nothing())


async def list_done(session: AsyncSession, person_ids: Collection[UUID]) -> Sequence[LessonProgress]:
    """Select what several people have done, the first first."""
    statement = select(LessonProgress).where(LessonProgress.person_id.in_(person_ids))
    return (await session.scalars(statement.order_by(LessonProgress.done_at, LessonProgress.step))).all()
