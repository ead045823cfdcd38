"""The OCTO API's bookings: what is asked for is held, confirmed, changed and cancelled as the web does (OCTO.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.bulk import insert_all
from app.core.errors import AppError
from app.core.ids import uuid7
from app.core.phone import PhoneError, parse_phone
from storefront.octo import errors, offered, repository
from storefront.octo.caller import Caller
from storefront.octo.models import ResellerBooking, ResellerItem
from storefront.octo.reading import ItemWish, read_uuid
from storefront.octo.repository import Filter
from storefront.octo.writing import Told
from storefront.operators import service as operators
from storefront.operators.models import Operator
from storefront.tours import bookings, cancelling, changing, departures, holding, settlement
from storefront.tours import service as tours
from storefront.tours.errors import BookingNotFoundError
from storefront.tours.models import Booking, BookingState, TourUnit, UnitItem
from storefront.tours.schemas import NewBooking
from storefront.tours.service import Offer
from storefront.tours.states import booking_state_at, last_booking_at

LONGEST_HOLD = timedelta(hours=2)
"""From the reservation on, however often it is extended."""
MOST_BOOKINGS = 500
_NAME_LENGTH = 80
LANGUAGE = "vi"


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """What a reservation asks for; ids as they came."""

    product_id: str
    option_id: str
    availability_id: str
    items: Sequence[ItemWish]
    uuid: UUID
    minutes: int | None
    reference: str | None
    notes: str | None
    contact: Mapping[str, Any]


@dataclass(frozen=True)
class Own:
    """A booking of the operator that asks, locked, with what was said of it."""

    booking: Booking
    said: ResellerBooking


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a change asks for; None is left as it is."""

    product_id: str | None = None
    option_id: str | None = None
    availability_id: str | None = None
    items: Sequence[ItemWish] | None = None
    minutes: int | None = None
    reference: str | None = None
    notes: str | None = None
    contact: Mapping[str, Any] | None = None


async def reserve(
    session: AsyncSession, caller: Caller, wish: Reservation, *, secret: bytes, now: datetime
) -> Told:
    """Hold the seats of a party; the same uuid again answers the first booking, whatever else it says.

    Raises `OctoError`, and what `bookings.create_booking` raises; after one of them the caller rolls back.
    """
    said: list[ResellerBooking] = []
    try:
        return await _reserve(session, caller, wish, said, secret=secret, now=now)
    except (errors.OctoError, AppError):
        # Refused for what the first sending of this very uuid took, maybe this instant? Only a repeat is asked for here:
        # what was made above and refused is ours alone, and goes with the transaction.
        known = None if said else await _find_known(session, caller, wish.uuid)
        if known is None:
            raise
        return (await tell(session, [known], now=now))[0]


async def _reserve(
    session: AsyncSession,
    caller: Caller,
    wish: Reservation,
    said: list[ResellerBooking],
    *,
    secret: bytes,
    now: datetime,
) -> Told:
    """The same, and `said` is filled by what was made here."""
    product, seats = await offered.get_date(session, caller, wish.product_id, wish.availability_id, now=now)
    offer = offered.get_offer(product, wish.option_id)
    units = _count_units(offer, wish.items)
    if seats is None:
        raise errors.invalid_availability(wish.availability_id)
    items: list[tuple[UnitItem, TourUnit, ResellerItem]] = []

    async def keep(booking: Booking, tickets: Sequence[tuple[UnitItem, TourUnit]]) -> None:
        said.append(_say(caller, wish, booking, now))
        items.extend(_name_items(tickets, wish.items, now=now))
        await insert_all(session, said)
        await insert_all(session, [named for _item, _unit, named in items])

    booking = await bookings.hold(
        session,
        booking=NewBooking(
            id=wish.uuid,
            departure_id=seats.departure.id,
            units=units,
            contact_name=_name_of(wish.contact, caller.operator),
            contact_phone=_phone_of(wish.contact, caller.operator),
            note=wish.notes or "",
        ),
        tour=product.tour,
        free=seats,
        wish=bookings.match(
            product.offers, units, operators.terms_of(caller.operator), on=seats.departure.local_on
        ),
        secret=secret,
        person_id=None,
        language=LANGUAGE,
        now=now,
        until=min(now + _hold_of(wish.minutes), last_booking_at(product.tour, seats.departure)),
        keep=keep,
    )
    if booking.operator_id != caller.operator.id:
        raise errors.unprocessable("uuid: this uuid is taken")
    if not said:  # the same uuid was faster
        return (await tell(session, [booking], now=now))[0]
    # The counter is held until the reply is written, so nothing is asked for again: what others took since the look above
    # is told by the next look, as what they take after this reply is.
    return Told(
        booking=booking,
        said=said[0],
        tour=product.tour,
        offers=product.offers,
        starts=product.starts,
        seats=replace(seats, left=seats.left - booking.heads),
        items=items,
    )


