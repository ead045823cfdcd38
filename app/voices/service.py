"""Audio packs: record a prompt, publish a frozen version, give it to phones that ask for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.media import service as media
from app.voices import repository
from app.voices.errors import (
    NothingRecordedError,
    PackNotFoundError,
    PromptNotFoundError,
    PublishedMeanwhileError,
)
from app.voices.models import VoiceClip, VoicePack
from app.voices.words import LANGUAGES

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.voices.prompts import Prompts


@dataclass(frozen=True)
class Clip:
    """A prompt's recording in a pack."""

    recording_id: UUID
    byte_count: int


@dataclass(frozen=True)
class Manifest:
    """What a phone downloads: one version of one language."""

    language: str
    version: int
    clips: dict[str, Clip]

    @property
    def byte_count(self) -> int:
        """The weight of all recordings; one that serves several prompts counts once."""
        return sum({clip.recording_id: clip.byte_count for clip in self.clips.values()}.values())


def check_language(language: str) -> str:
    """The language; PackNotFoundError for one that we do not speak."""
    if language not in LANGUAGES:
        raise PackNotFoundError
    return language


async def add_clip(
    session: AsyncSession,
    files: Files,
    *,
    prompts: Prompts,
    language: str,
    prompt_id: str,
    content: bytes,
    person_id: UUID,
    now: datetime,
    duration_ms: int | None = None,
) -> VoiceClip:
    """Keep how somebody says a prompt; from now on it is the one that counts.

    Raises `PackNotFoundError`, `PromptNotFoundError`, and media's BadRecordingError (field `voice`).
    """
    check_language(language)
    if prompts.find(prompt_id) is None:
        raise PromptNotFoundError
    recording = await media.store_recording(
        session,
        files,
        content=content,
        owner_id=person_id,
        is_public=True,
        now=now,
        duration_ms=duration_ms,
    )
    clip = VoiceClip(
        language=language,
        prompt_id=prompt_id,
        recording_id=recording.id,
        recorded_by_id=person_id,
        created_at=now,
    )
    session.add(clip)
    await session.flush()
    return clip


async def list_clips(session: AsyncSession, language: str) -> dict[str, UUID]:
    """The recording that counts of each prompt; PackNotFoundError for a language that we do not speak."""
    newest = await repository.list_newest_clips(session, check_language(language))
    return {clip.prompt_id: clip.recording_id for clip in newest}


async def count_recorded(session: AsyncSession, prompts: Prompts) -> Counter[str]:
    """How many of today's prompts are recorded in each language."""
    rows = await repository.count_prompts(session)
    return Counter(language for language, prompt in rows if prompts.find(prompt))


async def publish(
    session: AsyncSession, *, prompts: Prompts, language: str, person_id: UUID, now: datetime
) -> VoicePack:
    """Freeze what is recorded now into the next version; without anything new the last version stands.

    Raises `PackNotFoundError`, `NothingRecordedError`, `PublishedMeanwhileError`.
    """
    found = await list_clips(session, language)
    clips = {prompt: str(recording) for prompt, recording in found.items() if prompts.find(prompt)}
    if not clips:
        raise NothingRecordedError
    last = await repository.find_latest_pack(session, language)
    if last is not None and last.clips == clips:
        return last
    version = last.version + 1 if last else 1
    values = {
        "language": language,
        "version": version,
        "published_at": now,
        "published_by_id": person_id,
        "clips": clips,
    }
    if not await repository.insert_pack(session, values):
        raise PublishedMeanwhileError
    made = await repository.find_latest_pack(session, language)
    assert made is not None  # noqa: S101 - inserted above
    return made


async def get_manifest(session: AsyncSession, language: str) -> Manifest:
    """The newest version of a language; raises `PackNotFoundError`."""
    pack = await repository.find_latest_pack(session, check_language(language))
    if pack is None:
        raise PackNotFoundError
    [manifest] = await _describe(session, [pack])
    return manifest


async def list_manifests(session: AsyncSession) -> dict[str, Manifest]:
    """The newest version of every language that has one."""
    found = await _describe(session, await repository.list_latest_packs(session))
    return {manifest.language: manifest for manifest in found}


async def _describe(session: AsyncSession, packs: Sequence[VoicePack]) -> list[Manifest]:
    ids = {UUID(recording) for pack in packs for recording in pack.clips.values()}
    recordings = await media.get_recordings(session, ids)
    return [
        Manifest(
            pack.language,
            pack.version,
            {
                prompt: Clip(UUID(recording), recordings[UUID(recording)].byte_count)
                for prompt, recording in pack.clips.items()
            },
        )
        for pack in packs
    ]
