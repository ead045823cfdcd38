"""The page of margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class GradeRow:
    """What one grade weighed and cost a kilo, in words, and what it cost (đồng)."""

    grade: Text
    words: Text
    amount_minor: int


@dataclass(frozen=True)
class MadeRow:
    """One pack: made, sold, on the shelf, in words."""

    name: str
    words: Text


@dataclass(frozen=True, kw_only=True)
class CropPart:
    """One crop in words and tables."""

    head: Text
    bought: Text
    grades: Sequence[GradeRow]
    made: Text
    packs: Sequence[MadeRow]
    sold: Text
    sums: Sequence[tuple[Text, int]]
    left_minor: int
    left: Text | None
    gaps: Sequence[Text]


@dataclass(frozen=True, kw_only=True)
class MarginsPage(Page):
    """What was paid for a period's leaf and fish, and what it brought; `query` is empty when there is nothing to show."""

    template: ClassVar[str] = "storefront/margins/show.html"
    area: ClassVar[str] = "farmer"
    producer_name: str
    form: Form
    periods: Sequence[tuple[Text, str]]
    query: str
    days: Text | None
    refused: Text | None
    parts: Sequence[CropPart]
    not_in_books: Text
