"""Balances: the rest of a visit's price comes by transfer or in cash at the gate, or the party is reminded and then ends (85 to 87)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import (
    booking_repository,
    bookings,
    cancelling,
    cash,
    deposit_repository,
    deposits,
    seats,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours.deposit_models import VisitDeposit
from storefront.tours.errors import BookingNotFoundError, TransitionError
from storefront.tours.models import BalanceRule, Booking, BookingState, Departure, DepartureState, Tour
from storefront.tours.states import TICKETED
from storefront.tours.words import say_instant, say_when

if TYPE_CHECKING:
    from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid

REMIND = timedelta(days=1)
AFTERWARDS = timedelta(days=2)
"""So long after a visit its host may still write down what was paid in cash."""


async def on_payment_named(session: AsyncSession, event: PaymentNamed) -> None:
    """Lock the booking before the payment of its balance is locked (one order of locks)."""
    if event.payable_kind is PayableKind.BALANCE:
        await settlement.lock_booking(session, event.payable_id)


async def on_payment_extended(session: AsyncSession, event: PaymentExtended) -> None:
    """Wait for the balance as long as the card page lives; `TransitionError` when the party has ended meanwhile."""
    if event.payable_kind is not PayableKind.BALANCE:
        return
    booking = await settlement.lock_booking(session, event.payable_id)
    row = await deposits.find(session, booking.id)
    if row is None or not _is_awaited(booking, row):
        raise TransitionError
    row.due_at = max(row.due_at, event.expires_at)
    await session.flush()


async def on_payment_paid(session: AsyncSession, event: PaymentPaid) -> None:
    """The balance is here: the visit is sold whole, and both sides are told.

    Raises `TransitionError` when the party ended meanwhile: the message is undone, and its next delivery judged late.
    """
    if event.payable_kind is not PayableKind.BALANCE:
        return
    booking = await settlement.lock_booking(session, event.payable_id)
    row = await deposits.find(session, booking.id)
    if row is None or not _is_awaited(booking, row):
        raise TransitionError
    departure, tour = await booking_repository.get_departure(session, booking)
    await deposits.complete(session, booking, tour, now=event.paid_at)
    await _tell_whole(session, booking, tour, departure)


async def on_payment_arrived_late(session: AsyncSession, event: PaymentArrivedLate) -> None:
    """Take a late balance as long as the party still comes, or came; else it stays in its queue, to be sent back."""
    if event.payable_kind is not PayableKind.BALANCE:
        return
    booking = await settlement.lock_booking(session, event.payable_id)
    row = await deposits.find(session, booking.id)
    if row is not None and _is_awaited(booking, row):
        await payments.accept_late(session, payment_id=event.payment_id, now=event.arrived_at)


def _is_awaited(booking: Booking, row: VisitDeposit) -> bool:
    return booking.state in TICKETED and row.settled_at is None


async def take_cash(session: AsyncSession, *, booking_id: UUID, producer_id: UUID, now: datetime) -> Booking:
    """Write down that a host has the rest of a party's price in hand, once: it is set off against what we owe them.

    Of what came by transfer before only the difference. Raises `BookingNotFoundError` for another producer's,
    `TransitionError` for a party that ended, or whose visit has been over for too long.
    """
    booking = await settlement.lock_booking(session, booking_id)
    _departure, tour = await booking_repository.get_departure(session, booking)
    if tour.producer_id != producer_id:
        raise BookingNotFoundError
    if not booking.owed_minor and booking.state in TICKETED:
        return booking
    row = await deposits.find(session, booking.id)
    payment = await payments.find_payment(session, payable_kind=PayableKind.BALANCE, payable_id=booking.id)
    if row is None or payment is None or not _is_awaited(booking, row):
        raise TransitionError
    await cash.keep(session, booking, payment, producer_id, now=now)
    return booking


async def remind(session: AsyncSession, *, secret: bytes, address: str, now: datetime) -> int:
    """Remind parties of what they still owe, once; answers how many. `address` is the site's own, without a slash at its end."""
    found = await deposit_repository.list_to_remind(session, now=now, before=REMIND)
    done = 0
    for booking in await booking_repository.lock_some(session, found):
        row = await deposits.find(session, booking.id)
        departure, tour = await booking_repository.get_departure(session, booking)
        is_off = departure.state is DepartureState.CANCELLED
        if row is None or is_off or not _is_awaited(booking, row):
            continue
        if not await deposit_repository.mark_reminded(session, booking.id, now=now):
            continue
        link = f"{address}/bookings/{bookings.token_of(booking, secret)}"
        text = _say_owed(booking, tour, departure, row, link)
        await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
        done += 1
    return done


