"""What money does to a booked stay: in time it confirms, late it looks for its beds again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.phone import format_phone
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from storefront.stays import booking_repository, bookings, night_repository
from storefront.stays import service as stays
from storefront.stays.bookings import Party
from storefront.stays.errors import FullNightError, StayBookingNotFoundError, TransitionError
from storefront.stays.models import StayBooking, StayState
from storefront.stays.states import move
from storefront.stays.words import say_span, say_what
from storefront.taxes import service as taxes

if TYPE_CHECKING:
    from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid

HOST_ROLES = (Role.MANAGER, Role.GUIDE)


async def on_payment_named(session: AsyncSession, event: PaymentNamed) -> None:
    """Lock the booking before its payment is locked (one order of locks)."""
    if event.payable_kind is PayableKind.STAY:
        await lock_booking(session, event.payable_id)


async def on_payment_extended(session: AsyncSession, event: PaymentExtended) -> None:
    """Hold the beds as long as the card page lives; `TransitionError` when the hold has ended meanwhile."""
    if event.payable_kind is not PayableKind.STAY:
        return
    booking = await lock_booking(session, event.payable_id)
    if booking.state is not StayState.ON_HOLD:
        raise TransitionError
    booking.expires_at = max(booking.expires_at, event.expires_at)
    await session.flush()


async def on_payment_paid(session: AsyncSession, event: PaymentPaid) -> None:
    """Confirm the booking.

    A hold that a sweep with a faster clock has ended takes its beds again; when they are gone, `FullNightError` undoes
    the message, and its next delivery is judged late: the money waits in its queue, nobody is oversold.
    """
    if event.payable_kind is not PayableKind.STAY:
        return
    booking = await lock_booking(session, event.payable_id)
    if booking.state is StayState.EXPIRED and not await _retake(session, booking, now=event.paid_at):
        raise FullNightError(booking.arrives_on, 0)
    await _confirm(session, booking, now=event.paid_at)


async def on_payment_arrived_late(session: AsyncSession, event: PaymentArrivedLate) -> None:
    """Take the money if the beds are still held or free again; else it stays in its queue, to be sent back."""
    if event.payable_kind is not PayableKind.STAY:
        return
    booking = await lock_booking(session, event.payable_id)
    is_held = booking.state is StayState.ON_HOLD
    if is_held or (
        booking.state is StayState.EXPIRED and await _retake(session, booking, now=event.arrived_at)
    ):
        await payments.accept_late(session, payment_id=event.payment_id, now=event.arrived_at)


async def lock_booking(session: AsyncSession, booking_id: UUID) -> StayBooking:
    """Lock a booking; raises `StayBookingNotFoundError`."""
    booking = await booking_repository.lock_booking(session, booking_id)
    if booking is None:
        raise StayBookingNotFoundError
    return booking


async def _retake(session: AsyncSession, booking: StayBooking, *, now: datetime) -> bool:
    """Hold the beds of an expired booking again, if all of its nights still have them."""
    if booking.arrives_on < today(now):
        return False
    days = [night_on for night_on, _price in await booking_repository.list_prices(session, booking.id)]
    if not await bookings.take_nights(session, booking.place_id, days, booking.units, now=now, is_late=True):
        return False
    move(booking, StayState.ON_HOLD)
    await session.flush()
    return True


async def _confirm(session: AsyncSession, booking: StayBooking, *, now: datetime) -> None:
    """Book the sale, and tell both sides."""
    move(booking, StayState.CONFIRMED)
    booking.confirmed_at = now
    await session.flush()
    party = await bookings.get_party(session, booking)
    await _book_sale(session, party, now=now)
    text = _(
        "Chợ Phiên: đã giữ %(what)s cho bạn ở %(stay)s, %(span)s. Mã nhận chỗ %(code)s, đến nơi bạn đọc mã này.",
        what=say_what(party.place, booking.units),
        stay=party.stay.title,
        span=say_span(booking),
        code=booking.code,
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
    coming = _(
        "Có khách ngủ lại: %(name)s, %(phone)s, %(heads)s người, %(what)s, %(span)s.",
        name=booking.contact_name,
        phone=format_phone(booking.contact_phone),
        heads=booking.heads,
        what=say_what(party.place, booking.units),
        span=say_span(booking),
    )
    await tell_hosts(session, party, kind="stay_confirmed", text=coming, now=now)


async def _book_sale(session: AsyncSession, party: Party, *, now: datetime) -> None:
    booking, producer_id = party.booking, party.stay.producer_id
    sale = f"stay:{booking.id}"
    await ledger.record(
        session,
        kind="sale",
        source=sale,
        memo=booking.code,
        entries=[
            (accounts.buyer_receivable(PayableKind.STAY, booking.id), booking.total_minor),
            (accounts.seller_payable(producer_id), -booking.total_minor),
        ],
        occurred_at=now,
        now=now,
    )
    goods = {producer_id: booking.total_minor}
    await fees.take_fees(session, sale=sale, memo=booking.code, goods=goods, now=now)
    parts = {producer_id: {TaxKind.SERVICES: booking.total_minor}}
    await taxes.withhold(session, sale=sale, memo=booking.code, parts=parts, now=now)


async def tell_hosts(session: AsyncSession, party: Party, *, kind: str, text: Text, now: datetime) -> None:
    """Tell the producer's managers and guides, on their page of notices and by short message."""
    hosts = await cooperatives.list_members(session, party.stay.producer_id, *HOST_ROLES)
    href = f"/producer/stays/tonight?on={party.booking.arrives_on}"
    await notices.notify_all(session, hosts, kind=kind, text=text, href=href, now=now, by_sms=True)


async def give_back(session: AsyncSession, party: Party, *, now: datetime) -> None:
    """Owe the guest of a paid booking all of it, once; it then waits at the desk of refunds."""
    booking = party.booking
    await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.STAY,
            payable_id=booking.id,
            code=booking.code,
            producer_id=party.stay.producer_id,
            payee_name=booking.contact_name,
            payee_phone=booking.contact_phone,
            reason=RefundReason.CANCELLED,
            source=f"stay:{booking.id}",
            paid_minor=booking.total_minor,
            goods_minor=booking.total_minor,
        ),
        person_id=None,
        now=now,
    )


async def release(session: AsyncSession, booking: StayBooking) -> None:
    """Give the beds of a locked booking back; the caller has moved it out of its live state."""
    await night_repository.free(session, await booking_repository.sum_nights(session, [booking.id]))
    await stays.refresh(session, booking.stay_id)
