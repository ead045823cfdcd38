"""The checkout's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class CheckoutLine:
    """A line of the basket; `problem` says why it cannot be bought as it stands."""

    title: str
    quantity_words: Text
    amount_minor: int
    problem: Text | None
    bounds_words: Text | None = None


@dataclass(frozen=True)
class CheckoutPart:
    """What one producer sends."""

    producer_name: str
    lines: list[CheckoutLine]
    delivery_minor: int


@dataclass(frozen=True, kw_only=True)
class CheckoutPage(Page):
    """One page from basket to order: who, where, how much."""

    template: ClassVar[str] = "storefront/checkout/checkout.html"
    parts: list[CheckoutPart]
    goods_minor: int
    discount_minor: int
    """What the typed code takes off."""
    delivery_minor: int
    total_minor: int
    can_be_ordered: bool
    form: Form
    choices: Sequence[CommuneChoice]
