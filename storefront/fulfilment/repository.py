"""Selects of fulfilment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import SoldBy
from storefront.fulfilment.models import PackedItem, RecallMessage
from storefront.orders.models import Consignment, OrderLine, OrderStep, RefundedLine
from storefront.stock.models import Reservation, ReservationState, StockItem


async def list_packed(session: AsyncSession, consignment_id: UUID) -> list[PackedItem]:
    """Select what went into a parcel."""
    statement = select(PackedItem).where(PackedItem.consignment_id == consignment_id)
    return list(await session.scalars(statement.order_by(PackedItem.id)))


async def list_lines_of_lots(
    session: AsyncSession, lot_ids: Collection[UUID]
) -> list[tuple[UUID, UUID, int]]:
    """Select (line, lot, quantity) of what order lines got of these lots, or wait for.

    What was packed counts as it was packed; what was given free because its price went back is still told.
    """
    packed = select(PackedItem.order_line_id, PackedItem.lot_id, PackedItem.quantity)
    is_told = or_(
        Reservation.state != ReservationState.RELEASED,
        exists().where(RefundedLine.order_line_id == Reservation.line_id),
    )
    held = (
        select(Reservation.line_id, StockItem.lot_id, Reservation.quantity)
        .join(StockItem, StockItem.id == Reservation.stock_item_id)
        .where(StockItem.lot_id.in_(lot_ids), is_told)
        .where(~exists().where(PackedItem.order_line_id == Reservation.line_id))
    )
    got = union_all(packed.where(PackedItem.lot_id.in_(lot_ids)), held).subquery()
    line_id, lot_id, quantity = got.c
    statement = (
        select(line_id, lot_id, func.sum(quantity)).group_by(line_id, lot_id).order_by(line_id, lot_id)
    )
    return [(line, lot, int(count)) for line, lot, count in await session.execute(statement)]


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


async def list_left(session: AsyncSession, line_ids: Collection[UUID]) -> set[UUID]:
    """Select those of these lines whose goods left."""
    statement = select(Reservation.line_id).where(
        Reservation.line_id.in_(line_ids), Reservation.state == ReservationState.SHIPPED
    )
    return set(await session.scalars(statement))


async def list_shown(
    session: AsyncSession, consignment_ids: Collection[UUID], *, note: str, person_id: UUID, after: datetime
) -> set[UUID]:
    """Select those of these parcels into whose history this person had `note` written after an instant."""
    statement = select(OrderStep.consignment_id).where(
        OrderStep.consignment_id.in_(consignment_ids),
        OrderStep.note == note,
        OrderStep.person_id == person_id,
        OrderStep.created_at > after,
    )
    return {one for one in await session.scalars(statement) if one}


async def find_last_taker(session: AsyncSession, producer_id: UUID) -> tuple[str, str | None] | None:
    """Select (name, phone) of who took along what this producer sent last; what buyers came for is passed over."""
    statement = select(Consignment.carrier, Consignment.carrier_phone).where(
        Consignment.producer_id == producer_id,
        Consignment.carrier.is_not(None),
        ~Consignment.is_fetched,
    )
    newest = statement.order_by(Consignment.shipped_at.desc(), Consignment.id.desc()).limit(1)
    row = (await session.execute(newest)).one_or_none()
    return (row[0] or "", row[1]) if row else None


async def list_messages(session: AsyncSession, recall_id: UUID) -> list[RecallMessage]:
    """Select what was sent to whom about a recall."""
    return list(await session.scalars(select(RecallMessage).where(RecallMessage.recall_id == recall_id)))


async def insert_message(session: AsyncSession, row: dict[str, object]) -> bool:
    """Insert what is sent to a buyer about a recall; False when this order's buyer was told already."""
    statement = insert(RecallMessage).values(**row).on_conflict_do_nothing()
    return await session.scalar(statement.returning(RecallMessage.order_id)) is not None


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
            func.coalesce(PackedItem.weight_g, PackedItem.quantity),
            or_(PackedItem.weight_g.is_not(None), OrderLine.sold_by == SoldBy.GRAM),
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
