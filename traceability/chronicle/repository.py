"""Selects of the chronicle's queue."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.chronicle.models import ChronicleItem, Fact

_LOCK = 0x43485249  # "CHRI"


async def lock_queue(session: AsyncSession) -> bool:
    """Be the only one who tells, until the end of the transaction; False when somebody else does."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))))


async def list_waiting(session: AsyncSession, limit: int) -> list[ChronicleItem]:
    """Select the oldest records that wait and have no fault."""
    statement = select(ChronicleItem).where(ChronicleItem.fault.is_(None)).order_by(ChronicleItem.id)
    return list(await session.scalars(statement.limit(limit)))


async def list_record_ids(session: AsyncSession, fact: Fact) -> set[UUID]:
    """Select what waits to be told of one kind, faults too."""
    return set(await session.scalars(select(ChronicleItem.record_id).where(ChronicleItem.fact == fact)))


async def delete_items(session: AsyncSession, ids: Collection[int]) -> None:
    """Take told records off the queue."""
    await session.execute(delete(ChronicleItem).where(ChronicleItem.id.in_(ids)))
