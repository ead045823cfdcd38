"""The producers' pages about orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.orders.pages import ParcelWay


@dataclass(frozen=True)
class Tab:
    """A state with how many parcels wait there."""

    state: str
    words: Text
    count: int
    is_current: bool


@dataclass(frozen=True)
class ParcelRow:
    """A parcel in a list."""

    id: UUID
    code: str
    buyer_name: str
    goods: list[Text]
    goods_minor: int
    placed_at: datetime
    is_packed: bool
    is_stopped: bool
    """Something of it may not leave: its lot is held or recalled."""
    way: ParcelWay
    together: Sequence[str]
    """The codes of the orders that go in the same parcel."""
    is_invoice_asked: bool
    """Its buyer waits for an invoice, and this reader writes them."""


@dataclass(frozen=True)
class OtherOrder:
    """Another order whose goods go in the same parcel; `paid_until` while its buyer has still to pay it."""

    id: UUID
    code: str
    goods: list[Text]
    is_lead: bool
    """The one that the others are sent with."""
    is_packed: bool
    is_stopped: bool
    paid_until: datetime | None
    collect_minor: int


@dataclass(frozen=True, kw_only=True)
class ParcelsPage(Page):
    """A producer's orders, state by state."""

    template: ClassVar[str] = "storefront/fulfilment/list.html"
    area: ClassVar[str] = "farmer"
    tabs: list[Tab]
    rows: list[ParcelRow]
    words: Text
    has_pick_list: bool


@dataclass(frozen=True)
class LotView:
    """So much of a lot, as a packer reads it."""

    code: str
    quantity_words: Text
    expires_on: date


@dataclass(frozen=True)
class PackLine:
    """A line with the lots to take it from."""

    title: str
    quantity_words: Text
    amount_minor: int
    lots: list[LotView]
    is_refunded: bool
    id: UUID | None = None
    must_be_weighed: bool = False
    bounds_words: Text | None = None
    weights: Sequence[str] = ()
    can_weigh_again: bool = False
    """Whether a wrong weight may be put right."""
    expected_words: Text | None = None
    """When its harvest is expected, if it was ordered before."""
    box_words: Text | None = None
    """In which boxes it goes."""
    is_first_of_box: bool = False
    box_minor: int = 0
    """What the boxes earn: the parts of one box say nothing to a packer."""


@dataclass(frozen=True)
class StoppedLot:
    """A lot that keeps a parcel from leaving; `recall_id` where the manager goes on with a recalled one."""

    code: str
    is_recalled: bool
    recall_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ParcelPage(Page):
    """One parcel: what to take, for whom, and the next act."""

    template: ClassVar[str] = "storefront/fulfilment/parcel.html"
    area: ClassVar[str] = "farmer"
    id: UUID
    code: str
    state: str
    words: Text
    kind: str
    lines: list[PackLine]
    goods_minor: int
    discount_minor: int
    """What the producer's own voucher took off already."""
    gift_minor: int
    """What of the goods the market pays."""
    delivery_minor: int
    collect_minor: int
    """What is taken from the buyer on delivery; 0 for nothing."""
    buyer_name: str
    phone_words: str
    address: list[str]
    is_address_shown: bool
    can_see_address: bool
    note: str
    gift_note: str
    way: ParcelWay
    is_packed: bool
    stopped: list[StoppedLot]
    carrier: str | None
    tracking_number: str | None
    carrier_phone: str | None
    takers: Sequence[tuple[str, Text]]
    """Who may take it along."""
    guessed: Mapping[str, str]
    """Who took the last one along, as the form says it."""
    with_it: list[OtherOrder]
    lead_id: UUID | None
    """The parcel that it is sent with, if that is another."""
    lead_code: str
    collect_all_minor: int
    """What is taken from the buyer for all that goes in the parcel."""
    can_act: bool
    can_give_up: bool
    """Whether something waits for its harvest, and this person may give its price back."""
    can_hold_back: bool
    """Whether this person may say that some of it is not sent, and give its price back."""
    can_label: bool
    can_invoice: bool
    is_invoice_asked: bool
    taken_by: str
    """Who took it, as the carrier said."""
    proof_uri: str | None
    """The photo of it where it was left."""
    can_prove: bool
    form: Form
    record_id: str = ""
    kept: Sequence[UUID] = ()
    """Photos of the scale that an earlier try of this form stored."""
    chosen: Sequence[str] = ()
    """The lines that an earlier try of the form wanted to keep back."""
