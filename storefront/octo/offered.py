"""What is offered over the OCTO API: tours with their units, and their dates as one operator can book them (OCTO.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storefront.octo import errors
from storefront.octo.caller import Caller
from storefront.octo.reading import read_instant, read_uuid
from storefront.tours import departures
from storefront.tours import service as tours
from storefront.tours.departures import Seats
from storefront.tours.errors import TourNotFoundError
from storefront.tours.models import AvailabilityType, Tour, TourUnit
from storefront.tours.service import Offer

MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Product:
    """A published tour with what is sold of it and its times of the day."""

    tour: Tour
    offers: Sequence[Offer]
    starts: Sequence[str]


async def list_products(session: AsyncSession, *, now: datetime) -> list[Product]:
    """List the tours that can be booked at all: those with prices, and with times."""
    return await _complete(session, await tours.list_published(session), now=now)


async def get_product(session: AsyncSession, product_id: str, *, now: datetime) -> Product:
    """Get one of them; raises `OctoError`."""
    wanted = read_uuid(product_id, errors.invalid_product)
    try:
        tour = await tours.get_tour(session, wanted)
    except TourNotFoundError as error:
        raise errors.invalid_product(product_id) from error
    return await _get_sold(session, tour, now=now)


async def _get_sold(session: AsyncSession, tour: Tour, *, now: datetime) -> Product:
    found = await _complete(session, [tour] if tour.is_published else [], now=now)
    if not found:
        raise errors.invalid_product(str(tour.id))
    return found[0]


async def _complete(session: AsyncSession, found: Sequence[Tour], *, now: datetime) -> list[Product]:
    ids = [tour.id for tour in found]
    offers = await tours.list_offers(session, ids)
    starts = await departures.list_start_times(session, ids, now=now)
    return [
        Product(tour=tour, offers=offers[tour.id], starts=starts.get(tour.id, []))
        for tour in found
        if offers[tour.id]
        and (starts.get(tour.id) or tour.availability_type is AvailabilityType.OPENING_HOURS)
    ]


async def get_date(
    session: AsyncSession, caller: Caller, product_id: str, availability_id: str, *, now: datetime
) -> tuple[Product, Seats | None]:
    """Get a product with one of its dates, None when it has none of this id; raises `OctoError`."""
    wanted = read_uuid(product_id, errors.invalid_product)
    found = await departures.find_starting(
        session, wanted, read_instant(availability_id), now=now, operator_id=caller.operator.id
    )
    if found is None:
        return await get_product(session, product_id, now=now), None
    tour, seats = found
    return await _get_sold(session, tour, now=now), seats


def get_offer(product: Product, option_id: str) -> Offer:
    """Get a way to take a product; raises `OctoError`."""
    found = next((one for one in product.offers if str(one.option.id) == option_id.lower()), None)
    if found is None:
        raise errors.invalid_option(option_id)
    return found


def get_unit(offer: Offer, unit_id: str) -> TourUnit:
    """Get a price type of an option; raises `OctoError`."""
    found = next((unit for unit in offer.units if str(unit.id) == unit_id.lower()), None)
    if found is None:
        raise errors.invalid_unit(unit_id)
    return found


async def list_days(
    session: AsyncSession, caller: Caller, tour: Tour, days: tuple[date, date], *, now: datetime
) -> list[Seats]:
    """List the dates of a tour on some days, the ends included; raises `OctoError` for more than a year.

    Free is what is free for this operator: what is held for it too, and what is held for others not.
    """
    first, last = days
    if last < first:
        raise errors.bad_request("localDateEnd must not be before localDateStart")
    if (last - first).days > MOST_DAYS:
        raise errors.bad_request("cannot request more than 1 year of availability")
    return await departures.list_between(session, tour, first, last, now=now, operator_id=caller.operator.id)


async def list_ids(
    session: AsyncSession, caller: Caller, tour: Tour, ids: Collection[str], *, now: datetime
) -> list[Seats]:
    """List the dates of a tour that have these ids; unknown ones are left out, what is no id raises `OctoError`."""
    starts = {read_instant(one) for one in ids}
    return await departures.list_starting(session, tour, starts, now=now, operator_id=caller.operator.id)


async def get_seats(
    session: AsyncSession, caller: Caller, tour: Tour, availability_id: str, *, now: datetime
) -> Seats:
    """Get one of them by its id; raises `OctoError`."""
    found = await list_ids(session, caller, tour, [availability_id], now=now)
    if not found:
        raise errors.invalid_availability(availability_id)
    return found[0]
