"""The states of bookings (OCTO) and departures: one table each, anything else is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from app.core.clock import VN
from storefront.tours.errors import TransitionError
from storefront.tours.models import AvailabilityType, Booking, BookingState, Departure, DepartureState, Tour

BOOKING_STEPS: dict[BookingState, frozenset[BookingState]] = {
    BookingState.ON_HOLD: frozenset(
        {
            BookingState.PENDING,
            BookingState.CONFIRMED,
            BookingState.CANCELLED,
            BookingState.EXPIRED,
            BookingState.REJECTED,
        }
    ),
    BookingState.PENDING: frozenset({BookingState.CONFIRMED, BookingState.REJECTED, BookingState.CANCELLED}),
    BookingState.CONFIRMED: frozenset({BookingState.REDEEMED, BookingState.CANCELLED}),
    # Money that came late finds its seats again when they are still free.
    BookingState.EXPIRED: frozenset({BookingState.ON_HOLD}),
    BookingState.REDEEMED: frozenset(),
    BookingState.CANCELLED: frozenset(),
    BookingState.REJECTED: frozenset(),
}
DEPARTURE_STEPS: dict[DepartureState, frozenset[DepartureState]] = {
    DepartureState.PROVISIONAL: frozenset({DepartureState.OPEN, DepartureState.CANCELLED}),
    DepartureState.OPEN: frozenset({DepartureState.GO, DepartureState.CLOSED, DepartureState.CANCELLED}),
    DepartureState.GO: frozenset({DepartureState.CLOSED, DepartureState.CANCELLED}),
    DepartureState.CLOSED: frozenset({DepartureState.OPEN, DepartureState.CANCELLED}),
    DepartureState.CANCELLED: frozenset(),
}
LIVE = (BookingState.ON_HOLD, BookingState.PENDING, BookingState.CONFIRMED, BookingState.REDEEMED)
"""Bookings whose heads are counted in the departure's `taken`."""
TICKETED = (BookingState.CONFIRMED, BookingState.REDEEMED)
"""Bookings that have tickets: for nothing else is a symbol signed."""
BOOKABLE = (DepartureState.OPEN, DepartureState.GO)
RECEIVING = (*BOOKABLE, DepartureState.CLOSED)
"""Departures that take place: what is closed is not on sale any more, for it is full, near or begun."""
UNSURE = (DepartureState.OPEN, DepartureState.CLOSED)

S = TypeVar("S", BookingState, DepartureState)


def check_step(steps: dict[S, frozenset[S]], before: S, after: S) -> S:
    """Answer `after` when the table allows the step; raises `TransitionError`."""
    if after not in steps[before]:
        raise TransitionError
    return after


def move_booking(booking: Booking, after: BookingState) -> None:
    """Move a locked booking; raises `TransitionError`."""
    booking.state = check_step(BOOKING_STEPS, booking.state, after)


def booking_state_at(booking: Booking, now: datetime) -> BookingState:
    """The state as it is at `now`: a hold whose time is over is expired, swept or not."""
    is_over = booking.state is BookingState.ON_HOLD and booking.expires_at <= now
    return BookingState.EXPIRED if is_over else booking.state


def last_booking_at(tour: Tour, departure: Departure) -> datetime:
    """Until when one may book: so many hours before the start, and not after the tour's hour of the day before.

    Without hours that is the start itself, or for a day pass the end of its day.
    """
    if tour.booking_lead_hours:
        last = departure.starts_at - timedelta(hours=tour.booking_lead_hours)
    elif tour.availability_type is AvailabilityType.OPENING_HOURS:
        last = departure.ends_at
    else:
        last = departure.starts_at
    if tour.booking_until is None:
        return last
    eve = datetime.combine(departure.local_on - timedelta(days=1), tour.booking_until, tzinfo=VN)
    return min(last, eve)


def takes_names(tour: Tour, departure: Departure, now: datetime) -> bool:
    """Whether a party may leave its name at `now`: for a day that takes bookings, or that the host does not know yet."""
    is_coming = departure.state is DepartureState.PROVISIONAL and now < last_booking_at(tour, departure)
    return is_bookable(tour, departure, now) or (tour.is_published and is_coming)


def decide_at(tour: Tour, departure: Departure) -> datetime:
    """When it is decided whether enough have paid for the day to go."""
    return departure.starts_at - timedelta(hours=tour.decide_hours)


def is_unsure(tour: Tour, departure: Departure) -> bool:
    """Whether the day still waits for enough guests, on sale or not: nobody is bound until it is sure."""
    return tour.minimum_heads > 0 and departure.sure_at is None and departure.state in UNSURE


def sure_from(tour: Tour, starts_at: datetime, *, now: datetime) -> datetime | None:
    """Since when a day that is made now is sure: at once when its hour of decision is past."""
    is_late = starts_at - timedelta(hours=tour.decide_hours) <= now
    return now if is_late and tour.minimum_heads else None


def is_bookable(tour: Tour, departure: Departure, now: datetime) -> bool:
    """Whether the departure takes bookings at `now`, seats aside."""
    return tour.is_published and departure.state in BOOKABLE and now < last_booking_at(tour, departure)
