"""The latest work of a producer, as the page of the day asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from producers.cooperatives.work import WorkLine
from producers.diaries import service
from producers.diaries.sentences import KIND_ICONS
from producers.farms import service as farms

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


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
