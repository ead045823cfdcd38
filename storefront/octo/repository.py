"""Selects and inserts of what resellers said of their bookings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.octo.models import ResellerBooking, ResellerItem
from storefront.tours.models import Booking, Departure, TourUnit, UnitItem


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which bookings are asked for; what is None is not asked."""

    reference: str | None = None
    code: str | None = None
    days: tuple[date, date] | None = None


async def find_reseller_booking(
    session: AsyncSession, booking_id: UUID, operator_id: UUID
) -> ResellerBooking | None:
    """Select what was said of an operator's booking."""
    statement = select(ResellerBooking).where(
        ResellerBooking.booking_id == booking_id, ResellerBooking.operator_id == operator_id
    )
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_bookings(
    session: AsyncSession, operator_id: UUID, wanted: Filter, *, limit: int
) -> list[Booking]:
    """Select an operator's bookings, the oldest first."""
    statement = (
        select(Booking)
        .join(ResellerBooking, ResellerBooking.booking_id == Booking.id)
        .where(ResellerBooking.operator_id == operator_id)
    )
    if wanted.reference is not None:
        statement = statement.where(ResellerBooking.reference == wanted.reference)
    if wanted.code is not None:
        statement = statement.where(Booking.code == wanted.code)
    if wanted.days is not None:
        on_days = select(Departure.id).where(Departure.local_on.between(*wanted.days))
        statement = statement.where(Booking.departure_id.in_(on_days))
    return list(await session.scalars(statement.order_by(ResellerBooking.id).limit(limit)))


async def get_reseller_bookings(
    session: AsyncSession, booking_ids: Collection[UUID]
) -> dict[UUID, ResellerBooking]:
    """Select what was said of bookings, by booking."""
    statement = select(ResellerBooking).where(ResellerBooking.booking_id.in_(booking_ids))
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return {row.booking_id: row for row in rows}


async def list_items(
    session: AsyncSession, booking_ids: Collection[UUID]
) -> list[tuple[UnitItem, TourUnit, ResellerItem]]:
    """Select the tickets of bookings as their resellers named them, in the order in which they were asked for."""
    statement = (
        select(UnitItem, TourUnit, ResellerItem)
        .join(TourUnit, TourUnit.id == UnitItem.unit_id)
        .join(ResellerItem, ResellerItem.item_id == UnitItem.id)
        .where(UnitItem.booking_id.in_(booking_ids))
        .order_by(ResellerItem.id)
    )
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(item, unit, said) for item, unit, said in rows]
