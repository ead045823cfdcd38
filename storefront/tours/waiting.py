"""The waiting list: a party that did not fit leaves its name, and leaves the list whenever it likes (BOOKINGS.md, 42 to 46)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from app.core.i18n import _
from app.core.ids import derive_token, hash_token, uuid7
from app.notices import service as notices
from storefront.tours import bookings, cancelling, departures, settlement, waiting_repository
from storefront.tours import service as tours
from storefront.tours.errors import (
    AlreadyWaitingError,
    NotBookableError,
    RoomError,
    TakenIdError,
    WaitingNotFoundError,
)
from storefront.tours.models import Booking, BookingState, Departure, DepartureState, Tour, TourUnit
from storefront.tours.schemas import NewBooking
from storefront.tours.seats import OFFER_JOB
from storefront.tours.states import booking_state_at, takes_names
from storefront.tours.waiting_models import WaitingParty, WaitingState, WaitingUnit
from storefront.tours.words import say_when

_TOKEN_PURPOSE = "waiting"  # noqa: S105 - names what the token opens, is no secret


@dataclass(frozen=True)
class Place:
    """A place on the list: whose, for which day, who comes, how many are before; `booking` once seats were offered."""

    party: WaitingParty
    departure: Departure
    tour: Tour
    units: list[tuple[WaitingUnit, TourUnit]]
    before: int
    booking: Booking | None


def token_of(party: WaitingParty, secret: bytes) -> str:
    """The token of a waiting party's private link."""
    return derive_token(secret, _TOKEN_PURPOSE, party.id)


async def get_by_token(session: AsyncSession, token: str) -> WaitingParty:
    """Get the waiting party that a private link opens; raises `WaitingNotFoundError`."""
    party = await waiting_repository.find_by_token_hash(session, hash_token(token))
    if party is None:
        raise WaitingNotFoundError
    return party


async def get_place(session: AsyncSession, party: WaitingParty) -> Place:
    """Get all that a waiting party's own page shows."""
    departure = await departures.get_departure(session, party.departure_id)
    return Place(
        party=party,
        departure=departure,
        tour=await tours.get_tour(session, departure.tour_id),
        units=await waiting_repository.list_units(session, [party.id]),
        before=await waiting_repository.count_before(session, party),
        booking=await bookings.get_booking(session, party.booking_id) if party.booking_id else None,
    )


async def join(
    session: AsyncSession,
    *,
    wish: NewBooking,
    secret: bytes,
    person_id: UUID | None,
    language: str,
    now: datetime,
) -> WaitingParty:
    """Put a party on the waiting list of a departure that has no room for all of it, or that is not sure yet.

    The same id again from the same phone answers the first place. Raises `NotBookableError`, `PartyError`, `RoomError`
    when it fits now, `AlreadyWaitingError` when its number waits for the day or is offered seats, `TakenIdError`,
    `DepartureNotFoundError`; after one of them the caller rolls back.
    """
    known = await waiting_repository.find_party(session, wish.id)
    if known is not None:
        return _answer(known, wish)
    departure = await departures.get_departure(session, wish.departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    if not takes_names(tour, departure, now):
        raise NotBookableError
    heads = await bookings.count_heads(session, tour, wish.units)
    is_sure = departure.state is not DepartureState.PROVISIONAL
    if is_sure and await departures.count_left(session, departure.id, now=now) >= heads:
        raise RoomError
    if await waiting_repository.has_open_offer(
        session, departure.id, wish.contact_phone, but=wish.id, now=now
    ):
        raise AlreadyWaitingError
    values = {
        "id": wish.id,
        "token_hash": hash_token(derive_token(secret, _TOKEN_PURPOSE, wish.id)),
        "departure_id": departure.id,
        "person_id": person_id,
        "state": WaitingState.WAITING,
        "heads": heads,
        "contact_name": wish.contact_name,
        "contact_phone": wish.contact_phone,
        "note": wish.note,
        "language": language,
        "created_at": now,
    }
    is_new = await waiting_repository.insert_party(session, values)
    made = await waiting_repository.find_party(session, wish.id)
    if made is None:
        raise AlreadyWaitingError
    if is_new:
        session.add_all(
            WaitingUnit(id=uuid7(), party_id=made.id, unit_id=unit_id, number=number, created_at=now)
            for unit_id, number in wish.units.items()
            if number
        )
        await session.flush()
        # Seats that came back since the look found nobody waiting: this job finds them.
        await jobs.defer(session, OFFER_JOB, departure_id=str(departure.id))
    return _answer(made, wish)


def _answer(known: WaitingParty, wish: NewBooking) -> WaitingParty:
    """Answer with a place that is there, to whoever took it: an id is no key to somebody else's page."""
    if known.contact_phone != wish.contact_phone:
        raise TakenIdError
    return known


async def leave(session: AsyncSession, *, party_id: UUID, now: datetime) -> None:
    """Take a party off the list; seats that are held for it go to the next. A paid party keeps its booking.

    Leaving twice changes nothing. Raises `WaitingNotFoundError`.
    """
    if await waiting_repository.leave(session, party_id, now=now):
        return
    party = await waiting_repository.find_party(session, party_id)
    if party is None:
        raise WaitingNotFoundError
    if party.booking_id is None:
        return
    # Locked before it is judged: money that comes in this moment keeps the booking.
    booking = await settlement.lock_booking(session, party.booking_id)
    if booking_state_at(booking, now) is BookingState.ON_HOLD:
        await cancelling.cancel_booking(session, booking_id=booking.id, now=now)


async def close_lists(session: AsyncSession, *, now: datetime) -> None:
    """Close the lists of days that are over or called off; whoever waited for a day called off is told, once."""
    for party in await waiting_repository.close_lists(session, now=now):
        departure = await departures.get_departure(session, party.departure_id)
        tour = await tours.get_tour(session, departure.tour_id)
        text = _(
            "Chợ Phiên: nhà vườn báo nghỉ %(tour)s, %(when)s, nên danh sách chờ cũng hết. Bạn chưa mất đồng nào.",
            tour=tour.title,
            when=say_when(tour, departure),
        )
        await notices.send_message(session, phone=party.contact_phone, text=text, lang=party.language)


async def list_waiting(
    session: AsyncSession, departure_ids: Collection[UUID]
) -> dict[UUID, list[WaitingParty]]:
    """List who waits for each departure, the first to come first."""
    lists: dict[UUID, list[WaitingParty]] = {departure_id: [] for departure_id in departure_ids}
    for party in await waiting_repository.list_waiting(session, departure_ids):
        lists[party.departure_id].append(party)
    return lists
