"""Work of fulfilment after commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from storefront.fulfilment import recalled
from storefront.orders import cancelling
from traceability.recalls import service as recalls

if TYPE_CHECKING:
    from app.core.db import Database


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
