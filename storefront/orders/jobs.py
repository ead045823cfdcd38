"""Work of orders that nobody waits for."""

from __future__ import annotations

from datetime import datetime

from structlog import get_logger

from app.core.db import Database
from app.core.errors import BusyError
from storefront.orders import cancelling

log = get_logger()


async def expire_due(database: Database, *, now: datetime) -> None:
    """Cancel the orders that nobody paid in time, each in a transaction of its own: locks stay few and short."""
    async with database.transaction() as session:
        due = await cancelling.list_due(session, now=now)
    for order_id in due:
        try:
            async with database.transaction() as session:
                await cancelling.expire_order(session, order_id=order_id, now=now)
        except BusyError:  # somebody works on it; the next sweep comes within a minute
            log.info("order_busy", order_id=str(order_id))
