"""What comes in at the checkout."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.clock import find_day
from app.core.fields import Day, FormModel, Phone
from app.places.schemas import CommuneFields
from storefront.delivery.ways import Choice


class OrderFields(FormModel):
    """What is told of every order; `total` (đồng), `expected` (the day of pre-ordered goods) and `along` are what the page showed."""

    gift_note: str = Field("", max_length=300)
    note: str = Field("", max_length=500)
    voucher: str = Field("", max_length=40)
    total: int = Field(-1, ge=-1)
    expected: Day | None = None
    use_credit: bool = False
    credit: int = Field(0, ge=0)
    """How much of the store credit the page said that it pays, in đồng."""
    pay: Literal["transfer", "cash"] = "transfer"
    along: str = Field("", max_length=2_000)
    """Which parcels of an earlier order take it along, as `service.say_along` says it."""


class CheckoutFields(OrderFields, CommuneFields):
    """The same with who gets the goods, and where (no `line` where all is fetched)."""

    name: str = Field(min_length=1, max_length=80)
    phone: Phone
    line: str = Field("", max_length=200)


def read_choices(values: Mapping[str, str]) -> dict[UUID, Choice]:
    """Read how each producer's parcel travels: `way_<producer>` names a method, `day_<method>` its day."""
    found = {}
    for name, value in values.items():
        if name.startswith("way_"):
            with suppress(ValueError):
                found[UUID(name.removeprefix("way_"))] = Choice(
                    UUID(value), find_day(values.get(f"day_{value}"))
                )
    return found
