"""Selects of add-ons; how many of one a date has given out is counted behind the date's lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.extra_models import BookingExtra, TourExtra
from storefront.tours.models import Booking, BookingState
from storefront.tours.states import LIVE


async def insert_extra(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert an add-on; False when its id is there."""
    statement = insert(TourExtra).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(TourExtra.id)) is not None


async def get_extra(session: AsyncSession, extra_id: UUID) -> TourExtra:
    """Select by id one that is there."""
    return await session.get_one(TourExtra, extra_id)


async def list_extras(session: AsyncSession, tour_ids: Collection[UUID]) -> list[TourExtra]:
    """Select the add-ons of tours in their order."""
    statement = select(TourExtra).where(TourExtra.tour_id.in_(tour_ids))
    return list(await session.scalars(statement.order_by(TourExtra.position, TourExtra.id)))


async def list_taken(session: AsyncSession, booking_ids: Collection[UUID]) -> list[BookingExtra]:
    """Select what parties took, in the order of the tour."""
    statement = (
        select(BookingExtra)
        .join(TourExtra, TourExtra.id == BookingExtra.extra_id)
        .where(BookingExtra.booking_id.in_(booking_ids))
        .order_by(TourExtra.position, BookingExtra.id)
    )
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


async def list_scarce(session: AsyncSession, booking_id: UUID) -> list[tuple[BookingExtra, int]]:
    """Select what a party took of add-ons that a date has only so many of, with how many."""
    statement = (
        select(BookingExtra, TourExtra.most)
        .join(TourExtra, TourExtra.id == BookingExtra.extra_id)
        .where(BookingExtra.booking_id == booking_id, TourExtra.most.is_not(None))
        .order_by(BookingExtra.extra_id)
    )
    return [(taken, most or 0) for taken, most in await session.execute(statement)]


def _counts(now: datetime | None) -> ColumnElement[bool]:
    """Whether a booking's add-ons are given out: it is live; with `now`, no hold whose time is over."""
    is_live = Booking.state.in_(LIVE)
    if now is None:
        return is_live
    return and_(is_live, or_(Booking.state != BookingState.ON_HOLD, Booking.expires_at > now))


async def count_given(
    session: AsyncSession,
    departure_id: UUID,
    extra_ids: Collection[UUID],
    *,
    besides: UUID,
    now: datetime | None = None,
) -> dict[UUID, int]:
    """Count how many of add-ons live parties of a departure have, without one booking."""
    statement = (
        select(BookingExtra.extra_id, func.sum(BookingExtra.number))
        .join(Booking, Booking.id == BookingExtra.booking_id)
        .where(
            Booking.departure_id == departure_id,
            Booking.id != besides,
            BookingExtra.extra_id.in_(extra_ids),
            _counts(now),
        )
        .group_by(BookingExtra.extra_id)
    )
    given = dict.fromkeys(extra_ids, 0)
    return given | {extra_id: int(number) for extra_id, number in await session.execute(statement)}
