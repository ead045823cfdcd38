"""Work of the basket beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.cart import service


async def forget_carts(session: AsyncSession, *, now: datetime) -> None:
    """Delete baskets that nobody came back to."""
    await service.forget_carts(session, now=now)
