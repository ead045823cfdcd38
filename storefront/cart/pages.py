"""The basket's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.pages import Page
from producers.cooperatives.models import Producer


@dataclass(frozen=True)
class CartLineView:
    """A line as the basket shows it; `more` and `fewer` are the quantities that its buttons ask for."""

    id: UUID
    title: str
    variant_name: str
    slug: str
    photo_id: UUID | None
    quantity_words: Text
    amount_minor: int
    more: int | None
    fewer: int
    short_words: Text | None
    bounds_words: Text | None = None


@dataclass(frozen=True)
class CartPartView:
    """What one producer sends."""

    producer: Producer
    lines: list[CartLineView]
    goods_minor: int
    delivery_minor: int


@dataclass(frozen=True, kw_only=True)
class CartPage(Page):
    """What a visitor means to buy."""

    template: ClassVar[str] = "storefront/cart.html"
    parts: list[CartPartView]
    gone: list[CartLineView]
    goods_minor: int
    delivery_minor: int
    total_minor: int
    is_empty: bool
    can_be_ordered: bool
    checkout_href: str | None
    refusal: Text | None
