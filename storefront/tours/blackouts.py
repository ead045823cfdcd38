"""Blackout days: a producer receives nobody new on them, on any of its tours (BOOKINGS.md, 33)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.i18n import _
from storefront.tours import (
    bookings,
    departure_repository,
    departures,
    repository,
    season_repository,
    seasons,
    seats,
)
from storefront.tours import service as tours
from storefront.tours.errors import PlanError
from storefront.tours.models import BlackoutDay, Booking, Departure, DepartureState
from storefront.tours.schemas import BlackoutFields
from storefront.tours.states import LIVE

MAX_AT_ONCE = 60


@dataclass(frozen=True)
class Closed:
    """A blackout day, and who had booked it before: they come, unless the host calls the day off."""

    blackout: BlackoutDay
    booked: list[tuple[Departure, list[Booking]]]


def plan_days(fields: BlackoutFields, *, now: datetime) -> list[date]:
    """List the days that a form asks for; raises `PlanError`."""
    first, last = fields.from_on, fields.until_on or fields.from_on
    if first < today(now):
        raise PlanError("from_on", _("Ngày này đã qua rồi."))
    if last < first:
        raise PlanError("until_on", _("Ngày cuối phải sau ngày đầu."))
    if last > today(now) + departures.MAX_AHEAD:
        raise PlanError("until_on", _("Chỉ thêm được trong vòng một năm tới."))
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    if len(days) > MAX_AT_ONCE:
        raise PlanError("until_on", _("Mỗi lần thêm được nhiều nhất %(most)s ngày.", most=MAX_AT_ONCE))
    return days


async def add(session: AsyncSession, *, producer_id: UUID, fields: BlackoutFields, now: datetime) -> None:
    """Receive nobody new on some days: what stands there is sold no more, who has booked stays booked.

    Raises `PlanError`. Days that are closed already stay as they are.
    """
    days = plan_days(fields, now=now)
    # Whoever makes or opens days of these tours meanwhile comes before or after.
    await repository.lock_tours(session, await season_repository.list_tour_ids(session, producer_id))
    found = await season_repository.list_on(session, producer_id, days)
    await departure_repository.lock_departures(session, {one.id for one in found})
    for day in days:
        made = await season_repository.insert_blackout(
            session, producer_id=producer_id, closed_on=day, note=fields.note, now=now
        )
        if made is not None:
            await season_repository.close_for(
                session, [one.id for one in found], blackout_id=made, closed_on=day
            )
    for tour_id in sorted({one.tour_id for one in found}):
        await tours.refresh(session, tour_id)


async def remove(session: AsyncSession, *, producer_id: UUID, blackout_id: UUID, now: datetime) -> None:
    """Receive visitors again: what was closed for the day opens, and seasons make what they left out; twice is once."""
    tour_ids = await season_repository.list_tour_ids(session, producer_id)
    await repository.lock_tours(session, tour_ids)
    blackout = await season_repository.find_blackout(session, blackout_id, producer_id)
    if blackout is None:
        return
    found = await season_repository.list_on(session, producer_id, [blackout.closed_on])
    await departure_repository.lock_departures(session, {one.id for one in found})
    await season_repository.reopen_after(session, blackout_id, now=now)
    for one in found:
        if one.closed_for_id == blackout_id:
            await seats.wake(session, one.id)
    await season_repository.delete_blackout(session, blackout_id)
    await seasons.keep_made(session, tour_ids, now=now)
    for tour_id in sorted({one.tour_id for one in found}):
        await tours.refresh(session, tour_id)


async def list_closed(session: AsyncSession, *, producer_id: UUID, now: datetime) -> list[Closed]:
    """List the blackout days that have not gone by, each with who had booked it."""
    blackouts = await season_repository.list_blackouts(session, producer_id, from_on=today(now))
    found = [
        one
        for one in await season_repository.list_on(session, producer_id, {one.closed_on for one in blackouts})
        if one.state is not DepartureState.CANCELLED
    ]
    parties = await bookings.list_parties(session, found, LIVE)
    return [
        Closed(
            blackout,
            [
                (one, [booking for booking, _items in parties[one.id]])
                for one in found
                if one.local_on == blackout.closed_on and parties[one.id]
            ],
        )
        for blackout in blackouts
    ]
