"""What people type to log in and about themselves."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.accounts.service import CODE_LENGTH
from app.core.fields import FieldError, FormModel, Phone
from app.core.i18n import _


def _code(value: Any) -> str:
    """Six digits however they were grouped: "123 456", "123-456"."""
    code = re.sub(r"[\s.\-]", "", str(value))
    if len(code) != CODE_LENGTH or not (code.isascii() and code.isdecimal()):
        raise FieldError(_("Mã có đúng 6 chữ số. Bạn xem lại tin nhắn nhé."))
    return code


class PhoneFields(FormModel):
    """The first step: a phone number in any spelling."""

    phone: Phone


class CodeFields(FormModel):
    """The second step: the code from the message."""

    code: Annotated[str, BeforeValidator(_code)]


class NameFields(FormModel):
    """What a person wants to be called."""

    name: str = Field(min_length=1, max_length=80, pattern=r"\w")


class LanguageFields(FormModel):
    """The language of our messages."""

    language: Literal["vi", "en"]


class CredentialFields(FormModel):
    """A phone on which somebody sets a PIN; `person` is whom the phone believes to be logged in."""

    phone: UUID
    person: UUID


class UnlockFields(FormModel):
    """What a phone shows after the right PIN."""

    phone: UUID
    credential: str = Field(min_length=1, max_length=64)


class PhoneKeyFields(FormModel):
    """A key that the phone made, for the day on which its PIN is forgotten; `secret` is 32 bytes in base64."""

    id: UUID
    phone: UUID
    person: UUID
    secret: str = Field(pattern=r"^[A-Za-z0-9+/]{43}=$")
