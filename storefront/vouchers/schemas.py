"""What comes in: a voucher that a producer makes, or the market."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from app.core.fields import Count, Day, Dong, FieldError, FormModel
from app.core.i18n import _
from storefront.vouchers.service import MOST_PERCENT


def _percent(value: int) -> int:
    if not 1 <= value <= MOST_PERCENT:
        raise FieldError(_("Bạn gõ phần trăm từ 1 đến 90."))
    return value


def _some(value: int) -> int:
    if value < 1:
        raise FieldError(_("Bạn điền từ 1 trở lên."))
    return value


class VoucherFields(FormModel):
    """A code, what it takes off (đồng or percent, one of them), and its bounds."""

    code: str = Field(min_length=1, max_length=40)
    amount_minor: Annotated[Dong, AfterValidator(_some)] | None = None
    percent: Annotated[Count, AfterValidator(_percent)] | None = None
    most_minor: Annotated[Dong, AfterValidator(_some)] | None = None
    minimum_minor: Dong = 0
    uses_most: Annotated[Count, AfterValidator(_some)]
    uses_per_phone: Annotated[Count, AfterValidator(_some)] = 1
    first_day: Day
    last_day: Day

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.amount_minor is None) is (self.percent is None):
            raise FieldError(_("Bạn điền số tiền hoặc phần trăm, một trong hai."))
        return self


class MarketVoucherFields(VoucherFields):
    """A code that the market pays for, up to its budget, for the goods of some producers or (none) of all."""

    budget_minor: Annotated[Dong, AfterValidator(_some)]
    producer_ids: list[UUID] = Field(default_factory=list)
