"""Work of the log after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from traceability.transparency import service

if TYPE_CHECKING:
    from app.core.db import Database
    from traceability.transparency.service import LogKeeper

_MOST_BATCHES = 40


async def integrate(database: Database, *, now: datetime, keeper: LogKeeper) -> None:
    """Give waiting entries their places, batch by batch, each in a transaction of its own."""
    for _batch in range(_MOST_BATCHES):
        async with database.transaction() as session:
            done = await service.integrate(session, keeper=keeper, now=now)
        if done < service.BATCH:
            return
