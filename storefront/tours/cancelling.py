"""Cancelling: a visitor changes their mind; that a host calls a day off is `calling_off`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import booking_repository, choice_repository, settlement, terms
from storefront.tours import service as tours
from storefront.tours.errors import ChosenError, NotCancellableError
from storefront.tours.models import Booking, BookingState, ChoiceAnswer, Departure, DepartureState, Tour
from storefront.tours.states import BOOKING_STEPS, booking_state_at, is_unsure, move_booking
from storefront.tours.words import say_when


def why_not(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> Text | None:
    """Say why a visitor cannot cancel now; None when they can."""
    state = booking_state_at(booking, now)
    if BookingState.CANCELLED not in BOOKING_STEPS[state]:
        return _("Lần đặt này không hủy được nữa.")
    if state is BookingState.CONFIRMED and percent_back(booking, tour, departure, now=now) is None:
        steps = terms.steps_kept(booking)
        words = (
            _(
                "Đã quá hạn hủy không mất tiền (trước giờ đi %(hours)s giờ), vì nhà vườn đã chuẩn bị đón bạn. "
                "Có việc gấp, bạn gọi cho nhà vườn nhé.",
                hours=steps[-1].hours,
            ),
            _(
                "Đã quá hạn hủy (trước giờ đi %(hours)s giờ), vì nhà vườn đã chuẩn bị đón bạn. "
                "Có việc gấp, bạn gọi cho nhà vườn nhé.",
                hours=steps[-1].hours,
            ),
        )
        return words[len(steps) > 1]
    return None


def why_bound(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> Text | None:
    """Say why a party cannot change what it takes or who comes, free of charge; None when it can."""
    state = booking_state_at(booking, now)
    is_live = state in {BookingState.ON_HOLD, BookingState.CONFIRMED}
    if booking.operator_id or not is_live or departure.state is DepartureState.CANCELLED:
        return _("Lần đặt này không đổi được nữa.")
    # A price that was agreed upon, or of which a part is still due, is that of the whole party.
    if booking.group_name:
        return _("Giá đã chốt cho cả đoàn. Muốn đổi, bạn gọi nhà vườn nhé.")
    if booking.owed_minor:
        return _("Đặt cọc thì trả đủ rồi mới đổi được người, đổi món. Cần gấp, bạn gọi nhà vườn nhé.")
    reason = why_not(booking, tour, departure, now=now)
    is_paid = state is BookingState.CONFIRMED
    if reason is None and is_paid and percent_back(booking, tour, departure, now=now) != terms.WHOLE:
        return _("Đã qua mốc hủy lấy lại đủ tiền, nên lần đặt này không đổi được nữa.")
    return reason


def percent_back(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> int | None:
    """How many per cent of what was paid come back at `now`; None when it is too late to cancel."""
    # Whoever was told not to come is never too late, and while the day itself is not sure, nobody is bound.
    if departure.state is DepartureState.CANCELLED or is_unsure(tour, departure):
        return terms.WHOLE
    return terms.percent_at(terms.steps_kept(booking), departure, now=now)


def back_minor(booking: Booking, tour: Tour, departure: Departure, *, now: datetime) -> int | None:
    """What comes back to a paid party that cancels at `now`, in đồng; None for one that cannot, or has not paid."""
    if booking.state is not BookingState.CONFIRMED:
        return None
    percent = percent_back(booking, tour, departure, now=now)
    return None if percent is None else share_of(booking, percent)


def share_of(booking: Booking, percent: int) -> int:
    """What of all that a party has paid comes back, in đồng."""
    return terms.share(booking.refundable_minor, percent)


async def cancel_booking(
    session: AsyncSession, *, booking_id: UUID, now: datetime, promised_minor: int | None = None
) -> Booking:
    """Cancel for the visitor: seats back, and of the money what its terms say; cancelling twice changes nothing.

    `promised_minor` is what the page said would come back: when a step has ended meanwhile and it is less now, the
    visitor is asked again. Raises `NotCancellableError` with the reason (that, the time for it is over, or the visitors
    have come). On a day that was called off this is the party's choice; raises `ChosenError` when it has made another.
    """
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is BookingState.CANCELLED:
        return booking
    departure, tour = await booking_repository.get_departure(session, booking)
    reason = why_not(booking, tour, departure, now=now)
    if reason is not None:
        raise NotCancellableError(reason)
    if await booking_repository.list_entered(session, [booking.id]):
        raise NotCancellableError(_("Đã có người vào cổng, nên lần đặt này không hủy được nữa."))
    back = back_minor(booking, tour, departure, now=now)
    if back is not None and promised_minor is not None and back < promised_minor:
        words = _("Vừa qua một mốc hủy. Bây giờ hủy thì lấy lại %(back)s.", back=format_dong(back))
        raise NotCancellableError(words)
    is_off = departure.state is DepartureState.CANCELLED
    if is_off and not await choice_repository.answer(session, booking.id, ChoiceAnswer.REFUNDED, now=now):
        raise ChosenError
    was_paid = await cancel_locked(session, booking, tour, back_minor=back, now=now)
    await settlement.release(session, booking)
    await tours.refresh(session, tour.id)
    if was_paid:
        text = say_left(booking, tour, departure)
        await settlement.tell_hosts(session, tour, departure, kind="booking_cancelled", text=text, now=now)
    return booking


def say_left(booking: Booking, tour: Tour, departure: Departure) -> Text:
    """Say to a host that a party comes no more, and that its seats are free."""
    facts = {
        "name": booking.contact_name,
        "heads": booking.heads,
        "tour": tour.title,
        "when": say_when(tour, departure),
    }
    if departure.state is DepartureState.CANCELLED:
        return _("Khách lấy lại tiền: %(name)s, %(heads)s người, %(tour)s, %(when)s đã báo nghỉ.", **facts)
    return _(
        "Khách hủy: %(name)s, %(heads)s người, %(tour)s, %(when)s. Số chỗ này bán lại được rồi.", **facts
    )


async def cancel_locked(
    session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime, back_minor: int | None = None
) -> bool:
    """Cancel a locked booking and give its money back, all of it or `back_minor` đồng; answers whether it was paid.

    Its seats are the caller's.
    """
    was_paid = booking.state is BookingState.CONFIRMED
    move_booking(booking, BookingState.CANCELLED)
    booking.cancelled_at = now
    if was_paid and back_minor is not None:
        booking.kept_minor = booking.refundable_minor - back_minor
    await session.flush()
    if was_paid:
        await settlement.give_back(session, booking, tour, now=now)
    else:
        await payments.expire_payment(
            session, payable_kind=PayableKind.BOOKING, payable_id=booking.id, now=now
        )
    return was_paid
