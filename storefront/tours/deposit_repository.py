"""Selects and conditional updates of deposits."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.deposit_models import VisitDeposit
from storefront.tours.models import BalanceRule, Booking, BookingState, Departure, DepartureState


async def find(session: AsyncSession, booking_id: UUID) -> VisitDeposit | None:
    """Select the deposit of a booking as it is committed now."""
    statement = select(VisitDeposit).where(VisitDeposit.booking_id == booking_id)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def settle(
    session: AsyncSession, booking_id: UUID, *, sold_minor: int, paid: bool, now: datetime
) -> bool:
    """Mark a deposit as sold, with the rest that was `paid` or without; False when it was before."""
    statement = (
        update(VisitDeposit)
        .where(VisitDeposit.booking_id == booking_id, VisitDeposit.settled_at.is_(None))
        .values(settled_at=now, sold_minor=sold_minor, paid_at=now if paid else None)
        .returning(VisitDeposit.id)
    )
    return await session.scalar(statement) is not None


async def mark_reminded(session: AsyncSession, booking_id: UUID, *, now: datetime) -> bool:
    """Mark a party as reminded; False when it was before, or owes nothing more."""
    statement = (
        update(VisitDeposit)
        .where(
            VisitDeposit.booking_id == booking_id,
            VisitDeposit.reminded_at.is_(None),
            VisitDeposit.settled_at.is_(None),
        )
        .values(reminded_at=now)
        .returning(VisitDeposit.id)
    )
    return await session.scalar(statement) is not None


def _open(state: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of confirmed parties on a day that was not called off, which still owe something, and of them those that `state` says."""
    return and_(
        VisitDeposit.settled_at.is_(None),
        Booking.state.in_((BookingState.CONFIRMED, BookingState.REDEEMED)),
        Departure.state != DepartureState.CANCELLED,
        state,
    )


async def _list(session: AsyncSession, state: ColumnElement[bool], limit: int = 200) -> list[UUID]:
    statement = (
        select(VisitDeposit.booking_id)
        .join(Booking, Booking.id == VisitDeposit.booking_id)
        .join(Departure, Departure.id == Booking.departure_id)
        .where(_open(state))
        .order_by(VisitDeposit.booking_id)
        .limit(limit)
    )
    return list(await session.scalars(statement))


async def list_to_remind(session: AsyncSession, *, now: datetime, before: timedelta) -> list[UUID]:
    """Select the bookings whose balance is due, or whose visit begins, within `before`, and who were not reminded."""
    return await _list(
        session,
        and_(
            VisitDeposit.reminded_at.is_(None),
            (VisitDeposit.due_at <= now + before) | (Departure.starts_at <= now + before),
        ),
    )


async def list_overdue(session: AsyncSession, *, now: datetime, grace: timedelta) -> list[UUID]:
    """Select the bookings that end without their balance: it is due, and they were reminded at least `grace` ago.

    Once the day has begun it is its host's to say who comes in, and what they pay.
    """
    return await _list(
        session,
        and_(
            VisitDeposit.rule == BalanceRule.CANCEL,
            VisitDeposit.due_at <= now,
            VisitDeposit.reminded_at <= now - grace,
            Departure.starts_at > now,
        ),
    )


async def list_over(session: AsyncSession, *, now: datetime, after: timedelta) -> list[UUID]:
    """Select the bookings whose visit was over `after` ago, and whose balance never came."""
    return await _list(session, Departure.ends_at <= now - after)
