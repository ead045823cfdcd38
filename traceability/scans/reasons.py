"""Reasons why a label may have been copied: kept as data, said in plain words when read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.core.i18n import Text, _
from app.places import provinces


class ReasonKind(StrEnum):
    """Why a label may have been copied."""

    BEFORE_PRINT = "before_print"
    TRAVEL = "travel"
    AFTER_SALE = "after_sale"
    BURST = "burst"
    SPREAD = "spread"
    VOID = "void"
    GUESSING = "guessing"


@dataclass(frozen=True)
class Reason:
    """One reason, its points, and its values (days as ISO dates, provinces as codes), so that it can be kept as data."""

    kind: ReasonKind
    points: int
    values: Mapping[str, str | int]


def pack(reason: Reason) -> dict[str, Any]:
    """A reason as JSON."""
    return {"kind": reason.kind.value, "points": reason.points, "values": dict(reason.values)}


def unpack(kept: Mapping[str, Any]) -> Reason | None:
    """The reason that was packed; None for one that this house cannot read."""
    try:
        return Reason(ReasonKind(kept["kind"]), int(kept["points"]), dict(kept["values"]))
    except (KeyError, ValueError, TypeError):
        return None


_WORDS: Mapping[ReasonKind, Text] = {
    ReasonKind.BEFORE_PRINT: _("Có người đã quét mã này từ ngày %(day)s, trước cả khi nhãn được in."),
    ReasonKind.TRAVEL: _(
        "Ngày %(day)s, nhãn được quét ở %(from)s rồi chừng %(hours)s giờ sau ở %(to)s. "
        "Một gói hàng không đi nhanh như thế được."
    ),
    ReasonKind.AFTER_SALE: _(
        "Gói mang nhãn này đã bán ngày %(day)s, từ đó nhãn còn được quét %(count)s lượt. "
        "Một nhà dùng thì không quét nhiều đến thế."
    ),
    ReasonKind.BURST: _(
        "Chỉ trong một ngày (đến %(day)s), nhãn được quét %(count)s lượt, nhiều giờ, nhiều loại máy."
    ),
    ReasonKind.SPREAD: _("Trong %(days)s ngày (đến %(day)s), nhãn được quét ở %(count)s tỉnh."),
    ReasonKind.VOID: _("Nhãn đã hủy mà ngày %(day)s vẫn có người quét."),
    ReasonKind.GUESSING: _("Hai giờ qua, %(count)s mã chưa từng in của sản phẩm này bị đem ra quét."),
}
_TWO_PLACES = _(
    "Ngày %(day)s, trong cùng một giờ, nhãn được quét cả ở %(from)s lẫn ở %(to)s. "
    "Một gói hàng không thể ở hai nơi."
)


def say(reason: Reason) -> Text:
    """Say a reason in plain words."""
    at_once = reason.kind is ReasonKind.TRAVEL and not reason.values["hours"]
    words = _TWO_PLACES if at_once else _WORDS[reason.kind]
    return Text(words.msgid, {name: _say_value(name, value) for name, value in reason.values.items()})


def _say_value(name: str, value: str | int) -> str | int:
    if name == "day":
        return f"{date.fromisoformat(str(value)):%d/%m/%Y}"
    province = provinces.find_province(str(value)) if name in {"from", "to"} else None
    return province.name if province else value
