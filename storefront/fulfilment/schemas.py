"""What comes in about fulfilment."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from app.core.fields import FormModel

MOST_WORDS = 480
"""Characters of a message to buyers; a draft is never longer."""


class PackFields(FormModel):
    """The labels that were scanned while packing, one after another."""

    serials: str = Field("", max_length=20_000)


class RecallMessageFields(FormModel):
    """What the buyers are told, by audience and language."""

    got_vi: str = Field("", max_length=MOST_WORDS)
    got_en: str = Field("", max_length=MOST_WORDS)
    waiting_vi: str = Field("", max_length=MOST_WORDS)
    waiting_en: str = Field("", max_length=MOST_WORDS)


class RecallRefundFields(FormModel):
    """Which parcel gets money back: for the recalled lines, or for all of them."""

    consignment_id: UUID
    is_whole: bool = False


class ShipFields(FormModel):
    """Who carries the parcel; one's own motorbike has no tracking number."""

    carrier: str = Field(min_length=1, max_length=80)
    tracking_number: str = Field("", max_length=40)
