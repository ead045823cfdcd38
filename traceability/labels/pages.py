"""Pages of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from traceability.labels.models import LabelSheet, SerialState
from traceability.lots.models import Lot

STATES: Mapping[SerialState, tuple[str, Text]] = {
    SerialState.ISSUED: ("good", _("Đã in")),
    SerialState.SOLD: ("plain", _("Đã bán")),
    SerialState.VOID: ("bad", _("Đã hủy")),
}


@dataclass(frozen=True)
class SheetLine:
    """A print job in a list."""

    sheet: LabelSheet
    lot: Lot


@dataclass(frozen=True)
class SerialLine:
    """A label in a list: its code in groups, and what became of it."""

    serial: str
    said: str
    kind: str
    state: Text
    may_void: bool


@dataclass(frozen=True, kw_only=True)
class SheetListPage(Page):
    """The latest print jobs, and the form for a spoilt label."""

    template: ClassVar[str] = "traceability/labels.html"
    area: ClassVar[str] = "farmer"
    lines: list[SheetLine]
    form: Form


@dataclass(frozen=True, kw_only=True)
class SheetPage(Page):
    """One print job: its file, and its labels one by one."""

    template: ClassVar[str] = "traceability/sheet.html"
    area: ClassVar[str] = "farmer"
    sheet: LabelSheet
    lot: Lot
    is_ready: bool
    part_count: int
    serials: list[SerialLine]


@dataclass(frozen=True, kw_only=True)
class SerialPage(Page):
    """One label: its symbol, its state, and the whole label to take away."""

    template: ClassVar[str] = "traceability/serial.html"
    area: ClassVar[str] = "farmer"
    line: SerialLine
    lot: Lot
    sheet_id: UUID
