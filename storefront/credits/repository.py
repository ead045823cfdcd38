"""Locks, selects and the insert of store credit."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from storefront.credits.models import CreditUse

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def lock_purse(session: AsyncSession, person_id: UUID) -> None:
    """Let one transaction at a time take from a person's credit."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"store credit {person_id}", 0)))
    )


async def lock_use(session: AsyncSession, order_id: UUID) -> CreditUse | None:
    """Lock what an order took, as it stands now."""
    statement = select(CreditUse).where(CreditUse.order_id == order_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))
