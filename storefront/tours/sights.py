"""Sights: which plot is picked, which pond is fed, which lot is made on a date, and what of it a guest may buy later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN
from app.core.i18n import Text, _
from producers.farms import service as farms
from producers.farms.models import Site, SiteKind
from producers.listings import service as listings
from producers.listings.models import Listing, Variant
from storefront.tours import departure_repository, departures, houses, sight_repository
from storefront.tours import service as tours
from storefront.tours.errors import SightNotFoundError
from storefront.tours.models import Departure
from traceability.chronicle import service as chronicle
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState

LATER = timedelta(days=366)
"""How long after the visit the fish of a pond are still those that were seen."""
OFFERED = 30
"""Lots that a host may choose from, the newest."""


@dataclass(frozen=True)
class NamedLot:
    """A lot with what it is called in the shop."""

    lot: Lot
    variant: Variant
    listing: Listing

    @property
    def is_on_sale(self) -> bool:
        """Whether the shop sells this pack."""
        return self.lot.state is LotState.RELEASED and listings.is_on_sale(self.variant, self.listing)


@dataclass(frozen=True)
class Sights:
    """What a party sees on a date."""

    sites: list[Site]
    lots: list[NamedLot]


def say(sights: Sights) -> Text | None:
    """Say it in one line, "hái chè ở Đồi Bắc, xem lô TC1 (Chè đinh)"; None for a date of which nothing is told."""
    said = [_say_site(site) for site in sights.sites] + [say_lot(one) for one in sights.lots]
    if not said:
        return None
    line = said[0]
    for following in said[1:]:
        line = _("%(first)s, %(second)s", first=line, second=following)
    return line


def _say_site(site: Site) -> Text:
    if site.kind is SiteKind.PLOT:
        return _("hái chè ở %(site)s", site=site.name)
    return _("cho cá ăn ở %(site)s", site=site.name)


def say_lot(named: NamedLot) -> Text:
    """Name a lot as guests read it."""
    return _("xem lô %(code)s (%(title)s)", code=named.lot.code, title=named.listing.title)


def say_pack(named: NamedLot) -> Text:
    """Name a lot as its host chooses it: packs of one day may bear one code."""
    facts = {"code": named.lot.code, "title": named.listing.title, "pack": named.variant.name}
    return _("Lô %(code)s: %(title)s, %(pack)s", **facts)


async def list_choices(session: AsyncSession, producer_id: UUID) -> Sights:
    """List what a host may show: the places of the farm, and the newest lots that are free to be sold."""
    found = await lots.list_lots(session, producer_id)
    free = [lot for lot in found if lot.state is LotState.RELEASED]
    return Sights(await farms.list_sites(session, producer_id), await _name(session, free[:OFFERED]))


async def choose(
    session: AsyncSession,
    *,
    departure: Departure,
    producer_id: UUID,
    site_ids: Collection[UUID],
    lot_ids: Collection[UUID],
    now: datetime,
) -> None:
    """Say what a date shows, in place of what was said before.

    Raises `SightNotFoundError` for another producer's plot or lot, `HouseFullError` for a pond-house that does not take
    all of its guests. What was chosen earlier may stay, whatever became of it.
    """
    own_sites = {site.id for site in await farms.list_sites(session, producer_id)}
    known = await lots.get_lots(session, lot_ids)
    own_lots = {lot.id for lot in known.values() if lot.producer_id == producer_id}
    if not own_sites.issuperset(site_ids) or not own_lots.issuperset(lot_ids):
        raise SightNotFoundError
    # Who books meanwhile is counted where the date leads to, before or after.
    await departure_repository.lock_counters(session, {departure.id})
    departure = await departures.get_departure(session, departure.id)
    before = {row.site_id for row in await sight_repository.list_sights(session, [departure.id])}
    await sight_repository.replace(session, departure.id, site_ids=site_ids, lot_ids=lot_ids, now=now)
    await houses.check_shown(session, departure, set(site_ids) - before)
    await tours.refresh(session, departure.tour_id)


async def list_sights(session: AsyncSession, departure_ids: Collection[UUID]) -> dict[UUID, Sights]:
    """List what each of some dates shows; a date of which nothing is told has nothing."""
    rows = await sight_repository.list_sights(session, departure_ids)
    places = await farms.get_sites(session, {row.site_id for row in rows if row.site_id})
    found = await lots.get_lots(session, {row.lot_id for row in rows if row.lot_id})
    named = {one.lot.id: one for one in await _name(session, list(found.values()))}
    shown: dict[UUID, Sights] = defaultdict(lambda: Sights([], []))
    for row in rows:
        if row.site_id is not None:
            shown[row.departure_id].sites.append(places[row.site_id])
        if row.lot_id is not None:
            shown[row.departure_id].lots.append(named[row.lot_id])
    return shown


async def list_seen(session: AsyncSession, departure: Departure) -> list[NamedLot]:
    """List the lots that whoever came on a date has seen, as far as they exist by now.

    Those that were named, and those made of what was picked on the plots that day, or caught in the waters from that day
    on: leaf of another day is other leaf, a pond's fish are the same fish. A lot that is held yet is told to nobody.
    """
    sights = (await list_sights(session, [departure.id]))[departure.id]
    begun = datetime.combine(departure.local_on, time(), VN)
    plots = [site.id for site in sights.sites if site.kind is SiteKind.PLOT]
    waters = [site.id for site in sights.sites if site.kind is not SiteKind.PLOT]
    grown = (
        await lots.list_grown(session, plots, since=begun, before=begun + timedelta(days=1)) if plots else []
    )
    caught = await lots.list_grown(session, waters, since=begun, before=begun + LATER) if waters else []
    seen = {one.lot.id: one.lot for one in sights.lots} | {lot.id: lot for lot in (*grown, *caught)}
    told = [lot for lot in seen.values() if lot.state is not LotState.HELD]
    return await _name(session, sorted(told, key=lambda lot: lot.id))


async def note_visit(
    session: AsyncSession,
    departure: Departure,
    *,
    producer_id: UUID,
    tickets: Sequence[UUID],
    heads: int,
    visited_at: datetime,
    now: datetime,
) -> None:
    """Note in the farm's own chronicle that guests were at what the date shows, and when they came in."""
    sights = (await list_sights(session, [departure.id]))[departure.id]
    await chronicle.note_visited(
        session,
        departure_id=departure.id,
        producer_id=producer_id,
        places=[site.id for site in sights.sites],
        tickets=tickets,
        heads=heads,
        visited_at=visited_at,
        now=now,
    )


async def _name(session: AsyncSession, found: Sequence[Lot]) -> list[NamedLot]:
    variants = await listings.get_variants(session, {lot.variant_id for lot in found})
    shown = await listings.get_listings(session, {variant.listing_id for variant in variants.values()})
    return [
        NamedLot(lot, variants[lot.variant_id], shown[variants[lot.variant_id].listing_id]) for lot in found
    ]
