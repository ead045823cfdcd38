"""What several pages of visits show alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from app.core.i18n import Text
from storefront.tours.departures import Seats
from storefront.tours.extra_models import ExtraPer, TourExtra
from storefront.tours.extra_pages import ExtraLine
from storefront.tours.extras import MOST_PIECES
from storefront.tours.models import DepartureState, Tour, TourUnit, UnitItem
from storefront.tours.pages import DateLine, OfferLine, UnitLine
from storefront.tours.service import Offer
from storefront.tours.words import DEPARTURE_WORDS, say_day, say_hours, say_least, say_left, say_unit

FEW = 5


def show_offers(offers: Sequence[Offer]) -> list[OfferLine]:
    """Options and prices as visitors read them."""
    return [
        OfferLine(
            offer.option.name,
            [UnitLine(say_unit(unit), unit.price_minor, f"unit_{unit.id}") for unit in offer.units],
        )
        for offer in offers
    ]


def show_extras(offered: Sequence[TourExtra]) -> list[ExtraLine]:
    """Add-ons as visitors read them."""
    return [
        ExtraLine(
            one.name,
            one.price_minor,
            f"extra_{one.id}",
            one.per is ExtraPer.HEAD,
            min(one.most or MOST_PIECES, MOST_PIECES),
        )
        for one in offered
    ]


def show_date(
    tour: Tour, seats: Seats, sights: Text | None = None, languages: Text | None = None
) -> DateLine:
    """A departure as visitors read it: its state always in words, what it shows and who is understood where somebody said so."""
    departure = seats.departure
    is_bookable = seats.is_open and seats.left > 0
    if seats.is_open:
        state = say_left(seats.left)
        kind = "bad" if not seats.left else "wait" if seats.left <= FEW else "good"
    else:
        state, kind = DEPARTURE_WORDS[departure.state]
    return DateLine(
        departure_id=departure.id,
        day=say_day(departure),
        hours=say_hours(tour, departure),
        state=state,
        kind=kind,
        is_bookable=is_bookable,
        can_wait=departure.state is DepartureState.PROVISIONAL or (seats.is_open and not seats.left),
        least=say_least(tour, departure) if seats.is_open else None,
        sights=sights,
        languages=languages,
    )


def is_public(seats: Seats) -> bool:
    """Whether visitors see a departure at all: one that has begun says nothing to them."""
    return seats.is_open or seats.departure.state in {DepartureState.CANCELLED, DepartureState.PROVISIONAL}


def carry_on(values: Mapping[str, str]) -> str:
    """What was typed into one form of a party, as the query of another's link."""
    kept = ("departure_id", "contact_name", "contact_phone", "note")
    return urlencode(
        {
            name: value
            for name, value in values.items()
            if name in kept or name.startswith(("unit_", "extra_"))
        }
    )


def count_units(items: Sequence[tuple[UnitItem, TourUnit]]) -> list[tuple[TourUnit, int, int]]:
    """Who comes, by price type: (unit, how many, what they cost in đồng)."""
    counted: dict[object, tuple[TourUnit, int, int]] = {}
    for item, unit in items:
        _unit, number, amount = counted.get(unit.id, (unit, 0, 0))
        counted[unit.id] = (unit, number + 1, amount + item.price_minor)
    return list(counted.values())


def say_party(items: Sequence[tuple[UnitItem, TourUnit]], speak: Callable[[Text], str]) -> str:
    """Say who comes in one line: "2 Người lớn, 1 Trẻ em"."""
    return ", ".join(f"{number} {speak(say_unit(unit))}" for unit, number, _amount in count_units(items))
