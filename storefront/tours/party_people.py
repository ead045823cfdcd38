"""Who of a party comes: its guest takes people off and adds others (BOOKINGS.md, 115 to 118)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import Text, _
from app.core.money import format_dong
from app.notices import service as notices
from producers.listings.models import TaxKind
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import (
    bookings,
    cancelling,
    departure_repository,
    entries,
    gate_repository,
    seats,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours.bookings import Party
from storefront.tours.errors import NotBookableError, NotMovableError, PartyError
from storefront.tours.models import Booking, BookingState, Departure, Tour, TourUnit, UnitItem
from storefront.tours.schemas import NewBooking
from storefront.tours.states import is_bookable
from storefront.tours.symbols import WHOLE
from storefront.tours.words import say_when


def why_not(party: Party, *, now: datetime) -> Text | None:
    """Say why a party cannot change its people now; None when it can."""
    if is_held_by_extras(party, now=now):
        return _("Nhóm đã chọn món thêm. Bạn bỏ món ra trước, rồi thêm bớt người nhé.")
    return cancelling.why_bound(party.booking, party.tour, party.departure, now=now)


def is_held_by_extras(party: Party, *, now: datetime) -> bool:
    """Whether nothing but its add-ons keeps a party from changing its people."""
    reason = cancelling.why_bound(party.booking, party.tour, party.departure, now=now)
    return reason is None and bool(party.extras)


async def change_people(
    session: AsyncSession,
    *,
    booking_id: UUID,
    leaving: Collection[int],
    added: Mapping[UUID, int],
    seen: int,
    added_id: UUID,
    secret: bytes,
    now: datetime,
) -> Booking:
    """Take the tickets at some places off a party and add people, all of it or nothing.

    Answers the party, or the booking of who was added to a paid one (`added_id`), which waits for its payment. The same
    form again changes nothing: places that are gone are passed over, and `seen` is how many tickets it had had. Raises
    `NotMovableError` with the reason, `PartyError`, `NotBookableError`, `SoldOutError` (with the seats left), and
    ConflictError once its payment does not change any more; after one of them the caller rolls back.
    """
    booking = await settlement.lock_booking(session, booking_id)
    party = await bookings.get_party(session, booking)
    departure, tour = party.departure, party.tour
    reason = why_not(party, now=now)
    if reason is not None:
        raise NotMovableError(reason)
    tickets = await entries.list_tickets(session, booking.id)
    # Let in on a wrong day uses no ticket up, and yet there is a scan that names it.
    if any(item.redeemed_at for item in tickets) or await gate_repository.list_entries(session, {booking.id}):
        raise NotMovableError(_("Đã có người vào cổng, nên lần đặt này không đổi được nữa."))
    gone = [item for item in tickets if item.place in leaving]
    if len(gone) == len(tickets):
        raise PartyError(_("Phải còn ít nhất một người đi. Không ai đi nữa thì bạn hủy nhé."))
    if booking.state is BookingState.ON_HOLD:
        more = added if seen == booking.tickets_made else {}
        await _change_hold(session, booking, tour, departure, tickets=tickets, gone=gone, added=more, now=now)
        return booking
    if gone:
        await _let_go(session, booking, tour, departure, gone, now=now)
    if not added:
        return booking
    wish = NewBooking(
        id=added_id,
        departure_id=departure.id,
        units=added,
        contact_name=booking.contact_name,
        contact_phone=booking.contact_phone,
    )

    async def join(made: Booking, _items: object) -> None:
        made.joins_id = booking.joins_id or booking.id

    return await bookings.create_booking(
        session,
        booking=wish,
        secret=secret,
        person_id=booking.person_id,
        language=booking.language,
        now=now,
        keep=join,
        # Seats that were given back above are in hand: no hold that somebody works on is waited for.
        is_late=bool(gone),
    )


async def _change_hold(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    departure: Departure,
    *,
    tickets: Sequence[UnitItem],
    gone: Sequence[UnitItem],
    added: Mapping[UUID, int],
    now: datetime,
) -> None:
    """Change a locked hold: its tickets, its sum and payment, then its seats."""
    stays = [item for item in tickets if item not in gone]
    new = (
        await _read_added(session, booking, tour, added, on=departure.local_on, staying=len(stays))
        if added
        else []
    )
    if not gone and not new:
        return
    if new and not is_bookable(tour, departure, now):
        raise NotBookableError
    for item in gone:
        await session.delete(item)
    for unit, price in new:
        made = bookings.make_item(booking.id, unit, place=booking.tickets_made, price_minor=price, now=now)
        session.add(made)
        booking.tickets_made += 1
    before = booking.heads
    booking.heads = sum(item.heads for item in stays) + sum(unit.pax_count for unit, _price in new)
    booking.total_minor = sum(item.price_minor for item in stays) + sum(price for _unit, price in new)
    await session.flush()
    await payments.change_amount(
        session,
        payable_kind=PayableKind.BOOKING,
        payable_id=booking.id,
        amount_minor=booking.total_minor,
        now=now,
    )
    await _change_seats(session, booking, booking.heads - before, now=now)
    await tours.refresh(session, tour.id)


async def _read_added(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    added: Mapping[UUID, int],
    *,
    on: date,
    staying: int,
) -> list[tuple[TourUnit, int]]:
    """Who comes besides, of the party's own option, at the prices of its day; raises `PartyError`."""
    wish = await bookings.read_wish(session, tour, added, on=on)
    new = wish.tickets()
    if wish.option.id != booking.option_id:
        raise PartyError(_("Mỗi lần đặt chỉ chọn vé của một gói thôi nhé."))
    if staying + len(new) > wish.option.max_units:
        raise PartyError(_("Mỗi lần đặt được nhiều nhất %(most)s vé.", most=wish.option.max_units))
    if booking.tickets_made + len(new) > WHOLE:
        raise NotMovableError(_("Lần đặt này đã đổi quá nhiều lần. Bạn hủy rồi đặt lại nhé."))
    return new


