"""The tables of the booklet, in the order in which an auditor reads them (TCVN 11892-1 for crops, TCVN 13528-1 for water)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from uuid import UUID

from app.core.clock import today
from app.core.i18n import Text, _
from producers.diaries.fields import ASKED, Asked, Widget
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import HARVESTS, WAITED_FOR
from producers.diaries.sentences import KIND_WORDS
from producers.diaries.waits import Hold
from producers.farms.models import Crop
from producers.inputs.models import Input, InputInterval


@dataclass(frozen=True)
class Scaled:
    """A figure in whole 10^-places."""

    value: int
    places: int = 0


Cell = Text | str | date | Scaled | None


@dataclass(frozen=True)
class Facts:
    """What the tables look up beside the entries; `marks` are numbers of corrected entries ("S1")."""

    names: Mapping[UUID, str]
    products: Mapping[UUID, Input]
    said: Mapping[UUID, Text]
    marks: Mapping[UUID, str]
    waits: Mapping[UUID, Hold] = field(default_factory=dict)
    intervals: Mapping[tuple[UUID, UUID], InputInterval] = field(default_factory=dict)
    """By site and product."""
    holds: Mapping[UUID, Hold] = field(default_factory=dict)
    """Harvests that were not clear."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column; `share` is its part of the paper's width."""

    head: Text
    read: Callable[[DiaryEntry, Facts], Cell] = lambda _entry, _facts: None
    unit: Text | None = None
    share: float = 1.0
    is_number: bool = False
    is_optional: bool = False
    """Left out on paper when no row fills it."""
    on_paper: bool = True
    is_summed: bool = False


@dataclass(frozen=True)
class Section:
    """One table of each place: either one kind with all its details, or several kinds told in sentences."""

    title: Text
    kinds: tuple[EntryKind, ...]
    summed: Collection[str] = ()
    is_told: bool = False


OTHER = Section(_("Việc khác"), (), is_told=True)
"""Kinds that no other table takes; shown only where there are any."""
_TEA = (
    Section(_("Bón phân"), (EntryKind.FERTILISE,)),
    Section(_("Phun thuốc bảo vệ thực vật"), (EntryKind.SPRAY,)),
    Section(_("Chăm sóc khác"), (EntryKind.WEED, EntryKind.PRUNE), is_told=True),
    Section(_("Thu hái"), (EntryKind.PICK,), ("quantity_g",)),
    Section(
        _("Chế biến, đóng gói"),
        (EntryKind.WITHER, EntryKind.FIX, EntryKind.ROLL, EntryKind.DRY, EntryKind.PROCESS, EntryKind.PACK),
        is_told=True,
    ),
)
_FISH = (
    Section(_("Thả giống"), (EntryKind.STOCK,), ("count",)),
    Section(_("Cho ăn"), (EntryKind.FEED,), ("quantity_g",)),
    Section(_("Đo nước"), (EntryKind.WATER,)),
    Section(_("Trị bệnh"), (EntryKind.TREAT,)),
    Section(_("Cá chết"), (EntryKind.MORTALITY,), ("count",)),
    Section(_("Phân cỡ"), (EntryKind.GRADE,)),
    Section(_("Thu cá"), (EntryKind.HARVEST,), ("quantity_g", "count")),
    Section(_("Chế biến, đóng gói"), (EntryKind.PROCESS, EntryKind.PACK), is_told=True),
)


def sections_of(crop: Crop) -> tuple[Section, ...]:
    """The tables of a place where this grows, in order; `OTHER` comes after them."""
    return _TEA if crop is Crop.TEA else _FISH


def is_other(kind: EntryKind, crop: Crop) -> bool:
    """Whether no table of this crop takes the kind."""
    return all(kind not in section.kinds for section in sections_of(crop))


