"""Selects and locks of bookings; the order of locks is bookings (ids ascending), payment, departure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from app.core.driver import Prepared
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, Tour, TourUnit, UnitItem

SHOWN_ALONG = (BookingState.ON_HOLD, BookingState.CONFIRMED, BookingState.REDEEMED)


# What every booking asks is built once, and its values are given with each call.
_INSERT = insert(Booking).on_conflict_do_nothing().returning(Booking)
_BY_ID = (
    select(Booking).where(Booking.id == bindparam("booking_id")).execution_options(populate_existing=True)
)
_LOCKED = _BY_ID.with_for_update(of=Booking, key_share=True)
_ITEMS = (
    select(UnitItem, TourUnit)
    .join(TourUnit, TourUnit.id == UnitItem.unit_id)
    .where(UnitItem.booking_id.in_(bindparam("booking_ids", expanding=True)))
    .order_by(TourUnit.position, UnitItem.id)
    .execution_options(populate_existing=True)
)
_DEPARTURE = (
    select(Departure, Tour)
    .join(Tour, Tour.id == Departure.tour_id)
    .where(Departure.id == bindparam("departure_id"))
    .execution_options(populate_existing=True)
)


async def insert_booking(session: AsyncSession, values: dict[str, Any]) -> Booking | None:
    """Insert a booking; None when its id or code is there already. Waits for another that inserts the same."""
    return await session.scalar(_INSERT, values)


async def find_booking(session: AsyncSession, booking_id: UUID) -> Booking | None:
    """Select a booking as it is committed now."""
    return await session.scalar(_BY_ID, {"booking_id": booking_id})


async def list_along(session: AsyncSession, booking: Booking) -> list[Booking]:
    """Select the other parts of a party that was added to: whom it joins, or who joined it, the oldest first."""
    root = booking.joins_id or booking.id
    statement = select(Booking).where(
        (Booking.id == root) | (Booking.joins_id == root),
        Booking.id != booking.id,
        Booking.state.in_(SHOWN_ALONG),
    )
    return list(await session.scalars(statement.order_by(Booking.id)))


async def find_by_token_hash(session: AsyncSession, token_hash: bytes) -> Booking | None:
    """Select the booking that a link opens."""
    return await session.scalar(select(Booking).where(Booking.token_hash == token_hash))


async def find_by_code(session: AsyncSession, code: str, producer_id: UUID) -> Booking | None:
    """Select a producer's booking by its own code or by the code of one of its tickets."""
    of_ticket = select(UnitItem.booking_id).where(UnitItem.ticket_code == code)
    statement = (
        select(Booking)
        .join(Tour, Tour.id == Booking.tour_id)
        .where((Booking.code == code) | Booking.id.in_(of_ticket), Tour.producer_id == producer_id)
    )
    return await session.scalar(statement.limit(1))


async def find_by_own_code(session: AsyncSession, code: str) -> Booking | None:
    """Select the booking of a code, whoever's visit it is."""
    return await session.scalar(select(Booking).where(Booking.code == code))


async def lock_booking(session: AsyncSession, booking_id: UUID) -> Booking | None:
    """Lock a booking, beside people who joined its party and only point to it: they may hold the counter already."""
    return await session.scalar(_LOCKED, {"booking_id": booking_id})


