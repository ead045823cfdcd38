"""What may be paid on delivery (orders/PRICING.md M1)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storefront.cash import repository

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def find_most(session: AsyncSession, producer_id: UUID) -> int | None:
    """Up to how many đồng a producer's parcel may be paid on delivery; None when it may not."""
    return await repository.find_most(session, producer_id)


async def set_most(
    session: AsyncSession, *, producer_id: UUID, most_minor: int | None, person_id: UUID, now: datetime
) -> None:
    """Let parcels up to so many đồng (above 0) be paid on delivery, or none; orders that were placed stay as they are."""
    if most_minor is None:
        await repository.delete_terms(session, producer_id)
        return
    row = {"producer_id": producer_id, "most_minor": most_minor, "set_by_id": person_id, "created_at": now}
    await repository.save_terms(session, row)


async def may_be_cash(
    session: AsyncSession, *, producer_ids: Collection[UUID], is_open: bool, total_minor: int
) -> bool:
    """Whether an order of these producers and this total may be paid on delivery.

    One producer who allows it, up to their most; nothing whose price the scale has still to settle, or whose harvest is still to come.
    """
    if len(producer_ids) != 1 or is_open or total_minor < 1:
        return False
    most = await repository.find_most(session, next(iter(producer_ids)))
    return most is not None and total_minor <= most
