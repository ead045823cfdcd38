"""Schedules: which instants they name, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.subscriptions.schedule import FIELDS, ScheduleError, read_schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "after", "expected"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-12T02:00:00", "2026-11-13T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-11-12T01:04:59.999", "2026-11-12T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-11-12T01:05:00", "2026-11-13T01:05:00"),
        ({"second": "0/30"}, "2026-11-12T02:00:00", "2026-11-12T02:00:30"),
        ({"second": "0/30"}, "2026-12-31T23:59:59", "2027-01-01T00:00:00"),
        ({"minute": "[10-12],40"}, "2026-11-12T02:12:00", "2026-11-12T02:40:00"),
        ({"hour": "22"}, "2026-11-12T02:00:00", "2026-11-12T22:00:00"),
        ({"hour": "1", "second": "30"}, "2026-11-12T01:07:30", "2026-11-12T01:08:30"),
        ({"dayOfMonth": "31"}, "2026-11-12T02:00:00", "2026-12-31T00:00:00"),
        ({"dayOfMonth": 29, "month": 2}, "2026-11-12T02:00:00", "2028-02-29T00:00:00"),
        ({"dayOfMonth": "29", "month": "2", "dayOfWeek": "7"}, "2060-03-01T00:00:00", "2088-02-29T00:00:00"),
        ({"month": "3"}, "2026-11-12T02:00:00", "2027-03-01T00:00:00"),
        ({"dayOfWeek": "1"}, "2026-11-12T02:00:00", "2026-11-16T00:00:00"),
        ({"dayOfWeek": "5", "dayOfMonth": "13"}, "2026-11-12T02:00:00", "2026-11-13T00:00:00"),
        ({"dayOfWeek": "[6-7]", "hour": "6/6"}, "2026-11-14T18:00:00", "2026-11-15T06:00:00"),
    ],
)
def test_the_next_time(fields: dict[str, str], after: str, expected: str) -> None:
    """What is smaller than the smallest named field is its least value; what is larger and not named is any."""
    assert read_schedule(fields).next_after(at(after)) == at(expected)


def test_times_are_utc() -> None:
    """An instant of another offset is the same instant, and the answer is in UTC."""
    hanoi = datetime(2026, 11, 12, 8, 0, tzinfo=timezone(timedelta(hours=7)))
    assert read_schedule({"hour": "1", "minute": "5"}).next_after(hanoi) == at("2026-11-12T01:05:00")


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"year": "2027"}, {"minute": "60"}, {"hour": "24"}, {"dayOfMonth": "0"}, {"dayOfWeek": "8"}, {"month": "13"},
        {"second": ""}, {"second": "*"}, {"second": "1,"}, {"second": "[5-3]"}, {"second": "5-8"}, {"second": "0/0"},
        {"second": "-1"}, {"second": 1.5}, {"second": True}, {"second": None}, {"second": "٣"}, {"minute": "100"},
        {"dayOfMonth": "31", "month": "2"}, {"dayOfMonth": "[30-31]", "month": "2"},
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(fields: dict[str, object]) -> None:
    """Unknown fields, values outside of their range, and days that never come."""
    with pytest.raises(ScheduleError):
        read_schedule(fields)


def spelled(name: str) -> st.SearchStrategy[str]:
    """One field: numbers, ranges and steps."""
    least, greatest = FIELDS[name]
    number = st.integers(least, greatest)
    ranges = st.tuples(number, number).map(lambda pair: f"[{min(pair)}-{max(pair)}]")
    steps = st.tuples(number, st.integers(1, 30)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(number.map(str), ranges, steps), min_size=1, max_size=3).map(",".join)


FIRST, LAST = datetime(2026, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


@given(
    fields=st.fixed_dictionaries(
        {"minute": spelled("minute")}, optional={"hour": spelled("hour"), "dayOfWeek": spelled("dayOfWeek")}
    ),
    instant=st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
)
def test_no_time_is_passed_over(fields: dict[str, str], instant: datetime) -> None:
    """The next time matches, lies behind the instant, and no minute between the two matches."""
    schedule = read_schedule(fields)
    found = schedule.next_after(instant)

    def matches(one: datetime) -> bool:
        return (
            one.minute in schedule.minutes
            and one.hour in schedule.hours
            and one.isoweekday() in schedule.weekdays
        )

    assert found > instant and found.second == 0 and matches(found)
    minute = instant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute < found:
        assert not matches(minute)
        minute += timedelta(minutes=1)
