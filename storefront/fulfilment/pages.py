"""The producers' pages about orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


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
    delivery_minor: int
    buyer_name: str
    phone_words: str
    address: list[str]
    is_address_shown: bool
    can_see_address: bool
    note: str
    is_packed: bool
    stopped: list[StoppedLot]
    carrier: str | None
    tracking_number: str | None
    can_act: bool
    can_label: bool
    taken_by: str
    """Who took it, as the carrier said."""
    proof_uri: str | None
    """The photo of it where it was left."""
    can_prove: bool
    form: Form
    record_id: str = ""
    kept: Sequence[UUID] = ()
    """Photos of the scale that an earlier try of this form stored."""
