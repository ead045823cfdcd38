"""What comes in for a recall."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from app.core.fields import FormModel
from traceability.recalls.models import StartKind


class RecallForm(FormModel):
    """Where the suspicion lies, since and until which day, why, and whether it is practice."""

    start: str
    """`kind:id`, or `day:` alone."""
    since: date | None = None
    until: date | None = None
    reason: str = Field(min_length=3, max_length=500)
    is_mock: bool = False

    @property
    def kind(self) -> StartKind | None:
        """The kind of start; None for what is none."""
        word = self.start.partition(":")[0]
        return StartKind(word) if word in set(StartKind) else None

    @property
    def start_id(self) -> UUID | None:
        """The id of the start; None when there is none."""
        try:
            return UUID(self.start.partition(":")[2])
        except ValueError:
            return None
