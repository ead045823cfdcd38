"""Work of lots after commit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from traceability.lots import service

log = get_logger()


async def release_due(session: AsyncSession, *, now: datetime) -> None:
    """Look again at the held lots (job `lots.release_due`)."""
    released = await service.release_due(session, now=now)
    if released:
        log.info("lots_released", count=released)
