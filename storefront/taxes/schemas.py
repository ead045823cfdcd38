"""What comes in about taxes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from app.core.clock import find_day
from app.core.fields import FieldError, FormModel
from app.core.i18n import _
from producers.cooperatives.models import ProducerKind
from producers.cooperatives.schemas import TaxCode


def find_month(text: str | None) -> date | None:
    """The first day of the month that an address names ("2026-11"), or None when it names none."""
    return find_day(f"{text}-01")


def _month(value: Any) -> date:
    found = find_month(str(value))
    if found is None:
        raise FieldError(_("Tháng này chưa đúng."))
    return found


class PayFields(FormModel):
    """Which month was paid on, and the bank's own reference or the receipt's number."""

    month: Annotated[date, BeforeValidator(_month)]
    reference: str = Field(min_length=1, max_length=80)


class SellerFields(FormModel):
    """What a seller is to the tax office."""

    kind: ProducerKind
    tax_code: TaxCode | None = None
