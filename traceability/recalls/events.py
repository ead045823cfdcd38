"""What recalls announce."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RecallOpened(Event):
    """These lots must not be sold or eaten; everything that shows or sells them has been told."""

    recall_id: UUID
    producer_id: UUID
    lot_ids: tuple[UUID, ...]
