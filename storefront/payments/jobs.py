"""Work of payments that nobody waits for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from storefront.payments import repository

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


async def expire_due(session: AsyncSession, *, now: datetime) -> None:
    """Sweep what nobody paid in time; it already counts as expired wherever it is read."""
    await repository.expire_due(session, now=now)
