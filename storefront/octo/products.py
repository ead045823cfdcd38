"""Products: a published tour as OCTO tells it, with its options and units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storefront.octo.spelling import CURRENCY, LANGUAGE, Voice, spell_price
from storefront.tours.models import AvailabilityType, Tour, TourUnit
from storefront.tours.service import Offer
from storefront.tours.terms import steps_of
from storefront.tours.words import say_steps, say_unit

TIME_ZONE = "Asia/Ho_Chi_Minh"
OLDEST = 99
DELIVERY_METHODS = ("TICKET", "VOUCHER")
REDEMPTION = "DIGITAL"


def write_product(tour: Tour, offers: Sequence[Offer], starts: Sequence[str], voice: Voice) -> dict[str, Any]:
    """A tour with its ways to take it; `starts` are its times of the day, which a day pass has none of."""
    product: dict[str, Any] = {
        "id": str(tour.id),
        "internalName": tour.title,
        "reference": tour.slug,
        "locale": LANGUAGE,
        "timeZone": TIME_ZONE,
        "allowFreesale": False,
        "instantConfirmation": True,
        "instantDelivery": True,
        "availabilityRequired": True,
        "availabilityType": tour.availability_type.value.upper(),
        "deliveryFormats": ["QRCODE"],
        "deliveryMethods": list(DELIVERY_METHODS),
        "redemptionMethod": REDEMPTION,
        "options": [write_option(tour, offer, starts, voice) for offer in offers],
    }
    if voice.has_pricing:
        product |= {"defaultCurrency": CURRENCY, "availableCurrencies": [CURRENCY], "pricingPer": "UNIT"}
    if voice.has_content:
        product |= {
            "title": tour.title,
            "shortDescription": tour.summary,
            "description": tour.description,
            "features": [
                _feature("PREARRIVAL_INFORMATION", tour.meeting_point),
                _feature("CANCELLATION_TERM", voice.say(say_steps(steps_of(tour)))),
            ],
            **_empty_content(tour),
        }
    return product


def write_option(tour: Tour, offer: Offer, starts: Sequence[str], voice: Voice) -> dict[str, Any]:
    """A way to take a tour with its units."""
    # Until when anything comes back, or at least can be given back: how much says the text of the terms.
    cutoff = steps_of(tour)[-1].hours
    option: dict[str, Any] = {
        "id": str(offer.option.id),
        "default": offer.option.is_default,
        "internalName": offer.option.name,
        "reference": None,
        "availabilityLocalStartTimes": []
        if tour.availability_type is AvailabilityType.OPENING_HOURS
        else list(starts),
        "cancellationCutoff": f"{cutoff} hours",
        "cancellationCutoffAmount": cutoff,
        "cancellationCutoffUnit": "hour",
        "requiredContactFields": [],
        "restrictions": {"minUnits": 1, "maxUnits": offer.option.max_units},
        "units": [write_unit(offer, unit, voice) for unit in offer.units],
    }
    if voice.has_pricing:
        cheapest = min(offer.units, key=lambda unit: unit.price_minor)
        lowest = min(offer.lowest_minor(unit) for unit in offer.units)
        option |= {
            "pricingFrom": [_price_of(lowest, voice)],
            "pricing": [_price_of(cheapest.price_minor, voice)],
        }
    if voice.has_content:
        option |= {
            "title": offer.option.name,
            "shortDescription": None,
            "description": None,
            "features": [],
            **_empty_content(tour),
        }
    return option


def write_unit(offer: Offer, unit: TourUnit, voice: Voice) -> dict[str, Any]:
    """A price type at its usual price; a family ticket is one unit of several heads."""
    written: dict[str, Any] = {
        "id": str(unit.id),
        "internalName": unit.name,
        "reference": None,
        "type": unit.kind.value.upper(),
        "restrictions": {
            "minAge": 0,
            "maxAge": OLDEST,
            "idRequired": False,
            "minQuantity": None,
            "maxQuantity": None,
            "paxCount": unit.pax_count,
            "accompaniedBy": [],
        },
        "requiredContactFields": [],
    }
    if voice.has_pricing:
        written |= {
            "pricingFrom": [_price_of(offer.lowest_minor(unit), voice)],
            "pricing": [_price_of(unit.price_minor, voice)],
        }
    if voice.has_content:
        written |= {"title": voice.say(say_unit(unit)), "shortDescription": "", "features": []}
    return written


def _price_of(retail_minor: int, voice: Voice) -> dict[str, Any]:
    return spell_price(retail_minor, voice.terms.net_minor(retail_minor))


def _feature(kind: str, text: str) -> dict[str, Any]:
    return {"shortDescription": text, "type": kind}


def _empty_content(tour: Tour) -> dict[str, Any]:
    """What the API asks of texts and the tours do not hold; a place needs a latitude, which nobody typed."""
    return {
        "faqs": [],
        "media": [],
        "locations": [],
        "categoryLabels": ["guided-tours"] if tour.availability_type is AvailabilityType.START_TIME else [],
        "durationMinutesFrom": tour.duration_minutes,
        "durationMinutesTo": None,
        "commentary": [],
    }
