"""What money does to a booking: in time it confirms, late it looks for its seats again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.ids import new_code, uuid7, with_check
from app.core.money import format_dong
from app.core.phone import format_phone
from app.notices import service as notices
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Role
from producers.listings.models import TaxKind
from storefront.ledger import accounts
from storefront.operators import service as operators
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from storefront.tours import booking_repository, bookings, deposits, extras, sales, seats
from storefront.tours.bookings import Party
from storefront.tours.errors import BookingNotFoundError, TransitionError
from storefront.tours.models import Booking, BookingState, Departure, Tour, UnitItem
from storefront.tours.states import booking_state_at, is_bookable, move_booking
from storefront.tours.words import say_least, say_when

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storefront.payments.events import PaymentArrivedLate, PaymentExtended, PaymentNamed, PaymentPaid

TICKET_BODY = 7
HOST_ROLES = (Role.MANAGER, Role.GUIDE)


async def on_payment_named(session: AsyncSession, event: PaymentNamed) -> None:
    """Lock the booking before its payment is locked (one order of locks)."""
    if event.payable_kind is PayableKind.BOOKING:
        await lock_booking(session, event.payable_id)


async def on_payment_extended(session: AsyncSession, event: PaymentExtended) -> None:
    """Hold the seats as long as the card page lives; `TransitionError` when the hold has ended meanwhile."""
    if event.payable_kind is not PayableKind.BOOKING:
        return
    booking = await lock_booking(session, event.payable_id)
    if booking.state is not BookingState.ON_HOLD:
        raise TransitionError
    booking.expires_at = max(booking.expires_at, event.expires_at)
    await session.flush()


async def on_payment_paid(session: AsyncSession, event: PaymentPaid) -> None:
    """Confirm the booking.

    A hold that a sweep with a faster clock has ended takes its seats again; when they are gone, `SoldOutError` undoes
    the message, and its next delivery is judged late: the money waits in its queue, nobody is oversold.
    """
    if event.payable_kind is not PayableKind.BOOKING:
        return
    booking = await lock_booking(session, event.payable_id)
    if booking.state is BookingState.EXPIRED and not await _retake(session, booking, now=event.paid_at):
        raise await bookings.refuse(session, booking.departure_id, booking=booking, now=event.paid_at)
    await _confirm(session, await bookings.get_party(session, booking), now=event.paid_at)


async def on_payment_arrived_late(session: AsyncSession, event: PaymentArrivedLate) -> None:
    """Take the money if the seats are still held or free again; else it stays in its queue, to be sent back."""
    if event.payable_kind is not PayableKind.BOOKING:
        return
    booking = await lock_booking(session, event.payable_id)
    is_held = booking.state is BookingState.ON_HOLD
    if is_held or (
        booking.state is BookingState.EXPIRED and await _retake(session, booking, now=event.arrived_at)
    ):
        await payments.accept_late(session, payment_id=event.payment_id, now=event.arrived_at)


async def confirm_on_account(session: AsyncSession, *, booking_id: UUID, now: datetime) -> Booking:
    """Confirm what an operator holds: it is booked on its account; confirmed already, nothing changes.

    Raises `TransitionError` when the hold has ended, or nobody's account is there.
    """
    booking = await lock_booking(session, booking_id)
    if booking_state_at(booking, now) is not BookingState.CONFIRMED:
        await confirm_held(session, await bookings.get_party(session, booking), now=now)
    return booking


async def confirm_held(session: AsyncSession, party: Party, *, now: datetime) -> None:
    """Confirm a locked party of an operator, as it was read behind the lock; raises `TransitionError`."""
    if booking_state_at(party.booking, now) is not BookingState.ON_HOLD or party.booking.operator_id is None:
        raise TransitionError
    await _confirm(session, party, now=now)


async def lock_booking(session: AsyncSession, booking_id: UUID) -> Booking:
    """Lock a booking; raises `BookingNotFoundError`."""
    booking = await booking_repository.lock_booking(session, booking_id)
    if booking is None:
        raise BookingNotFoundError
    return booking


async def _retake(session: AsyncSession, booking: Booking, *, now: datetime) -> bool:
    """Hold the seats of an expired booking again, if the departure still takes them."""
    departure, tour = await booking_repository.get_departure(session, booking)
    if not is_bookable(tour, departure, now):
        return False
    if not await bookings.take_seats(
        session, departure.id, booking.heads, booking_id=booking.id, now=now, is_late=True
    ):
        return False
    move_booking(booking, BookingState.ON_HOLD)
    await session.flush()
    return True


async def _confirm(session: AsyncSession, party: Party, *, now: datetime) -> None:
    """Give the tickets out, book the sale, and tell both sides."""
    booking, departure, tour = party.booking, party.departure, party.tour
    move_booking(booking, BookingState.CONFIRMED)
    booking.confirmed_at = now
    await session.flush()
    await _issue(session, [item for item, _unit in party.items])
    if booking.operator_id is None:
        if booking.owed_minor:
            await deposits.receive(session, booking, now=now)
        else:
            receivable = accounts.buyer_receivable(PayableKind.BOOKING, booking.id)
            debits = [(receivable, booking.total_minor)]
            await sales.book(session, booking, tour, debits, now=now, taken=party.extras)
        await _tell_visitor(session, booking, tour, departure)
    else:
        await sell_on_account(session, booking, tour, now=now)
    text = await _say_coming(session, booking, tour, departure)
    await tell_hosts(session, tour, departure, kind="booking_confirmed", text=text, now=now)


async def _say_coming(session: AsyncSession, booking: Booking, tour: Tour, departure: Departure) -> Text:
    operator = await operators.find_operator(session, booking.operator_id)
    if operator is None:
        return _(
            "Có khách mới: %(name)s, %(phone)s, %(heads)s người, %(tour)s, %(when)s.",
            name=booking.contact_name,
            phone=format_phone(booking.contact_phone),
            heads=booking.heads,
            tour=tour.title,
            when=say_when(tour, departure),
        )
    return _(
        "Có khách mới của %(operator)s: %(name)s, %(heads)s người, %(tour)s, %(when)s.",
        operator=operator.name,
        name=booking.contact_name,
        heads=booking.heads,
        tour=tour.title,
        when=say_when(tour, departure),
    )


async def issue_tickets(session: AsyncSession, booking: Booking) -> None:
    """Give every ticket that has none a code of its own."""
    await _issue(
        session, [item for item, _unit in await booking_repository.list_items(session, [booking.id])]
    )


async def _issue(session: AsyncSession, items: Collection[UnitItem]) -> None:
    # A code that is taken already (one in 34 thousand million) fails the message, which comes again.
    new = {item: with_check(new_code(TICKET_BODY)) for item in items if item.ticket_code is None}
    await booking_repository.set_ticket_codes(session, new)


async def sell_on_account(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> None:
    """Book what a locked booking costs on its operator's account; whoever brings guests tells them itself."""
    assert booking.operator_id is not None  # noqa: S101 - asked of operators' bookings alone
    await operators.sell(
        session,
        operator_id=booking.operator_id,
        producer_id=tour.producer_id,
        booking_id=booking.id,
        code=booking.code,
        amount_minor=booking.total_minor,
        now=now,
    )


