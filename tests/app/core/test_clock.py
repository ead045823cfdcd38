"""The clock: aware instants, Vietnam's days."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core import clock


def test_system_clock_is_aware_and_in_utc():
    """The present is never naive."""
    before = datetime.now(UTC)
    now = clock.SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 11, 12, 16, 59, tzinfo=UTC), date(2026, 11, 12)),
        (datetime(2026, 11, 12, 17, 0, tzinfo=UTC), date(2026, 11, 13)),
    ],
)
def test_today_turns_at_midnight_in_vietnam(instant, day):
    """A day ends at 17:00 UTC."""
    assert clock.today(instant) == day


def test_today_refuses_a_naive_instant():
    """A naive datetime names no instant, so it has no day."""
    with pytest.raises(ValueError, match="naive"):
        clock.today(datetime(2026, 11, 12))  # noqa: DTZ001 - the naive one is the point


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-12", date(2026, 11, 12)),
        ("2000-01-01", date(2000, 1, 1)),
        ("2199-12-31", date(2199, 12, 31)),
        ("1999-12-31", None),
        ("9999-12-31", None),
        ("12/11/2026", None),
        ("", None),
        (None, None),
    ],
)
def test_a_named_day_is_one_that_somebody_may_mean(text, day):
    """Nonsense and the far ends of the calendar name no day."""
    assert clock.find_day(text) == day
