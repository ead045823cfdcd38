"""Pages of recalls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from traceability.lots.models import Lot
from traceability.recalls.models import Recall, StartKind

STARTS: Mapping[StartKind, Text] = {
    StartKind.LOT: _("Từ một lô"),
    StartKind.SITE: _("Từ một vườn, ao"),
    StartKind.FARM: _("Từ một nhà giao hàng"),
    StartKind.INPUT: _("Từ một thứ thuốc, phân, thức ăn"),
    StartKind.DAY: _("Từ ngày làm việc"),
}


@dataclass(frozen=True)
class RecallLine:
    """A recall in a list."""

    recall: Recall
    said: Text
    lot_count: int


@dataclass(frozen=True, kw_only=True)
class RecallListPage(Page):
    """A producer's recalls and practices."""

    template: ClassVar[str] = "traceability/recalls.html"
    area: ClassVar[str] = "farmer"
    lines: list[RecallLine]


@dataclass(frozen=True, kw_only=True)
class NewRecallPage(Page):
    """Where the suspicion lies, why, and whether it is practice."""

    template: ClassVar[str] = "traceability/recall_new.html"
    area: ClassVar[str] = "farmer"
    form: Form
    starts: list[tuple[str, str]]
    today: date


@dataclass(frozen=True, kw_only=True)
class RecallPage(Page):
    """What was reached, and how long it took."""

    template: ClassVar[str] = "traceability/recall.html"
    area: ClassVar[str] = "farmer"
    recall: Recall
    said: Text
    lots: list[str]
    others: list[str]
    label_count: int
    parcel_count: int
    source_count: int
    seconds: str
    is_whole: bool
    is_signed: bool


@dataclass(frozen=True, kw_only=True)
class PublicRecallPage(Page):
    """What everybody must know of a recall."""

    template: ClassVar[str] = "traceability/recall_public.html"
    area: ClassVar[str] = "buyer"
    recall: Recall
    producer: str
    lots: list[Lot]
