"""Selects and inserts of remittances."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from storefront.remittances.models import Remittance, RemittanceLine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def insert_remittance(session: AsyncSession, row: dict[str, object]) -> bool:
    """Insert a remittance; False when it was written before, by id or by receipt."""
    statement = insert(Remittance).values(**row).on_conflict_do_nothing().returning(Remittance.id)
    return await session.scalar(statement) is not None


async def list_lines(
    session: AsyncSession, producer_id: UUID, *, limit: int
) -> list[tuple[Remittance, RemittanceLine]]:
    """Select what a producer wrote down as in hand, the newest first."""
    statement = (
        select(Remittance, RemittanceLine)
        .join(RemittanceLine, RemittanceLine.remittance_id == Remittance.id)
        .where(Remittance.producer_id == producer_id)
        .order_by(Remittance.id.desc(), RemittanceLine.id)
        .limit(limit)
    )
    return [(remittance, line) for remittance, line in await session.execute(statement)]
