"""Selects of fulfilment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import SoldBy
from storefront.fulfilment.models import PackedItem
from storefront.orders.models import Consignment, OrderLine
from storefront.stock.models import Reservation, ReservationState, StockItem


async def list_packed(session: AsyncSession, consignment_id: UUID) -> list[PackedItem]:
    """Select what went into a parcel."""
    statement = select(PackedItem).where(PackedItem.consignment_id == consignment_id)
    return list(await session.scalars(statement.order_by(PackedItem.id)))


async def list_line_ids_of_lots(session: AsyncSession, lot_ids: Collection[UUID]) -> list[UUID]:
    """Select the order lines that got something of these lots, or wait for it."""
    packed = select(PackedItem.order_line_id).where(PackedItem.lot_id.in_(lot_ids))
    held = (
        select(Reservation.line_id)
        .join(StockItem, StockItem.id == Reservation.stock_item_id)
        .where(StockItem.lot_id.in_(lot_ids), Reservation.state != ReservationState.RELEASED)
    )
    return list(await session.scalars(union(packed, held)))


async def list_held(session: AsyncSession, line_ids: Collection[UUID]) -> list[tuple[UUID, UUID, int]]:
    """Select (line, lot, quantity) of the paid goods that lines of several orders wait for, first expiry first."""
    statement = (
        select(Reservation.line_id, StockItem.lot_id, func.sum(Reservation.quantity))
        .join(StockItem, StockItem.id == Reservation.stock_item_id)
        .where(Reservation.line_id.in_(line_ids), Reservation.state == ReservationState.ALLOCATED)
        .group_by(Reservation.line_id, StockItem.lot_id, StockItem.expires_on)
        .order_by(StockItem.expires_on, StockItem.lot_id)
    )
    return [(line_id, lot_id, int(count)) for line_id, lot_id, count in await session.execute(statement)]


async def list_sent(
    session: AsyncSession, lot_ids: Collection[UUID]
) -> list[tuple[UUID, UUID, UUID, datetime, int, bool]]:
    """Select (lot, parcel, order, sent at, quantity, by weight) of what left of lots, the oldest first."""
    statement = (
        select(
            PackedItem.lot_id,
            Consignment.id,
            Consignment.order_id,
            Consignment.shipped_at,
            PackedItem.quantity,
            OrderLine.sold_by == SoldBy.GRAM,
        )
        .join(Consignment, Consignment.id == PackedItem.consignment_id)
        .join(OrderLine, OrderLine.id == PackedItem.order_line_id)
        .where(PackedItem.lot_id.in_(lot_ids), Consignment.shipped_at.is_not(None))
        .order_by(Consignment.shipped_at, PackedItem.id)
    )
    rows = (await session.execute(statement)).all()
    return [
        (lot, parcel, order, at, quantity, by_weight)
        for lot, parcel, order, at, quantity, by_weight in rows
        if at
    ]
