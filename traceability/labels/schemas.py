"""What comes into labels: the print form, and a spoilt label's code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from app.core.fields import Count, FormModel
from traceability.labels.models import Reason


class Layout(StrEnum):
    """What the labels are printed on."""

    A4 = "a4_3x8"
    """A4 of 3 x 8 labels, 63.5 x 33.9 mm each."""
    A4_LARGE = "a4_2x7"
    """A4 of 2 x 7 labels, 99.1 x 38.1 mm each."""
    ROLL = "roll_58"
    """A roll 58 mm wide, one label of 58 x 40 mm under the other, a line to cut between them."""


PER_PAGE: Mapping[Layout, int] = {Layout.A4: 24, Layout.A4_LARGE: 14, Layout.ROLL: 1}
"""Labels on one page of each paper."""


class Picture(StrEnum):
    """What a single label is drawn as."""

    SVG = "svg"
    PNG = "png"


class PrintForm(FormModel):
    """So many labels on that paper."""

    count: Count
    layout: Layout = Layout.A4
    has_pin: bool = False


class VoidForm(FormModel):
    """The code under a label's symbol, and why it must not be good any more."""

    serial: str = Field(min_length=1, max_length=40)
    reason: Reason = Reason.SPOILT
    note: str = Field(default="", max_length=200)


class ReprintForm(FormModel):
    """Why labels are printed again, and which: a file of the job by its number (a label's own form has none)."""

    id: UUID
    reason: Reason
    note: str = Field(default="", max_length=200)
    part: int = Field(default=1, ge=1, le=10_000)
    picture: Picture = Picture.PNG
