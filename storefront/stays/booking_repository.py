"""Selects and locks of booked stays; the order of locks is bookings (ids ascending), payment, nights."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.stays.models import (
    BookedNight,
    SleepingPlace,
    Stay,
    StayBooking,
    StayNight,
    StayState,
)
from storefront.stays.states import PAID


async def insert_booking(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a booking; False when its id or code is there already. Waits for another that inserts the same."""
    statement = insert(StayBooking).values(**values).on_conflict_do_nothing().returning(StayBooking.id)
    return await session.scalar(statement) is not None


async def insert_nights(session: AsyncSession, booking_id: UUID, prices: Sequence[tuple[UUID, int]]) -> None:
    """Write down which nights a booking has, each at its price."""
    rows = [
        {"booking_id": booking_id, "night_id": night_id, "price_minor": price} for night_id, price in prices
    ]
    await session.execute(insert(BookedNight).values(rows))


async def find_booking(session: AsyncSession, booking_id: UUID) -> StayBooking | None:
    """Select a booking as it is committed now."""
    return await session.get(StayBooking, booking_id, populate_existing=True)


async def find_by_token_hash(session: AsyncSession, token_hash: bytes) -> StayBooking | None:
    """Select the booking that a link opens."""
    return await session.scalar(select(StayBooking).where(StayBooking.token_hash == token_hash))