_HEADS: dict[str, Text] = {
    "input_id": _("Tên sản phẩm"),
    "quantity_g": _("Khối lượng"),
    "method": _("Cách làm"),
    "pest": _("Sâu bệnh"),
    "dose_tenths": _("Liều"),
    "dose_unit": _("Liều tính theo"),
    "water_l": _("Lượng nước"),
    "area_m2": _("Diện tích"),
    "standard": _("Loại hái"),
    "count": _("Số con"),
    "mean_weight_g": _("Nặng mỗi con"),
    "pack_g": _("Nặng mỗi gói"),
    "origin": _("Nguồn giống"),
    "reason": _("Bệnh"),
    "cause": _("Nguyên nhân"),
}
"""Nouns for the heads; a field without one keeps the question of its form."""
_IN_GRAMS = {"mean_weight_g", "pack_g"}
_KG, _G = _("kg"), _("g")
_YES, _NO = _("có"), _("không")


def head_of(asked: Asked) -> Text:
    """What a field's column is called."""
    return _HEADS.get(asked.name, asked.label)


def unit_of(asked: Asked) -> Text | None:
    """The unit of a field's figures, unless its head says it already (pH)."""
    if asked.widget is Widget.WEIGHT:
        return _G if asked.name in _IN_GRAMS else _KG
    return None if asked.unit and asked.unit.msgid in head_of(asked).msgid.split() else asked.unit


def read_field(asked: Asked, entry: DiaryEntry, facts: Facts) -> Cell:
    """The kept value of a field as a cell."""
    if asked.widget is Widget.INPUT:
        product = facts.products.get(entry.input_id) if entry.input_id else None
        return product.name if product else None
    value = entry.quantity_g if asked.name == "quantity_g" else entry.details.get(asked.name)
    if asked.widget is Widget.WEIGHT and isinstance(value, int):
        return Scaled(value) if asked.name in _IN_GRAMS else Scaled(value, 3)
    if asked.options:
        return dict(asked.options).get(str(value), _plain(value))
    return _plain(value, asked.places)


def _plain(value: object, places: int = 0) -> Cell:
    if value is None:
        return None
    if isinstance(value, bool):
        return _YES if value else _NO
    if isinstance(value, int):
        return Scaled(value, places)
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


def list_unasked(entry: DiaryEntry) -> list[tuple[str, object]]:
    """Details that no field of the form asks for any more: nothing that was kept vanishes from the booklet."""
    known = {asked.name for asked in ASKED.get(entry.kind, ())}
    return [(name, value) for name, value in entry.details.items() if name not in known and value is not None]


def _more(entry: DiaryEntry, _facts: Facts) -> Cell:
    return "; ".join(f"{name}: {value}" for name, value in list_unasked(entry)) or None


def _ingredient(entry: DiaryEntry, facts: Facts) -> Cell:
    product = facts.products.get(entry.input_id) if entry.input_id else None
    return product.active_ingredient or None if product else None


def _interval(entry: DiaryEntry, facts: Facts) -> Cell:
    asked = facts.intervals.get((entry.site_id, entry.input_id)) if entry.input_id else None
    if asked is None:
        return None
    if asked.degree_days is not None:
        return _("%(count)s độ-ngày", count=asked.degree_days)
    return Scaled(asked.days or 0)


def _clear_on(entry: DiaryEntry, facts: Facts) -> Cell:
    wait = facts.waits.get(entry.id)
    return wait.clear_on if wait else None


def _is_clear(entry: DiaryEntry, facts: Facts) -> Cell:
    hold = facts.holds.get(entry.id)
    if hold is None:
        return _("Đủ")
    return _(
        "CHƯA: %(name)s ngày %(day)s, phải chờ đến %(until)s",
        name=hold.input_name,
        day=f"{hold.used_on:%d/%m/%Y}",
        until=f"{hold.clear_on:%d/%m/%Y}",
    )


def who_wrote(entry: DiaryEntry, names: Mapping[UUID, str]) -> Text | str:
    """Who wrote an entry: both names when a helper held the pen."""
    if entry.helper_id is None or entry.helper_id == entry.person_id:
        return names[entry.person_id]
    return _("%(person)s (%(helper)s ghi giúp)", person=names[entry.person_id], helper=names[entry.helper_id])


