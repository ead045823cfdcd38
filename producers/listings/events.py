"""What listings announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ListingChanged(Event):
    """A listing was made, edited, published or paused."""

    listing_id: UUID
