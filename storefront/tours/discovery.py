"""Visits as search engines read them: schema.org's TouristTrip and Event, with the numbers of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from app.core.clock import in_vietnam
from app.web.structured import SCHEMA
from producers.cooperatives.models import Producer
from storefront.tours.departures import Seats
from storefront.tours.models import DepartureState, Tour, TourUnit
from storefront.tours.service import Offer
from storefront.tours.states import last_booking_at
from storefront.tours.views import FEW

Document = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What is told of a tour; addresses are whole ones."""

    tour: Tour
    producer: Producer
    place: str
    offers: Sequence[Offer]
    photos: Sequence[str]
    address: str
    form_address: str
    producer_address: str


def describe_tour(told: Invitation, dates: Sequence[Seats]) -> Document:
    """The trip and one event for each date that the page shows, in one graph; one that is not sure yet is none."""
    sure = [one for one in dates if one.is_open or one.departure.state is DepartureState.CANCELLED]
    return {"@graph": [_trip(told), *(_event(told, seats) for seats in sure)]}


def _trip(told: Invitation) -> Document:
    return {
        "@type": "TouristTrip",
        "@id": told.address,
        "name": told.tour.title,
        "description": told.tour.summary,
        "url": told.address,
        "image": list(told.photos),
        "provider": _provider(told),
        "itinerary": {
            "@type": "ItemList",
            "itemListElement": [{"@type": "ListItem", "position": 1, "item": _place(told)}],
        },
        "offers": [
            _offer(told, offer, unit, unit.price_minor) | {"url": told.address}
            for offer, unit in _units(told)
        ],
    }


def _event(told: Invitation, seats: Seats) -> Document:
    departure, tour = seats.departure, told.tour
    is_off = departure.state is DepartureState.CANCELLED
    left = seats.left if seats.is_open else 0
    sold = {
        "availability": f"{SCHEMA}/{_availability(left)}",
        "validThrough": in_vietnam(last_booking_at(tour, departure)).isoformat(),
        "url": f"{told.form_address}?{urlencode({'departure_id': departure.id})}",
    }
    event: dict[str, object] = {
        "@type": "Event",
        "@id": f"{told.address}#{departure.id}",
        "name": tour.title,
        "description": tour.summary,
        "image": list(told.photos),
        "startDate": in_vietnam(departure.starts_at).isoformat(),
        "endDate": in_vietnam(departure.ends_at).isoformat(),
        "eventStatus": f"{SCHEMA}/{'EventCancelled' if is_off else 'EventScheduled'}",
        "eventAttendanceMode": f"{SCHEMA}/OfflineEventAttendanceMode",
        "location": _place(told),
        "organizer": _provider(told),
        "maximumAttendeeCapacity": departure.capacity,
        "remainingAttendeeCapacity": left,
        "offers": [
            _offer(told, offer, unit, offer.price_minor(unit, departure.local_on)) | sold
            for offer, unit in _units(told)
        ],
    }
    if departure.previous_starts_at is not None and not is_off:
        event["eventStatus"] = f"{SCHEMA}/EventRescheduled"
        event["previousStartDate"] = in_vietnam(departure.previous_starts_at).isoformat()
    return event


def _availability(left: int) -> str:
    """schema.org's ItemAvailability."""
    if not left:
        return "SoldOut"
    return "LimitedAvailability" if left <= FEW else "InStock"


def _units(told: Invitation) -> list[tuple[Offer, TourUnit]]:
    return [(offer, unit) for offer in told.offers for unit in offer.units]


def _offer(told: Invitation, offer: Offer, unit: TourUnit, price_minor: int) -> dict[str, object]:
    return {
        "@type": "Offer",
        "name": unit.name if len(told.offers) == 1 else f"{offer.option.name}: {unit.name}",
        "price": price_minor,
        "priceCurrency": "VND",
    }


def _provider(told: Invitation) -> Document:
    return {"@type": "Organization", "name": told.producer.name, "url": told.producer_address}


def _place(told: Invitation) -> Document:
    return {
        "@type": "Place",
        "name": told.tour.meeting_point,
        "address": {"@type": "PostalAddress", "addressLocality": told.place, "addressCountry": "VN"},
    }
