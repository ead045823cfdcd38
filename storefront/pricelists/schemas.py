"""What comes in: lists, their steps, and who is in a group."""

from __future__ import annotations

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.fields import Day, Dong, FieldError, FormModel
from app.core.i18n import _
from app.core.phone import PhoneError, parse_phone

MOST_PHONES = 500
Name = Annotated[str, Field(min_length=1, max_length=60)]


def _price(value: int) -> int:
    if value < 1:
        raise FieldError(_("Giá phải lớn hơn 0."))
    return value


def _split(text: str) -> list[str]:
    """Numbers as they were typed: one a line, or parted by commas or semicolons."""
    return [typed.strip() for typed in re.split(r"[\n,;]+", text) if typed.strip()]


def _phones(text: str) -> str:
    found = _split(text)
    if len(found) > MOST_PHONES:
        raise FieldError(_("Một nhóm nhiều nhất 500 số."))
    for typed in found:
        try:
            parse_phone(typed)
        except PhoneError as error:
            words = _("Số này chưa đúng: %(phone)s. Mỗi dòng một số điện thoại.", phone=typed[:40])
            raise FieldError(words) from error
    return text


class ListFields(FormModel):
    """A list's name, whom it is for (nobody named: everybody), and its days."""

    name: Name
    group_id: UUID | None = None
    first_day: Day
    last_day: Day | None = None


class StepFields(FormModel):
    """What a pack costs from a quantity on; the quantity as typed, in pieces or kilos."""

    variant_id: UUID
    from_quantity: Annotated[str, Field(min_length=1, max_length=20)]
    price_minor: Annotated[Dong, AfterValidator(_price)]


class StepKey(FormModel):
    """Which step of a list."""

    variant_id: UUID
    from_quantity: Annotated[int, Field(ge=1, lt=10**12)]


class GroupFields(FormModel):
    """A group's name."""

    name: Name


class PhonesFields(FormModel):
    """Who is in a group: phone numbers, one a line."""

    phones: Annotated[str, AfterValidator(_phones)] = ""

    @property
    def numbers(self) -> list[str]:
        """The numbers (E.164)."""
        return [parse_phone(typed) for typed in _split(self.phones)]
