"""Quantities: whole grams, pieces, square metres and millilitres, and measured figures scaled to whole numbers."""

from __future__ import annotations

import re

from app.core.numerals import LARGEST, NumeralError, Reason, Units, normalise, read_amount

GRAMS_PER_KILOGRAM = 1_000
_WEIGHTS = {
    "g": 1,
    "gr": 1,
    "gam": 1,
    "gram": 1,
    "lang": 100,
    "kg": 1_000,
    "ki": 1_000,
    "ky": 1_000,
    "kilo": 1_000,
    "can": 1_000,  # "cân"
    "yen": 10_000,
    "ta": 100_000,
    "tan": 1_000_000,
}
_DECIMAL = re.compile(r"(?P<whole>\d+)(?:[.,](?P<places>\d+))?")


class QuantityError(NumeralError):
    """A typed quantity was not taken; `reason` says why."""


def parse_grams(text: str, default_unit: str = "kg") -> int:
    """Read "1,5 kg", "500g", "2 tạ", "3 lạng", "12" into grams; QuantityError with the reason otherwise.

    "1,250 kg" is one and a quarter, as Vietnamese writes decimals; "1.250 kg" could be either and is not taken.
    """
    units = Units(sizes=_WEIGHTS, default=default_unit, is_comma_decimal=True)
    try:
        return read_amount(text, units)
    except NumeralError as error:
        raise QuantityError(error.reason, text) from error


def format_grams(grams: int) -> str:
    """Show grams as people say them: 500 -> "500 g", 1500 -> "1,5 kg", with a no-break space."""
    if abs(grams) < GRAMS_PER_KILOGRAM:
        return f"{grams}\u00a0g"
    return f"{format_scaled(grams, 3)}\u00a0kg"


def retype_grams(grams: int) -> str:
    """Show grams as `parse_grams` reads them back: 1500000 -> "1500 kg", without marks that could be decimals."""
    return format_grams(grams).replace(".", "").replace("\u00a0", " ")


def retype_scaled(value: int, places: int) -> str:
    """Show a figure as `parse_decimal_scaled` reads it back: (1234500, 3) -> "1234,5", without thousands marks."""
    return format_scaled(value, places).replace(".", "")


def parse_decimal_scaled(text: str, places: int) -> int:
    """Read a measured figure into a whole number of 10^-places: ("6,5", 1) -> 65, ("-0.5", 2) -> -50.

    Comma and point are both decimal marks, there are no thousands marks, and the figure may be below zero (degrees).
    QuantityError when it is finer than `places` or not a figure.
    """
    sign = -1 if text.strip()[:1] in ("-", "−") else 1
    try:
        folded = normalise(text.strip().removeprefix("-").removeprefix("−"))
    except NumeralError as error:
        raise QuantityError(error.reason, text) from error
    found = _DECIMAL.fullmatch(folded)
    if found is None:
        raise QuantityError(Reason.NOT_A_NUMBER, text)
    decimals = (found["places"] or "").rstrip("0")
    if len(decimals) > places:
        raise QuantityError(Reason.FRACTION, text)
    value = int(found["whole"] + decimals.ljust(places, "0"))
    if value > LARGEST:
        raise QuantityError(Reason.TOO_LARGE, text)
    return sign * value


def format_scaled(value: int, places: int) -> str:
    """Show a whole number of 10^-places with a decimal comma, without idle zeros: (65, 1) -> "6,5", (700, 2) -> "7".

    Thousands are marked with a dot: (1234500, 3) -> "1.234,5".
    """
    whole, rest = divmod(abs(value), 10**places)
    decimals = f"{rest:0{places}d}".rstrip("0") if places else ""
    grouped = f"{whole:,}".replace(",", ".")
    return ("-" if value < 0 else "") + grouped + (f",{decimals}" if decimals else "")
