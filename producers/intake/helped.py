"""What helpers weighed in, as the farmer's list asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.i18n import _
from app.core.quantity import format_grams
from producers.farms import service as farms
from producers.intake import service
from producers.mandates.helped import Act

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class IntakeActs:
    """Answers from the weigh slips."""

    async def list_acts(
        self,
        session: AsyncSession,
        *,
        farmer_id: UUID,
        helper_id: UUID | None,
        since: datetime | None,
        limit: int,
    ) -> list[Act]:
        """What helpers weighed in for a farmer, the latest to arrive first; two queries whatever the limit."""
        slips = await service.list_helped(
            session, person_id=farmer_id, helper_id=helper_id, since=since, limit=limit
        )
        homes = await farms.get_farms(session, {slip.farm_id for slip in slips})
        return [
            Act(
                helper_id=slip.helper_id,
                said=_(
                    "Cân %(weight)s của %(farm)s",
                    weight=format_grams(slip.weight_g),
                    farm=homes[slip.farm_id].name,
                ),
                icon="scale",
                href=f"/producer/intake/{slip.id}",
                recorded_at=slip.recorded_at,
                received_at=slip.received_at,
                is_flagged=slip.is_flagged,
            )
            for slip in slips
            if slip.helper_id is not None
        ]
