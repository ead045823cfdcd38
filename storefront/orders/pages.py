"""The buyers' pages about orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.models import Producer
from storefront.payments.service import TransferView


@dataclass(frozen=True)
class LineView:
    """A line as it was ordered."""

    title: str
    quantity_words: Text
    amount_minor: int
    discount_minor: int
    weights: Sequence[str] = ()
    """What each piece weighed, where the scale settled the price."""
    photo_uri: str | None = None
    per_kilo_minor: int = 0
    final_minor: int | None = None


@dataclass(frozen=True)
class ParcelView:
    """One producer's parcel."""

    id: UUID
    producer: Producer
    words: Text
    kind: str
    lines: list[LineView]
    goods_minor: int
    delivery_minor: int
    carrier: str | None
    tracking_number: str | None
    is_receivable: bool
    taken_by: str = ""
    """Who took it, as the carrier said."""
    proof_uri: str | None = None
    """The photo of it where it was left."""


@dataclass(frozen=True)
class StepView:
    """A step of the way: `state` is `done now next stopped`."""

    state: str
    words: Text
    at: datetime | None


@dataclass(frozen=True)
class RefundView:
    """Money that goes back to the buyer, and since when it is there."""

    words: Text
    paid_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OrderPage(Page):
    """An order's private page, behind its long link."""

    template: ClassVar[str] = "storefront/orders/order.html"
    code: str
    token: str
    placed_at: datetime
    words: Text
    kind: str
    steps: list[StepView]
    parcels: list[ParcelView]
    goods_minor: int
    discount_minor: int
    """What a voucher took off; the goods are told without it."""
    delivery_minor: int
    total_minor: int
    recipient_name: str
    recipient_phone: str
    address: list[str]
    note: str
    transfer: TransferView | None
    """What is still to be paid, while it may be paid."""
    is_money_waiting: bool
    """Money came and nobody could give goods for it yet."""
    is_expired: bool
    is_recalled: bool
    """It ended unpaid because its goods were recalled."""
    is_cancellable: bool
    is_paid: bool
    refunds: list[RefundView]


@dataclass(frozen=True)
class OrderLink:
    """An order in a list."""

    code: str
    token: str
    placed_at: datetime
    total_minor: int
    words: Text
    kind: str
    shops: list[str]


@dataclass(frozen=True)
class CodeAnswer:
    """All that a code alone says: whether the order is real, where it stands, and who sells."""

    code: str
    words: Text
    kind: str
    shops: list[str]


@dataclass(frozen=True, kw_only=True)
class MinePage(Page):
    """My orders, or a way to find one by its code."""

    template: ClassVar[str] = "storefront/orders/mine.html"
    person_name: str | None
    orders: list[OrderLink]
    form: Form
    answer: CodeAnswer | None


@dataclass(frozen=True, kw_only=True)
class CheckPage(Page):
    """Is this order real? The code answers, and nothing more is asked for."""

    template: ClassVar[str] = "storefront/orders/check.html"
    form: Form
    answer: CodeAnswer | None
