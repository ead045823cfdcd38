"""A party that its host writes down: somebody telephones or stands at the gate, pays cash, or pays later (BOOKINGS.md, 110 to 113)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.notices import service as notices
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import booking_repository, bookings, cash, departures, settlement, terms
from storefront.tours import service as tours
from storefront.tours.errors import BookingNotFoundError, HoldOverError
from storefront.tours.models import Booking, BookingState, TourUnit, UnitItem
from storefront.tours.schemas import HowPaid, NewBooking
from storefront.tours.states import booking_state_at, last_booking_at
from storefront.tours.words import say_instant, say_when


@dataclass(frozen=True)
class Held:
    """A party whose seats are held and not paid."""

    booking: Booking
    items: list[tuple[UnitItem, TourUnit]]


async def enter(
    session: AsyncSession,
    *,
    wish: NewBooking,
    producer_id: UUID,
    how: HowPaid,
    secret: bytes,
    address: str,
    now: datetime,
) -> Booking:
    """Book a party for a host, through the same counter as any visitor's; the same id again answers the first booking.

    Whoever has not paid is sent the link of their own page; `address` is the site's own, without a slash at its end.
    Raises what `bookings.create_booking` does, and `DepartureNotFoundError` for another producer's day.
    """
    departure = await departures.get_own_departure(
        session, departure_id=wish.departure_id, producer_id=producer_id
    )
    tour = await tours.get_tour(session, departure.tour_id)
    fresh: list[Booking] = []

    def note(booking: Booking, _items: object) -> None:
        fresh.append(booking)

    made = await bookings.create_booking(
        session,
        booking=wish,
        secret=secret,
        person_id=None,
        language="vi",
        now=now,
        until=last_booking_at(tour, departure) if how is HowPaid.LATER else None,
        # Said by whoever made it: who looks before may look a moment too early, and would send the link twice.
        keep=note,
        # Who stands before the host pays all of it, whatever part the tour asks for on its page.
        agreed=replace(
            await bookings.read_wish(session, tour, wish.units, on=departure.local_on),
            deposit_percent=terms.WHOLE,
        ),
    )
    if how is HowPaid.CASH:
        return await take_cash(session, booking_id=made.id, producer_id=producer_id, now=now)
    if fresh:
        text = _(
            "Chợ Phiên: nhà vườn giữ cho bạn %(heads)s chỗ, %(tour)s, %(when)s, đến %(until)s. Trả tiền và lấy vé: %(link)s",
            heads=made.heads,
            tour=tour.title,
            when=say_when(tour, departure),
            until=say_instant(made.expires_at),
            link=f"{address}/bookings/{bookings.token_of(made, secret)}",
        )
        await notices.send_message(session, phone=made.contact_phone, text=text, lang=made.language)
    return made


async def get_own(session: AsyncSession, *, booking_id: UUID, producer_id: UUID) -> Booking:
    """Get a booking that its party pays for itself; `BookingNotFoundError` for an operator's or another producer's."""
    booking = await bookings.get_booking(session, booking_id)
    _departure, tour = await booking_repository.get_departure(session, booking)
    is_own = booking.operator_id is None and booking.batch_id is None
    if tour.producer_id != producer_id or not is_own:
        raise BookingNotFoundError
    return booking


async def take_cash(session: AsyncSession, *, booking_id: UUID, producer_id: UUID, now: datetime) -> Booking:
    """The host has what is still due of a held booking in hand: it is confirmed as if the money had arrived.

    Confirmed already, nothing changes. Raises `BookingNotFoundError`, `HoldOverError`.
    """
    await get_own(session, booking_id=booking_id, producer_id=producer_id)
    booking = await settlement.lock_booking(session, booking_id)
    if booking.state is BookingState.CONFIRMED:
        return booking
    payment = await payments.find_payment(session, payable_kind=PayableKind.BOOKING, payable_id=booking_id)
    if payment is None or booking_state_at(booking, now) is not BookingState.ON_HOLD:
        raise HoldOverError(is_paid=booking.state is BookingState.REDEEMED)
    await cash.keep(session, booking, payment, producer_id, now=now)
    return await bookings.get_booking(session, booking_id)


async def list_held(
    session: AsyncSession, departure_ids: Collection[UUID], *, now: datetime
) -> dict[UUID, list[Held]]:
    """List the parties of departures that hold seats and pay for themselves, by departure."""
    found = [
        booking
        for booking in await booking_repository.list_visitors(session, departure_ids, [BookingState.ON_HOLD])
        if booking.operator_id is None and booking_state_at(booking, now) is BookingState.ON_HOLD
    ]
    items: dict[UUID, list[tuple[UnitItem, TourUnit]]] = {booking.id: [] for booking in found}
    for item, unit in await booking_repository.list_items(session, items.keys()):
        items[item.booking_id].append((item, unit))
    held: dict[UUID, list[Held]] = {departure_id: [] for departure_id in departure_ids}
    for booking in found:
        held[booking.departure_id].append(Held(booking, items[booking.id]))
    return held
