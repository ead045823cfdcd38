"""Work of fulfilment after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from structlog import get_logger

from app.core.errors import BusyError
from storefront.fulfilment import arrivals, recalled
from storefront.orders import cancelling
from traceability.recalls import service as recalls

if TYPE_CHECKING:
    from app.core.db import Database

log = get_logger()


async def ask_silent(database: Database, *, secret: bytes, address: str, now: datetime) -> None:
    """Ask whether parcels came of which nobody has said so, each in a transaction of its own: locks stay few and short."""
    async with database.transaction() as session:
        silent = await arrivals.list_silent(session, now=now)
    for consignment_id in silent:
        try:
            async with database.transaction() as session:
                await arrivals.ask(
                    session, consignment_id=consignment_id, secret=secret, address=address, now=now
                )
        except BusyError:  # somebody works on it; it is asked tomorrow
            log.info("parcel_busy", consignment_id=str(consignment_id))


async def stop_unpaid(database: Database, *, now: datetime, recall_id: str) -> None:
    """Cancel the unpaid orders that wait for recalled goods, each in a transaction of its own: nobody pays for those.

    Not in the recall's own transaction, which holds the stock: a payment locks the order first and the stock last.
    """
    async with database.transaction() as session:
        recall = await recalls.get_recall(session, UUID(recall_id))
        found = await recalled.list_affected(session, recall)
    for order_id in {one.parcel.order.id for one in found if not one.is_paid}:
        async with database.transaction() as session:
            await cancelling.stop_recalled(session, order_id=order_id, now=now)
