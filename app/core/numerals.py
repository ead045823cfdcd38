"""Numbers as people type them ("1,2 triệu", "1tr2", "2 cân rưỡi"), read into whole smallest units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core.text import fold

LARGEST = 10**12
_MAX_TYPED = 64
_HALF = "ruoi"
_PART = re.compile(r"(?P<number>\d+(?:[., ]\d+)*) ?(?P<unit>[^\W\d_]*) ?")
_GROUPS = re.compile(r"(?P<first>\d{1,3})(?P<mark>[., ])\d{3}(?:(?P=mark)\d{3})*")
_DECIMAL = re.compile(r"(?P<whole>\d+)[.,](?P<places>\d+)")
_GROUPS_AND_DECIMAL = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<mark>[., ])\d{3}(?:(?P=mark)\d{3})*)(?!(?P=mark))[.,](?P<places>\d+)"
)


class Reason(StrEnum):
    """Why a typed number was not taken."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    FRACTION = "fraction"
    AMBIGUOUS = "ambiguous"
    TOO_LARGE = "too_large"
    UNKNOWN_UNIT = "unknown_unit"


class NumeralError(ValueError):
    """A typed number was not taken; `reason` says why."""

    def __init__(self, reason: Reason, typed: str) -> None:
        super().__init__(f"{reason}: {typed[:_MAX_TYPED]!r}")
        self.reason = reason


@dataclass(frozen=True)
class Units:
    """The words of one kind of measure, folded: {word: smallest units in one}.

    `default` is meant when no word is typed; words in `silent` stand before or after and say nothing ("đồng");
    `is_comma_decimal` reads "1,250" with a larger unit as one and a quarter, where money calls it ambiguous.
    """

    sizes: Mapping[str, int]
    default: str
    silent: tuple[str, ...] = ()
    is_comma_decimal: bool = False


def normalise(typed: str) -> str:
    """Bring full-width and other digits, blanks and case to one form; NumeralError when empty, negative or too long."""
    folded = fold(unicodedata.normalize("NFKC", typed[: _MAX_TYPED + 1]))
    if not folded:
        raise NumeralError(Reason.EMPTY, typed)
    if len(folded) > _MAX_TYPED:
        raise NumeralError(Reason.NOT_A_NUMBER, typed)
    if folded[0] in "-−–":
        raise NumeralError(Reason.NEGATIVE, typed)
    return folded


def read_amount(typed: str, units: Units) -> int:
    """Read a typed amount into smallest units; NumeralError with the reason when it is not surely one whole number.

    Parts follow each other from large to small ("1 triệu 250 nghìn"); digits after the last word are its decimals
    ("1tr2" is 1.2 million, "1 cân 2" is 1.2 kg); "rưỡi" adds half of the last word.
    """
    text = _without_silent(normalise(typed), units.silent)
    text, is_half_more = (text.removesuffix(_HALF).rstrip(), True) if text.endswith(_HALF) else (text, False)
    total, size, place = 0, 0, 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None:
            raise NumeralError(Reason.NOT_A_NUMBER, typed)
        place = part.end()
        if size and not part["unit"]:
            total += _tail(part, text, size, typed)
            size = 0
            break
        smaller = units.sizes.get(part["unit"] or units.default)
        if smaller is None:
            raise NumeralError(Reason.UNKNOWN_UNIT, typed)
        added = _scaled(part["number"], smaller, typed, is_comma_decimal=units.is_comma_decimal)
        if size and added >= size:
            raise NumeralError(Reason.AMBIGUOUS, typed)
        total, size = total + added, smaller if part["unit"] else 0
    if place < len(text) or not text or (is_half_more and not size):
        raise NumeralError(Reason.NOT_A_NUMBER, typed)
    if is_half_more:
        total += _exact(5 * size, 1, typed)
    if total > LARGEST:
        raise NumeralError(Reason.TOO_LARGE, typed)
    return total


def _without_silent(text: str, silent: tuple[str, ...]) -> str:
    for word in silent:
        if text.endswith(word):
            return text.removesuffix(word).rstrip()
        if text.startswith(word):
            return text.removeprefix(word).lstrip()
    return text


def _tail(part: re.Match[str], text: str, size: int, typed: str) -> int:
    """Read digits after a unit word as its decimals; "1 tấn 50" could be 1.5 or 1.05 and is not taken."""
    digits = part["number"]
    is_apart = text[part.start() - 1] == " "
    if not digits.isdecimal() or len(digits) > 3 or (is_apart and len(digits) == 2):  # noqa: PLR2004 - see above
        raise NumeralError(Reason.AMBIGUOUS, typed)
    return _exact(int(digits) * size, len(digits), typed)


def _scaled(number: str, size: int, typed: str, *, is_comma_decimal: bool) -> int:
    """Read one number with its separators, times `size`."""
    if number.isdecimal():
        return int(number) * size
    groups = _GROUPS.fullmatch(number)
    if groups and groups["first"][0] != "0":
        is_single = number.count(groups["mark"]) == 1
        if is_single and size > 1 and groups["mark"] == "," and is_comma_decimal:
            return _decimal(number.replace(",", "."), size, typed)
        if is_single and size > 1 and groups["mark"] != " ":
            raise NumeralError(Reason.AMBIGUOUS, typed)
        return int(number.replace(groups["mark"], "")) * size
    return _decimal(number, size, typed)


def _decimal(number: str, size: int, typed: str) -> int:
    found = _DECIMAL.fullmatch(number) or _GROUPS_AND_DECIMAL.fullmatch(number)
    if found is None:
        raise NumeralError(Reason.NOT_A_NUMBER, typed)
    if size == 1:  # "350.00": nothing is smaller, so it is a slip or another mark for thousands
        raise NumeralError(Reason.FRACTION if found["places"].strip("0") else Reason.AMBIGUOUS, typed)
    whole = re.sub(r"\D", "", found["whole"])
    return _exact(int(whole + found["places"]) * size, len(found["places"]), typed)


def _exact(value: int, places: int, typed: str) -> int:
    divisor = int("1" + "0" * places)
    if value % divisor:
        raise NumeralError(Reason.FRACTION, typed)
    return value // divisor
