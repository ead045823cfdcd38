"""The fields of each kind's form: what is asked, in which unit, and how a kept value is shown again.

What an auditor of VietGAP wants beyond the essentials (TCVN 11892-1 for crops, TCVN 13528-1 for ponds and tanks) is
optional and folded away, so that a form stays four taps long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from app.core.i18n import Text, _
from app.core.quantity import retype_grams, retype_scaled
from producers.diaries.choices import DoseUnit, TreatUnit
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import ANEW
from producers.diaries.words import (
    CLEANED_WORDS,
    CLEANING_WORDS,
    DISPOSAL_WORDS,
    DOSE_WORDS,
    PRUNING_WORDS,
    SOURCE_WORDS,
    SPRAYER_WORDS,
    SPREADING_WORDS,
    STANDARD_WORDS,
    WASTED_WORDS,
    WEATHER_WORDS,
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
    """One field of a kind's form; `places` are the decimals of a figure, `is_extra` is folded away."""

    name: str
    label: Text
    widget: Widget
    unit: Text | None = None
    places: int = 0
    options: tuple[tuple[str, Text], ...] = ()
    is_required: bool = True
    hint: Text | None = None
    is_extra: bool = False

    def show(self, value: object) -> str:
        """The kept value as it would be typed."""
        if value is None:
            return ""
        if isinstance(value, int):
            return retype_grams(value) if self.widget is Widget.WEIGHT else retype_scaled(value, self.places)
        return str(value)

    def say(self, value: object) -> Text:
        """The kept value in words, with its unit."""
        if self.widget is Widget.CHOICE:
            return dict(self.options)[str(value)]
        if self.unit is not None:
            return _("%(figure)s %(unit)s", figure=self.show(value), unit=self.unit)
        return _("%(figure)s", figure=self.show(value))


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


def _extra(asked: Asked) -> Asked:
    return replace(asked, is_required=False, is_extra=True)


def _extra_words(name: str, label: Text, hint: Text | None = None) -> Asked:
    return Asked(name, label, Widget.WORDS, is_required=False, hint=hint, is_extra=True)


def _worker(label: Text) -> Asked:
    return _extra_words("worker", label, _("Để trống nếu chính bạn làm."))


_AREA = _extra(_figure("area_m2", _("Làm bao nhiêu đất"), _("m²")))
_LOT = _extra_words("lot_mark", _("Ký hiệu mẻ, lô"))
_PACK_LOT = _extra_words("pack_lot", _("Số lô in trên bao bì"))
_BUYER = _extra_words("buyer", _("Giao cho ai, bán cho ai"))

