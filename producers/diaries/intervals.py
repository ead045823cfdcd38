"""Waiting times: from a spray, treatment or feeding of the soil to the first day on which harvest is clear.

Days are calendar days in Viet Nam.
- By days (pre-harvest interval of a pesticide, withdrawal days of a drug): the first clear day is the day of use plus
  the days on the label. Seven days after the 1st is the 8th.
- By degree-days (withdrawal of a drug in cold water): the daily mean temperatures of the water are summed from the day
  of use on, that day included; the day after the sum reaches the label's figure is the first clear day. A day with
  measurements counts their mean, rounded down to a tenth. A day without one counts the last day known before it, but
  never less than 1 °C, so that the wait ends. Days before the first measurement, or all days when nothing was ever
  measured, count 8 °C: colder than the water of most farms, so that the wait is rather too long than too short.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

UNKNOWN_TENTHS = 80
LEAST_UNMEASURED_TENTHS = 10


def clear_after_days(used_on: date, days: int) -> date:
    """The first clear day by the days on the label (0 days: the day of use itself)."""
    return used_on + timedelta(days=days)


def daily_means(measured: Iterable[tuple[date, int]]) -> dict[date, int]:
    """The mean of each measured day, tenths of °C rounded down."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for day, tenths in measured:
        by_day[day].append(tenths)
    return {day: sum(tenths) // len(tenths) for day, tenths in by_day.items()}


def clear_after_degree_days(used_on: date, degree_days: int, means: Mapping[date, int]) -> date:
    """The first clear day by degree-days; `means` are tenths of °C by day (see the module's rule)."""
    earlier = [day for day in means if day < used_on]
    last_known = means[max(earlier)] if earlier else None
    day, still = used_on, degree_days * 10
    while still > 0:
        if day in means:
            last_known = means[day]
            still -= max(last_known, 0)
        elif last_known is None:
            still -= UNKNOWN_TENTHS
        else:
            still -= max(last_known, LEAST_UNMEASURED_TENTHS)
        day += timedelta(days=1)
    return day
