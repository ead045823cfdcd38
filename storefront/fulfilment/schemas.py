"""What comes in about fulfilment."""

from __future__ import annotations

from pydantic import Field

from app.core.fields import FormModel


class PackFields(FormModel):
    """The labels that were scanned while packing, one after another."""

    serials: str = Field("", max_length=20_000)


class ShipFields(FormModel):
    """Who carries the parcel; one's own motorbike has no tracking number."""

    carrier: str = Field(min_length=1, max_length=80)
    tracking_number: str = Field("", max_length=40)
