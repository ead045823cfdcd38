"""What comes in: a listing and its packs as a member types them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.fields import Count, Dong, FieldError, FormModel, Grams
from app.core.i18n import _
from producers.farms.models import Crop
from producers.listings.models import SoldBy

MAX_SHELF_LIFE_DAYS = 3_650
MAX_PACK_G = 1_000_000


def _days(value: int) -> int:
    if not 1 <= value <= MAX_SHELF_LIFE_DAYS:
        raise FieldError(_("Hạn dùng tính bằng ngày, từ 1 đến 3650."))
    return value


def _price(value: int) -> int:
    if value < 1:
        raise FieldError(_("Giá phải lớn hơn 0."))
    return value


def _weight(value: int) -> int:
    if not 1 <= value <= MAX_PACK_G:
        raise FieldError(_("Cân nặng từ 1 g đến 1000 kg."))
    return value


PackName = Annotated[str, Field(min_length=1, max_length=60)]
Price = Annotated[Dong, AfterValidator(_price)]


class ListingFields(FormModel):
    """The words of a listing; `shelf_life_days` counts from the day of production."""

    title: Annotated[str, Field(min_length=1, max_length=120)]
    crop: Crop
    description: Annotated[str, Field(max_length=4_000)] = ""
    storage: Annotated[str, Field(max_length=300)] = ""
    shelf_life_days: Annotated[Count, AfterValidator(_days)]


class NewPack(FormModel):
    """A pack to be sold: grams of one piece, or of one step when sold by weight; đồng per piece or per kilo."""

    name: PackName
    sold_by: SoldBy = SoldBy.PIECE
    weight_g: Annotated[Grams, AfterValidator(_weight)]
    price_minor: Price


class PackChange(FormModel):
    """What may change of a pack that has a GTIN: never its weight (GS1 GTIN Management Standard, net content)."""

    variant_id: UUID
    name: PackName
    price_minor: Price
    is_active: bool
