"""The checkout's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page
from storefront.cart.ports import Edited


@dataclass(frozen=True)
class CheckoutLine:
    """A line of the basket; `problem` says why it cannot be bought as it stands."""

    title: str
    quantity_words: Text
    amount_minor: int
    problem: Text | None
    bounds_words: Text | None = None
    offer_words: Text | None = None
    """Which price list it is priced at."""
    expected_words: Text | None = None
    """When its harvest is expected, ordered before it is there."""
    contents_words: Sequence[Text] = ()
    """What lies in the boxes."""
    kind_words: Text | None = None
    """What it is on an invoice, where it is not goods."""


@dataclass(frozen=True)
class WayView:
    """A way to choose; `day` among its `days` is the one that stands."""

    id: UUID
    name: str
    place: str
    fee_minor: int
    refusal: Text | None
    days: Sequence[date]
    day: date | None
    is_chosen: bool


@dataclass(frozen=True)
class CheckoutPart:
    """What one producer sends."""

    producer_name: str
    lines: list[CheckoutLine]
    delivery_minor: int
    field: str = ""
    """In which its way is chosen."""
    ways: Sequence[WayView] = ()
    """Those of a producer who set some up; the flat fee asks nothing."""
    refusal: Text | None = None
    """Why it cannot travel as it was chosen."""
    is_most: bool = False
    """Fees are those of the dearest zone: the commune is not known yet."""
    is_along: bool = False
    """It travels in the parcel of an order that was placed before."""


@dataclass(frozen=True)
class JoinedView:
    """The order that a basket is added to, and where both go."""

    code: str
    recipient_name: str
    address: list[str]
    has_left: bool
    """Nothing of the basket travels in its parcels (any more)."""


@dataclass(frozen=True, kw_only=True)
class CheckoutPage(Page):
    """One page from basket to order: who, where, how much."""

    template: ClassVar[str] = "storefront/checkout/checkout.html"
    parts: list[CheckoutPart]
    joined: JoinedView | None
    edited: Edited | None
    """The unpaid order whose place it takes."""
    along: str
    """Which parcels take parts of the basket along."""
    goods_minor: int
    discount_minor: int
    """What the typed code takes off."""
    gift_minor: int
    """What the market pays of it, if the code is the market's."""
    delivery_minor: int
    total_minor: int
    expected_on: date | None
    """The latest day on which pre-ordered goods are expected."""
    can_be_ordered: bool
    is_fetched: bool
    """Whether the buyer comes for all of it: no street is asked for."""
    credit_minor: int
    """How much of the total the buyer's store credit would pay."""
    is_credit_used: bool
    may_be_cash: bool
    """Whether it may be paid on delivery."""
    is_billing: bool
    """Whether something is typed, ticked or wrong where a company is named for the invoice."""
    billed_before: str | None
    """The company that the buyer named the last time."""
    form: Form
    choices: Sequence[CommuneChoice]
