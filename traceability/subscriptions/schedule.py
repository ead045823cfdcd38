"""Schedules of subscriptions (EPCIS 2.0, `GS1-Query-Second` to `GS1-Query-DayOfWeek`), read and counted on. Times are UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

FIELDS: Mapping[str, tuple[int, int]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "month": (1, 12),
    "dayOfWeek": (1, 7),
}
"""The least and the greatest value of each; 1 is Monday."""
_RANK = {"second": 0, "minute": 1, "hour": 2, "dayOfMonth": 3, "dayOfWeek": 3, "month": 4}
_ELEMENT = re.compile(r"(\d{1,2})(?:/(\d{1,2}))?|\[(\d{1,2})-(\d{1,2})\]", re.ASCII)
_HORIZON_DAYS = 41 * 366
"""The longest wait that a schedule can ask for: 29 February on a given weekday, over a century without a leap year."""


class ScheduleError(ValueError):
    """This is no schedule; the text says why."""


@dataclass(frozen=True)
class Schedule:
    """The values that a time must have, each in ascending order."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def next_after(self, instant: datetime) -> datetime:
        """The first matching instant after this one (aware), in UTC; raises `ScheduleError` when none will ever come."""
        begin = instant.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        floor = begin.time()
        for ahead in range(_HORIZON_DAYS):
            day = begin.date() + timedelta(days=ahead)
            if day.month in self.months and day.day in self.days and day.isoweekday() in self.weekdays:
                found = self._time_from(floor if ahead == 0 else time())
                if found is not None:
                    return datetime.combine(day, found, UTC)
        raise ScheduleError("schedule: no day has all of these values")

    def _time_from(self, floor: time) -> time | None:
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute) < (floor.hour, floor.minute):
                    continue
                for second in self.seconds:
                    found = time(hour, minute, second)
                    if found >= floor:
                        return found
        return None


def read_schedule(fields: Mapping[str, Any]) -> Schedule:
    """Read a schedule; raises `ScheduleError`.

    A field is a number, a range `[a-b]`, a step `a/n` (from a, every n) or several of them divided by commas.
    A field that is not named matches every value when something smaller is named, and only its least value when not:
    `{"hour": "1", "minute": "5"}` is once a day, 01:05:00 UTC.
    """
    for name in fields:
        if name not in FIELDS:
            raise ScheduleError(f"schedule: {name[:20]!r} is no field of a schedule")
    if not fields:
        raise ScheduleError("schedule: names no time")
    smallest = min(_RANK[name] for name in fields)
    values = {}
    for name, (least, greatest) in FIELDS.items():
        if name in fields:
            values[name] = _read_field(name, fields[name])
        elif _RANK[name] < smallest and name != "dayOfWeek":
            values[name] = (least,)
        else:
            values[name] = tuple(range(least, greatest + 1))
    schedule = Schedule(
        seconds=values["second"],
        minutes=values["minute"],
        hours=values["hour"],
        days=values["dayOfMonth"],
        months=values["month"],
        weekdays=values["dayOfWeek"],
    )
    schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC))
    return schedule


def _read_field(name: str, said: Any) -> tuple[int, ...]:
    least, greatest = FIELDS[name]
    if isinstance(said, bool) or not isinstance(said, str | int):
        raise ScheduleError(f'{name}: must be a text such as "5", "1,15" or "[1-5]"')
    found: set[int] = set()
    for element in str(said).split(","):
        read = _ELEMENT.fullmatch(element.strip())
        if read is None:
            raise ScheduleError(f"{name}: {element[:20]!r} is no number, no range [a-b] and no step a/n")
        start = int(read[1] or read[3])
        if read[4]:
            numbers = range(start, int(read[4]) + 1)
        elif read[2]:
            numbers = range(start, greatest + 1, int(read[2]) or greatest)
        else:
            numbers = range(start, start + 1)
        if not numbers or numbers[0] < least or numbers[-1] > greatest or read[2] in {"0", "00"}:
            raise ScheduleError(f"{name}: values lie between {least} and {greatest}")
        found.update(numbers)
    return tuple(sorted(found))
