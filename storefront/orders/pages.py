"""The buyers' pages about orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.core.quantity import format_grams
from app.media import service as media
from app.media.models import Photo
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.models import Producer
from storefront.invoices.models import Invoice
from storefront.orders.models import Consignment
from storefront.orders.weighings import Turn
from storefront.payments.service import TransferView


@dataclass(frozen=True)
class TurnView:
    """What the pieces of a line weighed at one time; of what was weighed again, why."""

    number: int
    """From 1."""
    weights: list[str]
    at: datetime
    reason: str
    photo_uri: str | None


def view_turns(turns: Iterable[Turn], photos: Mapping[UUID, Photo]) -> list[TurnView]:
    """Weighings as pages show them, the first first."""
    views = []
    for turn in turns:
        photo_id = next((piece.photo_id for piece in turn if piece.photo_id), None)
        views.append(
            TurnView(
                turn[0].turn,
                [format_grams(piece.weight_g) for piece in turn],
                turn[0].weighed_at,
                turn[0].reason,
                media.thumbnail_uri(photos[photo_id]) if photo_id else None,
            )
        )
    return views


@dataclass(frozen=True)
class LineView:
    """A line as it was ordered, or boxes of one kind."""

    title: str
    quantity_words: Text
    amount_minor: int
    discount_minor: int
    turns: Sequence[TurnView] = ()
    """What each piece weighed, where the scale settled the price; the last counts."""
    per_kilo_minor: int = 0
    final_minor: int | None = None
    price_list: str = ""
    """The name of the price list that its price is of."""
    expected_words: Text | None = None
    """When its harvest is expected, if it was ordered before."""
    contents_words: Sequence[Text] = ()
    """What lies in the boxes, if these are boxes."""
    gift_minor: int = 0
    """What the market pays of it."""
    kind_words: Text | None = None
    """What it is on an invoice, where it is not goods."""
    back_words: Text | None = None
    """What of it is paid back."""


@dataclass(frozen=True)
class ParcelWay:
    """How a parcel travels, as it was ordered; no name for the flat fee of a producer who set nothing up."""

    name: str
    is_fetched: bool
    place: str
    deliver_on: date | None


def way_of(consignment: Consignment) -> ParcelWay:
    """The words that a parcel copied."""
    one = consignment
    return ParcelWay(one.method_name, one.is_fetched, one.fetched_at_place, one.deliver_on)


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
    carrier_phone: str | None
    tracking_url: str | None
    """Where the carrier says how far it is."""
    is_receivable: bool
    is_on_way: bool
    """Paid and under way: its buyer may have it before anybody says so."""
    way: ParcelWay
    taken_by: str = ""
    """Who took it, as the carrier said."""
    proof_uri: str | None = None
    """The photo of it where it was left."""
    invoice: Invoice | None = None
    together: Sequence[str] = ()
    """The codes of the other orders that travel in the same parcel, or are going to when they are paid."""
    may_call_off: bool = False
    """Paid, and nobody has taken it on yet."""
    takes_more: bool = False
    """Whether something may be added that is sent with it."""


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
    credit_id: UUID | None = None
    """Of one that its buyer, who is logged in, may keep as store credit."""


@dataclass(frozen=True)
class OtherOrder:
    """Another order of the same buyer, and the token of its page."""

    code: str
    token: str


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
    gift_minor: int
    """What the market pays of them."""
    delivery_minor: int
    total_minor: int
    credit_minor: int
    """What of it store credit paid."""
    recipient_name: str
    recipient_phone: str
    address: list[str]
    note: str
    gift_note: str
    is_fetched: bool
    """Whether the buyer comes for all of it."""
    transfer: TransferView | None
    """What is still to be paid, while it may be paid."""
    is_money_waiting: bool
    """Money came and nobody could give goods for it yet."""
    is_expired: bool
    is_recalled: bool
    """It ended unpaid because its goods were recalled."""
    is_cancellable: bool
    is_editable: bool
    new: OtherOrder | None
    """The order that took its place."""
    old_code: str | None
    """The code of the order whose place it took."""
    is_paid: bool
    collect_minor: int
    """What is to be paid on delivery; 0 for nothing."""
    refunds: list[RefundView]
    can_ask_invoice: bool
    """Whether the buyer may (still) say whom an invoice is for."""
    is_invoice_asked: bool
    refusal: Text | None
    """Why what was sent is not done."""
    form: Form
    """Whom the invoice is for."""


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
    credit_minor: int
    orders: list[OrderLink]
    form: Form
    answer: CodeAnswer | None


@dataclass(frozen=True, kw_only=True)
class CheckPage(Page):
    """Is this order real? The code answers, and nothing more is asked for."""

    template: ClassVar[str] = "storefront/orders/check.html"
    form: Form
    answer: CodeAnswer | None
