"""Selects and locks of pond-houses: who enters one on a day, over all departures that lead into it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, and_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.driver import Prepared
from producers.farms.models import Site
from storefront.tours.gate_models import GateScan
from storefront.tours.models import Booking, BookingState, Departure, DepartureSight, DepartureState, Tour
from storefront.tours.resource_models import HouseEntry, HouseLimit
from storefront.tours.states import LIVE

_Other = aliased(Departure)
_Entered = aliased(DepartureSight)


@dataclass(frozen=True)
class House:
    """A pond-house with how many visitors a day it takes."""

    site_id: UUID
    visitors: int


def _comes(now: datetime | BindParameter[datetime] | None) -> ColumnElement[bool]:
    """Whether a booking's heads go in: live, and its departure not called off. With `now`, no hold whose time is over."""
    is_live = and_(Booking.state.in_(LIVE), _Other.state != DepartureState.CANCELLED)
    if now is None:
        return is_live
    return and_(is_live, or_(Booking.state != BookingState.ON_HOLD, Booking.expires_at > now))


def room_left(now: BindParameter[datetime]) -> ScalarSelect[int | None]:
    """How many visitors the fullest pond-house of a departure still takes, as part of a select of departures.

    NULL where it enters none that has a limit; holds whose time is over count as gone. Below zero when a limit was
    lowered since.
    """
    inside = (
        select(func.coalesce(func.sum(Booking.heads), 0))
        .join(_Other, _Other.id == Booking.departure_id)
        .join(_Entered, _Entered.departure_id == _Other.id)
        .where(
            _Entered.site_id == HouseLimit.site_id,
            _Other.local_on == Departure.local_on,
            _comes(now),
        )
        .correlate(HouseLimit, Departure)
        .scalar_subquery()
    )
    return (
        select(func.min(HouseLimit.visitors - inside))
        .join(DepartureSight, DepartureSight.site_id == HouseLimit.site_id)
        .where(DepartureSight.departure_id == Departure.id)
        .correlate(Departure)
        .scalar_subquery()
    )


_LOCKED = Prepared(
    select(HouseLimit.site_id, HouseLimit.visitors)
    .join(DepartureSight, DepartureSight.site_id == HouseLimit.site_id)
    .where(DepartureSight.departure_id == bindparam("departure_id"))
    .order_by(HouseLimit.site_id)
    .with_for_update(of=HouseLimit)
)


async def lock_houses(session: AsyncSession, departure_id: UUID) -> list[House]:
    """Lock the pond-houses with a limit that a departure enters, ids ascending; the last locks of a booking."""
    rows = await _LOCKED.fetch(session, {"departure_id": departure_id})
    return [House(site_id, visitors) for site_id, visitors in rows]


async def count_heads(
    session: AsyncSession,
    site_ids: Collection[UUID],
    departure_id: UUID,
    *,
    besides: UUID | None,
    now: datetime | None = None,
) -> dict[UUID, int]:
    """Count who goes into places on the day of a departure, without one booking; with `now`, without holds that are over."""
    day = select(Departure.local_on).where(Departure.id == departure_id).scalar_subquery()
    statement = (
        select(Site.id, func.sum(Booking.heads))
        .join(_Entered, _Entered.site_id == Site.id)
        .join(_Other, _Other.id == _Entered.departure_id)
        .join(Booking, Booking.departure_id == _Other.id)
        .where(Site.id.in_(site_ids), _Other.local_on == day, _comes(now))
        .group_by(Site.id)
    )
    if besides is not None:
        statement = statement.where(Booking.id != besides)
    heads = dict.fromkeys(site_ids, 0)
    return heads | {site_id: int(number) for site_id, number in await session.execute(statement)}


async def list_beside(session: AsyncSession, departure_id: UUID) -> list[tuple[UUID, UUID]]:
    """Select the other departures that enter a limited pond-house of this one on its day: (departure, tour)."""
    own = aliased(Departure)
    own_sight = aliased(DepartureSight)
    statement = (
        select(_Other.id, _Other.tour_id)
        .distinct()
        .select_from(own)
        .join(own_sight, own_sight.departure_id == own.id)
        .join(HouseLimit, HouseLimit.site_id == own_sight.site_id)
        .join(_Entered, _Entered.site_id == HouseLimit.site_id)
        .join(_Other, and_(_Other.id == _Entered.departure_id, _Other.local_on == own.local_on))
        .where(own.id == departure_id, _Other.id != departure_id)
        .order_by(_Other.id)
    )
    return [(one, tour_id) for one, tour_id in await session.execute(statement)]


