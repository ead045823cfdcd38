"""What the authority's room asks of the floor above it; wiring fills it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Left:
    """So much of a lot that left in one parcel: pieces, or grams when `is_weight`. Who bought it is not told."""

    lot_id: UUID
    parcel_id: UUID
    order_id: UUID
    shipped_at: datetime
    quantity: int
    is_weight: bool


class Sales(Protocol):
    """What left of the lots."""

    async def list_left(self, session: AsyncSession, lot_ids: Collection[UUID]) -> list[Left]:
        """List what was sent of these lots, the oldest first; what came back is listed as well."""
        ...
