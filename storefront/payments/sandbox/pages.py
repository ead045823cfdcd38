"""Pages of the demo's bank and card house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class DemoBankPage(Page):
    """A bank's app with a transfer filled in; `amount_minor` is what it moves, in đồng."""

    template: ClassVar[str] = "storefront/payments/demo_bank.html"
    area: ClassVar[str] = "plain"
    bank_name: str
    account: str
    account_name: str
    memo: str
    amount_minor: int
    is_paid: bool
    back: str


@dataclass(frozen=True, kw_only=True)
class DemoCardPage(Page):
    """A card house's page with one amount to pay."""

    template: ClassVar[str] = "storefront/payments/demo_card.html"
    area: ClassVar[str] = "plain"
    form: Form
    session_id: str
    title: str
    amount_minor: int
    is_open: bool
    back: str
