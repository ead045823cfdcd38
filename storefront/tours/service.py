"""Tours: what a producer invites visitors to, its options and prices, and its place in the shop window."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.i18n import _
from app.core.ids import new_code, uuid7
from app.core.text import slugify
from app.places import service as places
from app.web.cache import invalidate
from producers.cooperatives import service as cooperatives
from storefront.catalog import service as catalog
from storefront.catalog.models import EntryKind
from storefront.tours import departure_repository, repository, season_prices
from storefront.tours.errors import NotReadyError, PlanError, TourNotFoundError, TypeFixedError
from storefront.tours.events import TourChanged
from storefront.tours.models import SeasonPrice, Tour, TourOption, TourUnit, UnitType
from storefront.tours.schemas import OptionFields, TermsFields, TourFields

_SUFFIX_LENGTH = 4
_UNIT_NAMES = {UnitType.ADULT: "Người lớn", UnitType.CHILD: "Trẻ em", UnitType.FAMILY: "Gia đình"}
"""Kept with the unit in Vietnamese, for partners' systems; pages say it in the visitor's language."""


@dataclass(frozen=True)
class Offer:
    """A way to take a tour, with its price types."""

    option: TourOption
    units: list[TourUnit]
    seasons: Sequence[SeasonPrice] = ()

    def price_minor(self, unit: TourUnit, on: date) -> int:
        """What one of its tickets costs on a day, in đồng."""
        return season_prices.price_on(self.seasons, unit, on)

    def lowest_minor(self, unit: TourUnit) -> int:
        """The lowest that one of its tickets costs on any day, in đồng."""
        prices = (one.price_minor(unit.kind) for one in self.seasons)
        return min((unit.price_minor, *(price for price in prices if price is not None)))


async def get_tour(session: AsyncSession, tour_id: UUID) -> Tour:
    """Get a tour; raises `TourNotFoundError`."""
    tour = await session.get(Tour, tour_id)
    if tour is None:
        raise TourNotFoundError
    return tour


async def get_own_tour(session: AsyncSession, *, tour_id: UUID, producer_id: UUID) -> Tour:
    """Get a producer's tour; another's raises `TourNotFoundError` too."""
    tour = await get_tour(session, tour_id)
    if tour.producer_id != producer_id:
        raise TourNotFoundError
    return tour


async def get_tours(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Tour]:
    """Get several tours by id; unknown ids are left out."""
    return await repository.get_tours(session, ids)


async def get_public_tour(session: AsyncSession, slug: str) -> Tour:
    """Get a published tour by the word in its address; raises `TourNotFoundError`."""
    tour = await repository.find_tour_by_slug(session, slug)
    if tour is None or not tour.is_published:
        raise TourNotFoundError
    return tour


async def list_tours(session: AsyncSession, producer_id: UUID) -> list[Tour]:
    """List a producer's tours, the newest first."""
    return await repository.list_tours(session, producer_id)


async def list_published(session: AsyncSession) -> list[Tour]:
    """List every tour that the shop shows, the newest first."""
    return await repository.list_tours(session)


async def list_offers(
    session: AsyncSession, tour_ids: Collection[UUID], *, with_inactive: bool = False
) -> dict[UUID, list[Offer]]:
    """List the options of tours with their price types; those no longer sold only `with_inactive`."""
    found = [
        (option, unit, has_seasons)
        for option, unit, has_seasons in await repository.list_offered(session, tour_ids)
        if with_inactive or (option.is_active and unit.is_active)
    ]
    # Most tours cost the same all year: only of the others the lists are asked for.
    seasons = await season_prices.list_prices(session, {option.id for option, _unit, has in found if has})
    offers: dict[UUID, list[Offer]] = {tour_id: [] for tour_id in tour_ids}
    for option, rows in groupby(found, key=itemgetter(0)):
        units = [unit for _option, unit, _has in rows]
        offers[option.tour_id].append(Offer(option, units, seasons[option.id]))
    return offers


