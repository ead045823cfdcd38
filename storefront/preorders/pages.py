"""The producer's page of harvests that may be ordered before they are there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class OfferRow:
    """An offer in words: how much of it was ordered, and what became of that."""

    id: UUID
    pack: str
    state: Text
    kind: str
    expected_on: date
    cap_words: Text
    unpaid_words: Text
    waiting_words: Text
    filled_words: Text
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class PreordersPage(Page):
    """All harvests that a producer offered ahead, and the form for another."""

    template: ClassVar[str] = "storefront/preorders/list.html"
    area: ClassVar[str] = "farmer"
    rows: list[OfferRow]
    packs: list[tuple[str, str]]
    first_day: date
    is_saved: bool
    form: Form
