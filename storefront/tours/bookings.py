"""Bookings: a party holds its seats for a quarter of an hour, pays, and then has them (rules in BOOKINGS.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.i18n import _
from app.core.ids import derive_token, hash_token, new_code, uuid7, with_check
from storefront.operators.service import Terms
from storefront.payments import service as payments
from storefront.payments.models import PayableKind
from storefront.tours import (
    booking_repository,
    departure_repository,
    departures,
    deposits,
    extras,
    house_repository,
    houses,
    seats,
    sweeping,
)
from storefront.tours import service as tours
from storefront.tours import terms as tour_terms
from storefront.tours.departures import Seats
from storefront.tours.errors import (
    BookingNotFoundError,
    ExtraGoneError,
    NotBookableError,
    PartyError,
    SoldOutError,
    TakenIdError,
)
from storefront.tours.extra_models import BookingExtra
from storefront.tours.extras import Choice
from storefront.tours.models import Booking, BookingState, Departure, Tour, TourOption, TourUnit, UnitItem
from storefront.tours.schemas import NewBooking
from storefront.tours.service import Offer

HOLD = timedelta(minutes=15)
CODE_BODY = 6
_TOKEN_PURPOSE = "booking"  # noqa: S105 - names what the token opens, is no secret


@dataclass(frozen=True)
class Party:
    """A booking with where it leads to and who comes."""

    booking: Booking
    departure: Departure
    tour: Tour
    items: list[tuple[UnitItem, TourUnit]]
    extras: list[BookingExtra]


Keep = Callable[[Booking, Sequence[tuple[UnitItem, TourUnit]]], None]
"""Writes down what else belongs to a booking that was just made, with its tickets."""


@dataclass(frozen=True)
class Wish:
    """What a party asks for, found to be possible: seats aside. `terms`: on an operator's account."""

    option: TourOption
    units: list[tuple[TourUnit, int]]
    terms: Terms | None = None
    prices: Mapping[UUID, int] = field(default_factory=dict)
    """What visitors pay on the day for each unit, where a day is asked for."""
    agreed_minor: int | None = None
    """What a group pays for all of it, as its host said; None: by the price lists."""
    deposit_percent: int | None = None
    """What of that is paid at once; None: as the tour asks for it."""
    group_name: str = ""

    @property
    def heads(self) -> int:
        """How many seats it takes."""
        return sum(unit.pax_count * count for unit, count in self.units)

    @property
    def total_minor(self) -> int:
        """What it costs, in đồng."""
        if self.agreed_minor is not None:
            return self.agreed_minor
        return sum(self.price_minor(unit) * count for unit, count in self.units)

    def price_minor(self, unit: TourUnit) -> int:
        """What one ticket costs this party, in đồng."""
        retail = self.prices.get(unit.id, unit.price_minor)
        return retail if self.terms is None else self.terms.net_minor(retail)

    def tickets(self) -> list[tuple[TourUnit, int]]:
        """Each ticket with its price; what was agreed is spread over all of them, the odd đồng over the first."""
        if self.agreed_minor is None:
            return [(unit, self.price_minor(unit)) for unit, count in self.units for _number in range(count)]
        flat = [unit for unit, count in self.units for _number in range(count)]
        each, odd = divmod(self.agreed_minor, len(flat))
        return [(unit, each + (number < odd)) for number, unit in enumerate(flat)]


def _new_code() -> str:
    return with_check(new_code(CODE_BODY))


def token_of(booking: Booking, secret: bytes) -> str:
    """The token of a booking's private link."""
    return derive_token(secret, _TOKEN_PURPOSE, booking.id)


async def get_booking(session: AsyncSession, booking_id: UUID) -> Booking:
    """Get a booking as it is now; raises `BookingNotFoundError`."""
    booking = await booking_repository.find_booking(session, booking_id)
    if booking is None:
        raise BookingNotFoundError
    return booking


async def get_by_token(session: AsyncSession, token: str) -> Booking:
    """Get the booking that a private link opens; raises `BookingNotFoundError`."""
    booking = await booking_repository.find_by_token_hash(session, hash_token(token))
    if booking is None:
        raise BookingNotFoundError
    return booking


async def get_party(session: AsyncSession, booking: Booking) -> Party:
    """Get all that a ticket shows."""
    departure, tour = await booking_repository.get_departure(session, booking)
    items = await booking_repository.list_items(session, [booking.id])
    taken = (await extras.list_taken(session, [booking.id]))[booking.id]
    return Party(booking, departure, tour, items, taken)


