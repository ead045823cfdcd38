"""Selects of delivery rates."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.pricing.models import DeliveryRate

# Built once: building a statement anew costs a third of asking it, and this one is asked for every basket.
_RATES = (
    select(DeliveryRate)
    .where(DeliveryRate.producer_id.in_(bindparam("producer_ids", expanding=True)))
    .execution_options(populate_existing=True)
)


async def list_rates(session: AsyncSession, producer_ids: Collection[UUID]) -> list[DeliveryRate]:
    """Select the rates of several producers."""
    return list(await session.scalars(_RATES, {"producer_ids": list(producer_ids)}))


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
