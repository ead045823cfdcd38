"""The photo of the scale that follows a slip written offline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from app.offline.uploads.errors import NotTakenError
from producers.cooperatives import photos
from producers.intake import service
from producers.mandates import service as mandates
from producers.mandates.models import Scope

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.offline.uploads.ports import ArrivedFile, StoredRecord


async def take_file(
    session: AsyncSession, files: Files, *, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    """Put a photo to the slip whose id is the record's."""
    if file.field != "photo":
        raise NotTakenError
    await _check_helper(session, record, now)
    photo = await photos.keep_arrived(
        session, files, file=file, owner_id=record.person_id, is_public=False, now=now
    )
    await service.attach_photo(
        session, slip_id=record.id, person_id=record.person_id, photo_id=photo.id, now=now
    )


async def _check_helper(session: AsyncSession, record: StoredRecord, now: datetime) -> None:
    """Refuse a helper's photo for a slip of a farmer who took the mandate back."""
    if record.helper_id is None:
        return
    slip = (await service.get_slips(session, [record.id])).get(record.id)
    if slip is not None:
        await mandates.check_late_file(
            session,
            helper_id=record.helper_id,
            farmer_id=record.person_id,
            producer_id=slip.producer_id,
            scope=Scope.INTAKE,
            is_marked=slip.is_flagged,
            now=now,
        )
