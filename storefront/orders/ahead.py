"""Lines of an order that are ordered before their harvest is there: what they take of its cap, and their place in the row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.orders.models import Order, OrderLine
from storefront.preorders import service as preorders
from storefront.preorders.service import Coming, Place


async def take_coming(
    session: AsyncSession,
    order: Order,
    lines: Collection[OrderLine],
    coming: Mapping[UUID, Coming],
    places: Mapping[UUID, Place],
    *,
    now: datetime,
) -> None:
    """Take the lines of a new order from the caps of these harvests, in the places of an order that made way; `SoldOutError`."""
    if lines:
        wanted = [
            preorders.WantedLine(
                line.id,
                line.variant_id,
                coming[line.variant_id].offer_id,
                line.quantity,
                _keep_place(places.get(line.variant_id), line.quantity),
            )
            for line in lines
        ]
        await preorders.take(session, order_id=order.id, lines=wanted, expires_at=order.expires_at, now=now)


def _keep_place(place: Place | None, quantity: int) -> datetime | None:
    """Since when a line waits that takes the place of another: who wants more begins anew (E4)."""
    return place.since if place is not None and quantity <= place.quantity else None
