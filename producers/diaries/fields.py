"""The fields of each kind's form: what is asked, in which unit, and how a kept value is shown again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.i18n import Text, _
from app.core.quantity import retype_grams, retype_scaled
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import DoseUnit, TreatUnit
from producers.diaries.sentences import (
    DOSE_WORDS,
    PRUNING_WORDS,
    SPREADING_WORDS,
    STANDARD_WORDS,
    WEEDING_WORDS,
)


class Widget(StrEnum):
    """How a field is drawn."""

    WEIGHT = "weight"
    FIGURE = "figure"
    WORDS = "words"
    CHOICE = "choice"
    INPUT = "input"


@dataclass(frozen=True)
class Asked:
    """One field of a kind's form; `places` are the decimals of a figure."""

    name: str
    label: Text
    widget: Widget
    unit: Text | None = None
    places: int = 0
    options: tuple[tuple[str, Text], ...] = ()
    is_required: bool = True
    hint: Text | None = None

    def show(self, value: object) -> str:
        """The kept value as it would be typed."""
        if value is None:
            return ""
        if isinstance(value, int):
            return retype_grams(value) if self.widget is Widget.WEIGHT else retype_scaled(value, self.places)
        return str(value)


_KILOS = _("Gõ như 12,5 kg hoặc 500 g.")
_DEGREES, _MINUTES = _("°C"), _("phút")


def _choices(words: Iterable[tuple[StrEnum, Text]]) -> tuple[tuple[str, Text], ...]:
    return tuple((option.value, said) for option, said in words)


def _weight(label: Text, name: str = "quantity_g") -> Asked:
    return Asked(name, label, Widget.WEIGHT, hint=_KILOS)


def _figure(name: str, label: Text, unit: Text, places: int = 0, *, is_required: bool = True) -> Asked:
    return Asked(name, label, Widget.FIGURE, unit, places, is_required=is_required)


def _product(label: Text) -> Asked:
    return Asked("input_id", label, Widget.INPUT)


def _words(name: str, label: Text) -> Asked:
    return Asked(name, label, Widget.WORDS)


def _choice(name: str, label: Text, options: tuple[tuple[str, Text], ...]) -> Asked:
    return Asked(name, label, Widget.CHOICE, options=options)


ASKED: dict[EntryKind, tuple[Asked, ...]] = {
    EntryKind.FERTILISE: (
        _product(_("Phân gì")),
        _weight(_("Bón bao nhiêu")),
        _choice("method", _("Bón cách nào"), _choices(SPREADING_WORDS.items())),
    ),
    EntryKind.SPRAY: (
        _product(_("Thuốc gì")),
        _words("pest", _("Trừ sâu bệnh gì")),
        Asked("dose_tenths", _("Liều pha"), Widget.FIGURE, places=1),
        _choice("dose_unit", _("Liều tính theo"), _choices((unit, DOSE_WORDS[unit]) for unit in DoseUnit)),
        _figure("water_l", _("Lượng nước đã phun"), _("lít")),
        _figure("area_m2", _("Diện tích phun"), _("m²")),
    ),
    EntryKind.WEED: (_choice("method", _("Làm cách nào"), _choices(WEEDING_WORDS.items())),),
    EntryKind.PRUNE: (_choice("style", _("Đốn kiểu nào"), _choices(PRUNING_WORDS.items())),),
    EntryKind.PICK: (
        _weight(_("Hái được bao nhiêu chè tươi")),
        _choice("standard", _("Hái loại nào"), _choices(STANDARD_WORDS.items())),
    ),
    EntryKind.WITHER: (
        _figure("hours", _("Làm héo bao lâu"), _("giờ")),
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES, is_required=False),
    ),
    EntryKind.FIX: (
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES),
        _figure("minutes", _("Trong bao lâu"), _MINUTES),
    ),
    EntryKind.ROLL: (_figure("minutes", _("Trong bao lâu"), _MINUTES),),
    EntryKind.DRY: (
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES),
        _figure("minutes", _("Trong bao lâu"), _MINUTES),
        _weight(_("Được bao nhiêu chè khô")),
    ),
    EntryKind.STOCK: (
        _figure("count", _("Thả bao nhiêu con"), _("con")),
        _weight(_("Mỗi con nặng chừng bao nhiêu"), "mean_weight_g"),
        _words("origin", _("Giống mua ở đâu")),
    ),
    EntryKind.FEED: (_product(_("Thức ăn gì")), _weight(_("Cho ăn bao nhiêu"))),
    EntryKind.WATER: (
        _figure("temperature_tenths", _("Nhiệt độ nước"), _DEGREES, 1, is_required=False),
        _figure("oxygen_tenths", _("Ô-xy hòa tan"), _("mg/l"), 1, is_required=False),
        _figure("ph_hundredths", _("Độ pH"), _("pH"), 2, is_required=False),
    ),
    EntryKind.TREAT: (
        _product(_("Thuốc gì")),
        _words("reason", _("Trị bệnh gì")),
        Asked("dose_tenths", _("Liều dùng"), Widget.FIGURE, places=1),
        _choice("dose_unit", _("Liều tính theo"), _choices((unit, DOSE_WORDS[unit]) for unit in TreatUnit)),
    ),
    EntryKind.GRADE: (
        _figure("count", _("Cân bao nhiêu con"), _("con")),
        _weight(_("Trung bình mỗi con"), "mean_weight_g"),
    ),
    EntryKind.MORTALITY: (
        _figure("count", _("Chết bao nhiêu con"), _("con")),
        _words("cause", _("Vì sao")),
    ),
    EntryKind.HARVEST: (
        _weight(_("Thu được bao nhiêu cá")),
        _figure("count", _("Bao nhiêu con"), _("con")),
    ),
    EntryKind.PROCESS: (
        _words("method", _("Làm gì")),
        _weight(_("Nguyên liệu đưa vào"), "input_g"),
        _weight(_("Thành phẩm làm ra")),
    ),
    EntryKind.PACK: (
        _weight(_("Đóng gói tất cả bao nhiêu")),
        _weight(_("Mỗi gói nặng bao nhiêu"), "pack_g"),
    ),
}


def shown_values(entry: DiaryEntry) -> dict[str, str]:
    """The entry's own values as they would be typed, for the form of a correction."""
    kept = entry.details | {"input_id": entry.input_id, "quantity_g": entry.quantity_g}
    return {asked.name: asked.show(kept[asked.name]) for asked in ASKED[entry.kind]}
