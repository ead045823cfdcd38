"""The pages that packers print: what to fetch and where it goes, and labels for the parcels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.orders.pages import ParcelWay


@dataclass(frozen=True)
class PickLot:
    """So much of one lot to fetch, and for which orders ("K7MP2QXA × 2")."""

    code: str
    expires_on: date
    quantity_words: Text
    weight_words: Text | None
    orders: Sequence[str]


@dataclass(frozen=True)
class PickItem:
    """One pack of a product to fetch from the shelf, for all parcels together."""

    title: str
    total_words: Text
    lots: Sequence[PickLot]


@dataclass(frozen=True)
class LotOfLine:
    """So much of a lot for one line."""

    code: str
    quantity_words: Text
    expires_on: date


@dataclass(frozen=True)
class LineOfParcel:
    """What to put in, from which lots, and how it is kept on its way."""

    words: Text
    lots: Sequence[LotOfLine]
    storage: str
    box_words: Text | None = None
    """The kind of box that it and the lines after it lie in, said on the first of them."""
    is_in_box: bool = False


@dataclass(frozen=True)
class PickParcel:
    """What goes into one parcel."""

    id: UUID
    code: str
    buyer_name: str
    lines: Sequence[LineOfParcel]
    note: str = ""
    gift_note: str = ""
    way: ParcelWay | None = None
    collect_minor: int = 0
    """What is taken from the buyer on delivery."""
    together: Sequence[str] = ()
    """The codes of the orders that go in the same parcel."""


@dataclass(frozen=True)
class CommuneOfRoute:
    """The parcels for one commune."""

    name: str
    parcels: Sequence[PickParcel]


@dataclass(frozen=True)
class Route:
    """The parcels for one province, commune by commune; no province: those that buyers fetch, place by place."""

    province: str
    count: int
    communes: Sequence[CommuneOfRoute]


@dataclass(frozen=True, kw_only=True)
class PickListPage(Page):
    """The day's lists to print: what to fetch, then parcel by parcel along the way."""

    template: ClassVar[str] = "storefront/fulfilment/pick_list.html"
    area: ClassVar[str] = "farmer"
    producer_name: str
    count: int
    items: Sequence[PickItem]
    routes: Sequence[Route]
    stopped: Sequence[PickParcel]
    """Those that wait for a lot that is held or recalled."""
    has_more: bool
    can_label: bool


@dataclass(frozen=True, kw_only=True)
class LabelsPage(Page):
    """How to print the labels of one parcel, or of all that are to be sent."""

    template: ClassVar[str] = "storefront/fulfilment/labels.html"
    area: ClassVar[str] = "farmer"
    parcel_id: UUID | None
    code: str | None
    """The order of the one parcel; None for all."""
    count: int
    has_more: bool
    papers: Sequence[tuple[str, Text]]
    form: Form
