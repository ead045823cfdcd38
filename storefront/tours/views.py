"""What several pages of visits show alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from app.core.i18n import Text, _
from app.core.money import format_dong
from storefront.operators.service import Terms
from storefront.tours.departures import Seats
from storefront.tours.extra_models import ExtraPer, TourExtra
from storefront.tours.extra_pages import ExtraLine
from storefront.tours.extras import MOST_PIECES
from storefront.tours.models import DepartureState, Tour, TourUnit, UnitItem
from storefront.tours.pages import DateLine, OfferLine, SeasonPriceLine, UnitLine
from storefront.tours.service import Offer
from storefront.tours.words import (
    DEPARTURE_WORDS,
    say_day,
    say_day_of_month,
    say_hours,
    say_least,
    say_left,
    say_price_days,
    say_unit,
)

FEW = 5


def show_offers(
    offers: Sequence[Offer], on: date | None = None, terms: Terms | None = None
) -> list[OfferLine]:
    """Options and prices, the usual ones or those of a day: as visitors read them, or on an operator's terms."""
    return [
        OfferLine(
            offer.option.name,
            [
                UnitLine(say_unit(unit), _price(offer, unit, on, terms), f"unit_{unit.id}")
                for unit in offer.units
            ],
        )
        for offer in offers
    ]


def _price(offer: Offer, unit: TourUnit, on: date | None, terms: Terms | None) -> int:
    price = offer.price_minor(unit, on) if on else unit.price_minor
    return terms.net_minor(price) if terms else price


def show_seasons(offers: Sequence[Offer]) -> list[SeasonPriceLine]:
    """Prices of some days as visitors and hosts read them."""
    return [
        SeasonPriceLine(
            price_id=one.id,
            name=one.name,
            option=offer.option.name if len(offers) > 1 else "",
            days=say_price_days(one),
            prices=[
                (say_unit(unit), price)
                for unit in offer.units
                if (price := one.price_minor(unit.kind)) is not None
            ],
        )
        for offer in offers
        for one in offer.seasons
    ]


def say_price(offers: Sequence[Offer], on: date, terms: Terms | None = None) -> Text | None:
    """Say what the first ticket of a tour costs on a day, where that is not the usual: a visitor, or an operator."""
    for offer in offers:
        for unit in offer.units:
            if offer.price_minor(unit, on) != unit.price_minor:
                price = _price(offer, unit, on, terms)
                return _("%(unit)s %(price)s", unit=say_unit(unit), price=format_dong(price))
    return None


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
    tour: Tour,
    seats: Seats,
    sights: Text | None = None,
    languages: Text | None = None,
    *,
    offers: Sequence[Offer] = (),
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
        day_of_month=say_day_of_month(departure.local_on),
        hours=say_hours(tour, departure),
        state=state,
        kind=kind,
        is_bookable=is_bookable,
        can_wait=departure.state is DepartureState.PROVISIONAL or (seats.is_open and not seats.left),
        least=say_least(tour, departure) if seats.is_open else None,
        sights=sights,
        price=say_price(offers, departure.local_on) if seats.is_open else None,
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
