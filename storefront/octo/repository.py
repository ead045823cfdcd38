"""Selects and inserts of what resellers said of their bookings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.octo.models import ResellerBooking, ResellerItem
from storefront.tours.models import Booking, Departure, TourUnit, UnitItem


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which bookings are asked for; what is None is not asked."""

    reference: str | None = None
    code: str | None = None
    days: tuple[date, date] | None = None


_LOCKED = (
    select(Booking, ResellerBooking)
    .join(ResellerBooking, ResellerBooking.booking_id == Booking.id)
    .where(Booking.id == bindparam("booking_id"), Booking.operator_id == bindparam("operator"))
    # Both: of a row that is only joined, who has waited for the lock reads what stood before.
    .with_for_update(of=(Booking, ResellerBooking), key_share=True)
    .execution_options(populate_existing=True)
)
_SAID = (
    select(ResellerBooking)
    .where(
        ResellerBooking.booking_id == bindparam("booking_id"),
        ResellerBooking.operator_id == bindparam("operator"),
    )
    .execution_options(populate_existing=True)
)
_ITEMS = (
    select(ResellerBooking, UnitItem, TourUnit, ResellerItem)
    .join(UnitItem, UnitItem.booking_id == ResellerBooking.booking_id)
    .join(TourUnit, TourUnit.id == UnitItem.unit_id)
    .join(ResellerItem, ResellerItem.item_id == UnitItem.id)
    .where(ResellerBooking.booking_id.in_(bindparam("booking_ids", expanding=True)))
    .order_by(ResellerItem.id)
    .execution_options(populate_existing=True)
)


async def lock_booking(
    session: AsyncSession, booking_id: UUID, operator_id: UUID
) -> tuple[Booking, ResellerBooking] | None:
    """Lock a booking of an operator, as every booking is locked, and what was said of it; another's is left alone."""
    row = (await session.execute(_LOCKED, {"booking_id": booking_id, "operator": operator_id})).one_or_none()
    return None if row is None else (row[0], row[1])


async def find_reseller_booking(
    session: AsyncSession, booking_id: UUID, operator_id: UUID
) -> ResellerBooking | None:
    """Select what was said of an operator's booking."""
    return await session.scalar(_SAID, {"booking_id": booking_id, "operator": operator_id})


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


async def has_reseller_booking(session: AsyncSession, booking_id: UUID) -> bool:
    """Whether a booking came by a key."""
    statement = select(ResellerBooking.id).where(ResellerBooking.booking_id == booking_id)
    return await session.scalar(statement) is not None


async def list_items(
    session: AsyncSession, booking_ids: Collection[UUID]
) -> list[tuple[ResellerBooking, UnitItem, TourUnit, ResellerItem]]:
    """Select the tickets of bookings as their resellers named them, in the order in which they were asked for."""
    rows = await session.execute(_ITEMS, {"booking_ids": list(booking_ids)})
    return [(said, item, unit, named) for said, item, unit, named in rows]
