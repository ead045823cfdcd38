"""The page of what lies ready."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class StockRow:
    """One lot of one pack; words say how much lies there and how much buyers hold."""

    item_id: UUID
    title: str
    pack: str
    lot_code: str
    expires_on: date
    on_hand: int
    on_hand_words: Text
    held_words: Text
    is_blocked: bool
    is_expired: bool
    is_by_weight: bool
    form: Form


@dataclass(frozen=True, kw_only=True)
class StockPage(Page):
    """What lies ready of every lot."""

    template: ClassVar[str] = "storefront/stock.html"
    area: ClassVar[str] = "farmer"
    rows: list[StockRow]
    form: Form = field(default_factory=Form)
    """What was typed last, when it was refused."""