async def list_option_ids(session: AsyncSession, tour_id: UUID) -> set[UUID]:
    """The options of a tour, by id, with those no longer sold."""
    return {option.id for option in await repository.list_options(session, [tour_id])}


async def photo_ids(session: AsyncSession, tour_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """List the photos of tours, in order."""
    found: dict[UUID, list[UUID]] = {tour_id: [] for tour_id in tour_ids}
    for photo in await repository.list_photos(session, tour_ids):
        found[photo.tour_id].append(photo.photo_id)
    return found


def lowest_price(offers: Sequence[Offer]) -> TourUnit | None:
    """The cheapest adult's ticket, or without one the cheapest of all; None when nothing is sold."""
    units = [unit for offer in offers for unit in offer.units]
    adults = [unit for unit in units if unit.kind is UnitType.ADULT]
    return min(adults or units, key=lambda unit: unit.price_minor, default=None)


async def create_tour(
    session: AsyncSession,
    *,
    producer_id: UUID,
    fields: TourFields,
    commune_code: str,
    photos: Sequence[UUID] = (),
    now: datetime,
    tour_id: UUID | None = None,
) -> Tour:
    """Make a tour that is not shown yet; its address comes from the title, one that is taken gets a random end.

    With a `tour_id` that made one before that one is answered (`TourNotFoundError` for another's).
    """
    base = slugify(fields.title) or "chuyen-tham"
    wanted = tour_id or uuid7()
    values = {
        **fields.model_dump(),
        "id": wanted,
        "producer_id": producer_id,
        "commune_code": commune_code,
        "is_published": False,
        "created_at": now,
    }
    slug = base
    while await repository.insert_tour(session, {**values, "slug": slug}) is None:
        if await repository.has_tour(session, wanted):
            return await get_own_tour(session, tour_id=wanted, producer_id=producer_id)
        slug = f"{base}-{new_code(_SUFFIX_LENGTH).lower()}"
    for photo_id in photos:
        await repository.insert_photo(session, tour_id=wanted, photo_id=photo_id, now=now)
    return await get_tour(session, wanted)


async def update_tour(
    session: AsyncSession,
    *,
    tour_id: UUID,
    fields: TourFields,
    commune_code: str,
    photos: Sequence[UUID] = (),
    removed_photos: Collection[UUID] = (),
    now: datetime,
) -> Tour:
    """Change a tour; the address stays. Raises `TypeFixedError` for another kind of time once dates stand."""
    tour = await get_tour(session, tour_id)
    is_retyped = fields.availability_type is not tour.availability_type
    if is_retyped and await departure_repository.has_departures(session, tour_id):
        raise TypeFixedError
    asked_before = tour.minimum_heads, tour.decide_hours
    for name, value in fields.model_dump().items():
        setattr(tour, name, value)
    tour.commune_code = commune_code
    await session.flush()
    if asked_before != (tour.minimum_heads, tour.decide_hours):
        await departure_repository.mark_late_sure(session, tour, now=now)
    await repository.delete_photos(session, tour_id, removed_photos)
    for photo_id in photos:
        await repository.insert_photo(session, tour_id=tour_id, photo_id=photo_id, now=now)
    await announce(session, tour, now=now)
    return tour


async def save_terms(session: AsyncSession, *, tour_id: UUID, fields: TermsFields, now: datetime) -> Tour:
    """Keep a tour's steps and its deposit for bookings from now on; raises `PlanError` for a part that ends no later than the whole."""
    if fields.part_percent and fields.part_hours >= fields.cancellation_cutoff_hours:
        raise PlanError("part_hours", _("Hạn này phải muộn hơn hạn hủy không mất tiền."))
    tour = await get_tour(session, tour_id)
    tour.cancellation_cutoff_hours, tour.cancellation_steps = fields.cancellation_cutoff_hours, fields.later
    tour.deposit_percent, tour.balance_rule = fields.deposit_percent, fields.balance_rule
    tour.balance_hours = fields.balance_hours
    await session.flush()
    await announce(session, tour, now=now)
    return tour


async def save_option(
    session: AsyncSession,
    *,
    tour_id: UUID,
    option_id: UUID | None,
    fields: OptionFields,
    now: datetime,
    new_id: UUID | None = None,
) -> TourOption:
    """Make an option (without `option_id`) or change one; a price left empty is sold no more.

    With a `new_id` that made one before that one is answered as it stands. Bookings keep the price of their moment.
    Raises `TourNotFoundError` for another tour's option.
    """
    # Who saves at this very instant comes before or after: an option has one price of each kind.
    await repository.lock_tours(session, [tour_id])
    options = await repository.list_options(session, [tour_id])
    option = next((one for one in options if one.id == option_id), None)
    if option is None:
        if option_id is not None:
            raise TourNotFoundError
        wanted = new_id or uuid7()
        values = {
            "id": wanted,
            "tour_id": tour_id,
            "name": fields.name,
            "max_units": fields.max_units,
            "is_default": not options,
            "position": len(options),
            "created_at": now,
        }
        is_new = await repository.insert_option(session, values)
        option = await repository.get_option(session, wanted)
        if option.tour_id != tour_id:
            raise TourNotFoundError
        if not is_new:
            return option
    prices = fields.prices()
    option.name, option.max_units, option.is_active = fields.name, fields.max_units, bool(prices)
    await session.flush()
    known = {unit.kind: unit for unit in await repository.list_units(session, [option.id])}
    for position, kind in enumerate(UnitType):
        unit = known.get(kind)
        if kind not in prices:
            if unit is not None:
                unit.is_active = False
            continue
        if unit is None:
            unit = TourUnit(option_id=option.id, kind=kind, name=_UNIT_NAMES[kind], created_at=now)
            session.add(unit)
        unit.pax_count, unit.price_minor = prices[kind]
        unit.position, unit.is_active = position, True
    await session.flush()
    await announce(session, await get_tour(session, tour_id), now=now)
    return option


async def publish_tour(session: AsyncSession, *, tour_id: UUID, now: datetime) -> Tour:
    """Put a tour into the shop window; raises `NotReadyError` while it has no price, `PracticeOnlyError`."""
    tour = await get_tour(session, tour_id)
    await cooperatives.require_real(session, tour.producer_id)
    if not (await list_offers(session, [tour_id]))[tour_id]:
        raise NotReadyError
    tour.is_published = True
    await session.flush()
    await announce(session, tour, now=now)
    return tour


async def unpublish_tour(session: AsyncSession, *, tour_id: UUID, now: datetime) -> Tour:
    """Take a tour out of the shop window; bookings that stand keep standing."""
    tour = await get_tour(session, tour_id)
    tour.is_published = False
    await session.flush()
    await announce(session, tour, now=now)
    return tour


async def announce(session: AsyncSession, tour: Tour, *, now: datetime) -> None:
    """Keep the catalogue's entry, rebuild the pages that show the tour, and say that it changed."""
    lowest = lowest_price((await list_offers(session, [tour.id]))[tour.id])
    photos = (await photo_ids(session, [tour.id]))[tour.id]
    place = await places.describe(session, tour.commune_code)
    await catalog.upsert_entry(
        session,
        ref_id=tour.id,
        kind=EntryKind.TOUR,
        slug=tour.slug,
        producer_id=tour.producer_id,
        title=tour.title,
        subtitle=place,
        words=f"{tour.summary} {tour.description} {tour.meeting_point}",
        price_minor=lowest.price_minor if lowest else None,
        price_unit=lowest.name.lower() if lowest else "",
        photo_id=photos[0] if photos else None,
        is_visible=tour.is_published and lowest is not None,
        now=now,
    )
    await refresh(session, tour.id)
    await emit(session, TourChanged(tour_id=tour.id))


async def refresh(session: AsyncSession, tour_id: UUID) -> None:
    """Rebuild the pages that show a tour: its dates or free seats are others now."""
    await invalidate(session, f"tour:{tour_id}")
