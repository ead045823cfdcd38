"""A clock that stands still until it is moved."""

from __future__ import annotations

from datetime import datetime, timedelta


class FrozenClock:
    """Answers the same instant until `advance` moves it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The instant (UTC)."""
        return self._now

    def advance(self, **by: float) -> None:
        """Move on, like `advance(minutes=16)`."""
        self._now += timedelta(**by)
