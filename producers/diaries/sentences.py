"""What was done, in one plain sentence: the diary, the today page and the story behind a label all say it so."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import shorten
from typing import Any

from app.core.i18n import Text, _
from app.core.quantity import format_grams, format_scaled
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.words import (
    CLEANED_WORDS,
    CLEANING_WORDS,
    DISPOSAL_WORDS,
    PRUNING_WORDS,
    SOURCE_WORDS,
    SPREADING_WORDS,
    STANDARD_WORDS,
    WASTED_WORDS,
    WEEDING_WORDS,
)

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
    EntryKind.PLANT: _("Trồng chè"),
    EntryKind.IRRIGATE: _("Tưới nước"),
    EntryKind.PURCHASE: _("Mua vật tư"),
    EntryKind.CLEAN: _("Vệ sinh, khử trùng"),
    EntryKind.WASTE: _("Thu gom vỏ bao, rác"),
    EntryKind.TRAIN: _("Tập huấn"),
    EntryKind.NOTE: _("Ghi chú"),
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
    EntryKind.PLANT: "sprout",
    EntryKind.IRRIGATE: "drop",
    EntryKind.PURCHASE: "cart",
    EntryKind.CLEAN: "star",
    EntryKind.WASTE: "basket",
    EntryKind.TRAIN: "people",
    EntryKind.NOTE: "mic",
}
_NO_INPUT = _("không rõ tên")
_NOTE_LENGTH = 80


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


def _feed(entry: DiaryEntry, _details: dict[str, Any], name: object) -> Text:
    return _("Cho ăn %(input)s, %(weight)s", input=name, weight=_grams(entry.quantity_g))


def _wither(_entry: DiaryEntry, details: dict[str, Any], _name: object) -> Text:
    if details.get("temperature_c") is None:
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


_FIGURES: tuple[tuple[str, str, int], ...] = (
    ("temperature_tenths", "%s °C", 1),
    ("oxygen_tenths", "O₂ %s mg/l", 1),
    ("ph_hundredths", "pH %s", 2),
    ("ammonia_hundredths", "NH₃ %s mg/l", 2),
    ("nitrite_hundredths", "NO₂ %s mg/l", 2),
)


def _water(_entry: DiaryEntry, details: dict[str, Any], _name: object) -> Text:
    parts = [
        pattern % format_scaled(details[name], places)
        for name, pattern, places in _FIGURES
        if details.get(name) is not None
    ]
    if details.get("clarity_cm") is None:
        return _("Đo nước: %(figures)s", figures=", ".join(parts))
    clear = _("nhìn sâu %(depth)s cm", depth=details["clarity_cm"])
    if not parts:
        return _("Đo nước: %(figures)s", figures=clear)
    return _("Đo nước: %(figures)s, %(clear)s", figures=", ".join(parts), clear=clear)


def _treat(_entry: DiaryEntry, details: dict[str, Any], name: object) -> Text:
    if details.get("treatment_days"):
        return _(
            "Trị bệnh bằng %(input)s %(days)s ngày: %(reason)s",
            input=name,
            days=details["treatment_days"],
            reason=details["reason"],
        )
    return _("Trị bệnh bằng %(input)s: %(reason)s", input=name, reason=details["reason"])


def _note(entry: DiaryEntry, _details: dict[str, Any], _name: object) -> Text:
    if not entry.note:
        return KIND_WORDS[EntryKind.NOTE]
    return _("Ghi chú: %(note)s", note=shorten(entry.note, _NOTE_LENGTH, placeholder=" …"))


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
    EntryKind.PLANT: lambda _e, d, _n: _(
        "Trồng %(count)s cây %(variety)s, giống từ %(origin)s",
        count=_count(d["count"]),
        variety=d["variety"],
        origin=d["origin"],
    ),
    EntryKind.IRRIGATE: lambda _e, d, _n: _("Tưới chè, %(source)s", source=SOURCE_WORDS[d["source"]]),
    EntryKind.PURCHASE: lambda _e, d, n: _(
        "Mua %(input)s, %(amount)s, của %(seller)s", input=n, amount=d["amount"], seller=d["seller"]
    ),
    EntryKind.CLEAN: lambda _e, d, _n: _(
        "Vệ sinh %(what)s: %(method)s",
        what=CLEANED_WORDS[d["what"]],
        method=CLEANING_WORDS[d["method"]],
    ),
    EntryKind.WASTE: lambda _e, d, _n: _(
        "Thu gom %(what)s: %(disposal)s",
        what=WASTED_WORDS[d["what"]],
        disposal=DISPOSAL_WORDS[d["disposal"]],
    ),
    EntryKind.TRAIN: lambda _e, d, _n: _(
        "Tập huấn: %(topic)s, %(teacher)s dạy", topic=d["topic"], teacher=d["teacher"]
    ),
    EntryKind.NOTE: _note,
}


def describe(entry: DiaryEntry, input_name: str | None) -> Text:
    """Say what was done; `input_name` is the product's name for work that uses one."""
    return _SENTENCES[entry.kind](entry, entry.details, input_name or _NO_INPUT)
