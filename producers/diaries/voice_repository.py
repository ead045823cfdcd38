"""Selects of the voices of entries and of what was written down from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.diaries.voice_models import DiaryTranscript, DiaryVoice


async def insert_voice(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a row; False when it is there already."""
    statement = insert(DiaryVoice).values(**values).on_conflict_do_nothing().returning(DiaryVoice.id)
    return (await session.scalar(statement)) is not None


async def list_voices(session: AsyncSession, entry_ids: Collection[UUID]) -> Sequence[DiaryVoice]:
    """Select the voices of several entries, in their order."""
    statement = select(DiaryVoice).where(DiaryVoice.entry_id.in_(entry_ids)).order_by(DiaryVoice.id)
    return (await session.scalars(statement)).all()


async def insert_transcript(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert a row; a repeat of its id changes nothing."""
    await session.execute(insert(DiaryTranscript).values(**values).on_conflict_do_nothing())


async def find_transcript(session: AsyncSession, transcript_id: UUID) -> DiaryTranscript | None:
    """Select by id."""
    return await session.get(DiaryTranscript, transcript_id)


async def list_latest_transcripts(
    session: AsyncSession, recording_ids: Collection[UUID]
) -> Sequence[DiaryTranscript]:
    """Select the latest transcript of each recording."""
    statement = (
        select(DiaryTranscript)
        .where(DiaryTranscript.recording_id.in_(recording_ids))
        .ext(distinct_on(DiaryTranscript.recording_id))
        .order_by(DiaryTranscript.recording_id, DiaryTranscript.written_at.desc(), DiaryTranscript.id.desc())
    )
    return (await session.scalars(statement)).all()
