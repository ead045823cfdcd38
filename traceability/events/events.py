"""What the repository of events announces."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EventsCaptured(Event):
    """So many new EPCIS events were stored."""

    count: int
