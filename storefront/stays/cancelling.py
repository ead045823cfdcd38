"""Cancelling: guests change their mind, or a host cannot receive them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.stays import bookings, settlement
from storefront.stays.bookings import Party
from storefront.stays.errors import NotCancellableError
from storefront.stays.models import StayBooking, StayState
from storefront.stays.schemas import OffFields
from storefront.stays.states import STEPS, move, state_at
from storefront.stays.words import say_instant, say_off, say_span, say_what


def why_not(booking: StayBooking, *, now: datetime) -> Text | None:
    """Say why a guest cannot cancel now; None when they can."""
    state = state_at(booking, now)
    if StayState.CANCELLED not in STEPS[state]:
        return _("Lần đặt này không hủy được nữa.")
    if state is StayState.CONFIRMED and now >= booking.free_until:
        return _(
            "Hạn hủy không mất tiền là %(until)s, nay đã qua. Có việc gấp, bạn gọi cho chủ nhà nhé.",
            until=say_instant(booking.free_until),
        )
    return None


async def cancel_booking(session: AsyncSession, *, booking_id: UUID, now: datetime) -> StayBooking:
    """Cancel for the guest: beds back, and all of the money if it was paid; cancelling twice changes nothing.

    Raises `NotCancellableError` with the reason: the time for it is over, or the guests have come.
    """
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is StayState.CANCELLED:
        return booking
    reason = why_not(booking, now=now)
    if reason is not None:
        raise NotCancellableError(reason)
    party = await bookings.get_party(session, booking)
    if await _cancel_locked(session, party, now=now):
        text = _(
            "Khách hủy: %(name)s, %(what)s, %(span)s. Chỗ này bán lại được rồi.",
            name=booking.contact_name,
            what=say_what(party.place, booking.units),
            span=say_span(booking),
        )
        await settlement.tell_hosts(session, party, kind="stay_cancelled", text=text, now=now)
    return booking


async def tell_off(
    session: AsyncSession, *, booking_id: UUID, producer_id: UUID, fields: OffFields, now: datetime
) -> StayBooking:
    """Tell guests that the host cannot receive them, whatever the hour: all of their money goes back, once.

    Tapped twice it is done once. Raises `StayBookingNotFoundError`, `NotCancellableError` once the stay is over, for what
    it earned may be paid out, and `TransitionError` once the guests have come or the booking has ended.
    """
    await bookings.get_own(session, booking_id=booking_id, producer_id=producer_id)
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is StayState.CANCELLED:
        return booking
    if booking.ends_at <= now:
        raise NotCancellableError(
            _("Lần đặt này (%(span)s) đã qua rồi, không báo khách đừng đến được nữa.", span=say_span(booking))
        )
    booking.off_reason, booking.off_note = fields.reason, fields.note
    party = await bookings.get_party(session, booking)
    was_paid = await _cancel_locked(session, party, now=now)
    facts = {"stay": party.stay.title, "span": say_span(booking), "why": say_off(booking)}
    text = (
        _(
            "Chợ Phiên: %(stay)s, %(span)s. %(why)s Bạn được trả lại đủ %(sum)s.",
            sum=format_dong(booking.total_minor),
            **facts,
        )
        if was_paid
        else _("Chợ Phiên: %(stay)s, %(span)s. %(why)s Bạn chưa mất đồng nào.", **facts)
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
    return booking


async def _cancel_locked(session: AsyncSession, party: Party, *, now: datetime) -> bool:
    """Cancel a locked booking, give beds and money back; answers whether it was paid."""
    booking = party.booking
    was_paid = booking.state is StayState.CONFIRMED
    move(booking, StayState.CANCELLED)
    booking.cancelled_at = now
    await session.flush()
    if was_paid:
        await settlement.give_back(session, party, now=now)
    else:
        await payments.expire_payment(session, payable_kind=PayableKind.STAY, payable_id=booking.id, now=now)
    await settlement.release(session, booking)
    return was_paid
