"""Photos that come with a form, or after it: kept at once, so that a form with a mistake in it does not lose them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.files import Files
from app.core.i18n import Text
from app.media import service as media
from app.media.models import Photo
from app.offline.uploads.errors import NotTakenError
from app.offline.uploads.ports import ArrivedFile
from app.web.forms import Submission
from app.web.house import House

KEPT = "kept_photo"


async def keep_photos(
    session: AsyncSession,
    house: House,
    submission: Submission,
    *,
    name: str,
    owner_id: UUID,
    is_public: bool,
    now: datetime,
) -> tuple[list[UUID], dict[str, Text]]:
    """Store the files under `name`, after those that an earlier try of this form stored (`kept_photo`).

    Answers the photos and what is wrong beside the field; a photo of somebody else is passed over.
    """
    photos = await _list_kept(session, submission, owner_id)
    for file in submission.files(name):
        try:
            photo = await media.store_photo(
                session,
                house.files,
                content=await file.read(),
                owner_id=owner_id,
                is_public=is_public,
                now=now,
            )
        except AppError as error:
            return photos, {name: next(iter(error.fields.values()), error.message)}
        if photo.id not in photos:
            photos.append(photo.id)
    return photos, {}


async def _list_kept(session: AsyncSession, submission: Submission, owner_id: UUID) -> list[UUID]:
    kept: list[UUID] = []
    for value in submission.data.getlist(KEPT):
        with contextlib.suppress(ValueError, AppError):
            photo = await media.get_photo(session, UUID(str(value)))
            if photo.owner_id == owner_id:
                kept.append(photo.id)
    return kept


async def keep_arrived(
    session: AsyncSession, files: Files, *, file: ArrivedFile, owner_id: UUID, is_public: bool, now: datetime
) -> Photo:
    """Store a photo that followed a record written offline; NotTakenError for a voice, BadPhotoError in words."""
    if file.is_voice:
        raise NotTakenError
    return await media.store_photo(
        session,
        files,
        content=file.content,
        owner_id=owner_id,
        is_public=is_public,
        now=now,
        taken_at=file.taken_at,
        place_e6=file.place_e6,
    )


def last(photos: Sequence[UUID]) -> UUID | None:
    """The photo of a form that takes one: the last that was sent."""
    return photos[-1] if photos else None