async def create_booking(
    session: AsyncSession,
    *,
    booking: NewBooking,
    secret: bytes,
    person_id: UUID | None,
    language: str,
    now: datetime,
    make_code: Callable[[], str] = _new_code,
    terms: Terms | None = None,
    until: datetime | None = None,
    keep: Keep | None = None,
    agreed: Wish | None = None,
    is_late: bool = False,
) -> Booking:
    """Hold the seats of a whole party until HOLD is over (or `until`), and ask for its payment, or the deposit of it.

    With `terms` it is on an operator's account: nobody is asked to pay, it is confirmed by `settlement.confirm_on_account`.
    With `agreed` its price was agreed upon with the host. `keep` and `is_late` as in `hold`.
    The same id again from the same phone answers the first booking, whatever else it says. Raises `NotBookableError`, `PartyError`,
    `SoldOutError` (with the seats left), `ExtraGoneError`, `TakenIdError`, `DepartureNotFoundError`; after one of them the caller
    rolls back.
    """
    known = await booking_repository.find_booking(session, booking.id)
    if known is not None:
        return _answer(known, booking, terms)
    operator_id = terms.operator_id if terms else None
    tour, free = await departures.get_date(session, booking.departure_id, now=now, operator_id=operator_id)
    if not free.is_open:
        raise NotBookableError
    wish = agreed or await read_wish(session, tour, booking.units, terms, on=free.departure.local_on)
    return await hold(
        session,
        booking=booking,
        tour=tour,
        free=free,
        wish=wish,
        chosen=await extras.choose(session, tour.id, booking.extras, heads=wish.heads),
        secret=secret,
        person_id=person_id,
        language=language,
        now=now,
        make_code=make_code,
        until=until,
        keep=keep,
        is_late=is_late,
    )


async def hold(
    session: AsyncSession,
    *,
    booking: NewBooking,
    tour: Tour,
    free: Seats,
    wish: Wish,
    chosen: Sequence[Choice] = (),
    secret: bytes,
    person_id: UUID | None,
    language: str,
    now: datetime,
    make_code: Callable[[], str] = _new_code,
    until: datetime | None = None,
    keep: Keep | None = None,
    is_late: bool = False,
) -> Booking:
    """The same for a new party, whose wish was found to be possible on a date as it was read a moment ago.

    `keep` writes down what else belongs to a booking that is made here, before the counter is taken. `is_late` as in
    `take_seats`: the caller holds the departure already.
    """
    departure, terms = free.departure, wish.terms
    total_minor = wish.total_minor + sum(one.amount_minor for one in chosen)
    operator_id = terms.operator_id if terms else None
    if not free.is_open:
        raise NotBookableError
    if free.left < wish.heads:
        # By its own first sending, perhaps, which came in since we looked for it.
        known = await booking_repository.find_booking(session, booking.id)
        if known is not None:
            return _answer(known, booking, terms)
        raise await departures.sold_out(session, departure.id, now=now, operator_id=operator_id)
    parts = (
        deposits.split(tour, departure, total_minor, percent=wish.deposit_percent, now=now)
        if terms is None
        else None
    )
    values = {
        "id": booking.id,
        "token_hash": hash_token(derive_token(secret, _TOKEN_PURPOSE, booking.id)),
        "tour_id": tour.id,
        "option_id": wish.option.id,
        "departure_id": booking.departure_id,
        "person_id": person_id,
        "operator_id": operator_id,
        "state": BookingState.ON_HOLD,
        "heads": wish.heads,
        "tickets_made": sum(count for _unit, count in wish.units),
        "total_minor": total_minor,
        "owed_minor": parts.balance_minor if parts else 0,
        "cancellation_steps": tour_terms.spell(tour_terms.steps_of(tour)),
        "group_name": wish.group_name,
        "contact_name": booking.contact_name,
        "contact_phone": booking.contact_phone,
        "note": booking.note,
        "language": language,
        "expires_at": until or now + HOLD,
        "created_at": now,
    }
    made = await _insert(session, values, make_code)
    if made is None:
        return _answer(await get_booking(session, booking.id), booking, terms)
    items = [
        (make_item(made.id, unit, place=place, price_minor=price, now=now), unit)
        for place, (unit, price) in enumerate(wish.tickets())
    ]
    session.add_all(item for item, _unit in items)
    if parts is not None:
        await deposits.agree(session, made, tour, parts, now=now)
    extras.write(session, made.id, chosen, now=now)
    if terms is None:
        await payments.open_payment(
            session,
            payable_kind=PayableKind.BOOKING,
            payable_id=made.id,
            payable_code=made.code,
            amount_minor=made.paid_minor,
            expires_at=made.expires_at,
            now=now,
        )
    await session.flush()
    if keep is not None:
        keep(made, items)
        await session.flush()
    # The counter comes last: its row is what everybody waits for.
    is_taken = await take_seats(
        session,
        departure.id,
        wish.heads,
        booking_id=made.id,
        now=now,
        operator_id=operator_id,
        has_extras=bool(chosen),
        is_late=is_late,
    )
    if not is_taken:
        # Seats enough and none given: the day was closed meanwhile, or the time for booking changed.
        full = await refuse(session, departure.id, booking=made, now=now)
        is_full = isinstance(full, ExtraGoneError) or full.left < wish.heads
        raise full if is_full else NotBookableError
    await tours.refresh(session, tour.id)
    return made