async def find_by_code(session: AsyncSession, code: str, producer_id: UUID) -> StayBooking | None:
    """Select a producer's booking by its code."""
    statement = select(StayBooking).join(Stay, Stay.id == StayBooking.stay_id)
    statement = statement.where(StayBooking.code == code, Stay.producer_id == producer_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_booking(session: AsyncSession, booking_id: UUID) -> StayBooking | None:
    """Lock a booking."""
    statement = select(StayBooking).where(StayBooking.id == booking_id).with_for_update(of=StayBooking)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def get_where(session: AsyncSession, booking: StayBooking) -> tuple[SleepingPlace, Stay]:
    """Select where a party sleeps."""
    statement = select(SleepingPlace, Stay).join(Stay, Stay.id == SleepingPlace.stay_id)
    row = (await session.execute(statement.where(SleepingPlace.id == booking.place_id))).one()
    return row[0], row[1]


async def lock_expired(
    session: AsyncSession,
    *,
    now: datetime,
    place_id: UUID | None = None,
    skip_locked: bool,
    limit: int = 500,
) -> list[UUID]:
    """Lock holds whose time is over, ids ascending; `skip_locked` passes over those that somebody works on."""
    statement = select(StayBooking.id).where(
        StayBooking.state == StayState.ON_HOLD, StayBooking.expires_at <= now
    )
    if place_id is not None:
        statement = statement.where(StayBooking.place_id == place_id)
    statement = statement.order_by(StayBooking.id).limit(limit)
    return list(await session.scalars(statement.with_for_update(of=StayBooking, skip_locked=skip_locked)))


async def expire(session: AsyncSession, ids: Collection[UUID], *, now: datetime) -> dict[UUID, UUID]:
    """End holds that we have locked: {booking: stay} of those that really ended, so exactly once."""
    statement = (
        update(StayBooking)
        .where(StayBooking.id.in_(ids), StayBooking.state == StayState.ON_HOLD, StayBooking.expires_at <= now)
        .values(state=StayState.EXPIRED)
        .returning(StayBooking.id, StayBooking.stay_id)
        .execution_options(synchronize_session=False)
    )
    return {row.id: row.stay_id for row in await session.execute(statement)}


async def extend(
    session: AsyncSession, booking_id: UUID, *, until: datetime, before: int, now: datetime
) -> bool:
    """Keep a hold longer that has not ended and was extended `before` times; False when it is another by now."""
    statement = (
        update(StayBooking)
        .where(
            StayBooking.id == booking_id,
            StayBooking.state == StayState.ON_HOLD,
            StayBooking.expires_at > now,
            StayBooking.extensions == before,
        )
        .values(expires_at=func.greatest(StayBooking.expires_at, until), extensions=before + 1)
        .returning(StayBooking.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def sum_nights(
    session: AsyncSession, booking_ids: Collection[UUID], *, from_on: date | None = None
) -> list[tuple[UUID, int]]:
    """Sum the beds that bookings have of each night, from a day on: (night, beds), by place and then by night.

    Nights that were given back are not counted.
    """
    statement = (
        select(StayNight.id, func.sum(StayBooking.units))
        .join(BookedNight, BookedNight.night_id == StayNight.id)
        .join(StayBooking, StayBooking.id == BookedNight.booking_id)
        .where(BookedNight.booking_id.in_(booking_ids), BookedNight.freed_at.is_(None))
        .group_by(StayNight.id)
        .order_by(StayNight.place_id, StayNight.night_on)
    )
    if from_on is not None:
        statement = statement.where(StayNight.night_on >= from_on)
    return [(night_id, int(units)) for night_id, units in await session.execute(statement)]


async def mark_freed(
    session: AsyncSession, booking_id: UUID, night_ids: Collection[UUID], *, now: datetime
) -> None:
    """Note that nights of a booking went back to stock."""
    await session.execute(
        update(BookedNight)
        .where(BookedNight.booking_id == booking_id, BookedNight.night_id.in_(night_ids))
        .values(freed_at=now)
        .execution_options(synchronize_session=False)
    )


async def list_prices(session: AsyncSession, booking_id: UUID) -> list[tuple[date, int]]:
    """Select the nights of a booking with the price of one bed: (evening, đồng)."""
    statement = (
        select(StayNight.night_on, BookedNight.price_minor)
        .join(BookedNight, BookedNight.night_id == StayNight.id)
        .where(BookedNight.booking_id == booking_id)
        .order_by(StayNight.night_on)
    )
    return [(night_on, price) for night_on, price in await session.execute(statement)]


async def list_around(
    session: AsyncSession, producer_id: UUID, on: date
) -> list[tuple[StayBooking, SleepingPlace, Stay]]:
    """Select who has paid and comes, sleeps or leaves on a day, by name."""
    statement = (
        select(StayBooking, SleepingPlace, Stay)
        .join(SleepingPlace, SleepingPlace.id == StayBooking.place_id)
        .join(Stay, Stay.id == StayBooking.stay_id)
        .where(
            Stay.producer_id == producer_id,
            StayBooking.state.in_(PAID),
            StayBooking.arrives_on <= on,
            StayBooking.leaves_on >= on,
        )
        .order_by(StayBooking.contact_name, StayBooking.id)
    )
    return [(booking, place, stay) for booking, place, stay in await session.execute(statement)]


async def list_on_closed(
    session: AsyncSession, place_ids: Collection[UUID], *, from_on: date
) -> list[StayBooking]:
    """Select who has paid for a night of some places that is closed, from a day on, and has not given it back; the next first."""
    closed = (
        select(BookedNight.booking_id)
        .join(StayNight, StayNight.id == BookedNight.night_id)
        .where(
            StayNight.place_id.in_(place_ids),
            StayNight.is_closed,
            StayNight.night_on >= from_on,
            BookedNight.freed_at.is_(None),
        )
    )
    statement = select(StayBooking).where(
        StayBooking.id.in_(closed), StayBooking.state.in_((StayState.CONFIRMED, StayState.HERE))
    )
    return list(await session.scalars(statement.order_by(StayBooking.arrives_on, StayBooking.id)))


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None, *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Select (booking, producer) of paid stays that are not over; of one producer when asked."""
    statement = (
        select(StayBooking.id, Stay.producer_id)
        .join(Stay, Stay.id == StayBooking.stay_id)
        .where(StayBooking.state.in_(PAID), StayBooking.ends_at > now)
    )
    if producer_id is not None:
        statement = statement.where(Stay.producer_id == producer_id)
    return [(booking_id, seller_id) for booking_id, seller_id in await session.execute(statement)]


async def list_contacts(session: AsyncSession, booking_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """List who booked: (booking id, name, phone)."""
    statement = select(StayBooking.id, StayBooking.contact_name, StayBooking.contact_phone).where(
        StayBooking.id.in_(booking_ids)
    )
    return [(id_, name, phone) for id_, name, phone in await session.execute(statement)]


async def list_paid(
    session: AsyncSession, producer_id: UUID, *, ending_after: datetime
) -> list[tuple[StayBooking, SleepingPlace, Stay]]:
    """Select every booking of a producer that was ever paid and ends after an instant; the next first."""
    statement = (
        select(StayBooking, SleepingPlace, Stay)
        .join(SleepingPlace, SleepingPlace.id == StayBooking.place_id)
        .join(Stay, Stay.id == StayBooking.stay_id)
        .where(
            Stay.producer_id == producer_id,
            StayBooking.confirmed_at.is_not(None),
            StayBooking.ends_at > ending_after,
        )
        .order_by(StayBooking.starts_at, StayBooking.id)
    )
    return [(booking, place, stay) for booking, place, stay in await session.execute(statement)]
