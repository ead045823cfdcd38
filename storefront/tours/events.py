"""Facts that visits announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TourChanged(Event):
    """What a tour's page shows has changed: its words, prices, dates or whether it is shown at all."""

    tour_id: UUID
