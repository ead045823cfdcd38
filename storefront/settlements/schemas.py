"""What comes into settlements: periods, advances, accounts and payments as they are typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from app.core.fields import Day, Dong, FieldError, FormModel
from app.core.i18n import _
from app.core.quantity import QuantityError, parse_decimal_scaled
from app.core.text import to_ascii_memo
from storefront.settlements.models import AdvanceKind

_MAX_ACCOUNT_NAME = 50
_MAX_UNIT = 20


def _some(dong: int) -> int:
    if dong <= 0:
        raise FieldError(_("Số tiền phải lớn hơn 0."))
    return dong


def _account(value: Any) -> str:
    typed = re.sub(r"[\s.-]", "", str(value))
    if not re.fullmatch(r"[0-9A-Za-z]{4,19}", typed):
        raise FieldError(_("Số tài khoản chỉ có chữ và số, từ 4 đến 19 ký tự."))
    return typed.upper()


def _account_name(value: Any) -> str:
    name = to_ascii_memo(str(value), _MAX_ACCOUNT_NAME).upper()
    if not name:
        raise FieldError(_("Bạn gõ tên chủ tài khoản như trong sổ ngân hàng."))
    return name


def _quantity(value: Any) -> int:
    try:
        milli = parse_decimal_scaled(str(value), 3)
    except QuantityError as error:
        raise FieldError(_("Số lượng này chưa đọc được. Bạn gõ như 2 hoặc 1,5.")) from error
    if milli <= 0:
        raise FieldError(_("Số lượng phải lớn hơn 0."))
    return milli


def _of_inputs(value: Any, info: ValidationInfo) -> Any:
    """Asked of inputs; of money it says nothing and is left out."""
    if info.data.get("kind") is not AdvanceKind.INPUT:
        return None
    if value is None:
        raise FieldError(_("Đưa vật tư thì bạn ghi cả số lượng, ví dụ 2 bao."))
    return value


@dataclass(frozen=True, kw_only=True)
class NewAdvance:
    """An advance to be written down (đồng). `id` is made where it was written.

    Inputs say how much was handed over (thousandths of `unit`), money does not.
    """

    id: UUID
    person_id: UUID
    kind: AdvanceKind
    amount_minor: int
    given_on: date
    what_for: str
    quantity_milli: int | None = None
    unit: str | None = None


class SettleForm(FormModel):
    """The days to settle, both counted."""

    id: UUID
    since: Day
    until: Day


class AdvanceForm(FormModel):
    """What a household got ahead."""

    id: UUID
    kind: AdvanceKind
    amount_minor: Annotated[Dong, AfterValidator(_some)]
    given_on: Day
    what_for: Annotated[str, Field(min_length=1, max_length=120)]
    quantity: Annotated[
        Annotated[int, BeforeValidator(_quantity)] | None,
        AfterValidator(_of_inputs),
        Field(validate_default=True),
    ] = None
    unit: Annotated[
        Annotated[str, Field(max_length=_MAX_UNIT)] | None,
        AfterValidator(_of_inputs),
        Field(validate_default=True),
    ] = None


class AccountForm(FormModel):
    """Where a household is paid."""

    bank_bin: str
    bank_account: Annotated[str, BeforeValidator(_account)]
    account_name: Annotated[str, BeforeValidator(_account_name)]


class PaidForm(FormModel):
    """The bank's own reference of the transfer, or how else it was handed over."""

    reference: Annotated[str, Field(min_length=1, max_length=80)]


class ReturnForm(FormModel):
    """Why the money did not arrive."""

    reason: Annotated[str, Field(min_length=1, max_length=120)]
