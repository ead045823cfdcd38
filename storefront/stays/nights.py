"""Nights: rows that are made four months ahead, closed and changed by the host, and shown with their free beds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import _
from app.core.ids import uuid7
from storefront.stays import booking_repository, night_repository
from storefront.stays import service as stays
from storefront.stays.errors import BedsTakenError, PlanError
from storefront.stays.models import SleepingPlace, Stay, StayBooking, StayNight
from storefront.stays.schemas import NightFields

AHEAD = timedelta(days=120)
_FRIDAY, _SATURDAY = 4, 5
MAX_AT_ONCE = 62


@dataclass(frozen=True)
class Night:
    """One night of a place: what a bed costs then, and how many are free; none is free when it is closed."""

    place: SleepingPlace
    night: StayNight
    free: int
    price_minor: int


def price_of(place: SleepingPlace, night_on: date) -> int:
    """What one bed or room costs in a night, in đồng: Friday's and Saturday's may have a price of their own."""
    is_weekend = night_on.weekday() in {_FRIDAY, _SATURDAY}
    return place.weekend_minor if is_weekend and place.weekend_minor else place.price_minor


async def make_place_nights(session: AsyncSession, place: SleepingPlace, *, now: datetime) -> int:
    """Make the nights of a place from today on, none twice; answers how many are new."""
    first = today(now)
    return await _make(session, place, first, now=now)


async def keep_made(session: AsyncSession, *, now: datetime) -> int:
    """Make the nights of every place that have come into reach; answers how many are new."""
    made = 0
    for place, last in await night_repository.list_lasts(session):
        first = max(today(now), last + timedelta(days=1)) if last else today(now)
        new = await _make(session, place, first, now=now)
        if new:
            await stays.refresh(session, place.stay_id)
        made += new
    return made


async def _make(session: AsyncSession, place: SleepingPlace, first: date, *, now: datetime) -> int:
    days = list_days(first, today(now) + AHEAD - timedelta(days=1))
    if not days:
        return 0
    rows = [
        {
            "id": uuid7(),
            "place_id": place.id,
            "night_on": day,
            "capacity": place.number,
            "created_at": now,
        }
        for day in days
    ]
    return await night_repository.insert_nights(session, rows)


def list_days(first: date, last: date) -> list[date]:
    """List days from the first to the last, both included."""
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


async def list_nights(
    session: AsyncSession, places: Sequence[SleepingPlace], first: date, last: date, *, now: datetime
) -> list[Night]:
    """List nights of places, both ends included: by day, and within a day in the order of the places."""
    by_id = {place.id: place for place in places}
    rows = await night_repository.list_nights(session, by_id, first, last, now=now)
    found = [
        Night(place, night, 0 if night.is_closed else free, price_of(place, night.night_on))
        for night, free in rows
        for place in [by_id[night.place_id]]
    ]
    return sorted(found, key=lambda one: (one.night.night_on, one.place.position, one.place.id))


async def close_nights(
    session: AsyncSession, *, stay: Stay, fields: NightFields, is_closed: bool, now: datetime
) -> None:
    """Close nights to anybody new, or open them again; who has paid for one of them stays, and `list_kept` names them.

    Raises `PlanError`, and `PlaceNotFoundError` for a place of another stay.
    """
    days = _plan(fields, now=now)
    await stays.get_place_of(session, stay=stay, place_id=fields.place_id)
    await night_repository.set_closed(session, fields.place_id, days, is_closed=is_closed)
    await stays.refresh(session, stay.id)


async def list_kept(
    session: AsyncSession, places: Sequence[SleepingPlace], *, now: datetime
) -> list[StayBooking]:
    """List who has paid for a closed night from tonight on, and keeps it; the next first."""
    return await booking_repository.list_on_closed(session, [one.id for one in places], from_on=today(now))


async def change_beds(session: AsyncSession, *, stay: Stay, fields: NightFields, now: datetime) -> None:
    """Give nights another number of beds, all of them or none.

    Raises `PlanError`, `BedsTakenError` for the first night in which more are taken (the caller then rolls back), and
    `PlaceNotFoundError` for a place of another stay.
    """
    if fields.capacity is None:
        raise PlanError("capacity", _("Bạn ghi còn mấy chỗ."))
    days = _plan(fields, now=now)
    place = await stays.get_place_of(session, stay=stay, place_id=fields.place_id)
    for day in days:
        if not await night_repository.set_capacity(session, place.id, day, fields.capacity):
            for night, _free in await night_repository.list_nights(session, [place.id], day, day, now=now):
                raise BedsTakenError(day, night.taken)
            raise PlanError("from_on", _("Đêm này chưa mở."))
    await stays.refresh(session, stay.id)


def _plan(fields: NightFields, *, now: datetime) -> list[date]:
    first, last = fields.from_on, fields.until_on or fields.from_on
    if first < today(now):
        raise PlanError("from_on", _("Ngày này đã qua rồi."))
    if last < first:
        raise PlanError("until_on", _("Ngày cuối phải sau ngày đầu."))
    if last >= today(now) + AHEAD:
        field = "until_on" if fields.until_on else "from_on"
        raise PlanError(field, _("Lịch mới mở trong bốn tháng tới."))
    days = list_days(first, last)
    if len(days) > MAX_AT_ONCE:
        raise PlanError("until_on", _("Mỗi lần đổi được nhiều nhất %(most)s đêm.", most=MAX_AT_ONCE))
    return days


async def count_free(
    session: AsyncSession, place_id: UUID, first: date, last: date, *, now: datetime
) -> dict[date, tuple[int, bool]]:
    """How many beds nights have: {evening: (free, whether it is closed)}; nights that were not made are left out."""
    rows = await night_repository.list_nights(session, [place_id], first, last, now=now)
    return {night.night_on: (free, night.is_closed) for night, free in rows}
