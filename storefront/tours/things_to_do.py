"""Visits as Google's "Things to do" product feed (developers.google.com: things-to-do, feed spec, product feed).

One shard is a whole snapshot: a visit that is not in it is taken off there. `max_removal_share` stays unset on purpose, so
that a snapshot that lost many visits at once is refused there and looked at by a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.core.clock import in_vietnam
from storefront.tours import service, terms
from storefront.tours.discovery import Invitation
from storefront.tours.service import Offer

LANGUAGE = "vi"
_MINUTE_S = 60
_HOUR_S = 3600


def describe(told: Sequence[Invitation], *, now: datetime) -> Mapping[str, Any]:
    """The whole feed; `nonce` is the minute at which it was made. A visit without a price is not in it."""
    return {
        "feed_metadata": {
            "shard_id": 0,
            "total_shards_count": 1,
            "processing_instruction": "PROCESS_AS_SNAPSHOT",
            "nonce": int(f"{in_vietnam(now):%Y%m%d%H%M}"),
        },
        "products": [_product(one) for one in told if one.offers],
    }


def _product(told: Invitation) -> Mapping[str, Any]:
    words = told.tour.description or told.tour.summary
    return {
        "id": str(told.tour.id),
        "title": _say(told.tour.title),
        "description": _say(words),
        "related_media": [{"url": photo, "type": "MEDIA_TYPE_PHOTO"} for photo in told.photos],
        "operator": {"google_business_profile_name": _say(told.producer.name)},
        "inventory_type": "INVENTORY_TYPE_DEFAULT",
        "confirmation_type": "CONFIRMATION_TYPE_INSTANT",
        "fulfillment_type": {"mobile": True, "print_at_home": True, "pickup": False},
        "options": [_option(told, offer) for offer in told.offers],
    }


def _option(told: Invitation, offer: Offer) -> Mapping[str, Any]:
    """One way to take the visit; of its prices the adult's alone, or where only a group is sold that group's whole price."""
    unit = service.lowest_price([offer])
    assert unit is not None  # noqa: S101 - an offer has its price types
    return {
        "id": str(offer.option.id),
        "title": _say(offer.option.name),
        "landing_page": {"url": told.address},
        "duration_sec": told.tour.duration_minutes * _MINUTE_S,
        "cancellation_policy": {
            "refund_conditions": [
                {"min_duration_before_start_time_sec": step.hours * _HOUR_S, "refund_percent": step.percent}
                for step in terms.steps_of(told.tour)
            ]
        },
        "price_options": [
            {
                "id": str(unit.id),
                "title": unit.name,
                "price": {"currency_code": "VND", "units": unit.price_minor},
            }
        ],
    }


def _say(text: str) -> Mapping[str, Any]:
    return {"localized_texts": [{"language_code": LANGUAGE, "text": text}]}
