"""What left of the lots, as the authority's papers ask for it: how much and when, never to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storefront.fulfilment import repository
from traceability.authority.ports import Left

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession


class LotSales:
    """Answers from the parcels that were packed and sent."""

    async def list_left(self, session: AsyncSession, lot_ids: Collection[UUID]) -> list[Left]:
        """List what was sent of these lots, the oldest first; what came back is listed as well."""
        return [Left(*row) for row in await repository.list_sent(session, lot_ids)]
