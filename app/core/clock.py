"""The clock: instants are aware and in UTC, days are counted in Vietnam."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

VN = ZoneInfo("Asia/Ho_Chi_Minh")
FIRST_YEAR, LAST_YEAR = 2000, 2199


class Clock(Protocol):
    """Where the present comes from; tests hand in one that stands still."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


def in_vietnam(instant: datetime) -> datetime:
    """Return the same instant on Vietnam's clock; ValueError when `instant` is naive."""
    if instant.tzinfo is None:
        raise ValueError(f"a naive datetime names no instant: {instant}")
    return instant.astimezone(VN)


def today(now: datetime) -> date:
    """Return the calendar day in Vietnam at an aware instant; ValueError when `now` is naive."""
    return in_vietnam(now).date()


def is_plausible(day: date) -> bool:
    """Whether somebody may mean this day: far ends of the calendar break sums of days and the database's clock."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def find_day(text: str | None) -> date | None:
    """The day that an address names ("2026-11-12"), or None when it names none that somebody may mean."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if is_plausible(day) else None
