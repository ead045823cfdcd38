"""What comes into intake: the weigh slip and its form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.fields import Day, Dong, FieldError, FormModel, Grams, Instant
from app.core.i18n import _
from producers.intake.models import Grade

_MOST_G = 20_000_000
_MOST_PRICE = 100_000_000


def _weighed(grams: int) -> int:
    if not 0 < grams <= _MOST_G:
        raise FieldError(_("Cân nặng phải lớn hơn 0 và không quá 20 tấn."))
    return grams


def _priced(dong: int) -> int:
    if not 0 < dong <= _MOST_PRICE:
        raise FieldError(_("Giá một cân phải lớn hơn 0 và không quá 100 triệu đồng."))
    return dong


@dataclass(frozen=True, kw_only=True)
class NewSlip:
    """A slip to be recorded: grams, đồng per kilo; the farm is the site's. `id` is made where it was written."""

    id: UUID
    site_id: UUID
    weight_g: int
    grade: Grade
    price_per_kg_minor: int
    weighed_at: datetime
    place: str = ""
    photo_id: UUID | None = None
    recorded_at: datetime | None = None
    corrects_id: UUID | None = None


class SlipForm(FormModel):
    """The weigh slip as the desk fills it in."""

    id: UUID
    site_id: UUID
    weight_g: Annotated[Grams, AfterValidator(_weighed)]
    grade: Grade
    price_per_kg_minor: Annotated[Dong, AfterValidator(_priced)] | None = None
    """Left empty: the price of the day."""
    weighed_on: Day
    place: Annotated[str, Field(max_length=200)] = ""
    recorded_at: Instant | None = None


class PriceForm(FormModel):
    """What a kilo of a grade costs from a day on."""

    grade: Grade
    price_per_kg_minor: Annotated[Dong, AfterValidator(_priced)]
    valid_from: Day
