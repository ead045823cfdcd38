"""Selects of an operator's bookings, and of nobody else's."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import Booking, BookingState, Departure, Tour


async def find_booking(session: AsyncSession, booking_id: UUID, operator_id: UUID) -> Booking | None:
    """Select an operator's booking as it is committed now."""
    statement = select(Booking).where(Booking.id == booking_id, Booking.operator_id == operator_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def list_bookings(
    session: AsyncSession,
    operator_id: UUID,
    *,
    states: Collection[BookingState],
    from_on: date,
    until_on: date | None = None,
    limit: int = 500,
) -> list[tuple[Booking, Departure, Tour]]:
    """Select an operator's bookings in some states from a day on, with where they lead; the next first, then by name."""
    statement = (
        select(Booking, Departure, Tour)
        .join(Departure, Departure.id == Booking.departure_id)
        .join(Tour, Tour.id == Booking.tour_id)
        .where(Booking.operator_id == operator_id, Booking.state.in_(states), Departure.local_on >= from_on)
        .order_by(Departure.starts_at, Departure.id, Booking.contact_name, Booking.id)
        .limit(limit)
    )
    if until_on is not None:
        statement = statement.where(Departure.local_on <= until_on)
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(booking, departure, tour) for booking, departure, tour in rows]


async def list_guests(
    session: AsyncSession, booking_ids: Collection[UUID]
) -> dict[UUID, tuple[Booking, Departure, Tour]]:
    """Select bookings by id with where they lead."""
    statement = (
        select(Booking, Departure, Tour)
        .join(Departure, Departure.id == Booking.departure_id)
        .join(Tour, Tour.id == Booking.tour_id)
        .where(Booking.id.in_(booking_ids))
    )
    return {row[0].id: (row[0], row[1], row[2]) for row in await session.execute(statement)}
