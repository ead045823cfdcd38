"""A longer hold: seats are kept on for a party that needs more time, a bounded number of times (BOOKINGS.md, 40 and 41)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import booking_repository, bookings
from storefront.tours.bookings import HOLD
from storefront.tours.errors import HoldLimitError, HoldOverError
from storefront.tours.models import Booking, BookingState, Departure, Tour
from storefront.tours.states import booking_state_at, last_booking_at

MOST_EXTENSIONS = 10
"""WCAG 2.2, 2.2.1: a limit of time can be extended at least ten times with a simple act."""
LONG = timedelta(hours=1)
SOLD = frozenset({BookingState.CONFIRMED, BookingState.REDEEMED})
WORTH = timedelta(minutes=1)
"""Less than this is no longer hold: a second tap costs no turn."""


async def extend_hold(
    session: AsyncSession, *, booking_id: UUID, until: datetime | None = None, now: datetime
) -> Booking:
    """Keep the seats of a hold for as long as a new one, never past the last moment to book.

    `until` is a partner's: its own rule bounds how long, not how often. A hold that lasts that long already is answered
    as it is. Raises `BookingNotFoundError`; `HoldOverError` when nothing is held any more, or it is paid;
    `HoldLimitError` after MOST_EXTENSIONS times, or when the visit is about to start. After one of them the caller
    rolls back.
    """
    booking = await bookings.get_booking(session, booking_id)
    departure, tour = await booking_repository.get_departure(session, booking)
    if (state := booking_state_at(booking, now)) is not BookingState.ON_HOLD:
        raise HoldOverError(is_paid=state in SOLD)
    wanted = until or now + HOLD
    if booking.expires_at + WORTH > wanted:
        return booking
    end = min(wanted, last_booking_at(tour, departure))
    if booking.expires_at + WORTH > end:
        raise HoldLimitError(_("Sắp đến giờ đi rồi, không giữ chỗ lâu hơn được nữa."))
    if until is None and booking.extensions >= MOST_EXTENSIONS:
        raise HoldLimitError(_("Chỗ này đã giữ thêm nhiều lần rồi. Bạn chuyển tiền trước khi hết giờ nhé."))
    # What was just read decides nothing: the update asks again, and the sweep looks at the same row.
    if not await booking_repository.extend(
        session, booking_id, until=end, before=booking.extensions, now=now
    ):
        return await _judge_again(session, booking_id, end, now=now)
    if not await payments.extend_payment(
        session, payable_kind=PayableKind.BOOKING, payable_id=booking_id, until=end, now=now
    ):
        raise HoldOverError
    return await bookings.get_booking(session, booking_id)


async def _judge_again(session: AsyncSession, booking_id: UUID, until: datetime, *, now: datetime) -> Booking:
    """Somebody was faster: the same wish was granted meanwhile, or the hold has ended."""
    booking = await bookings.get_booking(session, booking_id)
    if booking_state_at(booking, now) is BookingState.ON_HOLD and booking.expires_at + WORTH > until:
        return booking
    raise HoldOverError


def count_extensions_left(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> int:
    """How many times the hold can still be made longer; none once it is over or the visit is about to start.

    Nor while an offer of half a day has more than an hour left, for a tap would give it nothing.
    """
    is_held = booking_state_at(booking, now) is BookingState.ON_HOLD
    is_long = booking.expires_at > now + LONG
    if not is_held or is_long or booking.expires_at + WORTH > last_booking_at(tour, departure):
        return 0
    return MOST_EXTENSIONS - booking.extensions
