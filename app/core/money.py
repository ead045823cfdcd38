"""Money: whole đồng, read as people type it, shown as people read it, shared out without losing one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from app.core.numerals import NumeralError, Reason, Units, read_amount

CURRENCY_EXPONENTS = {  # ISO 4217 minor units
    "VND": 0,
    "JPY": 0,
    "KRW": 0,
    "AUD": 2,
    "CNY": 2,
    "EUR": 2,
    "GBP": 2,
    "SGD": 2,
    "THB": 2,
    "USD": 2,
}
_DONG = Units(
    sizes={
        "": 1,
        "k": 1_000,
        "nghin": 1_000,
        "ngan": 1_000,
        "tr": 1_000_000,
        "trieu": 1_000_000,
        "cu": 1_000_000,  # "củ", as people say it
        "ty": 1_000_000_000,
        "ti": 1_000_000_000,
    },
    default="",
    silent=("₫", "vnd", "dong", "d"),
)


class MoneyError(NumeralError):
    """A typed amount of money was not taken, or an amount does not fit its currency; `reason` says why."""


def parse_dong(text: str) -> int:
    """Read "350k", "350.000 đ", "1tr2", "1,2 triệu" into đồng, 0 to 10^12; MoneyError with the reason otherwise."""
    try:
        return read_amount(text, _DONG)
    except NumeralError as error:
        raise MoneyError(error.reason, text) from error


def format_dong(amount: int) -> str:
    """Show đồng as CLDR does in Vietnamese: 350000 -> "350.000\u00a0₫" with a no-break space."""
    return f"{amount:,}\u00a0₫".replace(",", ".")


def split_pro_rata(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` by `weights`: each share is rounded half up, the last takes what is left; the sum is exact.

    A share never passes what is left, so none changes sign. "Last" is the last with a weight: who weighs nothing
    gets nothing. A negative total is shared as its opposite. ValueError for a negative weight, or when nobody weighs.
    """
    whole = sum(weights)
    if any(weight < 0 for weight in weights) or (whole == 0 and total != 0):
        raise ValueError(f"cannot share {total} by {list(weights)}")
    sign, left = (-1, -total) if total < 0 else (1, total)
    magnitude, weight_left = left, whole
    shares = []
    for weight in weights:
        rounded = (2 * magnitude * weight + whole) // (2 * whole) if whole else 0
        share = left if 0 < weight == weight_left else min(rounded, left)
        left, weight_left = left - share, weight_left - weight
        shares.append(sign * share)
    return shares


def to_gateway_minor(amount: int | Decimal, currency: str) -> int:
    """Turn an amount in whole currency units into a gateway's minor units: 350000 VND -> 350000, 12.50 USD -> 1250.

    MoneyError when the currency is not in the table or the amount is finer than its minor unit.
    """
    minor = Decimal(amount).scaleb(_exponent(currency))
    if minor != int(minor):
        raise MoneyError(Reason.FRACTION, f"{amount} {currency}")
    return int(minor)


def from_gateway_minor(minor: int, currency: str) -> Decimal:
    """Turn a gateway's minor units into whole currency units; MoneyError when the currency is not in the table."""
    return Decimal(minor).scaleb(-_exponent(currency))


def _exponent(currency: str) -> int:
    try:
        return CURRENCY_EXPONENTS[currency.upper()]
    except KeyError as error:
        raise MoneyError(Reason.UNKNOWN_UNIT, currency) from error
