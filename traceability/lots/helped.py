"""The lots that helpers made, as the farmer's list asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.i18n import _
from app.core.quantity import format_grams
from producers.mandates.helped import Act
from traceability.lots import service

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class LotActs:
    """Answers from the lots."""

    async def list_acts(
        self,
        session: AsyncSession,
        *,
        farmer_id: UUID,
        helper_id: UUID | None,
        since: datetime | None,
        limit: int,
    ) -> list[Act]:
        """The lots that helpers made for a farmer, the newest first; one query."""
        lots = await service.list_helped(
            session, person_id=farmer_id, helper_id=helper_id, since=since, limit=limit
        )
        return [
            Act(
                helper_id=lot.helper_id,
                said=_("Lập lô %(code)s, %(weight)s", code=lot.code, weight=format_grams(lot.quantity_g)),
                icon="basket",
                href=f"/producer/lots/{lot.id}",
                recorded_at=lot.created_at,
                received_at=lot.created_at,
                is_flagged=lot.is_flagged,
            )
            for lot in lots
            if lot.helper_id is not None
        ]
