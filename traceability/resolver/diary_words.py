"""The diary in plain words for the story: every piece of work by itself, or gathered month by month when long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.clock import today
from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.diaries.models import DiaryEntry, EntryKind

WORK: Mapping[EntryKind, Text] = {
    EntryKind.FERTILISE: _("Bón phân"),
    EntryKind.SPRAY: _("Phun thuốc"),
    EntryKind.WEED: _("Làm cỏ"),
    EntryKind.PRUNE: _("Đốn tỉa"),
    EntryKind.PICK: _("Hái chè"),
    EntryKind.WITHER: _("Làm héo"),
    EntryKind.FIX: _("Diệt men"),
    EntryKind.ROLL: _("Vò chè"),
    EntryKind.DRY: _("Sao khô"),
    EntryKind.STOCK: _("Thả giống"),
    EntryKind.FEED: _("Cho ăn"),
    EntryKind.WATER: _("Đo nước"),
    EntryKind.TREAT: _("Chữa bệnh"),
    EntryKind.GRADE: _("Phân cỡ"),
    EntryKind.MORTALITY: _("Vớt cá chết"),
    EntryKind.HARVEST: _("Đánh bắt"),
    EntryKind.PROCESS: _("Sơ chế"),
    EntryKind.PACK: _("Đóng gói"),
    EntryKind.PLANT: _("Trồng chè"),
    EntryKind.IRRIGATE: _("Tưới nước"),
    EntryKind.CLEAN: _("Vệ sinh, khử trùng"),
    EntryKind.WASTE: _("Thu gom vỏ bao, rác"),
}
"""The work that a label tells; what was bought, learned or noted stays in the producer's own book."""
MOST_SINGLE = 14
MOST_MONTHS = 24
_MOST_DAYS = 6


@dataclass(frozen=True)
class Step:
    """One line of the story: what was done, and when (with how much)."""

    words: Text
    said: Text


def tell(entries: Sequence[DiaryEntry], inputs: Mapping[UUID, str]) -> list[Step]:
    """Tell the work of a diary, the newest first; `inputs` are names by input id.

    Long diaries are gathered by month, so that the page stays small whatever the lot.
    """
    told = [entry for entry in entries if entry.kind in WORK]
    newest = sorted(told, key=lambda entry: (entry.performed_at, entry.id), reverse=True)
    if len(newest) <= MOST_SINGLE:
        return [_single(entry, inputs) for entry in newest]
    months: dict[tuple[int, int], list[DiaryEntry]] = defaultdict(list)
    for entry in newest:
        day = today(entry.performed_at)
        months[day.year, day.month].append(entry)
    kept = list(months.items())[:MOST_MONTHS]
    steps = [_month(year, month, found, inputs) for (year, month), found in kept]
    older = len(newest) - sum(len(found) for _month_of, found in kept)
    if older:
        steps.append(Step(_("Trước đó"), _("Còn %(count)s việc nữa trong sổ.", count=older)))
    return steps


def _name(entry: DiaryEntry, inputs: Mapping[UUID, str]) -> Text:
    words = WORK[entry.kind]
    used = inputs.get(entry.input_id) if entry.input_id else None
    return _("%(work)s %(input)s", work=words, input=used) if used else words


def _single(entry: DiaryEntry, inputs: Mapping[UUID, str]) -> Step:
    day = f"{today(entry.performed_at):%d/%m/%Y}"
    if entry.quantity_g:
        return Step(
            _name(entry, inputs),
            _("ngày %(day)s · %(weight)s", day=day, weight=format_grams(entry.quantity_g)),
        )
    return Step(_name(entry, inputs), _("ngày %(day)s", day=day))


def _month(year: int, month: int, entries: Sequence[DiaryEntry], inputs: Mapping[UUID, str]) -> Step:
    """One month: each kind of work (each product used by itself) with its days."""
    days: dict[tuple[EntryKind, UUID | None], list[date]] = defaultdict(list)
    names: dict[tuple[EntryKind, UUID | None], Text] = {}
    for entry in entries:
        key = (entry.kind, entry.input_id)
        days[key].append(today(entry.performed_at))
        names[key] = _name(entry, inputs)
    said, *others = [_kind_of_month(names[key], sorted(found)) for key, found in days.items()]
    for part in others:
        said = _("%(first)s; %(next)s", first=said, next=part)
    return Step(_("Tháng %(month)s", month=f"{month}/{year}"), said)


def _kind_of_month(name: Text, days: Sequence[date]) -> Text:
    different = sorted(set(days))
    if len(different) <= _MOST_DAYS:
        listed = ", ".join(f"{day.day}/{day.month}" for day in different)
    else:
        first, last = different[0], different[-1]
        listed = f"{first.day}/{first.month} – {last.day}/{last.month}"
    if len(days) == 1:
        return _("%(work)s ngày %(days)s", work=name, days=listed)
    return _("%(work)s %(count)s lần (%(days)s)", work=name, count=len(days), days=listed)
