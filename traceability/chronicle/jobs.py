"""Work of the chronicle after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from traceability.chronicle import service

if TYPE_CHECKING:
    from app.core.db import Database

_MOST_BATCHES = 20


async def tell(database: Database, *, now: datetime) -> None:
    """Tell what waits, batch by batch, each in a transaction of its own."""
    for _batch in range(_MOST_BATCHES):
        async with database.transaction() as session:
            looked_at = await service.tell(session, now=now)
        if looked_at < service.BATCH:
            return
