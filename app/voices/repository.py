"""Selects of clips and packs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.voices.models import VoiceClip, VoicePack


async def list_newest_clips(session: AsyncSession, language: str) -> Sequence[VoiceClip]:
    """Select the newest clip of each prompt."""
    statement = (
        select(VoiceClip)
        .where(VoiceClip.language == language)
        .ext(distinct_on(VoiceClip.prompt_id))
        .order_by(VoiceClip.prompt_id, VoiceClip.created_at.desc(), VoiceClip.id.desc())
    )
    return (await session.scalars(statement)).all()


async def count_prompts(session: AsyncSession) -> Sequence[Row[str, str]]:
    """Select (language, prompt) of everything that was recorded."""
    statement = select(VoiceClip.language, VoiceClip.prompt_id).distinct()
    return (await session.execute(statement)).all()


async def find_latest_pack(session: AsyncSession, language: str) -> VoicePack | None:
    """Select the newest version of a language."""
    statement = select(VoicePack).where(VoicePack.language == language)
    return await session.scalar(statement.order_by(VoicePack.version.desc()).limit(1))


async def list_latest_packs(session: AsyncSession) -> Sequence[VoicePack]:
    """Select the newest version of every language."""
    newest = select(VoicePack.language, func.max(VoicePack.version)).group_by(VoicePack.language).subquery()
    statement = select(VoicePack).join(
        newest, (newest.c[0] == VoicePack.language) & (newest.c[1] == VoicePack.version)
    )
    return (await session.scalars(statement)).all()


async def insert_pack(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a version; False when it is there already: of two at once the second waits, and finds the first."""
    statement = insert(VoicePack).values(**values).on_conflict_do_nothing().returning(VoicePack.version)
    return (await session.scalar(statement)) is not None
