"""Selects and locks of orders; an order is locked before its consignments, those with ids ascending."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.places.models import Address
from storefront.orders.models import (
    Consignment,
    DeliveryProof,
    Order,
    OrderLine,
    OrderState,
    OrderStep,
    WeighedPiece,
)


async def lock_order(session: AsyncSession, order_id: UUID) -> Order | None:
    """Select by id for update, as it stands now."""
    statement = select(Order).where(Order.id == order_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_consignments(session: AsyncSession, order_id: UUID) -> list[Consignment]:
    """Select an order's consignments for update, as they stand now."""
    statement = select(Consignment).where(Consignment.order_id == order_id).order_by(Consignment.id)
    locking = statement.with_for_update().execution_options(populate_existing=True)
    return list(await session.scalars(locking))


async def find_order(session: AsyncSession, condition: ColumnElement[bool]) -> Order | None:
    """Select the one order of a unique condition."""
    return await session.scalar(select(Order).where(condition))


async def list_weighed(session: AsyncSession, line_ids: Collection[UUID]) -> list[WeighedPiece]:
    """Select what the pieces of some lines weighed, in their order."""
    statement = select(WeighedPiece).where(WeighedPiece.order_line_id.in_(line_ids))
    return list(await session.scalars(statement.order_by(WeighedPiece.order_line_id, WeighedPiece.position)))


async def has_code(session: AsyncSession, code: str) -> bool:
    """Whether an order has this code already."""
    return await session.scalar(select(Order.id).where(Order.code == code)) is not None


async def list_buyers(session: AsyncSession, order_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """List who bought: (order id, name, phone)."""
    statement = select(Order.id, Order.buyer_name, Order.buyer_phone).where(Order.id.in_(order_ids))
    return [(id_, name, phone) for id_, name, phone in await session.execute(statement)]


async def find_consignment(session: AsyncSession, consignment_id: UUID) -> Consignment | None:
    """Select by id."""
    return await session.get(Consignment, consignment_id)


async def list_orders(session: AsyncSession, order_ids: Collection[UUID]) -> list[Order]:
    """Select several by id."""
    return list(await session.scalars(select(Order).where(Order.id.in_(order_ids))))


async def list_orders_of(
    session: AsyncSession, *, person_id: UUID, phone: str | None, limit: int
) -> list[Order]:
    """Select the newest orders that a person placed logged in, or that name their phone."""
    own = or_(Order.person_id == person_id, Order.buyer_phone == phone)
    return list(await session.scalars(select(Order).where(own).order_by(Order.id.desc()).limit(limit)))


async def find_last_address(session: AsyncSession, person_id: UUID) -> Address | None:
    """Select the address of the newest order that a person placed logged in."""
    statement = select(Address).join(Order, Order.address_id == Address.id)
    statement = statement.where(Order.person_id == person_id).order_by(Order.id.desc()).limit(1)
    return await session.scalar(statement)


async def get_address(session: AsyncSession, address_id: UUID) -> Address:
    """Select an order's address."""
    return await session.get_one(Address, address_id)


async def list_proofs(session: AsyncSession, consignment_ids: Collection[UUID]) -> list[DeliveryProof]:
    """Select who took some consignments, as it stands now."""
    statement = select(DeliveryProof).where(DeliveryProof.consignment_id.in_(consignment_ids))
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_addresses(session: AsyncSession, address_ids: Collection[UUID]) -> list[Address]:
    """Select several by id."""
    return list(await session.scalars(select(Address).where(Address.id.in_(address_ids))))


async def list_due(session: AsyncSession, *, now: datetime, limit: int) -> list[UUID]:
    """Select unpaid orders whose time is over, the oldest first; locks nothing."""
    statement = select(Order.id).where(Order.state == OrderState.AWAITING_PAYMENT, Order.expires_at <= now)
    return list(await session.scalars(statement.order_by(Order.expires_at).limit(limit)))


async def list_consignments(session: AsyncSession, order_ids: Collection[UUID]) -> list[Consignment]:
    """Select the consignments of some orders."""
    statement = select(Consignment).where(Consignment.order_id.in_(order_ids)).order_by(Consignment.id)
    return list(await session.scalars(statement))


async def list_parcels_with(
    session: AsyncSession, *, producer_id: UUID, line_ids: Collection[UUID]
) -> list[Consignment]:
    """Select a producer's consignments that hold any of these lines."""
    held = select(OrderLine.consignment_id).where(OrderLine.id.in_(line_ids))
    statement = select(Consignment).where(Consignment.producer_id == producer_id, Consignment.id.in_(held))
    return list(await session.scalars(statement.order_by(Consignment.id)))


async def list_lines(session: AsyncSession, consignment_ids: Collection[UUID]) -> list[OrderLine]:
    """Select the lines of some consignments, in the order in which they were ordered."""
    statement = select(OrderLine).where(OrderLine.consignment_id.in_(consignment_ids)).order_by(OrderLine.id)
    return list(await session.scalars(statement))


async def list_steps(session: AsyncSession, order_id: UUID) -> list[OrderStep]:
    """Select an order's history, oldest first."""
    statement = select(OrderStep).where(OrderStep.order_id == order_id).order_by(OrderStep.id)
    return list(await session.scalars(statement))


async def list_parcels(
    session: AsyncSession,
    *,
    producer_id: UUID,
    states: Collection[OrderState],
    limit: int,
    only_unpacked: bool = False,
) -> list[Consignment]:
    """Select a producer's consignments in some states, those that wait longest first."""
    statement = select(Consignment).where(
        Consignment.producer_id == producer_id, Consignment.state.in_(states)
    )
    if only_unpacked:
        statement = statement.where(Consignment.packed_at.is_(None))
    return list(await session.scalars(statement.order_by(Consignment.id).limit(limit)))


async def count_parcels(session: AsyncSession, producer_id: UUID) -> dict[OrderState, int]:
    """Count a producer's consignments by state."""
    statement = (
        select(Consignment.state, func.count().label("parcels"))
        .where(Consignment.producer_id == producer_id)
        .group_by(Consignment.state)
    )
    rows = await session.execute(statement)
    return {row.state: row.parcels for row in rows}