def _say(caller: Caller, wish: Reservation, booking: Booking, now: datetime) -> ResellerBooking:
    return ResellerBooking(
        id=uuid7(),
        booking_id=booking.id,
        operator_id=caller.operator.id,
        key_id=caller.key_id,
        reference=wish.reference,
        notes=wish.notes,
        contact=dict(wish.contact),
        cancel_reason=None,
        changed_at=now,
        created_at=now,
    )


async def _find_known(session: AsyncSession, caller: Caller, booking_id: UUID) -> Booking | None:
    try:
        known = await bookings.get_booking(session, booking_id)
    except BookingNotFoundError:
        return None
    if known.operator_id != caller.operator.id:
        raise errors.unprocessable("uuid: this uuid is taken")
    return known


def _hold_of(minutes: int | None) -> timedelta:
    return bookings.HOLD if minutes is None else min(timedelta(minutes=minutes), LONGEST_HOLD)


def _count_units(offer: Offer, items: Sequence[ItemWish]) -> dict[UUID, int]:
    units: dict[UUID, int] = {}
    for item in items:
        unit = offered.get_unit(offer, item.unit_id)
        units[unit.id] = units.get(unit.id, 0) + 1
    return units


def _name_of(contact: Mapping[str, Any], operator: Operator) -> str:
    """Who comes, as the host reads it: the guest, or the operator while nobody is named."""
    parts = " ".join(filter(None, (contact.get("firstName"), contact.get("lastName"))))
    return (contact.get("fullName") or parts or operator.name).strip()[:_NAME_LENGTH] or operator.name


def _phone_of(contact: Mapping[str, Any], operator: Operator) -> str:
    """Whom the host calls: the guest, or the operator; nobody when neither has a number."""
    try:
        return parse_phone(contact.get("phoneNumber") or "")
    except PhoneError:
        return operator.phone or ""


def _name_items(
    free: Sequence[tuple[UnitItem, TourUnit]], wishes: Sequence[ItemWish], *, now: datetime
) -> list[tuple[UnitItem, TourUnit, ResellerItem]]:
    """Give new tickets the names that their reseller asked for, in its order."""
    left = list(free)
    named = []
    for wish in wishes:
        item, unit = next(one for one in left if str(one[0].unit_id) == wish.unit_id.lower())
        left.remove((item, unit))
        row = ResellerItem(
            id=uuid7(),
            item_id=item.id,
            uuid=wish.uuid or uuid4(),
            reference=wish.reference,
            contact=dict(wish.contact),
            created_at=now,
        )
        named.append((item, unit, row))
    return named


async def get_own(session: AsyncSession, caller: Caller, uuid: str) -> Booking:
    """Get a booking of this operator; another's does not exist for it (`OctoError`)."""
    booking_id = read_uuid(uuid, errors.invalid_booking)
    if await repository.find_reseller_booking(session, booking_id, caller.operator.id) is None:
        raise errors.invalid_booking(uuid)
    return await bookings.get_booking(session, booking_id)


async def is_reserved_by_key(session: AsyncSession, booking_id: UUID) -> bool:
    """Whether a booking came by a key: its reseller names its tickets."""
    return await repository.has_reseller_booking(session, booking_id)


