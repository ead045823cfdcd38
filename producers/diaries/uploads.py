"""Photos and voices that follow a diary entry written offline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.media import service as media
from app.offline.uploads.errors import NotTakenError
from producers.cooperatives import photos
from producers.diaries import service, voices
from producers.mandates import service as mandates
from producers.mandates.models import Scope

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
    await _check_helper(session, record, now)
    await take(session, files, record, file, now)


async def _check_helper(session: AsyncSession, record: StoredRecord, now: datetime) -> None:
    """Refuse a helper's file for an entry of a farmer who took the mandate back."""
    if record.helper_id is None:
        return
    entry = (await service.get_entries(session, [record.id])).get(record.id)
    if entry is not None:
        await mandates.check_late_file(
            session,
            helper_id=record.helper_id,
            farmer_id=record.person_id,
            producer_id=entry.producer_id,
            scope=Scope.DIARY,
            is_marked=entry.is_flagged,
            now=now,
        )


async def _take_photo(
    session: AsyncSession, files: Files, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    photo = await photos.keep_arrived(
        session, files, file=file, owner_id=record.person_id, is_public=True, now=now
    )
    await service.attach_photo(
        session, entry_id=record.id, person_id=record.person_id, photo_id=photo.id, now=now
    )


async def _take_voice(
    session: AsyncSession, files: Files, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    entry = await service.get_written_entry(session, entry_id=record.id, person_id=record.person_id)
    recording = await media.store_recording(
        session, files, content=file.content, owner_id=record.person_id, is_public=False, now=now
    )
    await voices.attach_voice(
        session, entry_id=entry.id, recording_id=recording.id, producer_id=entry.producer_id, now=now
    )


_BY_FIELD = {"photos": _take_photo, "voice": _take_voice}
