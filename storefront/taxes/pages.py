"""The accountant's pages of taxes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class TaxRow:
    """What a month holds of one seller and kind, in đồng; what was set off stands below zero."""

    producer_name: str
    tax_code: str | None
    kind: Text
    base_minor: int
    vat_minor: int
    pit_minor: int
    back_minor: int


@dataclass(frozen=True)
class SellerRow:
    """A seller and what they are to the tax office."""

    id: UUID
    name: str
    words: Text
    tax_code: str | None
    lacks_code: bool


@dataclass(frozen=True)
class PaidRow:
    """A month that was paid on."""

    month: date
    amount_minor: int
    reference: str
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class TaxesPage(Page):
    """A month of withheld tax, what is to be paid on, and the sellers."""

    template: ClassVar[str] = "storefront/taxes/desk.html"
    area: ClassVar[str] = "office"
    month: date
    before: date
    after: date | None
    rows: list[TaxRow]
    due_minor: int
    is_over: bool
    is_paid: bool
    payments: list[PaidRow]
    sellers: list[SellerRow]
    form: Form


@dataclass(frozen=True, kw_only=True)
class SellerPage(Page):
    """What one seller is to the tax office."""

    template: ClassVar[str] = "storefront/taxes/seller.html"
    area: ClassVar[str] = "office"
    id: UUID
    name: str
    kinds: list[tuple[str, Text]]
    form: Form
