"""The basket's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.pages import Page
from storefront.cart.ports import Edited


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
    offer_words: Text | None = None
    """Which price list it is priced at."""
    expected_words: Text | None = None
    """When its harvest is expected, ordered before it is there."""
    contents_words: Sequence[Text] = ()
    """What lies in the boxes."""
    gone_words: Text | None = None
    """Why it cannot be bought now."""


@dataclass(frozen=True)
class CartPartView:
    """What one producer sends."""

    producer_name: str
    lines: list[CartLineView]
    goods_minor: int
    delivery_minor: int
    way_name: str
    """By which way the fee is told; empty for the flat fee of a producer who set none up."""
    refusal: Text | None
    """Why it cannot be sent as it stands."""
    is_along: bool
    """Whether it travels in the parcel of an order that was placed before."""


@dataclass(frozen=True, kw_only=True)
class CartPage(Page):
    """What a visitor means to buy."""

    template: ClassVar[str] = "storefront/cart.html"
    parts: list[CartPartView]
    joins_code: str | None
    """The order that it is added to."""
    edited: Edited | None
    """The unpaid order whose place it takes."""
    gone: list[CartLineView]
    goods_minor: int
    delivery_minor: int
    total_minor: int
    is_empty: bool
    can_be_ordered: bool
    checkout_href: str | None
    refusal: Text | None
