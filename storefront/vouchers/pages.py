"""Pages of vouchers: a producer's, and the market's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.vouchers.models import VoucherUse


@dataclass(frozen=True)
class VoucherRow:
    """A voucher in words: what it takes off, until when, how often it was used."""

    id: UUID
    code: str
    words: Text
    state: Text
    kind: str
    first_day: date
    last_day: date
    minimum_minor: int
    uses_taken: int
    uses_most: int
    is_open: bool
    uses: Sequence[VoucherUse]
    budget_minor: int | None
    """How much the market pays in all; None for a producer's."""
    budget_taken_minor: int
    shops: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class VouchersPage(Page):
    """All vouchers of a producer with their uses, and the form for another."""

    template: ClassVar[str] = "storefront/vouchers/list.html"
    area: ClassVar[str] = "farmer"
    rows: list[VoucherRow]
    first_day: date
    is_saved: bool
    form: Form


@dataclass(frozen=True, kw_only=True)
class MarketVouchersPage(Page):
    """All codes that the market pays for, and the form for another."""

    template: ClassVar[str] = "storefront/vouchers/market.html"
    area: ClassVar[str] = "office"
    rows: list[VoucherRow]
    first_day: date
    is_saved: bool
    producers: list[tuple[str, str]]
    chosen: set[str]
    form: Form
