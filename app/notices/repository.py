"""Selects of notices."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ARRAY, Uuid, bindparam, func, insert, select, update

from app.core.driver import Prepared
from app.notices.models import Notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncSession


def _telling() -> Prepared:
    """Build once what writes the same notice for several people."""
    notices = cast("Table", Notice.__table__)
    told = func.unnest(*(bindparam(name, type_=ARRAY(Uuid)) for name in ("ids", "person_ids")))
    one = told.table_valued("id", "person_id").render_derived("one")
    same = ["kind", "msgid", "params", "href", "created_at"]
    rows = select(one.c.id, one.c.person_id, *(bindparam(name, type_=notices.c[name].type) for name in same))
    return Prepared(insert(notices).from_select(["id", "person_id", *same], rows).returning(notices.c.id))


_TELLING = _telling()


async def insert_notices(
    session: AsyncSession, ids: Sequence[UUID], person_ids: Sequence[UUID], values: dict[str, Any]
) -> None:
    """Insert the same notice for several people; `values` are its other columns."""
    await _TELLING.fetch(session, {"ids": ids, "person_ids": person_ids, **values})


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
