"""Seats that are free again go to the first waiting party that fits, as a hold of half a day (BOOKINGS.md, 43 to 46)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import jobs
from app.core.i18n import _
from app.core.ids import uuid7
from app.notices import service as notices
from storefront.tours import (
    allotment_repository,
    bookings,
    departure_repository,
    departures,
    sweeping,
    terms,
    waiting,
    waiting_repository,
)
from storefront.tours import service as tours
from storefront.tours.errors import PartyError, SoldOutError
from storefront.tours.models import Booking, Departure, Tour
from storefront.tours.schemas import NewBooking
from storefront.tours.seats import OFFER_JOB
from storefront.tours.states import is_bookable, last_booking_at
from storefront.tours.waiting_models import WaitingParty, WaitingState
from storefront.tours.words import say_instant, say_when

OFFER = timedelta(hours=12)
LEAST = timedelta(minutes=30)
"""An offer that is shorter is none: nobody could read it and pay."""


def offer_until(tour: Tour, departure: Departure, *, now: datetime) -> datetime | None:
    """Until when an offer holds its seats: OFFER, but no longer than until the cut-off, or after that the start.

    None when there is less than LEAST to decide.
    """
    cutoff = terms.free_until(terms.steps_of(tour), departure)
    end = cutoff if cutoff >= now + LEAST else last_booking_at(tour, departure)
    until = min(now + OFFER, end)
    return until if until >= now + LEAST else None


async def offer_seats(
    session: AsyncSession, *, departure_id: UUID, secret: bytes, address: str, now: datetime
) -> list[Booking]:
    """Hold free seats for waiting parties in the order of their coming, each that fits into what is left.

    `address` is the site's own, without a slash at its end. Offered once is offered: a second run finds nobody.
    """
    # First of all: who gives seats back holds this row, so what they give back is seen here (see seats.wake).
    await departure_repository.lock_departures(session, {departure_id})
    departure = await departures.get_departure(session, departure_id)
    tour = await tours.get_tour(session, departure.tour_id)
    until = offer_until(tour, departure, now=now)
    if until is None or not is_bookable(tour, departure, now):
        return []
    # Holds that somebody works on are passed over: their rows are locked before the departure's.
    await sweeping.expire_holds(session, now=now, departure_id=departure_id, skip_locked=True)
    departure = await departures.get_departure(session, departure_id)
    # What is held for an operator is nobody's to be offered; what was passed over above is not free yet, though its time is over.
    held = await allotment_repository.count_withheld(session, departure_id, now=now)
    left = min(
        departure.capacity - departure.taken - held,
        await departures.count_left(session, departure_id, now=now),
    )
    made: list[Booking] = []
    for party in await waiting_repository.lock_waiting(session, departure_id, most=left):
        booking = (
            await _hold(session, party, secret=secret, until=until, now=now) if party.heads <= left else None
        )
        if booking is not None:
            left -= booking.heads
            made.append(booking)
            await _tell(session, party, tour, departure, until, secret=secret, address=address)
    if made:
        # The next one is asked when the offer ends, not only when somebody sweeps.
        await jobs.defer(session, OFFER_JOB, at=until, departure_id=str(departure_id))
    return made


async def _hold(
    session: AsyncSession, party: WaitingParty, *, secret: bytes, until: datetime, now: datetime
) -> Booking | None:
    """Hold the seats of one party; None when what it asked for is not sold so any more, or takes more seats now."""
    wanted = await waiting_repository.list_units(session, [party.id])
    wish = NewBooking(
        id=uuid7(),
        departure_id=party.departure_id,
        units={one.unit_id: one.number for one, _unit in wanted},
        contact_name=party.contact_name,
        contact_phone=party.contact_phone,
        note=party.note,
    )
    try:
        async with session.begin_nested():
            booking = await bookings.create_booking(
                session,
                booking=wish,
                secret=secret,
                person_id=party.person_id,
                language=party.language,
                now=now,
                until=until,
                is_late=True,
            )
    except (PartyError, SoldOutError):
        return None
    party.state, party.booking_id, party.offered_at = WaitingState.OFFERED, booking.id, now
    await session.flush()
    return booking


async def _tell(
    session: AsyncSession,
    party: WaitingParty,
    tour: Tour,
    departure: Departure,
    until: datetime,
    *,
    secret: bytes,
    address: str,
) -> None:
    text = _(
        "Chợ Phiên: có chỗ cho %(heads)s người, %(tour)s, %(when)s. Giữ cho bạn đến %(until)s. Xem trang chờ của bạn: %(link)s",
        heads=party.heads,
        tour=tour.title,
        when=say_when(tour, departure),
        until=say_instant(until),
        link=f"{address}/waiting/{waiting.token_of(party, secret)}",
    )
    await notices.send_message(session, phone=party.contact_phone, text=text, lang=party.language)
