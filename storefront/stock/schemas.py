"""What comes in: a correction of what lies there."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.core.fields import FieldError, FormModel
from app.core.i18n import _
from app.core.quantity import QuantityError, parse_grams
from producers.listings.models import SoldBy

_MOST_DIGITS = 9


class Recount(FormModel):
    """What was counted: pieces, or kilos as typed; and why it is not what it was.

    `was` is what the page said that lay there, in pieces or grams: the difference is what travels.
    """

    counted: Annotated[str, Field(min_length=1, max_length=20)]
    was: Annotated[int, Field(ge=0, lt=10**_MOST_DIGITS)] | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Direction(StrEnum):
    """Which way what lies there changed."""

    MORE = "more"
    LESS = "less"


class StockChange(FormModel):
    """So much more or less, and why."""

    direction: Direction
    amount: Annotated[str, Field(min_length=1, max_length=20)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


def read_counted(sold_by: SoldBy, text: str) -> int:
    """Read what was counted into pieces ("12") or grams ("3,5 kg"); raises `FieldError`."""
    if sold_by is SoldBy.PIECE:
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            raise FieldError(_("Bạn điền một số nguyên, ví dụ 12."))
        return int(text)
    try:
        return parse_grams(text)
    except QuantityError as error:
        raise FieldError(_("Cân nặng này chưa đọc được. Bạn gõ như 12,5 kg hoặc 500 g.")) from error
