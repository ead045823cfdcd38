"""What comes in: what is put into a basket."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.fields import Count, FormModel
from app.core.quantity import QuantityError, parse_grams
from producers.listings.models import SoldBy
from storefront.cart.errors import StepError

_MOST_DIGITS = 6


class NewLine(FormModel):
    """A pack and how much of it, as typed: pieces, or kilos."""

    variant_id: UUID
    quantity: Annotated[str, Field(max_length=20)] = "1"


class ChangedLine(FormModel):
    """How much of a line is wanted now, in the pack's own unit; 0 takes it out."""

    quantity: Count


def read_quantity(sold_by: SoldBy, text: str) -> int:
    """Read a typed quantity into pieces ("3") or grams ("1,5", "500 g"); raises `StepError`."""
    if sold_by is SoldBy.PIECE:
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            raise StepError
        return int(text)
    try:
        return parse_grams(text)
    except QuantityError as error:
        raise StepError from error
