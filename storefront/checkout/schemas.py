"""What comes in at the checkout."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import Phone
from app.places.schemas import CommuneFields


class CheckoutFields(CommuneFields):
    """Who gets the goods, and where; `total` is what the page showed, in đồng."""

    name: str = Field(min_length=1, max_length=80)
    phone: Phone
    line: str = Field(min_length=1, max_length=200)
    note: str = Field("", max_length=500)
    voucher: str = Field("", max_length=40)
    total: int = Field(-1, ge=-1)
