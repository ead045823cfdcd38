"""The staff's page of fees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from storefront.fees.models import FeeKind

KINDS: Mapping[FeeKind, Text] = {
    FeeKind.MARKET: _("Phí chợ"),
    FeeKind.PAYMENT: _("Phí thu tiền"),
}


@dataclass(frozen=True)
class FeeRow:
    """One part of a producer's fee in words."""

    producer_name: str
    kind: Text
    words: Text
    valid_from: date
    is_coming: bool


@dataclass(frozen=True, kw_only=True)
class FeesPage(Page):
    """What everybody pays, and the form for another fee."""

    template: ClassVar[str] = "storefront/fees/desk.html"
    area: ClassVar[str] = "office"
    rows: list[FeeRow]
    producers: list[tuple[str, str]]
    kinds: list[tuple[str, Text]]
    first_day: date
    is_saved: bool
    form: Form