async def is_wished(session: AsyncSession, booking: Booking, wish: NewBooking) -> bool:
    """Whether a booking is what a form asks for: its day, its tickets and its add-ons."""
    items = await booking_repository.list_items(session, [booking.id])
    tickets = Counter(unit.id for _item, unit in items)
    taken = {one.extra_id: one.number for one in (await extras.list_taken(session, [booking.id]))[booking.id]}
    asked = {extra_id: number for extra_id, number in wish.extras.items() if number}
    return (
        booking.departure_id == wish.departure_id
        and tickets == {unit_id: number for unit_id, number in wish.units.items() if number}
        and taken.keys() == asked.keys()
        # One for everybody is as many as there are heads, whatever the form said.
        and all(taken[one] in {asked[one], booking.heads} for one in asked)
    )


def _answer(known: Booking, wish: NewBooking, terms: Terms | None) -> Booking:
    """Answer with a booking that is there, to whoever made it: an id is no key to somebody else's page.

    Whoever books on account sees to it that it is its own.
    """
    if terms is None and (known.operator_id is not None or known.contact_phone != wish.contact_phone):
        raise TakenIdError
    return known


async def count_heads(session: AsyncSession, tour: Tour, units: Mapping[UUID, int]) -> int:
    """Count the heads of a party that the tour would take; raises `PartyError`."""
    return (await read_wish(session, tour, units)).heads


async def read_wish(
    session: AsyncSession,
    tour: Tour,
    units: Mapping[UUID, int],
    terms: Terms | None = None,
    *,
    on: date | None = None,
) -> Wish:
    """Match what was asked for with what is sold, at the prices of a day; raises `PartyError`."""
    offers = (await tours.list_offers(session, [tour.id]))[tour.id]
    return match(offers, units, terms, on=on)


def match(
    offers: Sequence[Offer],
    units: Mapping[UUID, int],
    terms: Terms | None = None,
    *,
    on: date | None = None,
) -> Wish:
    """The same, with all that is sold of the tour at hand."""
    asked = {unit_id: count for unit_id, count in units.items() if count}
    if not asked or min(asked.values()) < 0:
        raise PartyError(_("Bạn cho biết có mấy người đi nhé."))
    for offer in offers:
        chosen = [(unit, asked[unit.id]) for unit in offer.units if unit.id in asked]
        if not chosen:
            continue
        if len(chosen) < len(asked):
            break
        if sum(asked.values()) > offer.option.max_units:
            raise PartyError(_("Mỗi lần đặt được nhiều nhất %(most)s vé.", most=offer.option.max_units))
        prices = {unit.id: offer.price_minor(unit, on) for unit, _count in chosen} if on else {}
        return Wish(offer.option, chosen, terms, prices)
    raise PartyError(_("Mỗi lần đặt chỉ chọn vé của một gói thôi nhé."))


async def _insert(
    session: AsyncSession, values: dict[str, object], make_code: Callable[[], str]
) -> Booking | None:
    """Insert the booking with a code of its own; None when another request made it meanwhile."""
    booking_id = cast("UUID", values["id"])
    while True:
        made = await booking_repository.insert_booking(session, {**values, "code": make_code()})
        if made is not None or await booking_repository.find_booking(session, booking_id) is not None:
            return made


