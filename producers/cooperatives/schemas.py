"""What comes into cooperatives: the shapes of their forms."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from app.core.fields import FieldError, FormModel, Phone
from app.core.i18n import _
from app.core.text import to_ascii_memo
from producers.cooperatives.models import ProducerKind, Role

_MAX_ACCOUNT_NAME = 50


def _account(value: Any) -> str:
    digits = re.sub(r"[\s.-]", "", str(value))
    if not re.fullmatch(r"[0-9A-Za-z]{4,19}", digits):
        raise FieldError(_("Số tài khoản chỉ có chữ và số, từ 4 đến 19 ký tự."))
    return digits.upper()


def _account_name(value: Any) -> str:
    name = to_ascii_memo(str(value), _MAX_ACCOUNT_NAME).upper()
    if not name:
        raise FieldError(_("Bạn gõ tên chủ tài khoản như trong sổ ngân hàng."))
    return name


def _tax_code(value: Any) -> str:
    digits = re.sub(r"[\s.-]", "", str(value))
    if not re.fullmatch(r"\d{10}|\d{12}|\d{13}", digits):
        raise FieldError(_("Mã số thuế có 10, 12 hoặc 13 số. Bạn xem lại giúp nhé."))
    return digits


TaxCode = Annotated[str, BeforeValidator(_tax_code)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class NewProducer(FormModel):
    """A producer as it is enrolled; `gs1_prefix` has 7 to 10 digits."""

    name: Name
    kind: ProducerKind
    phone: Phone
    commune_code: str
    address_line: str = Field("", max_length=200)
    about: str = Field("", max_length=4000)
    gs1_prefix: str = Field(pattern=r"^\d{7,10}$")


class ProducerSettings(FormModel):
    """What a manager may change; the payout account is whole or absent, without a commune the old one stays."""

    name: Name
    phone: Phone
    about: str = Field("", max_length=4000)
    commune_code: str | None = None
    address_line: str = Field("", max_length=200)
    tax_code: TaxCode | None = None
    payout_bank_bin: str | None = None
    payout_account: Annotated[str, BeforeValidator(_account)] | None = None
    payout_account_name: Annotated[str, BeforeValidator(_account_name)] | None = None

    @model_validator(mode="after")
    def _account_is_whole(self) -> ProducerSettings:
        given = [self.payout_bank_bin, self.payout_account, self.payout_account_name]
        if any(given) and not all(given):
            raise FieldError(
                _("Tài khoản nhận tiền cần đủ ba ô: ngân hàng, số tài khoản, tên chủ tài khoản.")
            )
        return self


class NewMember(FormModel):
    """Somebody let in by phone number."""

    name: Name
    phone: Phone
    role: Role
