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
