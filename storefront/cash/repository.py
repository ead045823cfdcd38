"""Selects and writes of what producers allow."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.core.driver import Prepared
from storefront.cash.models import CashTerms

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


# Built once: building a statement anew costs a third of asking it, and this one is asked for every basket.
_MOST = Prepared(select(CashTerms.most_minor).where(CashTerms.producer_id == bindparam("producer_id")))


async def find_most(session: AsyncSession, producer_id: UUID) -> int | None:
    """Select up to how much may be paid on delivery, or None."""
    most: int | None = await _MOST.scalar(session, {"producer_id": producer_id})
    return most


async def save_terms(session: AsyncSession, row: dict[str, object]) -> None:
    """Insert what a producer allows, or write it over."""
    statement = insert(CashTerms).values(**row)
    await session.execute(statement.on_conflict_do_update(index_elements=["producer_id"], set_=row))


async def delete_terms(session: AsyncSession, producer_id: UUID) -> None:
    """Forget what a producer allowed."""
    await session.execute(delete(CashTerms).where(CashTerms.producer_id == producer_id))
