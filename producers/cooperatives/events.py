"""What cooperatives announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ProducerChanged(Event):
    """What the shop shows of a producer has changed."""

    producer_id: UUID
