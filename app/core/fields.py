"""Field types of forms: what people type, read as the values that we keep."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from app.core import money, phone, quantity
from app.core.clock import is_plausible
from app.core.i18n import Text, _

MAX_DONG = 10_000_000_000
# Digits, or dots between groups of three; "1.5" is no count, and more than nine digits a slip of the finger.
_WHOLE = re.compile(r"[0-9]{1,9}|[0-9]{1,3}(\.[0-9]{3}){1,2}")


class FieldError(ValueError):
    """What is wrong with one field, in words for the person who typed it."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.msgid)
        self.message = message


class FormModel(BaseModel):
    """Base of every form's schema: unknown fields are ignored, text is trimmed, an empty field is absent."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True)


def _phone(value: Any) -> str:
    try:
        return phone.parse_phone(str(value))
    except phone.PhoneError as error:
        raise FieldError(_("Số điện thoại này chưa đúng. Bạn gõ đủ 10 số, ví dụ 0912 345 678.")) from error


def _dong(value: Any) -> int:
    if isinstance(value, int):
        return value
    try:
        amount = money.parse_dong(str(value))
    except money.MoneyError as error:
        raise FieldError(_("Số tiền này chưa đọc được. Bạn gõ như 350k, 350.000 hoặc 1tr2.")) from error
    if amount > MAX_DONG:
        raise FieldError(_("Số tiền này lớn quá. Bạn xem lại giúp nhé."))
    return amount


def _grams(value: Any) -> int:
    if isinstance(value, int):
        return value
    try:
        return quantity.parse_grams(str(value))
    except quantity.QuantityError as error:
        raise FieldError(_("Cân nặng này chưa đọc được. Bạn gõ như 12,5 kg hoặc 500 g.")) from error


def _count(value: Any) -> int:
    text = str(value).strip()
    if not _WHOLE.fullmatch(text):
        raise FieldError(_("Bạn điền một số nguyên, ví dụ 12."))
    return int(text.replace(".", ""))


def _day(value: date) -> date:
    if not is_plausible(value):
        raise FieldError(_("Ngày này chưa đúng."))
    return value


def _instant(value: datetime) -> datetime:
    if not is_plausible(value):
        raise FieldError(_("Giờ này chưa đúng."))
    return value


Phone = Annotated[str, BeforeValidator(_phone)]
Dong = Annotated[int, BeforeValidator(_dong)]
Grams = Annotated[int, BeforeValidator(_grams)]
Count = Annotated[int, BeforeValidator(_count)]
Day = Annotated[date, AfterValidator(_day)]
Instant = Annotated[datetime, AfterValidator(_instant)]


_WORDS: dict[str, Text] = {
    "missing": _("Chỗ này chưa điền."),
    "string_too_short": _("Chỗ này chưa điền."),
    "string_too_long": _("Chỗ này dài quá. Bạn viết ngắn lại giúp nhé."),
    "enum": _("Bạn chọn một trong các ô có sẵn."),
    "literal_error": _("Bạn chọn một trong các ô có sẵn."),
    "date_from_datetime_parsing": _("Ngày này chưa đúng."),
    "date_parsing": _("Ngày này chưa đúng."),
    "datetime_parsing": _("Giờ này chưa đúng."),
    "datetime_from_date_parsing": _("Giờ này chưa đúng."),
    "time_parsing": _("Giờ này chưa đúng."),
    "uuid_parsing": _("Bạn chọn một trong các ô có sẵn."),
    "less_than": _("Số này lớn quá. Bạn xem lại giúp nhé."),
    "greater_than": _("Số này nhỏ quá. Bạn xem lại giúp nhé."),
}
_ANY = _("Chỗ này chưa đúng. Bạn xem lại giúp nhé.")


def explain(error: ValidationError) -> dict[str, Text]:
    """Turn pydantic's findings into words beside each field (keys are field names; "" is the whole form)."""
    found: dict[str, Text] = {}
    for item in error.errors():
        name = str(item["loc"][0]) if item["loc"] else ""
        context = item.get("ctx", {})
        cause = context.get("error")
        if isinstance(cause, FieldError):
            found.setdefault(name, cause.message)
        elif isinstance(context.get("le"), int):
            found.setdefault(
                name,
                _("Số này lớn quá, nhiều nhất là %(most)s.", most=quantity.format_scaled(context["le"], 0)),
            )
        elif isinstance(context.get("ge"), int):
            found.setdefault(
                name,
                _("Số này nhỏ quá, ít nhất là %(least)s.", least=quantity.format_scaled(context["ge"], 0)),
            )
        else:
            found.setdefault(name, _WORDS.get(item["type"], _ANY))
    return found
