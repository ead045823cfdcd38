"""What comes into inputs: the shape of the form."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app.core import quantity
from app.core.fields import Count, FieldError, FormModel
from app.core.i18n import _
from app.core.numerals import NumeralError
from producers.farms.models import Crop
from producers.inputs.models import InputKind, LimitUnit

_GTIN_LENGTHS = (8, 12, 13, 14)
_MOST_TENTHS = 1_000_000


def read_code(typed: str) -> str | None:
    """Read a pack's code (EAN-8, UPC, EAN-13, GTIN-14) as 14 digits, or None when its check digit is wrong.

    Source: GS1 General Specifications, section 7.9.
    """
    digits = typed.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in _GTIN_LENGTHS):
        return None
    whole = digits.zfill(14)
    weighed = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(whole))
    return whole if weighed % 10 == 0 else None


def _pack_code(value: Any) -> str:
    code = read_code(str(value))
    if code is None:
        raise FieldError(_("Mã này chưa đúng. Bạn chép đủ dãy số dưới mã vạch, thường có 13 số."))
    return code


def _tenths(value: Any) -> int:
    if isinstance(value, int):
        tenths = value
    else:
        try:
            tenths = quantity.parse_decimal_scaled(str(value), 1)
        except NumeralError as error:
            raise FieldError(_("Bạn gõ liều như trên nhãn, ví dụ 1,5.")) from error
    if not 0 < tenths <= _MOST_TENTHS:
        raise FieldError(_("Liều này chưa đúng. Bạn xem lại trên nhãn giúp nhé."))
    return tenths


class Label(FormModel):
    """What else the label says: the pack's code, the largest dose (tenths of its unit), how often a season."""

    pack_code: Annotated[str, BeforeValidator(_pack_code)] | None = None
    max_dose_tenths: Annotated[int, BeforeValidator(_tenths)] | None = None
    max_dose_unit: LimitUnit | None = None
    max_uses: Annotated[Count, Field(gt=0, le=99)] | None = None

    @model_validator(mode="after")
    def _dose_has_unit(self) -> Label:
        if (self.max_dose_tenths is None) != (self.max_dose_unit is None):
            raise FieldError(_("Liều nhiều nhất cần cả con số và cách tính, hoặc để trống cả hai."))
        return self


class NewInput(Label):
    """A product as its label names it, and the wait that the label asks of one crop: days or degree-days."""

    kind: InputKind
    name: Annotated[str, StringConstraints(min_length=1, max_length=160)]
    active_ingredient: str = Field("", max_length=160)
    registration: str = Field("", max_length=80)
    crop: Crop | None = None
    days: Annotated[Count, Field(le=365)] | None = None
    degree_days: Annotated[Count, Field(gt=0, le=5000)] | None = None

    @model_validator(mode="after")
    def _interval_is_one(self) -> NewInput:
        if self.days is not None and self.degree_days is not None:
            raise FieldError(_("Bạn ghi thời gian cách ly theo ngày hoặc theo độ-ngày, không ghi cả hai."))
        has_interval = self.days is not None or self.degree_days is not None
        if has_interval and self.crop is None:
            raise FieldError(_("Bạn chọn thời gian cách ly này là cho chè hay cho cá nào."))
        if self.kind in {InputKind.PESTICIDE, InputKind.DRUG} and not has_interval:
            raise FieldError(
                _("Thuốc phải có thời gian cách ly. Bạn xem trên nhãn; nhãn ghi không cần thì gõ 0 ngày.")
            )
        return self