def _say_owed(booking: Booking, tour: Tour, departure: Departure, row: VisitDeposit, link: str) -> Text:
    facts = {
        "tour": tour.title,
        "when": say_when(tour, departure),
        "owed": format_dong(booking.owed_minor),
        "link": link,
    }
    if row.rule is BalanceRule.GATE:
        return _(
            "Chợ Phiên: %(tour)s, %(when)s. Bạn còn %(owed)s, đến nơi trả tiền mặt, hoặc chuyển khoản trước: %(link)s",
            **facts,
        )
    return _(
        "Chợ Phiên: %(tour)s, %(when)s. Bạn chuyển nốt %(owed)s trước %(due)s, quá hạn thì chỗ bị hủy theo hạn hủy: %(link)s",
        due=say_instant(row.due_at),
        **facts,
    )


async def end_overdue(session: AsyncSession, *, now: datetime) -> int:
    """Cancel by their terms the parties whose balance did not come in time, though they were reminded; answers how many.

    Each booking is locked before it is looked at again: the balance that comes in this moment is in time, or late.
    Those on which somebody works right now are passed over until the next minute.
    """
    due = await deposit_repository.list_overdue(session, now=now, grace=deposits.GRACE)
    freed = Counter[UUID]()
    done = 0
    for booking in await booking_repository.lock_some(session, due):
        if not await _is_overdue(session, booking, now=now):
            continue
        departure, tour = await booking_repository.get_departure(session, booking)
        percent = cancelling.percent_back(booking, tour, departure, now=now) or 0
        back = cancelling.share_of(booking, percent)
        await cancelling.cancel_locked(session, booking, tour, back_minor=back, now=now)
        freed[departure.id] += booking.heads
        done += 1
        await _tell_ended(session, booking, tour, departure, back, now=now)
        await tours.refresh(session, tour.id)
    for departure_id, heads in sorted(freed.items()):
        await seats.give_back(session, departure_id, heads)
    return done


async def _is_overdue(session: AsyncSession, booking: Booking, *, now: datetime) -> bool:
    """Whether a locked booking still ends: it may have paid, moved or cancelled, somebody came in, or its day was called off."""
    row = await deposits.find(session, booking.id)
    is_due = row is not None and row.settled_at is None and row.due_at <= now
    has_come = bool(await booking_repository.list_entered(session, [booking.id]))
    departure, _tour = await booking_repository.get_departure(session, booking)
    is_on = departure.state is not DepartureState.CANCELLED
    return is_due and is_on and booking.state is BookingState.CONFIRMED and not has_come


async def earn_over(session: AsyncSession, *, now: datetime) -> int:
    """Sell the deposits of visits that are over and whose balance never came; answers how many."""
    over = await deposit_repository.list_over(session, now=now, after=AFTERWARDS)
    done = 0
    for booking in await booking_repository.lock_some(session, over):
        if booking.state not in TICKETED:
            continue
        _departure, tour = await booking_repository.get_departure(session, booking)
        if await deposits.earn(session, booking, tour, now=now):
            booking.kept_minor = booking.refundable_minor
            done += 1
    await session.flush()
    return done


async def _tell_whole(session: AsyncSession, booking: Booking, tour: Tour, departure: Departure) -> None:
    text = _(
        "Chợ Phiên: đã nhận đủ tiền, %(tour)s, %(when)s. Mã vào cổng %(code)s.",
        tour=tour.title,
        when=say_when(tour, departure),
        code=booking.code,
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)


async def _tell_ended(
    session: AsyncSession, booking: Booking, tour: Tour, departure: Departure, back: int, *, now: datetime
) -> None:
    facts = {"tour": tour.title, "when": say_when(tour, departure), "code": booking.code}
    text = _(
        "Chợ Phiên: quá hạn trả nốt, lần đặt %(code)s (%(tour)s, %(when)s) đã hủy. Bạn được trả lại %(back)s.",
        back=format_dong(back),
        **facts,
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
    words = cancelling.say_left(booking, tour, departure)
    await settlement.tell_hosts(session, tour, departure, kind="booking_cancelled", text=words, now=now)
