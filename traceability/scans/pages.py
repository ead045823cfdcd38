"""Pages of scans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.core.i18n import Text
from app.web.pages import Page


@dataclass(frozen=True)
class SuspectLine:
    """One suspicious label: its code in groups, its lot, the score of 100, why, and when it was found and last scanned."""

    said: str
    lot_code: str
    state: Text
    kind: str
    score: int
    reasons: list[Text]
    found_at: datetime
    seen_at: datetime
    story: str


@dataclass(frozen=True)
class UnknownLine:
    """A product of which codes were scanned that nobody ever issued."""

    product: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SuspectsPage(Page):
    """The labels of a producer that may have been copied."""

    template: ClassVar[str] = "traceability/suspects.html"
    area: ClassVar[str] = "farmer"
    lines: list[SuspectLine]
    unknown: list[UnknownLine]
    unknown_days: int
