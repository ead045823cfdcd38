"""What the log announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LogGrown(Event):
    """Entries that waited have their places, under a head of this size."""

    size: int


@dataclass(frozen=True, kw_only=True)
class HeadWitnessed(Event):
    """A witness signed the head of this size."""

    size: int
