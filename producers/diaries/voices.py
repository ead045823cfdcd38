"""Voices of the diary: what was said instead of written, and written down later by somebody who listened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFoundError
from app.core.events import emit
from app.core.i18n import _
from app.media import service as media
from producers.diaries import service, voice_repository
from producers.diaries.events import EntrySpoken
from producers.diaries.models import DiaryEntry
from producers.diaries.voice_models import DiaryTranscript


class VoiceNotFoundError(NotFoundError):
    """This entry has no such recording."""

    def __init__(self) -> None:
        super().__init__(_("Không tìm thấy lời nói này."))


@dataclass(frozen=True)
class Voice:
    """A recording of an entry, with the latest that was written down from it."""

    recording_id: UUID
    transcript: DiaryTranscript | None


async def attach_voice(
    session: AsyncSession, *, entry_id: UUID, recording_id: UUID, producer_id: UUID, now: datetime
) -> None:
    """Put a recording to an entry; again changes nothing. `EntryNotFoundError`, `NotFoundError` of the recording."""
    await service.get_entry(session, entry_id=entry_id, producer_id=producer_id)
    await media.get_recording(session, recording_id)
    values = {"entry_id": entry_id, "recording_id": recording_id, "received_at": now}
    if await voice_repository.insert_voice(session, values):
        await emit(session, EntrySpoken(entry_id=entry_id))


async def list_voices(session: AsyncSession, versions: Sequence[DiaryEntry]) -> list[Voice]:
    """The voices of an entry and of what it corrects, each once: a correction keeps what was said."""
    rows = await voice_repository.list_voices(session, [version.id for version in versions])
    ids = list(dict.fromkeys(row.recording_id for row in rows))
    written = {one.recording_id: one for one in await voice_repository.list_latest_transcripts(session, ids)}
    return [Voice(one, written.get(one)) for one in ids]


async def get_voice(session: AsyncSession, *, entry: DiaryEntry, recording_id: UUID) -> Voice:
    """One voice of an entry, or of what it corrects; raises `VoiceNotFoundError`."""
    versions = await service.list_versions(session, entry)
    for voice in await list_voices(session, versions):
        if voice.recording_id == recording_id:
            return voice
    raise VoiceNotFoundError


async def write_transcript(
    session: AsyncSession,
    *,
    id: UUID,  # noqa: A002 - made where it was written
    entry_id: UUID,
    recording_id: UUID,
    producer_id: UUID,
    person_id: UUID,
    text: str,
    written_at: datetime,
    helper_id: UUID | None = None,
    is_flagged: bool = False,
) -> DiaryTranscript:
    """Write down what a recording says; a repeat of the id answers the first result, later ones take its place.

    `helper_id` is who wrote it for the person, `is_flagged` that the mandate was over when it came. Raises `EntryNotFoundError`, `VoiceNotFoundError`.
    """
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=producer_id)
    await get_voice(session, entry=entry, recording_id=recording_id)
    values = {
        "id": id,
        "entry_id": entry_id,
        "recording_id": recording_id,
        "text": text,
        "person_id": person_id,
        "helper_id": helper_id,
        "written_at": written_at,
        "is_flagged": is_flagged,
    }
    await voice_repository.insert_transcript(session, values)
    kept = await voice_repository.find_transcript(session, id)
    if kept is None or kept.recording_id != recording_id:
        raise VoiceNotFoundError
    return kept
