"""What the operators' pages say of bookings: nobody there waits for a payment."""

from __future__ import annotations

from app.core.i18n import Text, _
from storefront.tours.models import BookingState, Departure, DepartureState
from storefront.tours.words import BOOKING_WORDS, DEPARTURE_WORDS

_HELD = (_("Đang giữ, chưa chốt"), "wait")


def say_state(state: BookingState, departure: Departure) -> tuple[Text, str]:
    """Say how a booking stands, and which kind of sign it is."""
    if departure.state is DepartureState.CANCELLED:
        return DEPARTURE_WORDS[departure.state]
    return _HELD if state is BookingState.ON_HOLD else BOOKING_WORDS[state]
