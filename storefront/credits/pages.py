"""A buyer's credit, and where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.core.i18n import Text
from app.web.pages import Page


@dataclass(frozen=True)
class MoveRow:
    """Credit that came (above zero) or went, in đồng."""

    words: Text
    amount_minor: int
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CreditPage(Page):
    """What a buyer has left with the market."""

    template: ClassVar[str] = "storefront/credits/mine.html"
    balance_minor: int
    rows: Sequence[MoveRow]
