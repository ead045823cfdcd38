"""When work was done, from a day and perhaps an hour."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from app.core.clock import VN, in_vietnam, today
from producers.diaries.models import EntryKind
from producers.diaries.schemas import HARVESTS, WAITED_FOR

_DAY = 24 * 60


def performed_at(kind: EntryKind, on: date, minute: int | None, now: datetime) -> datetime:
    """The instant (Viet Nam) that a day and a minute of the day name; today without an hour is now.

    An earlier day without an hour is its noon, but a spray, treatment or fertiliser counts from the day's beginning and a
    harvest at its end: of two works on one day in unknown order, the harvest came after the spray.
    """
    if minute is None and on == today(now):
        return now
    return datetime.combine(on, time(), VN) + timedelta(minutes=_default(kind) if minute is None else minute)


def hour_said(kind: EntryKind, instant: datetime) -> str:
    """The hour of the day ("07:30"), or nothing when only the day was named."""
    there = in_vietnam(instant)
    is_default = there.second == there.microsecond == 0 and there.hour * 60 + there.minute == _default(kind)
    return "" if is_default else f"{there:%H:%M}"


def _default(kind: EntryKind) -> int:
    if kind in WAITED_FOR:
        return 0
    return _DAY - 1 if kind in HARVESTS else _DAY // 2
