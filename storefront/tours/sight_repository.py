"""Selects of what dates show."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from storefront.tours.models import DepartureSight


async def list_sights(session: AsyncSession, departure_ids: Collection[UUID]) -> list[DepartureSight]:
    """Select what dates show, in the order in which it was chosen."""
    statement = select(DepartureSight).where(DepartureSight.departure_id.in_(departure_ids))
    return list(await session.scalars(statement.order_by(DepartureSight.id)))


async def replace(
    session: AsyncSession,
    departure_id: UUID,
    *,
    site_ids: Collection[UUID],
    lot_ids: Collection[UUID],
    now: datetime,
) -> None:
    """Put these in the place of what a date showed; two who do it at once leave what either chose, each once."""
    await session.execute(delete(DepartureSight).where(DepartureSight.departure_id == departure_id))
    facts = {"departure_id": departure_id, "created_at": now}
    rows = [
        *({**facts, "id": uuid7(), "site_id": site_id, "lot_id": None} for site_id in site_ids),
        *({**facts, "id": uuid7(), "site_id": None, "lot_id": lot_id} for lot_id in lot_ids),
    ]
    if rows:
        await session.execute(insert(DepartureSight).values(rows).on_conflict_do_nothing())
