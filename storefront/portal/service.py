"""What a clerk does for guests: the same bookings, holds and counter as by OCTO, in a few taps (BOOKINGS.md, 20 and 78)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from storefront.octo import service as octo
from storefront.operators import service as operators
from storefront.operators.members import Clerk
from storefront.operators.service import Terms
from storefront.portal import repository
from storefront.portal.errors import KeptElsewhereError
from storefront.tours import allotments, bookings, cancelling, changing, departures, moving, settlement
from storefront.tours import service as tours
from storefront.tours.allotments import Held
from storefront.tours.departures import Seats
from storefront.tours.errors import BookingNotFoundError, NotMovableError, TourNotFoundError
from storefront.tours.models import (
    Booking,
    BookingState,
    Departure,
    Tour,
    TourUnit,
    UnitItem,
)
from storefront.tours.schemas import NewBooking
from storefront.tours.service import Offer
from storefront.tours.states import TICKETED, last_booking_at

HOLD = octo.LONGEST_HOLD
"""As long as a system may hold: time enough to ask the guests."""
COMING = (BookingState.ON_HOLD, *TICKETED)
LANGUAGE = "vi"


@dataclass(frozen=True)
class Visit:
    """A visit that can be sold: what of it, and the next date with room; None without one."""

    tour: Tour
    offers: Sequence[Offer]
    soonest: Seats | None


@dataclass(frozen=True)
class Day:
    """A date with room for the operator, and what of it is held for it."""

    seats: Seats
    held: Held | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What another party, day or name is asked for; `units` of None: the people stay who they are."""

    departure_id: UUID
    units: Mapping[UUID, int] | None
    contact_name: str
    contact_phone: str
    note: str


@dataclass(frozen=True)
class Group:
    """The operator's own guests on one departure."""

    departure: Departure
    tour: Tour
    parties: list[tuple[Booking, list[tuple[UnitItem, TourUnit]]]]

    @property
    def heads(self) -> int:
        """How many people come."""
        return sum(booking.heads for booking, _items in self.parties)


def terms_of(clerk: Clerk) -> Terms:
    """On which terms a clerk books."""
    return operators.terms_of(clerk.operator)


async def list_visits(session: AsyncSession, clerk: Clerk, *, now: datetime) -> list[Visit]:
    """List the visits that are sold, with the next date that has room for this operator."""
    found = await tours.list_published(session)
    offers = await tours.list_offers(session, [tour.id for tour in found])
    seats = await departures.list_seats(session, found, now=now, operator_id=clerk.operator.id)
    soonest = {one.departure.tour_id: one for one in reversed(seats) if one.is_open and one.left}
    return [Visit(tour, offers[tour.id], soonest.get(tour.id)) for tour in found if offers[tour.id]]


async def get_visit(session: AsyncSession, tour_id: UUID) -> tuple[Tour, Sequence[Offer]]:
    """Get a visit that is sold; raises `TourNotFoundError`."""
    tour = await tours.get_tour(session, tour_id)
    offers = (await tours.list_offers(session, [tour_id]))[tour_id]
    if not tour.is_published or not offers:
        raise TourNotFoundError
    return tour, offers


async def list_days(session: AsyncSession, clerk: Clerk, tour: Tour, *, now: datetime) -> list[Day]:
    """List the dates of a visit that have room for this operator, the next first."""
    operator_id = clerk.operator.id
    found = [
        one
        for one in await departures.list_seats(session, [tour], now=now, operator_id=operator_id)
        if one.is_open and one.left
    ]
    ids = [one.departure.id for one in found]
    held = await allotments.list_held(session, ids, now=now, operator_id=operator_id)
    return [Day(one, next(iter(held[one.departure.id]), None)) for one in found]


