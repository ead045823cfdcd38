"""What links announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LinksChanged(Event):
    """What a producer's codes lead to is no longer what it was."""

    producer_id: UUID
