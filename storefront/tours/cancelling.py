"""Cancelling: a visitor changes their mind, or the host calls a day off."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import booking_repository, departures, repository, settlement
from storefront.tours import service as tours
from storefront.tours.errors import MovingError, NotCancellableError, VisitorsHereError
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, Tour
from storefront.tours.states import (
    BOOKING_STEPS,
    DEPARTURE_STEPS,
    LIVE,
    booking_state_at,
    check_step,
    move_booking,
)
from storefront.tours.words import say_when

_TRIES = 5


def cutoff_at(tour: Tour, departure: Departure) -> datetime:
    """Until when a visitor may cancel and get everything back."""
    return departure.starts_at - timedelta(hours=tour.cancellation_cutoff_hours)


def why_not(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> Text | None:
    """Say why a visitor cannot cancel now; None when they can."""
    state = booking_state_at(booking, now)
    if BookingState.CANCELLED not in BOOKING_STEPS[state]:
        return _("Lần đặt này không hủy được nữa.")
    if state is BookingState.CONFIRMED and now >= cutoff_at(tour, departure):
        return _(
            "Đã quá hạn hủy không mất tiền (trước giờ đi %(hours)s giờ), vì nhà vườn đã chuẩn bị đón bạn. "
            "Có việc gấp, bạn gọi cho nhà vườn nhé.",
            hours=tour.cancellation_cutoff_hours,
        )
    return None


async def cancel_booking(session: AsyncSession, *, booking_id: UUID, now: datetime) -> Booking:
    """Cancel for the visitor: seats back, and all of the money if it was paid; cancelling twice changes nothing.

    Raises `NotCancellableError` with the reason (the time for it is over, or the visitors have come).
    """
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is BookingState.CANCELLED:
        return booking
    departure, tour = await booking_repository.get_departure(session, booking)
    reason = why_not(booking, tour, departure, now=now)
    if reason is not None:
        raise NotCancellableError(reason)
    was_paid = await _cancel(session, booking, tour, now=now)
    await settlement.release(session, booking)
    await tours.refresh(session, tour.id)
    if was_paid:
        text = _(
            "Khách hủy: %(name)s, %(heads)s người, %(tour)s, %(when)s. Số chỗ này bán lại được rồi.",
            name=booking.contact_name,
            heads=booking.heads,
            tour=tour.title,
            when=say_when(tour, departure),
        )
        await settlement.tell_hosts(session, tour, departure, kind="booking_cancelled", text=text, now=now)
    return booking


async def _cancel(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> bool:
    """Cancel a locked booking and give its money back; answers whether it was paid. Its seats are the caller's."""
    was_paid = booking.state is BookingState.CONFIRMED
    move_booking(booking, BookingState.CANCELLED)
    booking.cancelled_at = now
    await session.flush()
    if was_paid:
        await settlement.give_back(session, booking, tour, now=now)
    else:
        await payments.expire_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id, now=now
        )
    return was_paid


async def call_off(session: AsyncSession, *, departure_id: UUID, now: datetime) -> int:
    """Call a departure off (weather, road): everybody's booking is cancelled, paid money goes back in full.

    Answers how many parties had paid; each gets a short message. Raises `VisitorsHereError` when somebody was checked
    in, `TransitionError` when it is called off already, `MovingError` when bookings keep coming in.
    """
    departure = await departures.get_departure(session, departure_id)
    check_step(DEPARTURE_STEPS, departure.state, DepartureState.CANCELLED)
    tour = await tours.get_tour(session, departure.tour_id)
    heads = paid = 0
    for _try in range(_TRIES):
        # Bookings are locked before the departure; one that slipped in between fails the count and is fetched next.
        for booking in await booking_repository.lock_live(session, departure_id, LIVE):
            if await _has_come(session, booking):
                raise VisitorsHereError
            heads += booking.heads
            if await _cancel(session, booking, tour, now=now):
                paid += 1
                if booking.operator_id is None:
                    await _tell_visitor(session, booking, tour, departure)
        if await repository.call_off(session, departure_id, heads):
            await tours.refresh(session, tour.id)
            return paid
    raise MovingError


async def _has_come(session: AsyncSession, booking: Booking) -> bool:
    items = await booking_repository.list_items(session, [booking.id])
    return any(item.redeemed_at is not None for item, _unit in items)


async def _tell_visitor(session: AsyncSession, booking: Booking, tour: Tour, departure: Departure) -> None:
    text = _(
        "Chợ Phiên: nhà vườn phải nghỉ %(tour)s, %(when)s. Lần đặt %(code)s được trả lại đủ %(amount)s.",
        tour=tour.title,
        when=say_when(tour, departure),
        code=booking.code,
        amount=format_dong(booking.total_minor),
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
