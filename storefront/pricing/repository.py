"""Selects of delivery rates."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.pricing.models import DeliveryRate


async def list_rates(session: AsyncSession, producer_ids: Collection[UUID]) -> list[DeliveryRate]:
    """Select the rates of several producers."""
    statement = select(DeliveryRate).where(DeliveryRate.producer_id.in_(producer_ids))
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def save_rate(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fee_minor: int,
    free_from_minor: int | None,
    minimum_minor: int,
) -> None:
    """Insert or replace a producer's rate."""
    values = {"fee_minor": fee_minor, "free_from_minor": free_from_minor, "minimum_minor": minimum_minor}
    statement = insert(DeliveryRate).values(producer_id=producer_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["producer_id"], set_=values))