async def _change_seats(session: AsyncSession, booking: Booking, more: int, *, now: datetime) -> None:
    # The counter comes last: its row is what everybody waits for.
    await departure_repository.lock_departures(session, {booking.departure_id})
    if more > 0 and not await bookings.take_seats(
        session,
        booking.departure_id,
        more,
        booking_id=booking.id,
        party=booking.heads,
        now=now,
        is_late=True,
    ):
        raise await bookings.refuse(session, booking.departure_id, booking=booking, now=now)
    if more < 0:
        await seats.give_back(session, booking.departure_id, -more)


async def _let_go(
    session: AsyncSession,
    booking: Booking,
    tour: Tour,
    departure: Departure,
    gone: Sequence[UnitItem],
    *,
    now: datetime,
) -> None:
    """Take paid tickets off a locked party: what they cost goes back, and their seats are free."""
    heads, amount = sum(item.heads for item in gone), sum(item.price_minor for item in gone)
    who = Counter(item.unit_name for item in gone)
    for item in gone:
        await session.delete(item)
    booking.heads -= heads
    booking.returned_minor += amount
    await session.flush()
    await settlement.give_back_part(session, booking, tour, {TaxKind.SERVICES: amount}, now=now)
    await seats.give_back(session, departure.id, heads)
    await tours.refresh(session, tour.id)
    facts = {
        "name": booking.contact_name,
        "who": ", ".join(f"{number} {name}" for name, number in who.items()),
        "heads": booking.heads,
        "tour": tour.title,
        "when": say_when(tour, departure),
    }
    told = _("Khách bớt người: %(name)s bớt %(who)s, còn %(heads)s người, %(tour)s, %(when)s.", **facts)
    await settlement.tell_hosts(session, tour, departure, kind="booking_changed", text=told, now=now)
    text = _(
        "Chợ Phiên: đã bớt %(who)s, còn %(heads)s người, %(tour)s, %(when)s. Trả lại bạn %(amount)s.",
        who=facts["who"],
        heads=booking.heads,
        tour=tour.title,
        when=facts["when"],
        amount=format_dong(amount),
    )
    await notices.send_message(session, phone=booking.contact_phone, text=text, lang=booking.language)
