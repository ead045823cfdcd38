"""Another party: what an operator holds or has changes its people, its day or its tour, whole or not at all (BOOKINGS.md, 23)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from storefront.operators import service as operators
from storefront.operators.service import Terms
from storefront.tours import (
    booking_repository,
    bookings,
    cancelling,
    departure_repository,
    departures,
    gate_repository,
    moving,
    seats,
    settlement,
)
from storefront.tours import service as tours
from storefront.tours import terms as tour_terms
from storefront.tours.errors import NotBookableError, NotMovableError
from storefront.tours.models import Booking, BookingState, Departure, Tour, TourUnit, UnitItem
from storefront.tours.states import is_bookable
from storefront.tours.symbols import WHOLE
from storefront.tours.words import say_when


async def change_party(
    session: AsyncSession,
    *,
    booking_id: UUID,
    departure_id: UUID,
    units: Mapping[UUID, int],
    kept: Collection[UUID],
    terms: Terms,
    now: datetime,
) -> Booking:
    """Let another party come, or on another tour: `units` is all of it, `kept` the tickets that stay as they are.

    Tickets that stay keep their price and code, others cost what they cost today. What was sold is taken back and sold
    anew. Raises `NotMovableError` with the reason, `DepartureNotFoundError`, `NotBookableError`, `PartyError`,
    `SoldOutError` (with the seats left); after one of them the caller rolls back.
    """
    booking = await settlement.lock_booking(session, booking_id)
    before, old_tour = await booking_repository.get_departure(session, booking)
    reason = moving.why_not(booking, old_tour, before, now=now)
    if reason is not None:
        raise NotMovableError(reason)
    items = [item for item, _unit in await booking_repository.list_items(session, [booking.id])]
    # Let in on a wrong day uses no ticket up, and yet there is a scan that names it.
    was_scanned = bool(await gate_repository.list_entries(session, {booking.id}))
    if booking.operator_id is None or was_scanned or any(item.redeemed_at for item in items):
        raise NotMovableError(_("Lần đặt này không đổi được nữa."))
    after = await departures.get_departure(session, departure_id)
    tour = await tours.get_tour(session, after.tour_id)
    wish = await bookings.read_wish(session, tour, units, terms, on=after.local_on)
    # A day that is not sold any more keeps whoever had booked; it takes nobody besides.
    is_new = before.id != after.id or wish.heads > booking.heads
    if is_new and (not is_bookable(tour, after, now) or moving.outlives(booking, tour, after)):
        raise NotBookableError
    leaving = (
        cancelling.say_left(booking, old_tour, before) if old_tour.producer_id != tour.producer_id else None
    )
    if booking.state is BookingState.CONFIRMED:
        await operators.take_back(session, booking_id=booking.id, now=now)
    await _price_anew(session, items, (before, after), terms)
    # Its row is written once before the counters are locked: written again it would share its departure's row.
    total = await _exchange(session, booking, items, wish, kept=kept, now=now)
    heads = booking.heads
    booking.tour_id, booking.option_id = tour.id, wish.option.id
    booking.heads, booking.total_minor = wish.heads, total
    if tour.id != old_tour.id:
        booking.cancellation_steps = tour_terms.spell(tour_terms.steps_of(tour))
    await session.flush()
    if booking.state is BookingState.CONFIRMED:
        await settlement.issue_tickets(session, booking)
        await settlement.sell_on_account(session, booking, tour, now=now)
        await _tell_hosts(session, booking, tour, after, now=now)
        if leaving is not None:
            await settlement.tell_hosts(
                session, old_tour, before, kind="booking_cancelled", text=leaving, now=now
            )
    await _change_seats(session, booking, before, heads, after, now=now)
    # Behind the counters' locks: to point to a departure shares its row, and two who share it cannot both lock it.
    booking.departure_id = after.id
    if booking.state is BookingState.CONFIRMED and before.id != after.id:
        await gate_repository.leave_departure(session, departure_id=before.id, booking_id=booking.id, now=now)
    await session.flush()
    for tour_id in sorted({old_tour.id, tour.id}):
        await tours.refresh(session, tour_id)
    return booking


async def change_day(
    session: AsyncSession, *, booking_id: UUID, departure_id: UUID, terms: Terms, now: datetime
) -> Booking:
    """Let an operator's party come on another day as it is, at what its tickets cost on that day (88).

    Raises what `moving.move` and `change_party` raise; after one of them the caller rolls back.
    """
    booking = await settlement.lock_booking(session, booking_id)
    before, _tour = await booking_repository.get_departure(session, booking)
    after = await departures.get_departure(session, departure_id)
    items = [item for item, _unit in await booking_repository.list_items(session, [booking.id])]
    if not await _list_repriced(session, items, (before, after)):
        return await moving.move(session, booking_id=booking_id, departure_id=departure_id, now=now)
    return await change_party(
        session,
        booking_id=booking_id,
        departure_id=departure_id,
        units=Counter(item.unit_id for item in items),
        kept=[item.id for item in items],
        terms=terms,
        now=now,
    )


async def _price_anew(
    session: AsyncSession, items: Collection[UnitItem], days: tuple[Departure, Departure], terms: Terms
) -> None:
    """Tickets that stay cost what the new day costs, where the price lists of their tour tell the two days apart."""
    for item, price in await _list_repriced(session, items, days):
        item.price_minor = terms.net_minor(price)


async def _list_repriced(
    session: AsyncSession, items: Collection[UnitItem], days: tuple[Departure, Departure]
) -> list[tuple[UnitItem, int]]:
    """List the tickets that cost visitors another price on the new day of their tour, with that price."""
    before, after = days
    if before.tour_id != after.tour_id or before.local_on == after.local_on:
        return []
    offers = (await tours.list_offers(session, [after.tour_id], with_inactive=True))[after.tour_id]
    priced = {unit.id: (offer, unit) for offer in offers for unit in offer.units}
    found = []
    for item in items:
        offer, unit = priced[item.unit_id]
        price = offer.price_minor(unit, after.local_on)
        if price != offer.price_minor(unit, before.local_on):
            found.append((item, price))
    return found


async def _exchange(
    session: AsyncSession,
    booking: Booking,
    items: Collection[UnitItem],
    wish: bookings.Wish,
    *,
    kept: Collection[UUID],
    now: datetime,
) -> int:
    """Take off the tickets that do not stay and write those that come; answers what all of them cost, in đồng."""
    wanted: dict[UUID, tuple[TourUnit, int]] = {unit.id: (unit, count) for unit, count in wish.units}
    staying = [item for item in items if item.id in kept and item.unit_id in wanted]
    there = Counter(item.unit_id for item in staying)
    total = sum(item.price_minor for item in staying)
    for item in items:
        if item not in staying:
            await session.delete(item)
    for unit, count in wanted.values():
        price = wish.price_minor(unit)
        for _number in range(count - there[unit.id]):
            if booking.tickets_made >= WHOLE:
                raise NotMovableError(_("Lần đặt này đã đổi quá nhiều lần. Bạn hủy rồi đặt lại nhé."))
            place = booking.tickets_made
            session.add(bookings.make_item(booking.id, unit, place=place, price_minor=price, now=now))
            booking.tickets_made = place + 1
            total += price
    return total


async def _change_seats(
    session: AsyncSession, booking: Booking, before: Departure, heads: int, after: Departure, *, now: datetime
) -> None:
    """Take the seats that a booking wants now and give back those that were; both counters are locked in one order."""
    await departure_repository.lock_departures(session, {before.id, after.id})
    more = booking.heads - heads if before.id == after.id else booking.heads
    if more > 0 and not await bookings.take_seats(
        session,
        after.id,
        more,
        booking_id=booking.id,
        party=booking.heads,
        now=now,
        operator_id=booking.operator_id,
        is_late=True,
    ):
        raise await bookings.refuse(session, after.id, booking=booking, now=now)
    less = -more if before.id == after.id else heads
    if less > 0:
        await seats.give_back(session, before.id, less)


async def _tell_hosts(
    session: AsyncSession, booking: Booking, tour: Tour, departure: Departure, *, now: datetime
) -> None:
    text = _(
        "Khách đổi: %(name)s nay là %(heads)s người, %(tour)s, %(when)s.",
        name=booking.contact_name,
        heads=booking.heads,
        tour=tour.title,
        when=say_when(tour, departure),
    )
    await settlement.tell_hosts(session, tour, departure, kind="booking_changed", text=text, now=now)
