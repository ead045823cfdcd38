"""A longer hold: beds are kept on for a party that needs more time, a bounded number of times."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.stays import booking_repository, bookings
from storefront.stays.bookings import HOLD
from storefront.stays.errors import HoldOverError
from storefront.stays.models import StayBooking, StayState
from storefront.stays.states import PAID, state_at

MOST_EXTENSIONS = 10
"""WCAG 2.2, 2.2.1: a limit of time can be extended at least ten times with a simple act."""
WORTH = timedelta(minutes=1)
"""Less than this is no longer hold: a second tap costs no turn."""
_OVER = _("Đã hết giờ giữ chỗ. Bạn đặt lại nhé.")


async def extend_hold(session: AsyncSession, *, booking_id: UUID, now: datetime) -> StayBooking:
    """Keep the beds of a hold until HOLD from now; a second tap changes nothing.

    Raises `StayBookingNotFoundError`, and `HoldOverError` when nothing is held any more, it is paid, or it was made
    longer MOST_EXTENSIONS times; after it the caller rolls back.
    """
    booking = await bookings.get_booking(session, booking_id)
    state = state_at(booking, now)
    if state in PAID:
        raise HoldOverError(_("Chỗ này đã trả tiền rồi, không cần giữ thêm."))
    if state is not StayState.ON_HOLD:
        raise HoldOverError(_OVER)
    until = now + HOLD
    if booking.expires_at + WORTH > until:
        return booking
    if booking.extensions >= MOST_EXTENSIONS:
        raise HoldOverError(_("Chỗ này đã giữ thêm nhiều lần rồi. Bạn chuyển tiền trước khi hết giờ nhé."))
    # What was just read decides nothing: the update asks again, and the sweep looks at the same row.
    if not await booking_repository.extend(
        session, booking_id, until=until, before=booking.extensions, now=now
    ):
        return await _judge_again(session, booking_id, until, now=now)
    if not await payments.extend_payment(
        session, payable_kind=PayableKind.STAY, payable_id=booking_id, until=until, now=now
    ):
        raise HoldOverError(_OVER)
    return await bookings.get_booking(session, booking_id)


async def _judge_again(
    session: AsyncSession, booking_id: UUID, until: datetime, *, now: datetime
) -> StayBooking:
    """Somebody was faster: the same wish was granted meanwhile, or the hold has ended."""
    booking = await bookings.get_booking(session, booking_id)
    if state_at(booking, now) is StayState.ON_HOLD and booking.expires_at + WORTH > until:
        return booking
    raise HoldOverError(_OVER)


def count_left(booking: StayBooking, *, now: datetime) -> int:
    """How many times the hold can still be made longer; none once it is over."""
    return MOST_EXTENSIONS - booking.extensions if state_at(booking, now) is StayState.ON_HOLD else 0
