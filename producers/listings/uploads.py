"""Photos that follow a listing written offline."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.offline.uploads.errors import NotTakenError
from producers.cooperatives import photos
from producers.listings import service

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.offline.uploads.ports import ArrivedFile, StoredRecord


async def take_file(
    session: AsyncSession, files: Files, *, record: StoredRecord, file: ArrivedFile, now: datetime
) -> None:
    """Put a photo to the listing that the form's path names; a new listing has the record's id."""
    if file.field != "photos":
        raise NotTakenError
    photo = await photos.keep_arrived(
        session, files, file=file, owner_id=record.person_id, is_public=True, now=now
    )
    await service.attach_photo(
        session,
        listing_id=_listing_of(record),
        person_id=record.person_id,
        photo_id=photo.id,
        now=now,
    )


def _listing_of(record: StoredRecord) -> UUID:
    """The last word of `/producer/listings/{listing_id}`, or of `/producer/listings/new` the record itself."""
    try:
        return UUID(record.path.partition("?")[0].rstrip("/").rpartition("/")[2])
    except ValueError:
        return record.id