ASKED: dict[EntryKind, tuple[Asked, ...]] = {
    EntryKind.FERTILISE: (
        _product(_("Phân gì")),
        _weight(_("Bón bao nhiêu")),
        _choice("method", _("Bón cách nào"), _choices(SPREADING_WORDS.items())),
        _AREA,
        _worker(_("Ai bón")),
    ),
    EntryKind.SPRAY: (
        _product(_("Thuốc gì")),
        _words("pest", _("Trừ sâu bệnh gì")),
        Asked("dose_tenths", _("Liều pha"), Widget.FIGURE, places=1),
        _choice("dose_unit", _("Liều tính theo"), _choices((unit, DOSE_WORDS[unit]) for unit in DoseUnit)),
        _figure("water_l", _("Lượng nước đã phun"), _("lít")),
        _figure("area_m2", _("Diện tích phun"), _("m²")),
        _extra(_choice("sprayer", _("Phun bằng gì"), _choices(SPRAYER_WORDS.items()))),
        _extra(_choice("weather", _("Trời thế nào"), _choices(WEATHER_WORDS.items()))),
        _worker(_("Ai phun")),
        _extra(_figure("reentry_hours", _("Bao lâu mới vào lại vườn"), _("giờ"))),
        _PACK_LOT,
    ),
    EntryKind.WEED: (
        _choice("method", _("Làm cách nào"), _choices(WEEDING_WORDS.items())),
        _AREA,
        _worker(_("Ai làm")),
    ),
    EntryKind.PRUNE: (
        _choice("style", _("Đốn kiểu nào"), _choices(PRUNING_WORDS.items())),
        _AREA,
        _worker(_("Ai làm")),
    ),
    EntryKind.PICK: (
        _weight(_("Hái được bao nhiêu chè tươi")),
        _choice("standard", _("Hái loại nào"), _choices(STANDARD_WORDS.items())),
        _worker(_("Ai hái")),
        _BUYER,
        _LOT,
    ),
    EntryKind.WITHER: (
        _figure("hours", _("Làm héo bao lâu"), _("giờ")),
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES, is_required=False),
        _LOT,
    ),
    EntryKind.FIX: (
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES),
        _figure("minutes", _("Trong bao lâu"), _MINUTES),
        _LOT,
    ),
    EntryKind.ROLL: (
        _figure("minutes", _("Trong bao lâu"), _MINUTES),
        _LOT,
    ),
    EntryKind.DRY: (
        _figure("temperature_c", _("Nhiệt độ"), _DEGREES),
        _figure("minutes", _("Trong bao lâu"), _MINUTES),
        _weight(_("Được bao nhiêu chè khô")),
        _LOT,
    ),
    EntryKind.STOCK: (
        _figure("count", _("Thả bao nhiêu con"), _("con")),
        _weight(_("Mỗi con nặng chừng bao nhiêu"), "mean_weight_g"),
        _words("origin", _("Giống mua ở đâu")),
        _extra_words("paper_number", _("Số giấy kiểm dịch, giấy giống")),
        _extra_words("health", _("Cá lúc thả thế nào")),
    ),
    EntryKind.FEED: (
        _product(_("Thức ăn gì")),
        _weight(_("Cho ăn bao nhiêu")),
        _PACK_LOT,
        _worker(_("Ai cho ăn")),
    ),
    EntryKind.WATER: (
        _figure("temperature_tenths", _("Nhiệt độ nước"), _DEGREES, 1, is_required=False),
        _figure("oxygen_tenths", _("Ô-xy hòa tan"), _("mg/l"), 1, is_required=False),
        _figure("ph_hundredths", _("Độ pH"), _("pH"), 2, is_required=False),
        _extra(_figure("ammonia_hundredths", _("Amoniac"), _("mg/l"), 2)),
        _extra(_figure("nitrite_hundredths", _("Nitrit"), _("mg/l"), 2)),
        _extra(_figure("clarity_cm", _("Nhìn sâu được bao nhiêu"), _("cm"))),
    ),
    EntryKind.TREAT: (
        _product(_("Thuốc gì")),
        _words("reason", _("Trị bệnh gì")),
        Asked("dose_tenths", _("Liều dùng"), Widget.FIGURE, places=1),
        _choice("dose_unit", _("Liều tính theo"), _choices((unit, DOSE_WORDS[unit]) for unit in TreatUnit)),
        _extra(_figure("treatment_days", _("Dùng liền mấy ngày, kể từ ngày này"), _("ngày"))),
        _extra(_figure("withdrawal_days", _("Thú y dặn ngừng thuốc mấy ngày"), _("ngày"))),
        _extra_words("prescriber", _("Ai kê đơn, số đơn thuốc")),
        _extra(_figure("volume_m3", _("Lượng nước đã trị"), _("m³"))),
        _PACK_LOT,
    ),
    EntryKind.GRADE: (
        _figure("count", _("Cân bao nhiêu con"), _("con")),
        _weight(_("Trung bình mỗi con"), "mean_weight_g"),
    ),
    EntryKind.MORTALITY: (
        _figure("count", _("Chết bao nhiêu con"), _("con")),
        _words("cause", _("Vì sao")),
        _extra(_choice("disposal", _("Cá chết đưa đi đâu"), _choices(DISPOSAL_WORDS.items()))),
    ),
    EntryKind.HARVEST: (
        _weight(_("Thu được bao nhiêu cá")),
        _figure("count", _("Bao nhiêu con"), _("con")),
        _worker(_("Ai bắt")),
        _BUYER,
        _LOT,
    ),
    EntryKind.PROCESS: (
        _words("method", _("Làm gì")),
        _weight(_("Nguyên liệu đưa vào"), "input_g"),
        _weight(_("Thành phẩm làm ra")),
        _LOT,
    ),
    EntryKind.PACK: (
        _weight(_("Đóng gói tất cả bao nhiêu")),
        _weight(_("Mỗi gói nặng bao nhiêu"), "pack_g"),
        _extra_words("packaging", _("Bao bì gì")),
        _LOT,
        _extra_words("expires", _("Hạn dùng")),
    ),
    EntryKind.PLANT: (
        _figure("count", _("Trồng bao nhiêu cây"), _("cây")),
        _words("variety", _("Giống gì")),
        _words("origin", _("Giống mua ở đâu")),
        _extra_words("paper_number", _("Số giấy chứng nhận giống")),
        _AREA,
    ),
    EntryKind.IRRIGATE: (
        _choice("source", _("Nước lấy từ đâu"), _choices(SOURCE_WORDS.items())),
        _extra(_figure("hours", _("Tưới bao lâu"), _("giờ"))),
        _AREA,
    ),
    EntryKind.PURCHASE: (
        _product(_("Mua thứ gì")),
        Asked("amount", _("Mua bao nhiêu"), Widget.WORDS, hint=_("Ví dụ 2 chai 500 ml, 3 bao 25 kg.")),
        _words("seller", _("Mua của ai")),
        _PACK_LOT,
        _extra_words("expires", _("Hạn dùng")),
        _extra_words("invoice", _("Số hóa đơn")),
    ),
    EntryKind.CLEAN: (
        _choice("what", _("Làm sạch chỗ nào, thứ gì"), _choices(CLEANED_WORDS.items())),
        _choice("method", _("Làm cách nào"), _choices(CLEANING_WORDS.items())),
        _extra_words("agent", _("Chất đã dùng, liều dùng")),
        _worker(_("Ai làm")),
    ),
    EntryKind.WASTE: (
        _choice("what", _("Thu gom thứ gì"), _choices(WASTED_WORDS.items())),
        _choice("disposal", _("Đưa đi đâu"), _choices(DISPOSAL_WORDS.items())),
        _extra_words("amount", _("Bao nhiêu")),
        _worker(_("Ai làm")),
    ),
    EntryKind.TRAIN: (
        _words("topic", _("Học gì")),
        _words("teacher", _("Ai dạy")),
        _extra(_figure("people", _("Mấy người học"), _("người"))),
    ),
    EntryKind.NOTE: (),
}


def shown_values(entry: DiaryEntry) -> dict[str, str]:
    """The entry's own values as they would be typed, for the form of a correction."""
    kept = entry.details | {"input_id": entry.input_id, "quantity_g": entry.quantity_g}
    return {asked.name: asked.show(kept.get(asked.name)) for asked in ASKED[entry.kind]}


def copied_values(entry: DiaryEntry) -> dict[str, str]:
    """The entry's values for a new form like it: what is weighed, counted or measured each time is left out."""
    anew = ANEW.get(entry.kind, frozenset())
    return {name: value for name, value in shown_values(entry).items() if name not in anew}


def usual_choices(entry: DiaryEntry) -> dict[str, str]:
    """How this work was done last time: ways of doing it, never a product, a dose or a figure."""
    ways = {one.name for one in ASKED[entry.kind] if one.widget is Widget.CHOICE and not one.is_extra}
    return {name: value for name, value in shown_values(entry).items() if name in ways}


def said_extras(entry: DiaryEntry) -> list[tuple[Text, Text]]:
    """What was written down beyond the essentials, as label and value."""
    return [
        (asked.label, asked.say(value))
        for asked in ASKED[entry.kind]
        if asked.is_extra and (value := entry.details.get(asked.name)) is not None
    ]
