"""A tour's year at a glance: the months that have dates, and the dates of one month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import find_day, today
from storefront.tours import departures, views
from storefront.tours.departures import MAX_AHEAD, Seats
from storefront.tours.models import Tour


@dataclass(frozen=True)
class Month:
    """A month that has dates which visitors see; `bookable` of them still have room."""

    first: date
    dates: list[Seats]

    @property
    def bookable(self) -> int:
        """How many of its dates can be booked now."""
        return sum(1 for one in self.dates if one.is_open and one.left)


async def list_year(session: AsyncSession, tour: Tour, *, now: datetime) -> list[Seats]:
    """List every date of a tour that visitors see, from today on for a year, with its free seats, in one select."""
    first = today(now)
    found = await departures.list_between(session, tour, first, first + MAX_AHEAD, now=now)
    return [one for one in found if one.departure.ends_at > now and views.is_public(one)]


def by_month(dates: Sequence[Seats]) -> list[Month]:
    """Sort dates into their months, the first first."""
    months: dict[date, Month] = {}
    for one in dates:
        first = one.departure.local_on.replace(day=1)
        months.setdefault(first, Month(first, [])).dates.append(one)
    return list(months.values())


def choose(months: Sequence[Month], asked: str, *, now: datetime) -> Month:
    """The month that an address names ("2026-11"); else the first that has dates, or this one without any."""
    wished = find_day(f"{asked}-01")
    found = {month.first: month for month in months}
    if wished in found:
        return found[wished]
    return months[0] if months else Month(today(now).replace(day=1), [])


def is_month(asked: str, now: datetime) -> bool:
    """Whether an address names a month of the year that begins today."""
    first = find_day(f"{asked}-01")
    return first is not None and today(now).replace(day=1) <= first <= today(now) + MAX_AHEAD
