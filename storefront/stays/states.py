"""The states of a booked stay: one table, anything else is refused."""

from __future__ import annotations

from datetime import datetime

from storefront.stays.errors import TransitionError
from storefront.stays.models import StayBooking, StayState

STEPS: dict[StayState, frozenset[StayState]] = {
    StayState.ON_HOLD: frozenset({StayState.CONFIRMED, StayState.CANCELLED, StayState.EXPIRED}),
    StayState.CONFIRMED: frozenset({StayState.HERE, StayState.CANCELLED}),
    StayState.HERE: frozenset({StayState.LEFT}),
    # Money that came late finds its beds again when they are still free.
    StayState.EXPIRED: frozenset({StayState.ON_HOLD}),
    StayState.LEFT: frozenset(),
    StayState.CANCELLED: frozenset(),
}
LIVE = (StayState.ON_HOLD, StayState.CONFIRMED, StayState.HERE, StayState.LEFT)
"""Bookings whose beds are counted in `taken`, but for nights that were given back."""
PAID = (StayState.CONFIRMED, StayState.HERE, StayState.LEFT)


def move(booking: StayBooking, after: StayState) -> None:
    """Move a locked booking; raises `TransitionError`."""
    if after not in STEPS[booking.state]:
        raise TransitionError
    booking.state = after


def state_at(booking: StayBooking, now: datetime) -> StayState:
    """The state as it is at `now`: a hold whose time is over is expired, swept or not."""
    is_over = booking.state is StayState.ON_HOLD and booking.expires_at <= now
    return StayState.EXPIRED if is_over else booking.state
