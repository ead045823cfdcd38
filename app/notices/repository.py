"""Selects of notices."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from app.notices.models import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


async def list_notices(session: AsyncSession, person_id: UUID, *, most: int) -> Sequence[Notice]:
    """The newest notices of a person, the newest first."""
    statement = (
        select(Notice)
        .where(Notice.person_id == person_id)
        .order_by(Notice.created_at.desc(), Notice.id.desc())
        .limit(most)
    )
    return (await session.scalars(statement)).all()


async def find_notice(session: AsyncSession, *, person_id: UUID, notice_id: UUID) -> Notice | None:
    """A notice of this person, or None."""
    statement = select(Notice).where(Notice.id == notice_id, Notice.person_id == person_id)
    return (await session.scalars(statement)).one_or_none()


async def count_unread(session: AsyncSession, person_id: UUID) -> int:
    """How many notices a person has not read."""
    statement = select(func.count()).where(Notice.person_id == person_id, Notice.read_at.is_(None))
    return (await session.execute(statement)).scalar_one()


async def mark_all_read(session: AsyncSession, person_id: UUID, *, now: datetime) -> None:
    """Mark every unread notice of a person as read."""
    await session.execute(
        update(Notice).where(Notice.person_id == person_id, Notice.read_at.is_(None)).values(read_at=now)
    )
