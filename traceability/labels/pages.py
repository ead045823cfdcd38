"""Pages of labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text, _
from app.web.forms import Form
from app.web.pages import Page
from traceability.labels.models import LabelPrint, LabelSheet, PrintAct, Reason, SerialState
from traceability.lots.models import Lot

STATES: Mapping[SerialState, tuple[str, Text]] = {
    SerialState.ISSUED: ("good", _("Đã in")),
    SerialState.SOLD: ("plain", _("Đã bán")),
    SerialState.VOID: ("bad", _("Đã hủy")),
}


REASONS: Mapping[Reason, Text] = {
    Reason.SPOILT: _("Bị hỏng"),
    Reason.LOST: _("Bị mất"),
    Reason.OTHER: _("Lý do khác"),
}
ACTS: Mapping[PrintAct, tuple[str, Text]] = {
    PrintAct.PRINT: ("print", _("In lần đầu: %(what)s")),
    PrintAct.REPRINT: ("undo", _("In lại: %(what)s")),
    PrintAct.VOID: ("cross", _("Hủy: %(what)s")),
}


REASON_CHOICES = [(reason.value, words) for reason, words in REASONS.items()]


@dataclass(frozen=True)
class ActLine:
    """One act in the book of a print job: what was done, by whom, when, and why when it was done again."""

    icon: str
    words: Text
    person: str
    at: datetime
    reason: Text | None
    note: str


def describe_act(act: LabelPrint, *, person: str, said: str | None) -> ActLine:
    """Put an act into words; `said` is the code of the one label that it was about."""
    icon, words = ACTS[act.act]
    what = _("nhãn %(code)s", code=said) if said else _("tệp %(number)s", number=act.part)
    return ActLine(
        icon=icon,
        words=Text(words.msgid, {"what": what}),
        person=person,
        at=act.created_at,
        reason=REASONS[act.reason] if act.reason else None,
        note=act.note,
    )


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
    may_print: bool


@dataclass(frozen=True, kw_only=True)
class SheetListPage(Page):
    """The latest print jobs, and the form for a spoilt label."""

    template: ClassVar[str] = "traceability/labels.html"
    area: ClassVar[str] = "farmer"
    lines: list[SheetLine]
    form: Form
    reasons: list[tuple[str, Text]]


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
    printed: list[int]
    """The numbers of the files that were printed: one of these is printed again only with a reason."""
    is_asking: bool
    """Somebody wanted a file that was printed before."""
    form: Form
    reasons: list[tuple[str, Text]]
    book: list[ActLine]


@dataclass(frozen=True, kw_only=True)
class SerialPage(Page):
    """One label: its symbol, its state, and the whole label to take away."""

    template: ClassVar[str] = "traceability/serial.html"
    area: ClassVar[str] = "farmer"
    line: SerialLine
    lot: Lot
    sheet_id: UUID
    is_printed: bool
    pin_used_at: datetime | None
    form: Form
    reasons: list[tuple[str, Text]]
    book: list[ActLine]
