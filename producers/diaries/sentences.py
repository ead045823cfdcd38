"""What was done, in one plain sentence: the diary, the today page and the story behind a label all say it so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.i18n import Text, _
from app.core.quantity import format_grams, format_scaled
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import DoseUnit, Pruning, Spreading, Standard, TreatUnit, Weeding

KIND_WORDS: dict[EntryKind, Text] = {
    EntryKind.FERTILISE: _("Bón phân"),
    EntryKind.SPRAY: _("Phun thuốc"),
    EntryKind.WEED: _("Làm cỏ"),
    EntryKind.PRUNE: _("Đốn chè"),
    EntryKind.PICK: _("Hái chè"),
    EntryKind.WITHER: _("Làm héo"),
    EntryKind.FIX: _("Diệt men"),
    EntryKind.ROLL: _("Vò chè"),
    EntryKind.DRY: _("Sấy khô"),
    EntryKind.STOCK: _("Thả cá giống"),
    EntryKind.FEED: _("Cho ăn"),
    EntryKind.WATER: _("Đo nước"),
    EntryKind.TREAT: _("Trị bệnh"),
    EntryKind.GRADE: _("Phân cỡ cá"),
    EntryKind.MORTALITY: _("Cá chết"),
    EntryKind.HARVEST: _("Thu cá"),
    EntryKind.PROCESS: _("Chế biến"),
    EntryKind.PACK: _("Đóng gói"),
}
KIND_ICONS: dict[EntryKind, str] = {
    EntryKind.FERTILISE: "sprout",
    EntryKind.SPRAY: "spray",
    EntryKind.WEED: "leaf",
    EntryKind.PRUNE: "prune",
    EntryKind.PICK: "basket",
    EntryKind.WITHER: "dry",
    EntryKind.FIX: "oven",
    EntryKind.ROLL: "roll",
    EntryKind.DRY: "dry",
    EntryKind.STOCK: "fish",
    EntryKind.FEED: "basket",
    EntryKind.WATER: "drop",
    EntryKind.TREAT: "plus",
    EntryKind.GRADE: "scale",
    EntryKind.MORTALITY: "warning",
    EntryKind.HARVEST: "fish",
    EntryKind.PROCESS: "oven",
    EntryKind.PACK: "pack",
}
SPREADING_WORDS = {
    Spreading.ROOT: _("bón gốc"),
    Spreading.LEAF: _("phun qua lá"),
    Spreading.WATERED: _("hòa nước tưới"),
}
WEEDING_WORDS = {
    Weeding.HAND: _("nhổ tay"),
    Weeding.HOE: _("xới cỏ"),
    Weeding.CUTTER: _("phát cỏ bằng máy"),
}
PRUNING_WORDS = {
    Pruning.TABLE: _("sửa tán"),
    Pruning.LIGHT: _("đốn phớt"),
    Pruning.MEDIUM: _("đốn lửng"),
    Pruning.HARD: _("đốn đau"),
}
STANDARD_WORDS = {
    Standard.BUD: _("một tôm"),
    Standard.ONE_LEAF: _("một tôm một lá"),
    Standard.TWO_LEAVES: _("một tôm hai lá"),
}
DOSE_WORDS = {
    DoseUnit.ML_PER_LITRE: _("ml cho 1 lít nước"),
    DoseUnit.G_PER_LITRE: _("g cho 1 lít nước"),
    TreatUnit.G_PER_KG_FEED: _("g cho 1 kg thức ăn"),
    TreatUnit.ML_PER_M3: _("ml cho 1 m³ nước"),
    TreatUnit.G_PER_M3: _("g cho 1 m³ nước"),
}
_NO_INPUT = _("không rõ tên")


def _grams(grams: int | None) -> str:
    return format_grams(grams or 0)


def _count(number: int) -> str:
    return format_scaled(number, 0)


def _fertilise(entry: DiaryEntry, details: dict[str, Any], name: object) -> Text:
    return _(
        "Bón %(input)s, %(weight)s, %(method)s",
        input=name,
        weight=_grams(entry.quantity_g),
        method=SPREADING_WORDS[details["method"]],
    )


def _spray(_entry: DiaryEntry, details: dict[str, Any], name: object) -> Text:
    return _("Phun %(input)s, %(area)s m²", input=name, area=_count(details["area_m2"]))


def _treat(_entry: DiaryEntry, details: dict[str, Any], name: object) -> Text:
    return _("Trị bệnh bằng %(input)s: %(reason)s", input=name, reason=details["reason"])


def _feed(entry: DiaryEntry, _details: dict[str, Any], name: object) -> Text:
    return _("Cho ăn %(input)s, %(weight)s", input=name, weight=_grams(entry.quantity_g))


def _wither(_entry: DiaryEntry, details: dict[str, Any], _name: object) -> Text:
    if details["temperature_c"] is None:
        return _("Làm héo %(hours)s giờ", hours=details["hours"])
    return _(
        "Làm héo %(hours)s giờ ở %(degrees)s °C", hours=details["hours"], degrees=details["temperature_c"]
    )


def _dry(entry: DiaryEntry, details: dict[str, Any], _name: object) -> Text:
    return _(
        "Sấy khô %(minutes)s phút ở %(degrees)s °C, được %(weight)s",
        minutes=_count(details["minutes"]),
        degrees=details["temperature_c"],
        weight=_grams(entry.quantity_g),
    )


def _water(_entry: DiaryEntry, details: dict[str, Any], _name: object) -> Text:
    parts = []
    if details["temperature_tenths"] is not None:
        parts.append(f"{format_scaled(details['temperature_tenths'], 1)} °C")
    if details["oxygen_tenths"] is not None:
        parts.append(f"O₂ {format_scaled(details['oxygen_tenths'], 1)} mg/l")
    if details["ph_hundredths"] is not None:
        parts.append(f"pH {format_scaled(details['ph_hundredths'], 2)}")
    return _("Đo nước: %(figures)s", figures=", ".join(parts))


_SENTENCES: dict[EntryKind, Callable[[DiaryEntry, dict[str, Any], object], Text]] = {
    EntryKind.FERTILISE: _fertilise,
    EntryKind.SPRAY: _spray,
    EntryKind.WEED: lambda _e, d, _n: _("Làm cỏ, %(method)s", method=WEEDING_WORDS[d["method"]]),
    EntryKind.PRUNE: lambda _e, d, _n: _("Đốn chè, %(style)s", style=PRUNING_WORDS[d["style"]]),
    EntryKind.PICK: lambda e, d, _n: _(
        "Hái %(weight)s chè tươi, %(standard)s",
        weight=_grams(e.quantity_g),
        standard=STANDARD_WORDS[d["standard"]],
    ),
    EntryKind.WITHER: _wither,
    EntryKind.FIX: lambda _e, d, _n: _(
        "Diệt men %(minutes)s phút ở %(degrees)s °C",
        minutes=_count(d["minutes"]),
        degrees=d["temperature_c"],
    ),
    EntryKind.ROLL: lambda _e, d, _n: _("Vò chè %(minutes)s phút", minutes=_count(d["minutes"])),
    EntryKind.DRY: _dry,
    EntryKind.STOCK: lambda _e, d, _n: _(
        "Thả %(count)s con giống, mỗi con %(weight)s, từ %(origin)s",
        count=_count(d["count"]),
        weight=_grams(d["mean_weight_g"]),
        origin=d["origin"],
    ),
    EntryKind.FEED: _feed,
    EntryKind.WATER: _water,
    EntryKind.TREAT: _treat,
    EntryKind.GRADE: lambda _e, d, _n: _(
        "Phân cỡ %(count)s con, trung bình %(weight)s một con",
        count=_count(d["count"]),
        weight=_grams(d["mean_weight_g"]),
    ),
    EntryKind.MORTALITY: lambda _e, d, _n: _(
        "%(count)s con cá chết: %(cause)s", count=_count(d["count"]), cause=d["cause"]
    ),
    EntryKind.HARVEST: lambda e, d, _n: _(
        "Thu %(weight)s cá, %(count)s con", weight=_grams(e.quantity_g), count=_count(d["count"])
    ),
    EntryKind.PROCESS: lambda e, d, _n: _(
        "Chế biến (%(method)s): %(input)s thành %(weight)s",
        method=d["method"],
        input=_grams(d["input_g"]),
        weight=_grams(e.quantity_g),
    ),
    EntryKind.PACK: lambda e, d, _n: _(
        "Đóng gói %(weight)s, mỗi gói %(pack)s", weight=_grams(e.quantity_g), pack=_grams(d["pack_g"])
    ),
}


def describe(entry: DiaryEntry, input_name: str | None) -> Text:
    """Say what was done; `input_name` is the product's name for work that uses one."""
    return _SENTENCES[entry.kind](entry, entry.details, input_name or _NO_INPUT)
