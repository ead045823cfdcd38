"""The lunar calendar as it is kept in Viet Nam (UTC+7): by it people know the fair's days, the seasons and Tết.

A month begins on the day of the new moon; the eleventh month holds the winter solstice; a year with thirteen months
between two of those has a leap month, the first in which the sun enters no new sign. New moons and the sun's place follow
J. Meeus, "Astronomical Algorithms", chapters 25 and 49, to the minute: enough for the day between 1900 and 2199.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import floor, radians, sin

_EPOCH = date(2000, 1, 1).toordinal()
_SYNODIC = 29.530588861
_FIRST_NEW_MOON = 2451550.09766
_NOON_2000 = 2451545.0
_VIETNAM = 7 / 24
_SIGN = 30
_MONTHS_WITH_LEAP = 13
_SOLSTICE_SIGN = 9
"""The sun's longitude of 270 degrees, in signs of thirty."""


@dataclass(frozen=True)
class LunarDay:
    """A day of the lunar calendar; `is_leap`: of the month that comes a second time."""

    day: int
    month: int
    year: int
    is_leap: bool = False


@lru_cache(maxsize=4096)
def _new_moon(k: int) -> float:
    """The instant (Julian day, terrestrial time) of the k-th new moon after 2000-01-06 (Meeus 49.1 to 49.3)."""
    t = k / 1236.85
    mean = _FIRST_NEW_MOON + _SYNODIC * k + 0.00015437 * t**2 - 0.00000015 * t**3 + 0.00000000073 * t**4
    e = 1 - 0.002516 * t - 0.0000074 * t**2
    sun = radians(2.5534 + 29.1053567 * k - 0.0000014 * t**2)
    moon = radians(201.5643 + 385.81693528 * k + 0.0107582 * t**2 + 0.00001238 * t**3)
    node = radians(160.7108 + 390.67050284 * k - 0.0016118 * t**2 - 0.00000227 * t**3)
    rising = radians(124.7746 - 1.56375588 * k + 0.0020672 * t**2)
    terms = (
        (-0.4072, moon), (0.17241 * e, sun), (0.01608, 2 * moon), (0.01039, 2 * node), (0.00739 * e, moon - sun),
        (-0.00514 * e, moon + sun), (0.00208 * e * e, 2 * sun), (-0.00111, moon - 2 * node),
        (-0.00057, moon + 2 * node), (0.00056 * e, 2 * moon + sun), (-0.00042, 3 * moon), (0.00042 * e, sun + 2 * node),
        (0.00038 * e, sun - 2 * node), (-0.00024 * e, 2 * moon - sun), (-0.00017, rising),
    )  # fmt: skip
    return mean + sum(size * sin(angle) for size, angle in terms)


def _earth_time(instant: float) -> float:
    """Terrestrial to universal time: the earth runs late by a minute or so (a smooth guess, days)."""
    years = (instant - _NOON_2000) / 365.25
    return instant - (64 + 0.35 * years) / 86_400


def _day_of(instant: float) -> int:
    """The day in Viet Nam (ordinal of the proleptic calendar) on which an instant falls."""
    return floor(_earth_time(instant) - _NOON_2000 + 0.5 + _VIETNAM) + _EPOCH


@lru_cache(maxsize=4096)
def _sign_of(day: int) -> int:
    """In which of the twelve signs the sun stands when a day begins in Viet Nam (Meeus 25.2 to 25.4)."""
    t = (day - _EPOCH - 0.5 - _VIETNAM) / 36_525
    mean = 280.46646 + 36_000.76983 * t + 0.0003032 * t**2
    anomaly = radians(357.52911 + 35_999.05029 * t - 0.0001537 * t**2)
    centre = (
        (1.914602 - 0.004817 * t - 0.000014 * t**2) * sin(anomaly)
        + (0.019993 - 0.000101 * t) * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1_934.136 * t)
    return floor((mean + centre - 0.00569 - 0.00478 * sin(node)) % 360 / _SIGN)


def _moon_on_or_before(day: int) -> int:
    """The number of the last new moon that fell on this day or before."""
    k = floor((day - _EPOCH - 5) / _SYNODIC) + 1
    while _day_of(_new_moon(k)) > day:
        k -= 1
    return k


def _begin(k: int) -> int:
    return _day_of(_new_moon(k))


@lru_cache(maxsize=512)
def _eleventh(year: int) -> int:
    """The new moon that begins the eleventh month of a year: the last one from which the solstice is still to come."""
    k = _moon_on_or_before(date(year, 12, 31).toordinal())
    return k if _sign_of(_begin(k)) < _SOLSTICE_SIGN else k - 1


def _is_without_sign(k: int) -> bool:
    """Whether the sun enters no new sign in the month that the k-th new moon begins."""
    return _sign_of(_begin(k)) == _sign_of(_begin(k + 1))


def lunar_day(day: date) -> LunarDay:
    """The lunar day of a calendar day (Viet Nam), for 1900 to 2199."""
    ordinal = day.toordinal()
    k = _moon_on_or_before(ordinal)
    year = day.year if k < _eleventh(day.year) else day.year + 1
    first, last = _eleventh(year - 1), _eleventh(year)
    leap = next(
        (n for n in range(first + 1, last) if _is_without_sign(n))
        if last - first == _MONTHS_WITH_LEAP
        else iter(()),
        None,
    )
    passed = k - first - (1 if leap is not None and k >= leap else 0)
    month = (passed + 10) % 12 + 1
    return LunarDay(
        day=ordinal - _begin(k) + 1,
        month=month,
        year=year - 1 if month >= 11 and passed < 2 else year,  # noqa: PLR2004 - the year's last two months
        is_leap=k == leap,
    )


def lunar_new_year(year: int) -> date:
    """The first day of the first month: Tết."""
    day = date(year, 1, 20)
    while (found := lunar_day(day)).month != 1 or found.is_leap or found.day != 1:
        day += timedelta(days=1)
    return day


_MONTHS = ("Giêng", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Chạp")
_FULL_MOON, _FIRST_TEN = 15, 10


def lunar_said(day: date, lang: str) -> str:
    """Say the lunar day as people do: "mùng 5 tháng Giêng", "rằm tháng Bảy", "23 tháng Chạp"."""
    found = lunar_day(day)
    if lang == "en":
        return f"lunar {found.day}/{found.month}" + (" (leap)" if found.is_leap else "")
    if found.day == _FULL_MOON:
        said = "rằm"
    else:
        said = f"mùng {found.day}" if found.day <= _FIRST_TEN else str(found.day)
    return f"{said} tháng {_MONTHS[found.month - 1]}" + (" nhuận" if found.is_leap else "")