def make_item(booking_id: UUID, unit: TourUnit, *, place: int, price_minor: int, now: datetime) -> UnitItem:
    """A ticket of a booking at the price of this moment; it has no code yet."""
    return UnitItem(
        id=uuid7(),
        booking_id=booking_id,
        place=place,
        unit_id=unit.id,
        unit_name=unit.name,
        heads=unit.pax_count,
        price_minor=price_minor,
        created_at=now,
    )


async def take_seats(
    session: AsyncSession,
    departure_id: UUID,
    heads: int,
    *,
    booking_id: UUID,
    party: int | None = None,
    now: datetime,
    operator_id: UUID | None = None,
    has_extras: bool = True,
    is_late: bool = False,
    is_sold: bool = False,
) -> bool:
    """Take all seats of a party or none, and its places in the pond-houses; what is over is swept before anybody is refused.

    `operator_id`: who brings the party, and may take what is held for it. `party`: how many go in where that is more than the seats that are taken here. `has_extras`: False for a party that is known to take no add-ons. `is_late`: the caller holds a payment
    or a departure already, so holds that others work on are passed over. `is_sold` as in the repository.
    """
    asked: dict[str, Any] = {"now": now, "operator_id": operator_id, "is_sold": is_sold}
    if not await departure_repository.take_seats(session, departure_id, heads, **asked):
        await sweeping.expire_holds(session, now=now, departure_id=departure_id, skip_locked=is_late)
        if not await departure_repository.take_seats(session, departure_id, heads, **asked):
            return False
    if await admit(
        session,
        departure_id,
        booking_id=booking_id,
        party=heads if party is None else party,
        has_extras=has_extras,
        now=now,
    ):
        return True
    await seats.put_back(session, departure_id, heads)
    return False


async def admit(
    session: AsyncSession,
    departure_id: UUID,
    *,
    booking_id: UUID,
    party: int,
    has_extras: bool = True,
    now: datetime,
) -> bool:
    """Whether a departure takes a party besides its seats: its pond-houses all of it, and it still has its add-ons.

    The caller holds the departure's lock. Behind it nobody is waited for: only what nobody works on is swept.
    """
    for is_swept in (False, True):
        if is_swept:
            await _expire_beside(session, departure_id, now=now)
        has_all = not has_extras or await extras.admit(session, departure_id, booking_id=booking_id)
        if has_all and await houses.admit(session, departure_id, booking_id=booking_id, heads=party):
            return True
    return False


async def refuse(
    session: AsyncSession, departure_id: UUID, *, booking: Booking, now: datetime
) -> SoldOutError | ExtraGoneError:
    """Why a departure does not take a party, in words: an add-on, a pond-house or its seats are too few."""
    gone = await extras.find_gone(session, departure_id, booking_id=booking.id, now=now)
    return gone or await departures.sold_out(session, departure_id, now=now, operator_id=booking.operator_id)


async def _expire_beside(session: AsyncSession, departure_id: UUID, *, now: datetime) -> None:
    """End holds that are over on the departures that share a pond-house with this one, and on itself."""
    beside = [one for one, _tour in await house_repository.list_beside(session, departure_id)]
    await sweeping.expire_on(session, [departure_id, *beside], now=now)


async def list_items(
    session: AsyncSession, booking_ids: Sequence[UUID]
) -> dict[UUID, list[tuple[UnitItem, TourUnit]]]:
    """List the tickets of bookings, by booking."""
    items: dict[UUID, list[tuple[UnitItem, TourUnit]]] = {one: [] for one in booking_ids}
    for item, unit in await booking_repository.list_items(session, items.keys()):
        items[item.booking_id].append((item, unit))
    return items


async def list_parties(
    session: AsyncSession, found: Sequence[Departure], states: Sequence[BookingState]
) -> dict[UUID, list[tuple[Booking, list[tuple[UnitItem, TourUnit]]]]]:
    """List who comes on each departure, by name, with their tickets."""
    rows = await booking_repository.list_visitors(session, [one.id for one in found], states)
    items = await list_items(session, [row.id for row in rows])
    parties: dict[UUID, list[tuple[Booking, list[tuple[UnitItem, TourUnit]]]]] = {one.id: [] for one in found}
    for row in rows:
        parties[row.departure_id].append((row, items[row.id]))
    return parties


async def list_to_come(
    session: AsyncSession, producer_id: UUID | None = None, *, now: datetime
) -> list[tuple[UUID, UUID]]:
    """List (booking, producer) of every paid visit that is not over."""
    return await booking_repository.list_to_come(session, producer_id, now=now)
