"""Field types of measured figures: typed as people say them, kept as whole numbers, held to what can be true."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from app.core import quantity
from app.core.fields import FieldError, Grams
from app.core.i18n import _
from app.core.numerals import NumeralError, Units, read_amount

TONNE = 1_000_000
_WHOLE = Units(sizes={"": 1}, default="")


def measured(places: int, low: int, high: int) -> BeforeValidator:
    """Read a figure into 10^-places, `low` to `high` in that unit; a whole number is in that unit already."""

    def read(value: Any) -> int:
        if isinstance(value, int):
            figure = value
        else:
            try:
                figure = (
                    _read_whole(str(value))
                    if places == 0
                    else quantity.parse_decimal_scaled(str(value), places)
                )
            except NumeralError as error:
                raise FieldError(
                    _("Bạn gõ một con số, ví dụ %(example)s.", example=_example(places))
                ) from error
        if not low <= figure <= high:
            raise FieldError(
                _(
                    "Con số này phải từ %(low)s đến %(high)s.",
                    low=quantity.format_scaled(low, places),
                    high=quantity.format_scaled(high, places),
                )
            )
        return figure

    return BeforeValidator(read)


def _read_whole(typed: str) -> int:
    # Of whole things the dot marks thousands: "2.000" fish are two thousand, never two.
    return read_amount(typed, _WHOLE)


def _example(places: int) -> str:
    return quantity.format_scaled(int(Decimal("12.34") * 10**places), places) if places else "12"


def _weight(low: int, high: int) -> AfterValidator:
    def check(grams: int) -> int:
        if not low <= grams <= high:
            raise FieldError(
                _(
                    "Cân nặng này phải từ %(low)s đến %(high)s.",
                    low=quantity.format_grams(low),
                    high=quantity.format_grams(high),
                )
            )
        return grams

    return AfterValidator(check)


Weight = Annotated[Grams, _weight(1, 20 * TONNE)]
"""Grams, 1 g to 20 tonnes."""
FishWeight = Annotated[Grams, _weight(1, 200_000)]
"""Grams of one fish, up to 200 kg."""
Fish = Annotated[int, measured(0, 1, 10_000_000)]
"""A number of fish."""
Celsius = Annotated[int, measured(0, 0, 500)]
"""Degrees of a pan or drum, whole °C."""
Minutes = Annotated[int, measured(0, 1, 7 * 24 * 60)]
Hours = Annotated[int, measured(0, 1, 240)]
SquareMetres = Annotated[int, measured(0, 1, 10_000_000)]
Litres = Annotated[int, measured(0, 1, 100_000)]
DoseTenths = Annotated[int, measured(1, 1, 100_000)]
"""Tenths of ml or g per litre (or per kilo of feed)."""
WaterTenths = Annotated[int, measured(1, 0, 350)]
"""Tenths of °C of water: cold-water fish live between ice and 35 °C."""
OxygenTenths = Annotated[int, measured(1, 0, 250)]
"""Tenths of mg/l of dissolved oxygen."""
PhHundredths = Annotated[int, measured(2, 0, 1400)]
"""Hundredths of pH."""
WaterHundredths = Annotated[int, measured(2, 0, 10_000)]
"""Hundredths of mg/l of what is dissolved in water: ammonia, nitrite."""
Centimetres = Annotated[int, measured(0, 0, 1000)]
CubicMetres = Annotated[int, measured(0, 1, 1_000_000)]
Days = Annotated[int, measured(0, 1, 60)]
WithdrawalDays = Annotated[int, measured(0, 0, 365)]
People = Annotated[int, measured(0, 1, 10_000)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
