"""Phone numbers: kept as E.164, shown as people in Vietnam read them out."""

from __future__ import annotations

import re
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_HOME = "VN"
_HOME_CODE = "+84"
_MAX_TYPED = 40


class PhoneReason(StrEnum):
    """Why a typed phone number was not taken."""

    EMPTY = "empty"
    NOT_A_NUMBER = "not_a_number"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    INVALID = "invalid"


class PhoneError(ValueError):
    """A typed phone number was not taken; `reason` says why."""

    def __init__(self, reason: PhoneReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def parse_phone(text: str) -> str:
    """Read a phone number in any spelling into E.164: "0912 345.678" -> "+84912345678".

    A number without a country is Vietnamese; landlines are taken; the 11-digit mobiles of before 2018 are not.
    PhoneError with the reason otherwise.
    """
    typed = text.strip()
    if not typed:
        raise PhoneError(PhoneReason.EMPTY)
    if len(typed) > _MAX_TYPED or re.search(r"[^\W\d_]", typed):
        raise PhoneError(PhoneReason.NOT_A_NUMBER)
    try:
        number = phonenumbers.parse(typed, _HOME)
    except NumberParseException as error:
        raise PhoneError(PhoneReason.NOT_A_NUMBER) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneError(
            _LENGTHS.get(phonenumbers.is_possible_number_with_reason(number), PhoneReason.INVALID)
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


_LENGTHS = {
    phonenumbers.ValidationResult.TOO_SHORT: PhoneReason.TOO_SHORT,
    phonenumbers.ValidationResult.TOO_LONG: PhoneReason.TOO_LONG,
}


def format_phone(phone: str) -> str:
    """Show an E.164 number: "+84912345678" -> "0912 345 678"; landlines and other countries as their own people do.

    Nothing stays nothing: a guest of a tour operator may have given none.
    """
    if not phone:
        return ""
    mobile = phone.removeprefix(_HOME_CODE)
    if phone.startswith(_HOME_CODE) and len(mobile) == len("912345678"):
        return f"0{mobile[:3]} {mobile[3:6]} {mobile[6:]}"
    number = phonenumbers.parse(phone, None)
    is_home = phone.startswith(_HOME_CODE)
    return phonenumbers.format_number(
        number, PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
    )


def mask_phone(phone: str) -> str:
    """Show an E.164 number with its middle hidden: "+84912345678" -> "0912 *** 678"; nothing stays nothing."""
    if not phone:
        return ""
    shown = format_phone(phone)
    head = "0912" if phone.startswith(_HOME_CODE) else "+1 20"
    return f"{shown[: len(head)].rstrip()} *** {shown[-3:]}"
