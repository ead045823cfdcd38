"""Selects of fulfilment."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fulfilment.models import PackedItem, RefundedLine
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


async def list_refunded(session: AsyncSession, line_ids: Collection[UUID]) -> set[UUID]:
    """Select those of these lines whose price goes or went back."""
    statement = select(RefundedLine.order_line_id).where(RefundedLine.order_line_id.in_(line_ids))
    return set(await session.scalars(statement))


async def insert_refunded(session: AsyncSession, refund_id: UUID, line_ids: Collection[UUID]) -> None:
    """Insert lines whose price goes back; IntegrityError, and nothing written, for one that was paid back before."""
    rows = [{"order_line_id": line_id, "refund_id": refund_id} for line_id in line_ids]
    await session.execute(insert(RefundedLine).values(rows))
