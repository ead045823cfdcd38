"""What diaries announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EntryRecorded(Event):
    """A new entry stands in the diary; `corrects_id` names the one that it replaces or takes back."""

    entry_id: UUID
    site_id: UUID
    corrects_id: UUID | None
    recorded_at: datetime
    """When it came in (UTC)."""


@dataclass(frozen=True, kw_only=True)
class EntrySpoken(Event):
    """A recording was put to an entry for the first time."""

    entry_id: UUID
