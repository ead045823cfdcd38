"""Choices: guests of a day called off take another day or all of their money; who says nothing gets the money (37, 38)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.money import format_dong
from app.notices import service as notices
from storefront.tours import (
    booking_repository,
    cancelling,
    choice_repository,
    departure_repository,
    moving,
    seats,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours.errors import ChosenError, NotBookableError
from storefront.tours.models import Booking, BookingState, ChoiceAnswer, DepartureState, VisitChoice


async def find_open(session: AsyncSession, booking: Booking, *, now: datetime) -> VisitChoice | None:
    """What a party may still choose; None when it was not asked, has answered, or its time is over."""
    choice = await choice_repository.find_open(session, booking.id)
    return choice if choice is not None and choice.expires_at > now else None


async def choose_day(
    session: AsyncSession, *, booking_id: UUID, departure_id: UUID, now: datetime
) -> Booking:
    """Move a party to the day that it chose, with its payment and its tickets; the same day again changes nothing.

    Raises `ChosenError` once it has chosen or its time is over, and what `moving.move` raises for the day.
    """
    booking = await settlement.lock_booking(session, booking_id)
    if booking.departure_id == departure_id and booking.state is BookingState.CONFIRMED:
        departure, _tour = await booking_repository.get_departure(session, booking)
        if departure.state is not DepartureState.CANCELLED:
            return booking
    if await find_open(session, booking, now=now) is None:
        raise ChosenError
    if booking.departure_id == departure_id:
        raise NotBookableError
    return await moving.move(session, booking_id=booking_id, departure_id=departure_id, now=now)


async def choose_money(session: AsyncSession, *, booking_id: UUID, now: datetime) -> Booking:
    """Give a party all of its money back; again changes nothing. Raises `ChosenError` once it has another day."""
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is BookingState.CANCELLED:
        return booking
    # Past the deadline and not swept yet the answer is the same.
    if await choice_repository.find_open(session, booking.id) is None:
        raise ChosenError
    return await cancelling.cancel_booking(session, booking_id=booking_id, now=now)


async def lapse_due(session: AsyncSession, *, now: datetime) -> int:
    """Give the money back to parties that did not choose in time; answers how many.

    Bookings on which somebody works right now are passed over until the next minute.
    """
    due = await choice_repository.list_due(session, now=now)
    freed = Counter[UUID]()
    done = 0
    for booking in await booking_repository.lock_some(session, due):
        if booking.state is not BookingState.CONFIRMED:
            continue
        if not await choice_repository.answer(session, booking.id, ChoiceAnswer.LAPSED, now=now):
            continue
        departure, tour = await booking_repository.get_departure(session, booking)
        await cancelling.cancel_locked(session, booking, tour, now=now)
        freed[departure.id] += booking.heads
        done += 1
        text = _(
            "Chợ Phiên: đã hết hạn chọn ngày khác cho %(tour)s. Lần đặt %(code)s được trả lại đủ %(amount)s.",
            tour=tour.title,
            code=booking.code,
            amount=format_dong(booking.refundable_minor),
        )
        await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
        await tours.refresh(session, tour.id)
    await departure_repository.lock_counters(session, freed.keys())
    for departure_id, heads in sorted(freed.items()):
        await seats.give_back(session, departure_id, heads)
    return done
