"""Availability: the dates of a tour as OCTO tells them, one by one or day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.core.clock import in_vietnam
from storefront.octo.spelling import Voice, spell_local, spell_price, spell_utc
from storefront.tours.departures import Seats
from storefront.tours.models import AvailabilityType, DepartureState, Tour, TourUnit
from storefront.tours.service import Offer
from storefront.tours.states import last_booking_at

Counts = Mapping[TourUnit, int]
"""The party that is asked about."""


def is_told(seats: Seats) -> bool:
    """Whether a date is told at all: one that is not sure yet is not."""
    return seats.departure.state is not DepartureState.PROVISIONAL


def _status(seats: Seats, *, fits: bool) -> str:
    if not seats.is_open:
        return "CLOSED"
    if not fits:
        return "SOLD_OUT"
    return "LIMITED" if seats.left * 2 < seats.departure.capacity else "AVAILABLE"


def _fits(seats: Seats, offer: Offer, counts: Counts | None) -> bool:
    heads = sum(unit.pax_count * count for unit, count in counts.items()) if counts else 1
    units = sum(counts.values()) if counts else 1
    return seats.is_open and max(heads, 1) <= seats.left and units <= offer.option.max_units


def _hours(tour: Tour, seats: Seats) -> list[dict[str, str]]:
    if tour.availability_type is not AvailabilityType.OPENING_HOURS:
        return []
    opens, closes = in_vietnam(seats.departure.starts_at), in_vietnam(seats.departure.ends_at)
    return [{"from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"}]


def write_availability(
    tour: Tour, offer: Offer, seats: Seats, voice: Voice, *, counts: Counts | None = None
) -> dict[str, Any]:
    """One date; `counts`: whether this party fits, and what it pays."""
    departure = seats.departure
    left = max(seats.left, 0) if seats.is_open else 0
    fits = _fits(seats, offer, counts)
    written: dict[str, Any] = {
        "id": spell_local(departure.starts_at),
        "localDateTimeStart": spell_local(departure.starts_at),
        "localDateTimeEnd": spell_local(departure.ends_at),
        "utcCutoffAt": spell_utc(last_booking_at(tour, departure)),
        "allDay": tour.availability_type is AvailabilityType.OPENING_HOURS,
        "available": fits,
        "status": _status(seats, fits=fits),
        "vacancies": left,
        "capacity": departure.capacity,
        "maxUnits": min(left, offer.option.max_units),
        "openingHours": _hours(tour, seats),
    }
    if voice.has_pricing:
        written["unitPricing"] = write_unit_prices(offer, departure.local_on, voice)
        if counts:
            prices = [(offer.price_minor(unit, departure.local_on), count) for unit, count in counts.items()]
            retail = sum(price * count for price, count in prices)
            net = sum(voice.terms.net_minor(price) * count for price, count in prices)
            written["pricing"] = spell_price(retail, net)
    if voice.has_content:
        written |= {"title": None, "shortDescription": ""}
    return written


def write_unit_prices(offer: Offer, on: date, voice: Voice) -> list[dict[str, Any]]:
    """The price of each unit on a day."""
    prices = [(unit, offer.price_minor(unit, on)) for unit in offer.units]
    return [
        {"unitId": str(unit.id), **spell_price(price, voice.terms.net_minor(price))} for unit, price in prices
    ]


def write_calendar(
    tour: Tour,
    offer: Offer,
    found: Sequence[Seats],
    voice: Voice,
    *,
    days: tuple[date, date],
    counts: Counts | None = None,
) -> list[dict[str, Any]]:
    """One line for each day, the ends included; a day without a date is closed."""
    first, last = days
    by_day: dict[date, list[Seats]] = {}
    for seats in found:
        by_day.setdefault(seats.departure.local_on, []).append(seats)
    return [
        _write_day(tour, offer, first + timedelta(days=number), by_day, voice=voice, counts=counts)
        for number in range((last - first).days + 1)
    ]


def _write_day(
    tour: Tour,
    offer: Offer,
    day: date,
    by_day: Mapping[date, Sequence[Seats]],
    *,
    voice: Voice,
    counts: Counts | None,
) -> dict[str, Any]:
    found = by_day.get(day, ())
    lines = [write_availability(tour, offer, seats, voice, counts=counts) for seats in found]
    order = ("AVAILABLE", "LIMITED", "SOLD_OUT", "CLOSED")
    best = min((line["status"] for line in lines), key=order.index, default="CLOSED")
    written: dict[str, Any] = {
        "localDate": day.isoformat(),
        "available": any(line["available"] for line in lines),
        "status": best,
        "vacancies": sum(line["vacancies"] for line in lines),
        "capacity": sum(seats.departure.capacity for seats in found),
        "openingHours": [hours for line in lines for hours in line["openingHours"]],
    }
    if voice.has_pricing:
        written["unitPricingFrom"] = write_unit_prices(offer, day, voice)
        priced = [line["pricing"] for line in lines if "pricing" in line]
        if priced:
            written["pricingFrom"] = priced[0]
    return written