async def lock_own(session: AsyncSession, caller: Caller, uuid: str) -> Own:
    """The same, locked; what was said of it changes only under this lock."""
    booking_id = read_uuid(uuid, errors.invalid_booking)
    locked = await repository.lock_booking(session, booking_id, caller.operator.id)
    if locked is None:
        raise errors.invalid_booking(uuid)
    return Own(*locked)


async def list_own(session: AsyncSession, caller: Caller, wanted: Filter) -> list[Booking]:
    """List this operator's bookings, the oldest first."""
    return await repository.list_bookings(session, caller.operator.id, wanted, limit=MOST_BOOKINGS)


async def confirm(session: AsyncSession, caller: Caller, own: Own, change: Change, *, now: datetime) -> Told:
    """Confirm a hold on the operator's account, with the party as it is now; confirmed already, nothing changes."""
    state = booking_state_at(own.booking, now)
    if state not in {BookingState.ON_HOLD, BookingState.CONFIRMED}:
        raise errors.unprocessable(f"the booking is {state.value.upper()}")
    if state is BookingState.ON_HOLD and change.items is not None:
        # Another party takes the counter before the booking is sold, and the account comes before any counter.
        await operators.lock_account(session, caller.operator.id)
        await _apply_party(session, caller, own.booking, change, now=now)
    [told] = await tell(session, [own.booking], now=now)
    if state is BookingState.ON_HOLD:
        _apply_words(caller, own, change, now=now)
        await settlement.confirm_held(session, told.party, now=now)
    return told


async def extend(session: AsyncSession, own: Own, minutes: int | None, *, now: datetime) -> Booking:
    """Hold the seats longer, by the minutes that are asked for from now on, LONGEST_HOLD after the reservation at most."""
    if booking_state_at(own.booking, now) is not BookingState.ON_HOLD:
        raise errors.unprocessable("only a booking ON_HOLD is extended")
    own.said.changed_at = now
    return await _extend(session, own.booking, minutes, now=now)


async def _extend(session: AsyncSession, booking: Booking, minutes: int | None, *, now: datetime) -> Booking:
    party = await bookings.get_party(session, booking)
    until = min(
        now + _hold_of(minutes),
        booking.created_at + LONGEST_HOLD,
        last_booking_at(party.tour, party.departure),
    )
    return await holding.extend_hold(session, booking_id=booking.id, until=until, now=now)


async def update(
    session: AsyncSession, caller: Caller, own: Own, change: Change, *, now: datetime
) -> Booking:
    """Change a booking before or after it was confirmed, as long as it can be cancelled."""
    booking = own.booking
    party = await bookings.get_party(session, booking)
    reason = cancelling.why_not(booking, party.tour, party.departure, now=now)
    if reason is not None or any(item.redeemed_at for item, _unit in party.items):
        raise errors.unprocessable("the booking cannot be changed any more")
    await _apply_party(session, caller, booking, change, now=now)
    _apply_words(caller, own, change, now=now)
    if change.minutes is not None and booking.state is BookingState.ON_HOLD:
        await _extend(session, booking, change.minutes, now=now)
    return booking


async def cancel(session: AsyncSession, own: Own, reason: str | None, *, now: datetime) -> Booking:
    """Give the seats back, and take back what was sold; cancelled already, nothing changes."""
    booking, said = own.booking, own.said
    if booking.state is not BookingState.CANCELLED:
        said.cancel_reason, said.changed_at = reason, now
    party = await bookings.get_party(session, booking)
    if any(item.redeemed_at for item, _unit in party.items):
        raise errors.unprocessable("guests have come in, the booking cannot be cancelled any more")
    return await cancelling.cancel_booking(session, booking_id=booking.id, now=now)


def _apply_words(caller: Caller, own: Own, change: Change, *, now: datetime) -> None:
    """Change what was said of a locked booking."""
    booking, said = own.booking, own.said
    if change.reference is not None:
        said.reference = change.reference
    if change.notes is not None:
        said.notes = booking.note = change.notes
    if change.contact is not None:
        said.contact = {**said.contact, **change.contact}
        booking.contact_name = _name_of(said.contact, caller.operator)
        booking.contact_phone = _phone_of(said.contact, caller.operator)
    said.changed_at = now


