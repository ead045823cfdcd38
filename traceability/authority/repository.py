"""Selects and changes of inspectors' sessions and looks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.authority.models import InspectorLook, InspectorSession


async def find_session(session: AsyncSession, token_hash: bytes, *, now: datetime) -> InspectorSession | None:
    """Select a session that is not over."""
    statement = select(InspectorSession).where(
        InspectorSession.token_hash == token_hash, InspectorSession.expires_at > now
    )
    return await session.scalar(statement)


async def delete_session(session: AsyncSession, token_hash: bytes) -> None:
    """Forget a session."""
    await session.execute(delete(InspectorSession).where(InspectorSession.token_hash == token_hash))


async def delete_over(session: AsyncSession, *, now: datetime) -> None:
    """Forget the sessions that are over."""
    await session.execute(delete(InspectorSession).where(InspectorSession.expires_at <= now))


async def list_looks(session: AsyncSession, lot_id: UUID, limit: int) -> list[InspectorLook]:
    """Select the looks at a lot, the newest first."""
    statement = select(InspectorLook).where(InspectorLook.lot_id == lot_id)
    return list(
        await session.scalars(
            statement.order_by(InspectorLook.created_at.desc(), InspectorLook.id.desc()).limit(limit)
        )
    )


async def count_looks(session: AsyncSession, lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the looks at lots; those that nobody looked at are left out."""
    statement = (
        select(InspectorLook.lot_id, func.count())
        .where(InspectorLook.lot_id.in_(lot_ids))
        .group_by(InspectorLook.lot_id)
    )
    return {row[0]: row[1] for row in await session.execute(statement)}
