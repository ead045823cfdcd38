"""Photos and voices that follow a diary entry written offline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.offline.uploads.errors import NotTakenError
from producers.cooperatives import photos
from producers.diaries import service

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.offline.uploads.ports import ArrivedFile, StoredRecord


async def take_file(
    session: AsyncSession, files: Files, *, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    """Put a file to the entry whose id is the record's."""
    take = _BY_FIELD.get(file.field)
    if take is None:
        raise NotTakenError
    await take(session, files, record, file, now)


async def _take_photo(
    session: AsyncSession, files: Files, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    photo = await photos.keep_arrived(
        session, files, file=file, owner_id=record.person_id, is_public=True, now=now
    )
    await service.attach_photo(
        session, entry_id=record.id, person_id=record.person_id, photo_id=photo.id, now=now
    )


_BY_FIELD = {"photos": _take_photo}
