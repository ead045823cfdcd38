"""Pond-houses: so many visitors a day go into one, over all departures that lead there (BOOKINGS.md, 105 to 109).

Nothing is counted in a column that could go wrong: behind the pond-house's lock the heads of live bookings are summed
up, so what is cancelled, ends or moves away makes room by itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import VN, today
from producers.farms import service as farms
from producers.farms.models import Site, SiteKind
from storefront.tours import gate_repository, house_repository
from storefront.tours import service as tours
from storefront.tours.errors import HouseFullError, SightNotFoundError
from storefront.tours.gate_models import GateScan
from storefront.tours.models import Booking, Departure, Tour


@dataclass(frozen=True)
class HouseDays:
    """A place of the farm: its limit, None without one, and who is to come: {day: heads}."""

    site: Site
    limit: int | None
    days: dict[date, int]


@dataclass(frozen=True)
class LogLine:
    """People who went in: `heads` counts each ticket once, at its first scan."""

    scan: GateScan
    booking: Booking
    tour: Tour
    heads: int
    by: str


async def admit(session: AsyncSession, departure_id: UUID, *, booking_id: UUID, heads: int) -> bool:
    """Whether all pond-houses of a departure take a whole party; holds that nobody ended yet still have their places.

    The caller holds the departure's lock. The pond-houses stay locked until the end of the transaction: whoever counts
    next sees this party. So no lock of a booking or a departure may be waited for after this.
    """
    houses = await house_repository.lock_houses(session, departure_id)
    if not houses:
        return True
    inside = await house_repository.count_heads(
        session, [house.site_id for house in houses], departure_id, besides=booking_id
    )
    if any(inside[house.site_id] + heads > house.visitors for house in houses):
        return False
    await refresh_beside(session, departure_id)
    return True


async def check_shown(session: AsyncSession, departure: Departure, added: set[UUID]) -> None:
    """Raise `HouseFullError` when a locked departure brings more guests into new places of its than these take."""
    houses = [
        one for one in await house_repository.lock_houses(session, departure.id) if one.site_id in added
    ]
    inside = await house_repository.count_heads(
        session, [one.site_id for one in houses], departure.id, besides=None
    )
    for house in houses:
        if departure.taken and inside[house.site_id] > house.visitors:
            site = await farms.get_site(session, house.site_id)
            others = inside[house.site_id] - departure.taken
            raise HouseFullError(site.name, max(0, house.visitors - others))


async def refresh_beside(session: AsyncSession, departure_id: UUID) -> list[UUID]:
    """Rebuild the pages of tours that share a pond-house with a departure that day; answers their departures."""
    beside = await house_repository.list_beside(session, departure_id)
    for tour_id in sorted({tour_id for _departure, tour_id in beside}):
        await tours.refresh(session, tour_id)
    return [one for one, _tour in beside]


async def set_limit(
    session: AsyncSession, *, site_id: UUID, producer_id: UUID, visitors: int | None, now: datetime
) -> list[UUID]:
    """Say how many visitors a day a place takes, None as many as come; who has booked stays.

    Answers the departures to come that go there. Raises `SightNotFoundError` for another producer's place, or a plot.
    """
    if site_id not in {site.id for site in await _list_waters(session, producer_id)}:
        raise SightNotFoundError
    if visitors is None:
        await house_repository.drop_limit(session, site_id)
    else:
        await house_repository.set_limit(session, site_id, visitors, now=now)
    for tour in await tours.list_tours(session, producer_id):
        await tours.refresh(session, tour.id)
    return await house_repository.list_entering(session, site_id, now=now)


async def _list_waters(session: AsyncSession, producer_id: UUID) -> list[Site]:
    """Where fish live: tea takes as many visitors as come."""
    return [one for one in await farms.list_sites(session, producer_id) if one.kind is not SiteKind.PLOT]


async def list_houses(session: AsyncSession, *, producer_id: UUID, now: datetime) -> list[HouseDays]:
    """List a producer's waters with their limits and who is to come, from today on."""
    sites = await _list_waters(session, producer_id)
    ids = [site.id for site in sites]
    limits = await house_repository.list_limits(session, ids)
    days: dict[UUID, dict[date, int]] = defaultdict(dict)
    for site_id, day, heads in await house_repository.list_days(session, ids, first=today(now), now=now):
        days[site_id][day] = heads
    return [HouseDays(site, limits.get(site.id), days[site.id]) for site in sites]


async def list_log(
    session: AsyncSession, *, site_id: UUID, producer_id: UUID, on: date
) -> tuple[Site, list[LogLine]]:
    """List who went into a place on a day of Vietnam's; raises `SightNotFoundError` for another producer's place."""
    site = next((one for one in await farms.list_sites(session, producer_id) if one.id == site_id), None)
    if site is None:
        raise SightNotFoundError
    begun = datetime.combine(on, time(), VN)
    found = await house_repository.list_log(session, site_id, since=begun, before=begun + timedelta(days=1))
    entries = await gate_repository.list_entries(session, {booking.id for _scan, booking, _tour in found})
    lines = []
    for scan, booking, tour in found:
        own = [one.item.heads for one in entries if one.scan.id == scan.id]
        again = [one.item.heads for one in entries if one.scan.id == scan.id and one.is_repeat]
        # A scan in trouble is first to nobody, and its people are inside all the same.
        heads = sum(own) if scan.trouble else sum(own) - sum(again)
        by = (await accounts.get_person(session, scan.person_id)).name
        lines.append(LogLine(scan, booking, tour, heads, by))
    return site, lines
