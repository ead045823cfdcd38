"""Bookings as OCTO tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storefront.octo.availability import write_availability
from storefront.octo.models import ResellerBooking, ResellerItem
from storefront.octo.products import (
    DELIVERY_METHODS,
    REDEMPTION,
    write_option,
    write_product,
    write_unit,
)
from storefront.octo.reading import CONTACT_FIELDS
from storefront.octo.spelling import Voice, spell_local, spell_price, spell_utc
from storefront.tours import cancelling
from storefront.tours.bookings import Party
from storefront.tours.departures import Seats
from storefront.tours.models import Booking, BookingState, Tour, TourUnit, UnitItem
from storefront.tours.service import Offer
from storefront.tours.states import booking_state_at

GATE = "/producer/tours/gate"
"""What a ticket's code opens; the host's phone reads it there."""
CANCELLABLE = frozenset({BookingState.ON_HOLD, BookingState.CONFIRMED})
_WITH_TICKETS = frozenset({BookingState.CONFIRMED, BookingState.REDEEMED})


@dataclass(frozen=True, kw_only=True)
class Told:
    """A booking with all that is told of it."""

    booking: Booking
    said: ResellerBooking
    tour: Tour
    offers: Sequence[Offer]
    """Of the tour, with those that are sold no more."""
    starts: Sequence[str]
    seats: Seats
    items: Sequence[tuple[UnitItem, TourUnit, ResellerItem]]

    @property
    def party(self) -> Party:
        """The booking as every visit's is; by this API nobody takes add-ons."""
        items = [(item, unit) for item, unit, _said in self.items]
        return Party(self.booking, self.seats.departure, self.tour, items, [])

    @property
    def offer(self) -> Offer:
        """The way to take the tour that was booked."""
        return next(one for one in self.offers if one.option.id == self.booking.option_id)

    @property
    def on_sale(self) -> list[Offer]:
        """What is sold of the tour today."""
        sold = [
            Offer(one.option, [unit for unit in one.units if unit.is_active], one.seasons)
            for one in self.offers
            if one.option.is_active
        ]
        return [one for one in sold if one.units] or [self.offer]


def write_booking(told: Told, voice: Voice, *, now: datetime) -> dict[str, Any]:
    """A booking as it is at `now`: a hold whose time is over is expired."""
    booking, said, tour = told.booking, told.said, told.tour
    state = booking_state_at(booking, now)
    reason = cancelling.why_not(booking, tour, told.seats.departure, now=now)
    is_entered = any(item.redeemed_at for item, _unit, _said in told.items)
    written: dict[str, Any] = {
        "id": str(booking.id),
        "uuid": str(booking.id),
        "testMode": False,
        "resellerReference": said.reference,
        "supplierReference": booking.code,
        "status": state.value.upper(),
        "utcCreatedAt": spell_utc(booking.created_at),
        "utcUpdatedAt": spell_utc(_updated_at(told, state)),
        "utcExpiresAt": spell_utc(booking.expires_at)
        if state in {BookingState.ON_HOLD, BookingState.EXPIRED}
        else None,
        "utcRedeemedAt": spell_utc(booking.redeemed_at),
        "utcConfirmedAt": spell_utc(booking.confirmed_at),
        "productId": str(tour.id),
        "product": write_product(tour, told.on_sale, told.starts, voice),
        "optionId": str(booking.option_id),
        "option": write_option(tour, told.offer, told.starts, voice),
        "cancellable": state in CANCELLABLE and reason is None and not is_entered,
        "cancellation": _write_cancellation(told, state),
        "freesale": False,
        "availabilityId": spell_local(told.seats.departure.starts_at),
        "availability": write_availability(tour, told.offer, told.seats, voice),
        "contact": write_contact(said.contact),
        "notes": said.notes,
        "deliveryMethods": list(DELIVERY_METHODS),
        "voucher": _write_ticket(
            booking.code if state in _WITH_TICKETS else None, booking.redeemed_at, voice
        ),
        "unitItems": [_write_item(told, state, one, voice) for one in told.items],
    }
    if voice.has_pricing:
        written["pricing"] = spell_price(_retail_of(told), booking.total_minor)
    return written


def _updated_at(told: Told, state: BookingState) -> datetime:
    booking = told.booking
    instants = [told.said.changed_at, booking.confirmed_at, booking.cancelled_at, booking.redeemed_at]
    if state is BookingState.EXPIRED:
        instants.append(booking.expires_at)
    return max(instant for instant in instants if instant is not None)


def _write_cancellation(told: Told, state: BookingState) -> dict[str, Any] | None:
    """What was kept of a booking that ended without a visit says how much of it was given back."""
    if state not in {BookingState.CANCELLED, BookingState.EXPIRED, BookingState.REJECTED}:
        return None
    booking = told.booking
    refund = "FULL" if not booking.kept_minor else "PARTIAL"
    return {
        "refund": "NONE" if booking.kept_minor == booking.total_minor else refund,
        "reason": told.said.cancel_reason,
        "utcCancelledAt": spell_utc(booking.cancelled_at or booking.expires_at),
    }


def write_contact(said: dict[str, Any]) -> dict[str, Any]:
    """A contact with every field; what was not said is null."""
    return {**{name: said.get(name) for name in CONTACT_FIELDS}, "locales": said.get("locales") or []}


def _write_ticket(code: str | None, redeemed_at: datetime | None, voice: Voice) -> dict[str, Any]:
    """What opens the gate; while nothing is confirmed it holds no code."""
    options = [{"deliveryFormat": "QRCODE", "deliveryValue": f"{voice.public_url}{GATE}?code={code}"}]
    return {
        "redemptionMethod": REDEMPTION,
        "utcRedeemedAt": spell_utc(redeemed_at),
        "deliveryOptions": options if code else [],
    }


def _write_item(
    told: Told, state: BookingState, one: tuple[UnitItem, TourUnit, ResellerItem], voice: Voice
) -> dict[str, Any]:
    item, unit, said = one
    is_in = item.redeemed_at is not None
    written: dict[str, Any] = {
        "uuid": str(said.uuid),
        "resellerReference": said.reference,
        "supplierReference": item.ticket_code,
        "unitId": str(unit.id),
        "unit": write_unit(told.offer, unit, voice),
        "status": (BookingState.REDEEMED if is_in else state).value.upper(),
        "utcRedeemedAt": spell_utc(item.redeemed_at),
        "contact": write_contact(said.contact),
        "ticket": _write_ticket(
            item.ticket_code if state in _WITH_TICKETS else None, item.redeemed_at, voice
        ),
    }
    if voice.has_pricing:
        written["pricing"] = spell_price(_retail_of_one(told, item, unit), item.price_minor)
    return written


def _retail_of(told: Told) -> int:
    return sum(_retail_of_one(told, item, unit) for item, unit, _said in told.items)


def _retail_of_one(told: Told, item: UnitItem, unit: TourUnit) -> int:
    """What visitors pay today for the same ticket on its day, and never less than the operator did."""
    return max(told.offer.price_minor(unit, told.seats.departure.local_on), item.price_minor)
