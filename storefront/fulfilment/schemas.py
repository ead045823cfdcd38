"""What comes in about fulfilment."""

from __future__ import annotations

import re
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.core.fields import FormModel, Phone
from app.core.i18n import _
from app.core.quantity import QuantityError, parse_grams
from storefront.fulfilment.errors import WeightError
from storefront.fulfilment.parcel_labels import Paper
from storefront.fulfilment.weighing import Weighing

MOST_WORDS = 480
"""Characters of a message to buyers; a draft is never longer."""

MOST_LINES = 500
"""Of one parcel."""
MOST_PIECES = 20
"""Packages of one parcel; a mistyped 2000 is no print job."""


class PackFields(FormModel):
    """The labels that were scanned while packing, one after another."""

    serials: str = Field("", max_length=20_000)


class WeighFields(FormModel):
    """What the pieces of one line weighed, as many as were ordered, one on each line or after a semicolon."""

    id: UUID
    line_id: UUID
    weights: str = Field(min_length=1, max_length=4_000)
    takes_ceiling: bool = False
    is_agreed: bool = False

    def read(self, photo_id: UUID | None) -> Weighing:
        """Read it with the photo of the scale that came beside it, into grams ("1,95" is kilos); raises `WeightError`."""
        try:
            weights = [parse_grams(one) for one in re.split(r"[\n;]+", self.weights) if one.strip()]
        except QuantityError as error:
            raise WeightError(_("Cân nặng này chưa đọc được. Bạn gõ như 12,5 kg hoặc 500 g.")) from error
        return Weighing(
            id=self.id,
            line_id=self.line_id,
            weights_g=weights,
            photo_id=photo_id,
            takes_ceiling=self.takes_ceiling,
            is_agreed=self.is_agreed,
        )


class ReweighFields(WeighFields):
    """What the pieces weigh after all, why, and which weighing that puts right."""

    of: UUID
    reason: str = Field(min_length=1, max_length=200)


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


class RefusedFields(FormModel):
    """Whether goods that came back may be sold again (`good`) or not (`bad`)."""

    goods: Literal["good", "bad"]


class UnsentFields(RefusedFields):
    """Which lines of a parcel are not sent, and whether their goods may be sold to others."""

    lines: list[UUID] = Field(default_factory=list, max_length=MOST_LINES)


class ShipFields(FormModel):
    """Who carries the parcel; one's own motorbike has no tracking number.

    `is_sure` answers the question about an odd number; a form that a phone kept from before has only the name.
    """

    by: str = Field("", max_length=20)
    carrier: str = Field("", max_length=80)
    phone: Phone | None = None
    tracking_number: str = Field("", max_length=40)
    is_sure: bool = False


class DeliverFields(FormModel):
    """Who took the parcel, if the carrier said so."""

    taken_by: str = Field("", max_length=80)


class LabelFields(FormModel):
    """How to print the labels: of one parcel or of all, on which paper, for how many packages of each parcel."""

    of: UUID | None = None
    paper: Paper = Paper.A6
    pieces: int = Field(1, ge=1, le=MOST_PIECES)
    phone: bool = False
    """Whether the receiver's whole number stands on it."""