async def hold(
    session: AsyncSession, clerk: Clerk, wish: NewBooking, *, secret: bytes, now: datetime
) -> Booking:
    """Hold the seats of a party in the name of a guest; the same id again answers the first booking.

    Raises what `bookings.create_booking` raises, and `CreditLimitError` for what could not be confirmed; after one of
    them the caller rolls back. Of another operator's id `BookingNotFoundError`.
    """
    departure = await departures.get_departure(session, wish.departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    asked = await bookings.read_wish(session, tour, wish.units, terms_of(clerk))
    # Said before the seats are held: whoever may not buy learns it before the guests are promised anything.
    await operators.check_credit(session, clerk.operator, asked.total_minor)
    made = await bookings.create_booking(
        session,
        booking=wish,
        secret=secret,
        person_id=None,
        language=LANGUAGE,
        now=now,
        terms=terms_of(clerk),
        until=min(now + HOLD, last_booking_at(tour, departure)),
    )
    return await get_own(session, clerk, made.id)


async def get_own(session: AsyncSession, clerk: Clerk, booking_id: UUID) -> Booking:
    """Get a booking of this operator; another's raises `BookingNotFoundError` too."""
    booking = await repository.find_booking(session, booking_id, clerk.operator.id)
    if booking is None:
        raise BookingNotFoundError
    return booking


async def confirm(session: AsyncSession, clerk: Clerk, booking_id: UUID, *, now: datetime) -> Booking:
    """Sell what is held on the operator's account; sold already, nothing changes.

    Raises `TransitionError` when the hold has ended, `CreditLimitError`; after one of them the caller rolls back.
    """
    booking = await get_own(session, clerk, booking_id)
    return await settlement.confirm_on_account(session, booking_id=booking.id, now=now)


async def cancel(
    session: AsyncSession, clerk: Clerk, booking_id: UUID, *, now: datetime, promised_minor: int | None = None
) -> Booking:
    """Give seats back, and take back what was sold but for what the terms leave to the producer.

    `promised_minor` is what the page said would come off the account. Raises `NotCancellableError` with the reason, also
    when it is less by now.
    """
    booking = await get_own(session, clerk, booking_id)
    return await cancelling.cancel_booking(
        session, booking_id=booking.id, promised_minor=promised_minor, now=now
    )


def is_reached_by(clerk: Clerk, booking: Booking) -> bool:
    """Whether a guest gave no number, and is reached by the operator's."""
    return booking.contact_phone in {"", clerk.operator.phone}


async def is_kept_elsewhere(session: AsyncSession, booking: Booking) -> bool:
    """Whether the operator's own system made a booking."""
    return await octo.is_reserved_by_key(session, booking.id)


async def change(
    session: AsyncSession, clerk: Clerk, booking_id: UUID, wish: Change, *, now: datetime
) -> Booking:
    """Let another party come, on another day or by another name, as long as it could be cancelled.

    Raises `NotMovableError` with the reason, `KeptElsewhereError`, and what `changing.change_day` and `changing.change_party`
    raise; then the caller rolls back.
    """
    await settlement.lock_booking(session, (await get_own(session, clerk, booking_id)).id)
    booking = await get_own(session, clerk, booking_id)
    party = await bookings.get_party(session, booking)
    # Asked here too: to the day that it has nobody moves, whatever became of the booking.
    reason = moving.why_not(booking, party.tour, party.departure, now=now)
    if reason is not None:
        raise NotMovableError(reason)
    items = party.items
    there = Counter(item.unit_id for item, _unit in items)
    asked = None if wish.units is None else Counter(dict(wish.units))
    if asked is None or asked == there:
        await changing.change_day(
            session,
            booking_id=booking.id,
            departure_id=wish.departure_id,
            terms=terms_of(clerk),
            now=now,
        )
    else:
        if await is_kept_elsewhere(session, booking):
            raise KeptElsewhereError
        await changing.change_party(
            session,
            booking_id=booking.id,
            departure_id=wish.departure_id,
            units=asked,
            kept=_keep(items, asked),
            terms=terms_of(clerk),
            now=now,
        )
    if not await is_kept_elsewhere(session, booking):
        booking.contact_name, booking.contact_phone = wish.contact_name, wish.contact_phone
        booking.note = wish.note
    await session.flush()
    return booking


def _keep(items: Sequence[tuple[UnitItem, TourUnit]], asked: Mapping[UUID, int]) -> list[UUID]:
    """The tickets that stay: as many of each price type as are asked for, those that came first."""
    left = Counter(dict(asked))
    kept = []
    for item, _unit in items:
        if left[item.unit_id] > 0:
            left[item.unit_id] -= 1
            kept.append(item.id)
    return kept


async def list_coming(
    session: AsyncSession, clerk: Clerk, *, now: datetime
) -> list[tuple[Booking, Departure, Tour]]:
    """List the operator's bookings from today on that are held or sold, the next first; a hold that is over is gone."""
    rows = await repository.list_bookings(session, clerk.operator.id, states=COMING, from_on=today(now))
    return [row for row in rows if row[0].state is not BookingState.ON_HOLD or row[0].expires_at > now]


async def list_day(session: AsyncSession, clerk: Clerk, on: date) -> list[Group]:
    """List who of the operator's guests comes on a day, departure by departure: those with tickets, nobody else's."""
    rows = await repository.list_bookings(
        session, clerk.operator.id, states=TICKETED, from_on=on, until_on=on
    )
    groups: dict[UUID, Group] = {}
    found = await bookings.list_items(session, [booking.id for booking, _departure, _tour in rows])
    for booking, departure, tour in rows:
        group = groups.setdefault(departure.id, Group(departure, tour, []))
        group.parties.append((booking, found[booking.id]))
    return list(groups.values())
