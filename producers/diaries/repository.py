"""Selects of the diary; an entry is effective when nothing corrects it and it takes nothing back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, exists, func, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.clock import VN
from app.core.ids import uuid7
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
    since: datetime | None = None,
) -> Sequence[DiaryEntry]:
    """Select what holds on some sites, the oldest first."""
    statement = _effective().where(DiaryEntry.site_id.in_(site_ids), DiaryEntry.kind.in_(kinds))
    if since is not None:
        statement = statement.where(DiaryEntry.performed_at >= since)
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


async def list_last_of_kinds(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, since: datetime, site_id: UUID | None
) -> Sequence[DiaryEntry]:
    """Select the last entry that holds of each kind on each site, of one writer."""
    statement = _effective().where(
        DiaryEntry.producer_id == producer_id,
        DiaryEntry.person_id == person_id,
        DiaryEntry.performed_at >= since,
    )
    if site_id is not None:
        statement = statement.where(DiaryEntry.site_id == site_id)
    by = (DiaryEntry.site_id, DiaryEntry.kind)
    statement = statement.ext(distinct_on(*by)).order_by(
        *by, DiaryEntry.performed_at.desc(), DiaryEntry.id.desc()
    )
    return (await session.scalars(statement)).all()


async def count_uses(
    session: AsyncSession,
    *,
    site_id: UUID,
    input_id: UUID,
    kinds: Collection[EntryKind],
    since: datetime,
    until: datetime,
    but_id: UUID | None,
) -> int:
    """Count the works that hold and used a product on a site, but for one entry."""
    used = _effective().where(
        DiaryEntry.site_id == site_id,
        DiaryEntry.input_id == input_id,
        DiaryEntry.kind.in_(kinds),
        DiaryEntry.performed_at.between(since, until),
    )
    if but_id is not None:
        used = used.where(DiaryEntry.id != but_id)
    return await session.scalar(select(func.count()).select_from(used.subquery())) or 0


async def count_by_day(
    session: AsyncSession, *, site_ids: Collection[UUID], since: date, until: date
) -> Sequence[tuple[UUID, EntryKind, date, int]]:
    """Count what holds by site, kind and day (Viet Nam), by day."""
    first = datetime.combine(since, time(), VN)
    last = datetime.combine(until + timedelta(days=1), time(), VN)
    done = (
        _effective()
        .where(
            DiaryEntry.site_id.in_(site_ids), DiaryEntry.performed_at >= first, DiaryEntry.performed_at < last
        )
        .subquery()
    )
    # The zone stands in the text: bound twice, the day of SELECT would not be the day of GROUP BY.
    on = cast(func.timezone(literal_column(f"'{VN.key}'"), done.c.performed_at), Date)
    statement = (
        select(done.c.site_id, done.c.kind, on, func.count())
        .group_by(done.c.site_id, done.c.kind, on)
        .order_by(on, done.c.site_id, done.c.kind)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(statement)]


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
    """Insert the photos of an entry; one that is there already stays as it is."""
    rows = [{"id": uuid7(), "entry_id": entry_id, "photo_id": one, "received_at": now} for one in photo_ids]
    if rows:
        await session.execute(insert(DiaryPhoto).values(rows).on_conflict_do_nothing())


async def lock_entry(session: AsyncSession, entry_id: UUID) -> None:
    """Lock an entry, also against a correction of it: photos that arrive at once are counted one after the other."""
    await session.execute(select(DiaryEntry.id).where(DiaryEntry.id == entry_id).with_for_update())


async def insert_late_photo(session: AsyncSession, *, entry_id: UUID, photo_id: UUID, now: datetime) -> None:
    """Insert a photo that followed its entry; once."""
    values = {"id": uuid7(), "entry_id": entry_id, "photo_id": photo_id, "received_at": now}
    await session.execute(insert(DiaryPhoto).values(**values).on_conflict_do_nothing())


async def list_photos(session: AsyncSession, entry_ids: Collection[UUID]) -> Sequence[DiaryPhoto]:
    """Select the photos of several entries, in their order."""
    statement = select(DiaryPhoto).where(DiaryPhoto.entry_id.in_(entry_ids)).order_by(DiaryPhoto.id)
    return (await session.scalars(statement)).all()


def _in_window(
    site_ids: Collection[UUID], since: datetime, until: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        DiaryEntry.site_id.in_(site_ids),
        DiaryEntry.performed_at >= since,
        DiaryEntry.performed_at < until,
    )


async def count_written(
    session: AsyncSession, *, site_ids: Collection[UUID], since: datetime, until: datetime
) -> int:
    """Count what was written of some sites and a time, corrected or not; `until` is the first instant after it."""
    statement = select(func.count()).where(*_in_window(site_ids, since, until))
    return (await session.scalar(statement)) or 0


async def list_written(
    session: AsyncSession, *, site_ids: Collection[UUID], since: datetime, until: datetime
) -> Sequence[DiaryEntry]:
    """Select what was written of some sites and a time, with every version of it wherever that stands; by day."""
    found = (
        select(DiaryEntry.id, DiaryEntry.corrects_id)
        .where(*_in_window(site_ids, since, until))
        .cte("versions", recursive=True)
    )
    near = aliased(DiaryEntry)
    found = found.union(
        select(near.id, near.corrects_id).join(
            found, or_(near.id == found.c.corrects_id, near.corrects_id == found.c.id)
        )
    )
    statement = select(DiaryEntry).where(DiaryEntry.id.in_(select(found.c.id)))
    return (await session.scalars(statement.order_by(DiaryEntry.performed_at, DiaryEntry.id))).all()
