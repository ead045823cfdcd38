"""Stays as search engines read them: schema.org's LodgingBusiness, with the numbers of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from app.web.structured import SCHEMA
from producers.cooperatives.models import Producer
from storefront.stays.bookings import at
from storefront.stays.models import PlaceKind, SleepingPlace, Stay
from storefront.stays.nights import Night

FEW = 2
Document = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What is told of a stay; addresses are whole ones."""

    stay: Stay
    producer: Producer
    place: str
    places: Sequence[SleepingPlace]
    photos: Sequence[str]
    address: str
    form_address: str


def describe(told: Invitation, shown: Sequence[Night]) -> Document:
    """The house, where one sleeps in it, and one offer for each night of each place that the page shows."""
    stay = told.stay
    return {
        "@type": "LodgingBusiness",
        "@id": told.address,
        "name": stay.title,
        "description": stay.summary,
        "url": told.address,
        "image": list(told.photos),
        "telephone": told.producer.phone,
        "address": {"@type": "PostalAddress", "addressLocality": told.place, "addressCountry": "VN"},
        "checkinTime": f"{stay.check_in:%H:%M:%S}",
        "checkoutTime": f"{stay.check_out:%H:%M:%S}",
        "currenciesAccepted": "VND",
        "containsPlace": [_place(told, place) for place in told.places],
        "makesOffer": [_offer(told, night) for night in shown],
    }


def _place(told: Invitation, place: SleepingPlace) -> Document:
    return {
        "@type": "HotelRoom" if place.kind is PlaceKind.ROOM else "Accommodation",
        "@id": f"{told.address}#{place.id}",
        "name": place.name,
        "occupancy": {"@type": "QuantitativeValue", "maxValue": place.heads_each},
    }


def _offer(told: Invitation, night: Night) -> Document:
    evening = night.night.night_on
    query = urlencode({"place_id": night.place.id, "arrives_on": evening})
    return {
        "@type": "Offer",
        "itemOffered": {"@id": f"{told.address}#{night.place.id}"},
        "price": night.price_minor,
        "priceCurrency": "VND",
        "availability": f"{SCHEMA}/{_availability(night.free)}",
        "inventoryLevel": {"@type": "QuantitativeValue", "value": max(night.free, 0)},
        "availabilityStarts": at(evening, told.stay.check_in).isoformat(),
        "availabilityEnds": at(evening + timedelta(days=1), told.stay.check_out).isoformat(),
        "url": f"{told.form_address}?{query}",
    }


def _availability(free: int) -> str:
    """schema.org's ItemAvailability."""
    if free <= 0:
        return "SoldOut"
    return "LimitedAvailability" if free <= FEW else "InStock"
