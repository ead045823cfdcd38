"""Selects and writes of links."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from traceability.links.models import ProducerLink


async def insert_link(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a link; None when the same stands already."""
    statement = insert(ProducerLink).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(ProducerLink.id))


async def find_link(session: AsyncSession, link_id: UUID) -> ProducerLink | None:
    """Select a link that stands."""
    statement = select(ProducerLink).where(ProducerLink.id == link_id, ProducerLink.ended_at.is_(None))
    return await session.scalar(statement.execution_options(populate_existing=True))


async def update_link(session: AsyncSession, link_id: UUID, values: dict[str, Any]) -> bool:
    """Change a link that stands; False when another of this type leads there from the same anchor already."""
    try:
        async with session.begin_nested():
            await session.execute(
                update(ProducerLink)
                .where(ProducerLink.id == link_id, ProducerLink.ended_at.is_(None))
                .values(**values)
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    return True


async def end_link(session: AsyncSession, link_id: UUID, *, now: datetime) -> None:
    """End a link that stands."""
    await session.execute(
        update(ProducerLink)
        .where(ProducerLink.id == link_id, ProducerLink.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


async def list_by_producer(session: AsyncSession, producer_id: UUID, *, limit: int) -> list[ProducerLink]:
    """Select a producer's links that stand, the newest first."""
    statement = (
        select(ProducerLink)
        .where(ProducerLink.producer_id == producer_id, ProducerLink.ended_at.is_(None))
        .order_by(ProducerLink.id.desc())
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def list_by_anchor(session: AsyncSession, anchors: Collection[str]) -> list[ProducerLink]:
    """Select the links that stand at any of these anchors, the oldest first."""
    statement = (
        select(ProducerLink)
        .where(ProducerLink.anchor.in_(anchors), ProducerLink.ended_at.is_(None))
        .order_by(ProducerLink.id)
    )
    return list(await session.scalars(statement))
