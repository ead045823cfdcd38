"""What labels announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class LabelsIssued(Event):
    """The serials of a print job are out in the world, or will be (`issued_at` in UTC)."""

    sheet_id: UUID
    issued_at: datetime


@dataclass(frozen=True, kw_only=True)
class LabelVoided(Event):
    """A label is good for nothing any more (`voided_at` in UTC)."""

    serial_id: UUID
    voided_at: datetime