async def _apply_party(
    session: AsyncSession, caller: Caller, booking: Booking, change: Change, *, now: datetime
) -> None:
    if (change.product_id, change.option_id, change.availability_id, change.items) == (None,) * 4:
        return
    product = await offered.get_product(session, change.product_id or str(booking.tour_id), now=now)
    is_other = product.tour.id != booking.tour_id
    if is_other and change.option_id is None:
        raise errors.invalid_option("")
    if is_other and change.availability_id is None:
        raise errors.invalid_availability("")
    offer = offered.get_offer(product, change.option_id or str(booking.option_id))
    departure_id = booking.departure_id
    if change.availability_id is not None:
        seats = await offered.get_seats(session, caller, product.tour, change.availability_id, now=now)
        departure_id = seats.departure.id
    if change.items is None:
        if offer.option.id != booking.option_id:
            raise errors.unprocessable("unitItems: another option has other units")
        await changing.change_day(
            session,
            booking_id=booking.id,
            departure_id=departure_id,
            terms=operators.terms_of(caller.operator),
            now=now,
        )
        return
    await _exchange_items(
        session, caller, booking, offer=offer, departure_id=departure_id, wishes=change.items, now=now
    )


async def _exchange_items(
    session: AsyncSession,
    caller: Caller,
    booking: Booking,
    *,
    offer: Offer,
    departure_id: UUID,
    wishes: Sequence[ItemWish],
    now: datetime,
) -> None:
    units = _count_units(offer, wishes)
    there = [
        (item, named) for _said, item, _unit, named in await repository.list_items(session, [booking.id])
    ]
    kept: dict[UUID, ItemWish] = {}
    new: list[ItemWish] = []
    # Who is named stays who they are; the others are taken in their order.
    for wish in sorted(wishes, key=lambda one: one.uuid is None):
        match = next(
            (
                item.id
                for item, named in there
                if item.id not in kept
                and str(item.unit_id) == wish.unit_id.lower()
                and wish.uuid in {None, named.uuid}
            ),
            None,
        )
        if match is None:
            new.append(wish)
        else:
            kept[match] = wish
    await changing.change_party(
        session,
        booking_id=booking.id,
        departure_id=departure_id,
        units=units,
        kept=kept.keys(),
        terms=operators.terms_of(caller.operator),
        now=now,
    )
    for item, named in there:
        if item.id in kept:
            wish = kept[item.id]
            named.reference = wish.reference or named.reference
            named.contact = {**named.contact, **wish.contact}
    party = await bookings.get_party(session, booking)
    free = [(item, unit) for item, unit in party.items if item.id not in kept]
    session.add_all(named for _item, _unit, named in _name_items(free, new, now=now))
    await session.flush()


async def tell(session: AsyncSession, found: Sequence[Booking], *, now: datetime) -> list[Told]:
    """Gather all that is told of an operator's bookings, in their order; how many queries does not depend on how many."""
    ids = [booking.id for booking in found]
    tour_ids = {booking.tour_id for booking in found}
    seats = await departures.get_seats(
        session,
        {booking.departure_id for booking in found},
        now=now,
        operator_id=next((booking.operator_id for booking in found), None),
    )
    offers = await tours.list_offers(session, tour_ids, with_inactive=True)
    starts = await departures.list_start_times(session, tour_ids, now=now)
    said: dict[UUID, ResellerBooking] = {}
    items: dict[UUID, list[tuple[UnitItem, TourUnit, ResellerItem]]] = {one: [] for one in ids}
    for of_booking, item, unit, named in await repository.list_items(session, ids):
        said[item.booking_id] = of_booking
        items[item.booking_id].append((item, unit, named))
    told = []
    for booking in found:
        tour, left = seats[booking.departure_id]
        told.append(
            Told(
                booking=booking,
                said=said[booking.id],
                tour=tour,
                offers=offers[tour.id],
                starts=starts.get(tour.id, []),
                seats=left,
                items=items[booking.id],
            )
        )
    return told
