"""Work of stock beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.stock import service


async def expire_reservations(session: AsyncSession, *, now: datetime) -> None:
    """Give back the holds whose time is over."""
    await service.expire_reservations(session, now=now)
