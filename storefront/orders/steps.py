"""Steps: the history of an order and of its parcels."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import ids
from storefront.orders.models import Consignment, Order, OrderStep


def write_step(
    session: AsyncSession,
    order: Order,
    consignment: Consignment | None,
    *,
    person_id: UUID | None,
    now: datetime,
    note: str = "",
) -> None:
    """Write down what somebody did with a parcel, or with all of an order, in the state that it has by now."""
    session.add(make_step(order, consignment, person_id=person_id, now=now, note=note))


def make_step(
    order: Order, consignment: Consignment | None, *, person_id: UUID | None, now: datetime, note: str = ""
) -> OrderStep:
    """Make the step that `write_step` writes."""
    return OrderStep(
        id=ids.uuid7(),
        order_id=order.id,
        consignment_id=consignment.id if consignment else None,
        state=consignment.state if consignment else order.state,
        person_id=person_id,
        note=note,
        created_at=now,
    )