async def list_limits(session: AsyncSession, site_ids: Collection[UUID]) -> dict[UUID, int]:
    """Select how many visitors a day places take; those without a limit are left out."""
    statement = select(HouseLimit.site_id, HouseLimit.visitors).where(HouseLimit.site_id.in_(site_ids))
    return {site_id: visitors for site_id, visitors in await session.execute(statement)}  # noqa: C416 - rows


async def set_limit(session: AsyncSession, site_id: UUID, visitors: int, *, now: datetime) -> None:
    """Write down how many visitors a day a place takes; waits for bookings that count behind its lock."""
    statement = insert(HouseLimit).values(site_id=site_id, visitors=visitors, changed_at=now)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["site_id"], set_={"visitors": visitors, "changed_at": now}
        )
    )


async def drop_limit(session: AsyncSession, site_id: UUID) -> None:
    """Let a place take as many as come."""
    await session.execute(delete(HouseLimit).where(HouseLimit.site_id == site_id))


async def list_days(
    session: AsyncSession, site_ids: Collection[UUID], *, first: date, now: datetime
) -> list[tuple[UUID, date, int]]:
    """Select how many visitors are to go into places from a day on: (place, day, heads)."""
    statement = (
        select(Site.id, _Other.local_on, func.sum(Booking.heads))
        .join(_Entered, _Entered.site_id == Site.id)
        .join(_Other, _Other.id == _Entered.departure_id)
        .join(Booking, Booking.departure_id == _Other.id)
        .where(Site.id.in_(site_ids), _Other.local_on >= first, _comes(now))
        .group_by(Site.id, _Other.local_on)
        .order_by(_Other.local_on)
    )
    return [(site_id, day, int(heads)) for site_id, day, heads in await session.execute(statement)]


async def list_entering(session: AsyncSession, site_id: UUID, *, now: datetime) -> list[UUID]:
    """Select the departures to come that enter a place, ids ascending."""
    statement = (
        select(_Other.id)
        .join(_Entered, _Entered.departure_id == _Other.id)
        .where(_Entered.site_id == site_id, _Other.ends_at > now)
        .order_by(_Other.id)
    )
    return list(await session.scalars(statement))


async def note_entries(session: AsyncSession, scan_id: UUID, departure_id: UUID) -> None:
    """Note into which places the people of a scan went: those that the departure shows now."""
    shown = (
        select(GateScan.id, DepartureSight.site_id)
        .join(DepartureSight, DepartureSight.departure_id == departure_id)
        .where(GateScan.id == scan_id, DepartureSight.site_id.is_not(None))
    )
    await session.execute(
        insert(HouseEntry).from_select(["scan_id", "site_id"], shown).on_conflict_do_nothing()
    )


async def list_log(
    session: AsyncSession, site_id: UUID, *, since: datetime, before: datetime
) -> list[tuple[GateScan, Booking, Tour]]:
    """Select who went into a place between two instants, in the order of the phones' hours."""
    statement = (
        select(GateScan, Booking, Tour)
        .join(HouseEntry, HouseEntry.scan_id == GateScan.id)
        .join(Booking, Booking.id == GateScan.booking_id)
        .join(Tour, Tour.id == Booking.tour_id)
        .where(HouseEntry.site_id == site_id, GateScan.scanned_at >= since, GateScan.scanned_at < before)
        .order_by(GateScan.scanned_at, GateScan.id)
    )
    return [(scan, booking, tour) for scan, booking, tour in await session.execute(statement)]


async def find_fullest(
    session: AsyncSession, departure_id: UUID, *, now: datetime
) -> tuple[Site, int] | None:
    """Select the pond-house of a departure that takes the fewest visitors more, with how many; None without a limit."""
    statement = (
        select(HouseLimit.site_id, HouseLimit.visitors, Site)
        .join(DepartureSight, DepartureSight.site_id == HouseLimit.site_id)
        .join(Site, Site.id == HouseLimit.site_id)
        .where(DepartureSight.departure_id == departure_id)
        .order_by(HouseLimit.site_id)
    )
    rows = [(site_id, visitors, site) for site_id, visitors, site in await session.execute(statement)]
    heads = await count_heads(
        session, [site_id for site_id, _visitors, _site in rows], departure_id, besides=None, now=now
    )
    left = [(site, max(0, visitors - heads[site_id])) for site_id, visitors, site in rows]
    return min(left, key=lambda one: one[1], default=None)