async def lock_live(
    session: AsyncSession, departure_ids: Collection[UUID], states: Collection[BookingState]
) -> list[Booking]:
    """Lock the bookings of departures that are in one of `states`, ids ascending."""
    statement = (
        select(Booking)
        .where(Booking.departure_id.in_(departure_ids), Booking.state.in_(states))
        .order_by(Booking.id)
        .with_for_update(of=Booking, key_share=True)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def lock_some(session: AsyncSession, ids: Collection[UUID]) -> list[Booking]:
    """Lock bookings, ids ascending; those on which somebody works are passed over."""
    statement = select(Booking).where(Booking.id.in_(ids)).order_by(Booking.id)
    statement = statement.with_for_update(of=Booking, key_share=True, skip_locked=True)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_entered(session: AsyncSession, booking_ids: Collection[UUID]) -> set[UUID]:
    """Select which bookings have somebody who came in."""
    statement = select(UnitItem.booking_id).where(
        UnitItem.booking_id.in_(booking_ids), UnitItem.redeemed_at.is_not(None)
    )
    return set(await session.scalars(statement))


async def list_due(session: AsyncSession, *, now: datetime, limit: int = 200) -> list[UUID]:
    """Select departures with holds whose time is over, those that wait longest first; locks nothing."""
    statement = (
        select(Booking.departure_id)
        .where(Booking.state == BookingState.ON_HOLD, Booking.expires_at <= now)
        .group_by(Booking.departure_id)
        .order_by(func.min(Booking.expires_at))
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def lock_expired(
    session: AsyncSession,
    *,
    now: datetime,
    departure_id: UUID | None = None,
    skip_locked: bool,
    limit: int = 500,
) -> list[UUID]:
    """Lock holds whose time is over, ids ascending; `skip_locked` passes over those that somebody works on."""
    statement = select(Booking.id).where(Booking.state == BookingState.ON_HOLD, Booking.expires_at <= now)
    if departure_id is not None:
        statement = statement.where(Booking.departure_id == departure_id)
    statement = statement.order_by(Booking.id).limit(limit)
    statement = statement.with_for_update(of=Booking, key_share=True, skip_locked=skip_locked)
    return list(await session.scalars(statement))


async def lock_expired_on(
    session: AsyncSession, departure_ids: Collection[UUID], *, now: datetime
) -> list[UUID]:
    """Lock holds whose time is over with their departures, and wait for nobody: what others work on is passed over."""
    statement = (
        select(Booking.id)
        .join(Departure, Departure.id == Booking.departure_id)
        .where(
            Booking.departure_id.in_(departure_ids),
            Booking.state == BookingState.ON_HOLD,
            Booking.expires_at <= now,
        )
        .order_by(Booking.id)
    )
    statement = statement.with_for_update(of=(Booking, Departure), key_share=True, skip_locked=True)
    return list(await session.scalars(statement))


async def expire(
    session: AsyncSession, ids: Collection[UUID], *, now: datetime
) -> list[tuple[UUID, UUID, int]]:
    """End holds that we have locked: (departure, tour, heads) of each that really ended, so exactly once."""
    statement = (
        update(Booking)
        .where(Booking.id.in_(ids), Booking.state == BookingState.ON_HOLD, Booking.expires_at <= now)
        .values(state=BookingState.EXPIRED)
        .returning(Booking.departure_id, Booking.tour_id, Booking.heads)
        .execution_options(synchronize_session=False)
    )
    rows = await session.execute(statement)
    return [(departure_id, tour_id, heads) for departure_id, tour_id, heads in rows]


async def extend(
    session: AsyncSession, booking_id: UUID, *, until: datetime, before: int, now: datetime
) -> bool:
    """Keep a hold longer that has not ended and was extended `before` times; False when it is another by now."""
    statement = (
        update(Booking)
        .where(
            Booking.id == booking_id,
            Booking.state == BookingState.ON_HOLD,
            Booking.expires_at > now,
            Booking.extensions == before,
        )
        .values(expires_at=func.greatest(Booking.expires_at, until), extensions=before + 1)
        .returning(Booking.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_items(session: AsyncSession, booking_ids: Collection[UUID]) -> list[tuple[UnitItem, TourUnit]]:
    """Select the unit items of bookings with their price types."""
    rows = await session.execute(_ITEMS, {"booking_ids": list(booking_ids)})
    return [(item, unit) for item, unit in rows]


def _issuing() -> Prepared:
    given = func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)), bindparam("codes", type_=ARRAY(String))
    ).table_valued("id", "code")
    new = given.render_derived("new")
    return Prepared(
        update(UnitItem).where(UnitItem.id == new.c.id).values(ticket_code=new.c.code).returning(UnitItem.id)
    )


_ISSUE = _issuing()


async def set_ticket_codes(session: AsyncSession, codes: Mapping[UnitItem, str]) -> None:
    """Give tickets their codes, all by one statement."""
    if codes:
        await _ISSUE.fetch(session, {"ids": [item.id for item in codes], "codes": list(codes.values())})
        for item, code in codes.items():
            set_committed_value(item, "ticket_code", code)


async def list_visitors(
    session: AsyncSession, departure_ids: Collection[UUID], states: Collection[BookingState]
) -> list[Booking]:
    """Select the bookings of departures in some states, by name."""
    statement = select(Booking).where(Booking.departure_id.in_(departure_ids), Booking.state.in_(states))
    return list(await session.scalars(statement.order_by(Booking.contact_name, Booking.id)))


async def get_departure(session: AsyncSession, booking: Booking) -> tuple[Departure, Tour]:
    """Select where a booking leads to."""
    row = (await session.execute(_DEPARTURE, {"departure_id": booking.departure_id})).one()
    return row[0], row[1]


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None, *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """Select (booking, producer) of paid visits that are not over; of one producer when asked.

    A visit that was called off is never over: its guests have yet to choose another day or their money.
    """
    statement = (
        select(Booking.id, Tour.producer_id)
        .join(Departure, Departure.id == Booking.departure_id)
        .join(Tour, Tour.id == Booking.tour_id)
        .where(
            Booking.state.in_((BookingState.CONFIRMED, BookingState.REDEEMED)),
            # Who was told not to come is asked what they want instead, and that may last longer than the day.
            or_(Departure.ends_at > now, Departure.state == DepartureState.CANCELLED),
        )
    )
    if producer_id is not None:
        statement = statement.where(Tour.producer_id == producer_id)
    return [(booking_id, seller_id) for booking_id, seller_id in await session.execute(statement)]


async def list_contacts(session: AsyncSession, booking_ids: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """List who booked: (booking id, name, phone)."""
    statement = select(Booking.id, Booking.contact_name, Booking.contact_phone).where(
        Booking.id.in_(booking_ids)
    )
    return [(id_, name, phone) for id_, name, phone in await session.execute(statement)]
