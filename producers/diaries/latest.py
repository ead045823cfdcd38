"""The latest work of a producer, and what of it may be done again, as the page of the day asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.core.ids import uuid7
from producers.cooperatives.work import RepeatLine, WorkLine
from producers.diaries import service
from producers.diaries.schemas import REPEATED
from producers.diaries.sentences import KIND_ICONS
from producers.farms import service as farms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from producers.diaries.models import DiaryEntry

LOOK_BACK = timedelta(days=21)
"""What was done longer ago is not what one did yesterday."""


class DiaryWork:
    """Answers from the diary."""

    async def list_lines(self, session: AsyncSession, *, producer_id: UUID, limit: int) -> list[WorkLine]:
        """The latest work that holds, the newest first; three queries whatever the limit."""
        entries = await service.list_latest(session, producer_id=producer_id, limit=limit)
        said = await service.describe_entries(session, entries)
        sites = await farms.get_sites(session, {entry.site_id for entry in entries})
        return [
            WorkLine(
                entry_id=entry.id,
                said=said[entry.id],
                place=sites[entry.site_id].name,
                icon=KIND_ICONS[entry.kind],
                performed_at=entry.performed_at,
            )
            for entry in entries
        ]

    async def list_repeats(
        self, session: AsyncSession, *, producer_id: UUID, person_id: UUID, now: datetime, limit: int
    ) -> list[RepeatLine]:
        """The latest work of each kind on each site that this person wrote, the newest first."""
        done = await service.list_repeats(
            session, producer_id=producer_id, person_id=person_id, since=now - LOOK_BACK, limit=limit
        )
        return await make_repeats(session, done)


async def make_repeats(session: AsyncSession, entries: Sequence[DiaryEntry]) -> list[RepeatLine]:
    """Make of each entry a line that does it again, with a fresh id."""
    said = await service.describe_entries(session, entries)
    sites = await farms.get_sites(session, {entry.site_id for entry in entries})
    return [
        RepeatLine(
            entry_id=entry.id,
            new_id=uuid7(),
            said=said[entry.id],
            place=sites[entry.site_id].name,
            icon=KIND_ICONS[entry.kind],
            kind=entry.kind.value,
            is_same=entry.kind in REPEATED,
        )
        for entry in entries
    ]
