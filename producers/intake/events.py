"""What intake announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SlipRecorded(Event):
    """A new weigh slip stands in the books, perhaps in another's place; `recorded_at` is when it came in (UTC)."""

    slip_id: UUID
    recorded_at: datetime