async def _tell_visitor(session: AsyncSession, booking: Booking, tour: Tour, departure: Departure) -> None:
    text = _say_confirmed(booking, tour, departure)
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)


def _say_confirmed(booking: Booking, tour: Tour, departure: Departure) -> Text:
    when, least = say_when(tour, departure), say_least(tour, departure)
    facts = {
        "heads": booking.heads,
        "tour": tour.title,
        "when": when if least is None else _("%(when)s, %(least)s", when=when, least=least),
        "code": booking.code,
    }
    if booking.owed_minor:
        return _(
            "Chợ Phiên: đã nhận cọc %(paid)s, có vé cho %(heads)s người, %(tour)s, %(when)s. Còn %(owed)s, trả ở trang vé. Mã vào cổng %(code)s.",
            paid=format_dong(booking.paid_minor),
            owed=format_dong(booking.owed_minor),
            **facts,
        )
    return _(
        "Chợ Phiên: đã có vé cho %(heads)s người, %(tour)s, %(when)s. Mã vào cổng %(code)s, đến nơi bạn đọc mã này.",
        **facts,
    )


async def tell_hosts(
    session: AsyncSession, tour: Tour, departure: Departure, *, kind: str, text: Text, now: datetime
) -> None:
    """Tell the producer's managers and guides, on their page of notices and by short message."""
    hosts = await cooperatives.list_members(session, tour.producer_id, *HOST_ROLES)
    href = f"/producer/tours/day?on={departure.local_on}"
    await notices.notify_all(session, hosts, kind=kind, text=text, href=href, now=now, by_sms=True)


async def give_back(session: AsyncSession, booking: Booking, tour: Tour, *, now: datetime) -> None:
    """Owe the visitor of a paid booking what the producer does not keep of it, once; it then waits at the desk of refunds.

    What stands on an operator's account is taken back there: nothing was paid that could be sent.
    """
    if booking.operator_id is not None:
        await operators.take_back(session, booking_id=booking.id, kept_minor=booking.kept_minor, now=now)
        return
    if booking.owed_minor:
        await deposits.earn(session, booking, tour, now=now)
    back = booking.refundable_minor - booking.kept_minor
    if not back:
        return
    parts = await extras.split(session, booking, back)
    await _open_refund(session, booking, tour, parts, source=f"booking:{booking.id}", now=now)


async def give_back_part(
    session: AsyncSession, booking: Booking, tour: Tour, parts: Mapping[TaxKind, int], *, now: datetime
) -> None:
    """Owe the visitor of a paid, locked booking what it does not take any more; `returned_minor` counts it already."""
    await _open_refund(session, booking, tour, parts, source=f"booking:{booking.id}:less:{uuid7()}", now=now)


async def _open_refund(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    parts: Mapping[TaxKind, int],
    *,
    source: str,
    now: datetime,
) -> None:
    await refunds.open_refund(
        session,
        Claim(
            payable_kind=PayableKind.BOOKING,
            payable_id=booking.id,
            code=booking.code,
            producer_id=tour.producer_id,
            payee_name=booking.contact_name,
            payee_phone=booking.contact_phone,
            reason=RefundReason.CANCELLED,
            source=source,
            paid_minor=booking.paid_minor,
            goods_minor=sum(parts.values()),
            goods_kinds=parts,
        ),
        person_id=None,
        now=now,
    )


async def release(session: AsyncSession, booking: Booking) -> None:
    """Give the seats of a locked booking back; the caller has moved it out of its live state."""
    await seats.give_back(session, booking.departure_id, booking.heads)
