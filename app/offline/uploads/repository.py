"""Selects and moves of uploads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.inbox import InboxMessage
from app.offline.uploads.models import Upload, UploadPiece, UploadState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

OUTBOX = "outbox"


async def find_submission(session: AsyncSession, record_id: UUID) -> InboxMessage | None:
    """Select the record that arrived under this id."""
    statement = select(InboxMessage).where(
        InboxMessage.source == OUTBOX, InboxMessage.external_id == str(record_id)
    )
    return (await session.scalars(statement)).one_or_none()


async def insert_upload(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert a row; when the id is known, the first stays (two at once: the second waits for it)."""
    await session.execute(insert(Upload).values(**values).on_conflict_do_nothing())


async def find_upload(session: AsyncSession, upload_id: UUID) -> Upload | None:
    """Select by id, as it stands now."""
    statement = select(Upload).where(Upload.id == upload_id).execution_options(populate_existing=True)
    return await session.scalar(statement)


async def count_open(session: AsyncSession, person_id: UUID, *, but: UUID, since: datetime) -> int:
    """How many files of this person, besides one, are under way and moved since then."""
    statement = select(func.count()).where(
        Upload.person_id == person_id,
        Upload.id != but,
        Upload.state == UploadState.OPEN,
        Upload.moved_at >= since,
    )
    return int(await session.scalar(statement) or 0)


async def move(
    session: AsyncSession, upload_id: UUID, *, start: int, end: int, state: UploadState, now: datetime
) -> bool:
    """Move what is kept from `start` to `end`; False when it does not end at `start` (any more)."""
    statement = (
        update(Upload)
        .where(Upload.id == upload_id, Upload.received == start, Upload.state == UploadState.OPEN)
        .values(received=end, state=state, moved_at=now)
        .returning(Upload.id)
    )
    return (await session.scalar(statement)) is not None


async def insert_piece(session: AsyncSession, *, upload_id: UUID, start: int, length: int, key: str) -> None:
    """Insert a piece."""
    session.add(UploadPiece(upload_id=upload_id, start=start, length=length, key=key))
    await session.flush()


async def list_pieces(session: AsyncSession, upload_id: UUID) -> Sequence[UploadPiece]:
    """Select the pieces of a file, the first first."""
    statement = select(UploadPiece).where(UploadPiece.upload_id == upload_id).order_by(UploadPiece.start)
    return (await session.scalars(statement)).all()


async def delete_pieces(session: AsyncSession, upload_id: UUID) -> None:
    """Forget the pieces of a file."""
    await session.execute(delete(UploadPiece).where(UploadPiece.upload_id == upload_id))


async def refuse(session: AsyncSession, upload_id: UUID, *, reason: str, params: dict[str, Any]) -> None:
    """Write why a whole file cannot be kept."""
    statement = update(Upload).where(Upload.id == upload_id)
    await session.execute(statement.values(state=UploadState.REFUSED, reason=reason, reason_params=params))


async def delete_old(session: AsyncSession, *, before: datetime) -> None:
    """Drop unfinished files that nothing was added to since then."""
    await session.execute(delete(Upload).where(Upload.state == UploadState.OPEN, Upload.moved_at < before))


async def list_open_ids(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are still under way."""
    statement = select(Upload.id).where(Upload.id.in_(ids), Upload.state == UploadState.OPEN)
    return set(await session.scalars(statement))
