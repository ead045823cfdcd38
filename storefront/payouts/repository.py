"""Selects, inserts and the lock of payouts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.payouts.models import Payout, PayoutBatch, PayoutState


async def insert_batch(session: AsyncSession, row: dict[str, Any]) -> None:
    """Insert a batch."""
    await session.execute(insert(PayoutBatch).values(**row))


async def insert_payouts(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the payouts of a batch."""
    await session.execute(insert(Payout), list(rows))


async def list_batches(session: AsyncSession, *, limit: int) -> list[PayoutBatch]:
    """Select the newest batches."""
    return list(await session.scalars(select(PayoutBatch).order_by(PayoutBatch.id.desc()).limit(limit)))


async def find_batch(session: AsyncSession, batch_id: UUID) -> PayoutBatch | None:
    """Find a batch."""
    return await session.get(PayoutBatch, batch_id)


async def sum_batches(
    session: AsyncSession, batch_ids: Collection[UUID]
) -> list[tuple[UUID, PayoutState, int, int]]:
    """Count and sum the payouts of batches by state: (batch, state, how many, đồng)."""
    statement = (
        select(Payout.batch_id, Payout.state, func.count(), func.sum(Payout.amount_minor))
        .where(Payout.batch_id.in_(batch_ids))
        .group_by(Payout.batch_id, Payout.state)
    )
    return [
        (batch, state, count, int(total)) for batch, state, count, total in await session.execute(statement)
    ]


async def list_payouts(session: AsyncSession, batch_id: UUID) -> list[Payout]:
    """Select the payouts of a batch, in the order in which they were made."""
    return list(await session.scalars(select(Payout).where(Payout.batch_id == batch_id).order_by(Payout.id)))


async def list_by_id(session: AsyncSession, payout_ids: Collection[UUID]) -> list[Payout]:
    """Select several payouts."""
    return list(await session.scalars(select(Payout).where(Payout.id.in_(payout_ids))))


async def lock_payout(session: AsyncSession, payout_id: UUID) -> Payout | None:
    """Lock a payout; its newest values are read again."""
    statement = (
        select(Payout)
        .where(Payout.id == payout_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return await session.scalar(statement)
