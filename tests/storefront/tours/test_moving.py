"""Another day for a party (BOOKINGS.md, 14)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from storefront.tours import bookings, cancelling, moving
from storefront.tours.errors import DepartureNotFoundError, NotBookableError, NotMovableError, SoldOutError
from storefront.tours.models import BookingState, Departure, DepartureState
from tests.factories.visits import NOW, SECRET, make_departure, make_visit, wish
from tests.storefront.tours.test_bookings import pay

LATER = NOW + timedelta(days=5)


async def book(session, visit, adults=2):
    """A party that holds its seats."""
    return await bookings.create_booking(
        session, booking=wish(visit, adults), secret=SECRET, person_id=None, language="vi", now=NOW
    )


async def taken(session, *departures):
    """How many heads each counter says."""
    return [(await session.get(Departure, one.id, populate_existing=True)).taken for one in departures]


async def test_a_hold_moves_with_its_time_and_its_payment(session):
    """Seats are taken there and given back here; what is to be paid until when stays; pressed again nothing changes."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    booking = await book(session, visit)
    until, total = booking.expires_at, booking.total_minor
    moved = await moving.move(session, booking_id=booking.id, departure_id=other.id, now=NOW)
    assert (moved.departure_id, moved.state) == (other.id, BookingState.ON_HOLD)
    assert (moved.expires_at, moved.total_minor) == (until, total)
    assert await taken(session, visit.departure, other) == [0, 2]
    again = await moving.move(session, booking_id=booking.id, departure_id=other.id, now=NOW)
    assert again.departure_id == other.id and await taken(session, visit.departure, other) == [0, 2]


async def test_a_paid_party_keeps_its_tickets(session):
    """The codes stay, and open the gate on the new day (who hears of it: tests/journeys/test_visit.py)."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    booking = await book(session, visit)
    await pay(session, booking)
    before = [item.ticket_code for item, _unit in (await bookings.get_party(session, booking)).items]
    await moving.move(session, booking_id=booking.id, departure_id=other.id, now=NOW)
    party = await bookings.get_party(session, booking)
    assert [item.ticket_code for item, _unit in party.items] == before
    assert party.departure.id == other.id
    assert await taken(session, visit.departure, other) == [0, 2]


@pytest.mark.parametrize("what", ["too late", "cancelled", "expired", "somebody came"])
async def test_when_a_party_cannot_move(session, what):
    """After the time for free cancelling, when it ended, when somebody has come in: the reason is said, nothing moves."""
    visit = await make_visit(session, cancellation_cutoff_hours=24)
    other = await make_departure(session, visit.tour.id, starts_at=LATER)
    booking, now = await book(session, visit), NOW
    if what == "expired":
        now = NOW + timedelta(minutes=16)
    elif what == "cancelled":
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    else:
        await pay(session, booking)
        if what == "too late":
            now = visit.departure.starts_at - timedelta(hours=24)
        else:
            [(item, _unit), *_rest] = (await bookings.get_party(session, booking)).items
            item.redeemed_at, item.redeemed_by_id = NOW, visit.host.id
            await session.flush()
    counted = await taken(session, visit.departure, other)
    with pytest.raises(NotMovableError):
        await moving.move(session, booking_id=booking.id, departure_id=other.id, now=now)
    assert await taken(session, visit.departure, other) == counted


async def test_where_a_party_cannot_move_to(session):
    """Another tour's day, no day at all, a day that takes nobody, and one that is too full for all of them."""
    visit, strange = await make_visit(session), await make_visit(session)
    closed = await make_departure(session, visit.tour.id, starts_at=LATER, state=DepartureState.CLOSED)
    full = await make_departure(session, visit.tour.id, starts_at=LATER + timedelta(days=1), capacity=1)
    booking = await book(session, visit)
    for departure_id, error in (
        (strange.departure.id, DepartureNotFoundError),
        (uuid4(), DepartureNotFoundError),
        (closed.id, NotBookableError),
        (full.id, SoldOutError),
    ):
        with pytest.raises(error):
            await moving.move(session, booking_id=booking.id, departure_id=departure_id, now=NOW)
    assert await taken(session, visit.departure, full) == [2, 0]
    assert await moving.list_days(session, booking, visit.tour, now=NOW) == []


async def test_a_hold_that_is_over_makes_room(session):
    """Seats of a hold whose time is over are there for a party that moves."""
    visit = await make_visit(session)
    other = await make_departure(session, visit.tour.id, starts_at=LATER, capacity=2)
    first = await book(session, visit)
    await moving.move(session, booking_id=first.id, departure_id=other.id, now=NOW)
    later = NOW + timedelta(minutes=16)
    second = await bookings.create_booking(
        session, booking=wish(visit, 2), secret=SECRET, person_id=None, language="vi", now=later
    )
    assert [one.departure.id for one in await moving.list_days(session, second, visit.tour, now=later)] == [
        other.id
    ]
    await moving.move(session, booking_id=second.id, departure_id=other.id, now=later)
    assert await taken(session, visit.departure, other) == [0, 2]
    assert (await bookings.get_booking(session, first.id)).state is BookingState.EXPIRED


async def test_a_hold_does_not_outlive_the_day_that_it_moves_to(session):
    """41, 44: seats that were offered for half a day are not kept so long on a day that begins in an hour."""
    visit = await make_visit(session)
    near = await make_departure(session, visit.tour.id, starts_at=NOW + timedelta(hours=1))
    booking = await book(session, visit)
    booking.expires_at = NOW + timedelta(hours=12)
    await session.flush()
    with pytest.raises(NotBookableError):
        await moving.move(session, booking_id=booking.id, departure_id=near.id, now=NOW)
