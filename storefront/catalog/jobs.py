"""Work of the catalogue beside the requests."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.catalog import service


async def turn_day(session: AsyncSession, *, now: datetime) -> None:  # noqa: ARG001 - every job is told the instant
    """Rebuild the shop's pages when the day ends in Viet Nam."""
    await service.turn_day(session)
