"""What comes in about tour operators."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.fields import Dong, FormModel, Phone


class PaidFields(FormModel):
    """Whose money it is."""

    receipt_id: UUID
    operator_id: UUID


class OperatorFields(FormModel):
    """A new operator, and what it pays less than a visitor in percent."""

    name: str = Field(min_length=1, max_length=120)
    phone: Phone | None = None
    discount_percent: Annotated[Decimal, Field(ge=0, lt=100, decimal_places=2)] = Decimal(0)


class MemberFields(FormModel):
    """Who may work for an operator."""

    name: str = Field(min_length=1, max_length=80)
    phone: Phone


class LimitFields(FormModel):
    """How much an operator may owe at most; left empty, as much as it likes."""

    limit_minor: Annotated[Dong, Field(gt=0)] | None = None