def _detail_columns(section: Section) -> list[Column]:
    (kind,) = section.kinds
    columns: list[Column] = []
    for asked in ASKED.get(kind, ()):
        is_number = asked.widget in {Widget.WEIGHT, Widget.FIGURE}
        columns.append(
            Column(
                head=head_of(asked),
                unit=unit_of(asked),
                read=partial(read_field, asked),
                share=0.85 if is_number else 1.6 if asked.widget is Widget.INPUT else 1.3,
                is_number=is_number,
                is_optional=not asked.is_required,
                is_summed=asked.name in section.summed,
            )
        )
        if asked.widget is Widget.INPUT and kind in WAITED_FOR:
            columns.append(
                Column(
                    head=_("Hoạt chất"), read=_ingredient, share=1.3, is_optional=kind is EntryKind.FERTILISE
                )
            )
    if kind in WAITED_FOR:
        is_optional = kind is EntryKind.FERTILISE
        interval = _("Ngừng thuốc") if kind is EntryKind.TREAT else _("Cách ly")
        columns += [
            Column(
                head=interval,
                unit=_("ngày"),
                read=_interval,
                share=0.9,
                is_number=True,
                is_optional=is_optional,
            ),
            Column(head=_("Thu được từ"), read=_clear_on, share=1.2, is_optional=is_optional),
        ]
    if kind in HARVESTS:
        columns.append(Column(head=_("Đủ thời gian cách ly?"), read=_is_clear, share=2))
    return columns


def columns_of(section: Section) -> list[Column]:
    """The columns of a table, from day to mark."""
    columns = [Column(head=_("Ngày"), read=lambda entry, _f: today(entry.performed_at), share=1.2)]
    if section.is_told:
        columns += [
            Column(head=_("Việc"), read=lambda entry, _f: KIND_WORDS[entry.kind], share=1.3),
            Column(head=_("Đã làm"), read=lambda entry, facts: facts.said[entry.id], share=5),
            Column(
                head=_("Khối lượng"),
                unit=_KG,
                read=lambda entry, _f: None if entry.quantity_g is None else Scaled(entry.quantity_g, 3),
                is_number=True,
                is_optional=True,
            ),
        ]
    else:
        columns += _detail_columns(section)
        columns.append(Column(head=_("Chi tiết khác"), read=_more, share=2, is_optional=True))
    return [
        *columns,
        Column(head=_("Người ghi"), read=lambda entry, facts: who_wrote(entry, facts.names), share=1.7),
        Column(
            head=_("Ngày ghi"), read=lambda entry, _f: today(entry.recorded_at), share=1.2, on_paper=False
        ),
        Column(head=_("Ghi chú"), read=lambda entry, _f: entry.note or None, share=2, is_optional=True),
        Column(
            head=_("Lần sửa"),
            read=lambda entry, facts: facts.marks.get(entry.id),
            share=0.6,
            is_optional=True,
        ),
    ]


@dataclass(frozen=True)
class Table:
    """A filled table: one row of cells for each entry, and what its summed columns make together."""

    title: Text
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Cell] | None = None


def fill(section: Section, entries: Sequence[DiaryEntry], facts: Facts) -> Table:
    """Fill a section's table with entries in their order."""
    columns = columns_of(section)
    rows = [[column.read(entry, facts) for column in columns] for entry in entries]
    totals = None
    if rows and any(column.is_summed for column in columns):
        totals = [
            _sum([row[index] for row in rows]) if column.is_summed else None
            for index, column in enumerate(columns)
        ]
    return Table(section.title, columns, rows, totals)


def _sum(cells: Sequence[Cell]) -> Cell:
    figures = [cell for cell in cells if isinstance(cell, Scaled)]
    return Scaled(sum(one.value for one in figures), figures[0].places) if figures else None
