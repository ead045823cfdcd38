"""A voice that comes with a form: kept at once, so that a form with a mistake in it does not lose it."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.fields import FormModel
from app.core.i18n import Text
from app.media import service as media
from app.web.forms import Submission
from app.web.house import House

NAME = "voice"
KEPT = "kept_voice"
_MOST_DIGITS = 6  # a quarter of an hour in milliseconds


class TranscriptForm(FormModel):
    """What somebody wrote down from a recording."""

    id: UUID
    recording_id: UUID
    text: Annotated[str, Field(min_length=1, max_length=4000)]


async def keep_voice(
    session: AsyncSession, house: House, submission: Submission, *, owner_id: UUID, now: datetime
) -> tuple[UUID | None, dict[str, Text]]:
    """Store the recording of a form, or find the one that an earlier try stored; what is wrong stands beside the field.

    It is private: who may hear it is the diary's to say.
    """
    for file in submission.files(NAME):
        try:
            recording = await media.store_recording(
                session,
                house.files,
                content=await file.read(),
                owner_id=owner_id,
                is_public=False,
                now=now,
                duration_ms=_read_ms(submission.form.values.get(f"{NAME}_ms", "")),
            )
        except AppError as error:
            return None, {NAME: error.message}
        return recording.id, {}
    with contextlib.suppress(ValueError, AppError):
        kept = await media.get_recording(session, UUID(submission.form.values.get(KEPT, "")))
        if kept.owner_id == owner_id:
            return kept.id, {}
    return None, {}


def _read_ms(told: str) -> int | None:
    return int(told) if told.isdecimal() and len(told) <= _MOST_DIGITS else None
