"""The lunar calendar against dates that everybody knows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.lunar import LunarDay, lunar_day, lunar_new_year, lunar_said

TET = [
    "1968-01-29",
    "1985-01-21",
    "2000-02-05",
    "2001-01-24",
    "2002-02-12",
    "2003-02-01",
    "2004-01-22",
    "2005-02-09",
    "2006-01-29",
    "2007-02-17",
    "2008-02-07",
    "2009-01-26",
    "2010-02-14",
    "2011-02-03",
    "2012-01-23",
    "2013-02-10",
    "2014-01-31",
    "2015-02-19",
    "2016-02-08",
    "2017-01-28",
    "2018-02-16",
    "2019-02-05",
    "2020-01-25",
    "2021-02-12",
    "2022-02-01",
    "2023-01-22",
    "2024-02-10",
    "2025-01-29",
    "2026-02-17",
    "2027-02-06",
    "2028-01-26",
    "2029-02-13",
    "2030-02-02",
]


@pytest.mark.parametrize("known", TET)
def test_tet_falls_on_its_day(known: str) -> None:
    """Tết is where Viet Nam kept it, also in the years in which China kept another day (1968, 1985, 2007, 2030)."""
    day = date.fromisoformat(known)
    assert lunar_new_year(day.year) == day
    assert lunar_day(day) == LunarDay(1, 1, day.year)
    assert lunar_day(day - timedelta(days=1)).month == 12
    assert lunar_day(day - timedelta(days=1)).year == day.year - 1


@pytest.mark.parametrize(
    ("year", "month"),
    [(2004, 2), (2006, 7), (2009, 5), (2012, 4), (2014, 9), (2017, 6), (2020, 4), (2023, 2), (2025, 6)],
)
def test_leap_months_are_the_known_ones(year: int, month: int) -> None:
    """A leap month comes where the sun enters no new sign; other years have none."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    leaps = {found.month for day in days if (found := lunar_day(day)).is_leap and found.year == year}
    assert leaps == {month}


def test_a_year_without_leap_has_none() -> None:
    """2024 and 2026 have twelve months."""
    for year in (2024, 2026):
        days = (lunar_new_year(year) + timedelta(days=n) for n in range(354))
        assert not any(lunar_day(day).is_leap for day in days)


def test_days_follow_each_other() -> None:
    """From one day to the next the lunar day counts on or begins again at one; months have 29 or 30 days."""
    before = lunar_day(date(1999, 12, 31))
    for n in range(12_000):
        now = lunar_day(date(2000, 1, 1) + timedelta(days=n))
        assert now.day == before.day + 1 or (now.day == 1 and before.day in (29, 30)), (n, before, now)
        before = now


def test_the_mid_autumn_moon_is_full() -> None:
    """The fifteenth of the eighth month of 2026 is 25 September."""
    assert lunar_day(date(2026, 9, 25)) == LunarDay(15, 8, 2026)


@pytest.mark.parametrize(
    ("day", "said", "english"),
    [
        (date(2026, 2, 17), "mùng 1 tháng Giêng", "lunar 1/1"),
        (date(2026, 8, 27), "rằm tháng Bảy", "lunar 15/7"),
        (date(2026, 2, 10), "23 tháng Chạp", "lunar 23/12"),
        (date(2025, 7, 25), "mùng 1 tháng Sáu nhuận", "lunar 1/6 (leap)"),
    ],
)
def test_a_lunar_day_is_said_as_people_say_it(day: date, said: str, english: str) -> None:
    """The first ten days are "mùng", the fifteenth is "rằm", the first and last months have names of their own."""
    assert lunar_said(day, "vi") == said
    assert lunar_said(day, "en") == english
