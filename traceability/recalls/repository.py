"""Selects of recalls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.recalls.models import Recall, RecallLot


async def find_recall(session: AsyncSession, recall_id: UUID) -> Recall | None:
    """Select by id."""
    return await session.get(Recall, recall_id)


async def insert_recall(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a recall; False when its id is there."""
    statement = insert(Recall).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Recall.id)) is not None


async def list_recalls(session: AsyncSession, producer_id: UUID, limit: int) -> list[Recall]:
    """Select a producer's recalls, the newest first."""
    statement = select(Recall).where(Recall.producer_id == producer_id).order_by(Recall.id.desc())
    return list(await session.scalars(statement.limit(limit)))


async def insert_lots(session: AsyncSession, recall_id: UUID, lot_ids: Collection[UUID]) -> None:
    """Insert the lots that a recall stopped."""
    rows = [{"recall_id": recall_id, "lot_id": lot_id} for lot_id in sorted(lot_ids)]
    await session.execute(insert(RecallLot).values(rows))


async def list_lot_ids(session: AsyncSession, recall_id: UUID) -> list[UUID]:
    """Select the lots that a recall stopped."""
    statement = select(RecallLot.lot_id).where(RecallLot.recall_id == recall_id).order_by(RecallLot.lot_id)
    return list(await session.scalars(statement))


async def find_recall_of_lot(session: AsyncSession, lot_id: UUID) -> Recall | None:
    """Select the latest recall that stopped a lot."""
    statement = select(Recall).join(RecallLot).where(RecallLot.lot_id == lot_id).order_by(Recall.id.desc())
    return await session.scalar(statement.limit(1))
