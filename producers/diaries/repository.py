"""Selects of the diary; an entry is effective when nothing corrects it and it takes nothing back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from producers.diaries.models import DiaryEntry, DiaryPhoto, EntryKind


def _effective() -> Select[DiaryEntry]:
    later = aliased(DiaryEntry)
    return select(DiaryEntry).where(
        DiaryEntry.is_void.is_(False), ~exists().where(later.corrects_id == DiaryEntry.id)
    )


async def insert_entry(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a row; False when its id is known or what it corrects is corrected already.

    Two at once: the second waits for the first one's transaction, and then finds its row.
    """
    statement = insert(DiaryEntry).values(**values).on_conflict_do_nothing().returning(DiaryEntry.id)
    return (await session.scalar(statement)) is not None


async def find_entry(session: AsyncSession, entry_id: UUID) -> DiaryEntry | None:
    """Select by id."""
    return await session.get(DiaryEntry, entry_id)


async def find_correction(session: AsyncSession, entry_id: UUID) -> DiaryEntry | None:
    """Select the entry that corrects this one."""
    return await session.scalar(select(DiaryEntry).where(DiaryEntry.corrects_id == entry_id))


async def list_entries_by_id(session: AsyncSession, ids: Collection[UUID]) -> Sequence[DiaryEntry]:
    """Select several, corrected or not."""
    return (await session.scalars(select(DiaryEntry).where(DiaryEntry.id.in_(ids)))).all()


async def list_effective(
    session: AsyncSession,
    *,
    site_ids: Collection[UUID],
    kinds: Collection[EntryKind],
    until: datetime | None,
) -> Sequence[DiaryEntry]:
    """Select what holds on some sites, the oldest first."""
    statement = _effective().where(DiaryEntry.site_id.in_(site_ids), DiaryEntry.kind.in_(kinds))
    if until is not None:
        statement = statement.where(DiaryEntry.performed_at <= until)
    return (await session.scalars(statement.order_by(DiaryEntry.performed_at, DiaryEntry.id))).all()


async def list_latest(
    session: AsyncSession,
    *,
    producer_id: UUID,
    kinds: Collection[EntryKind],
    site_id: UUID | None,
    before: DiaryEntry | None,
    limit: int,
) -> Sequence[DiaryEntry]:
    """Select what holds for a producer, the newest first; works of one instant follow their ids."""
    statement = _effective().where(DiaryEntry.producer_id == producer_id, DiaryEntry.kind.in_(kinds))
    if site_id is not None:
        statement = statement.where(DiaryEntry.site_id == site_id)
    if before is not None:
        statement = statement.where(
            tuple_(DiaryEntry.performed_at, DiaryEntry.id) < (before.performed_at, before.id)
        )
    statement = statement.order_by(DiaryEntry.performed_at.desc(), DiaryEntry.id.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def list_helped(
    session: AsyncSession, *, person_id: UUID, helper_id: UUID | None, since: datetime | None, limit: int
) -> Sequence[DiaryEntry]:
    """Select what helpers wrote for a person, the latest to arrive first."""
    statement = select(DiaryEntry).where(DiaryEntry.person_id == person_id, DiaryEntry.helper_id.is_not(None))
    if helper_id is not None:
        statement = statement.where(DiaryEntry.helper_id == helper_id)
    if since is not None:
        statement = statement.where(DiaryEntry.received_at > since)
    statement = statement.order_by(DiaryEntry.received_at.desc(), DiaryEntry.id.desc()).limit(limit)
    return (await session.scalars(statement)).all()


async def list_last_days(
    session: AsyncSession, person_ids: Collection[UUID]
) -> Sequence[tuple[UUID, datetime]]:
    """Select (person, when their last work was done)."""
    statement = (
        select(DiaryEntry.person_id, func.max(DiaryEntry.performed_at))
        .where(DiaryEntry.person_id.in_(person_ids))
        .group_by(DiaryEntry.person_id)
    )
    return [(person_id, at) for person_id, at in await session.execute(statement)]


async def insert_photos(
    session: AsyncSession, *, entry_id: UUID, photo_ids: Sequence[UUID], now: datetime
) -> None:
    """Insert the photos of an entry."""
    session.add_all(DiaryPhoto(entry_id=entry_id, photo_id=one, received_at=now) for one in photo_ids)
    await session.flush()


async def list_photos(session: AsyncSession, entry_ids: Collection[UUID]) -> Sequence[DiaryPhoto]:
    """Select the photos of several entries, in their order."""
    statement = select(DiaryPhoto).where(DiaryPhoto.entry_id.in_(entry_ids)).order_by(DiaryPhoto.id)
    return (await session.scalars(statement)).all()
