"""What helpers wrote into the diary, as the farmer's list asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.i18n import _
from producers.diaries import service
from producers.diaries.sentences import KIND_ICONS
from producers.mandates.helped import Act

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class DiaryActs:
    """Answers from the diary; what was taken back is told as well."""

    async def list_acts(
        self,
        session: AsyncSession,
        *,
        farmer_id: UUID,
        helper_id: UUID | None,
        since: datetime | None,
        limit: int,
    ) -> list[Act]:
        """What helpers wrote for a farmer, the latest to arrive first; two queries whatever the limit."""
        entries = await service.list_helped(
            session, person_id=farmer_id, helper_id=helper_id, since=since, limit=limit
        )
        said = await service.describe_entries(session, entries)
        return [
            Act(
                helper_id=entry.helper_id,
                said=_("Xóa bỏ: %(work)s", work=said[entry.id]) if entry.is_void else said[entry.id],
                icon=KIND_ICONS[entry.kind],
                href=f"/producer/diary/{entry.id}",
                recorded_at=entry.recorded_at,
                received_at=entry.received_at,
                is_flagged=entry.is_flagged,
            )
            for entry in entries
            if entry.helper_id is not None
        ]
