"""What comes in: a listing and its packs as a member types them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator

from app.core.fields import Count, Day, Dong, FieldError, FormModel, Grams, explain
from app.core.i18n import Text, _
from producers.farms.models import Crop
from producers.listings.models import PricedBy, SoldBy, TaxKind, Temperature

MAX_SHELF_LIFE_DAYS = 3_650
MAX_PACK_G = 1_000_000
MOST_OF_ONE = 20
"""So many pieces of one pack in one box of a bundle."""
BY_SCALE = "piece_gram"
"""The form's word for goods sold by the piece and priced by the scale."""


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


CONTENT = "content_"
"""In front of a pack's id: the field that says how many of it go into one box."""
Title = Annotated[str, Field(min_length=1, max_length=120)]
Description = Annotated[str, Field(max_length=4_000)]
PackName = Annotated[str, Field(min_length=1, max_length=60)]
Price = Annotated[Dong, AfterValidator(_price)]


class ListingFields(FormModel):
    """The words of a listing; `shelf_life_days` counts from the day of production, a season has its last day in it.

    `temperature` and `tax_kind` are None where a form does not ask yet: an edit leaves them. A new listing of tea then
    travels as it is, fish chilled, and both are goods to the tax office.
    """

    title: Title
    crop: Crop
    description: Description = ""
    storage: Annotated[str, Field(max_length=300)] = ""
    temperature: Temperature | None = None
    tax_kind: TaxKind | None = None
    shelf_life_days: Annotated[Count, AfterValidator(_days)]
    sold_from: Day | None = None
    sold_until: Day | None = None

    @field_validator("sold_until")
    @classmethod
    def _not_before_first(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("sold_from")
        if value is not None and first is not None and value < first:
            raise FieldError(_("Ngày thôi bán phải từ ngày bắt đầu bán trở đi."))
        return value


class NewPack(FormModel):
    """A pack to be sold: grams of one piece, or of one step when sold by weight; đồng per piece or per kilo."""

    name: PackName
    sold_by: SoldBy = SoldBy.PIECE
    weight_g: Annotated[Grams, AfterValidator(_weight)]
    price_minor: Price
    priced_by: PricedBy | None = None
    """As it is sold, unless the scale settles the price: then `weight_g` is the heaviest that one piece may be."""
    least_g: int | None = None


class WeighedPack(FormModel):
    """A pack of single pieces, none weighing what the other weighs: grams from least to most; đồng per kilo."""

    name: PackName
    least_g: Annotated[Grams, AfterValidator(_weight)]
    most_g: Annotated[Grams, AfterValidator(_weight)]
    price_minor: Price

    @field_validator("most_g")
    @classmethod
    def _not_below_least(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("least_g", 0):
            raise FieldError(_("Con nặng nhất phải bằng hoặc hơn con nhẹ nhất."))
        return value

    def to_pack(self) -> NewPack:
        """The same as a pack like any other."""
        return NewPack(
            name=self.name,
            sold_by=SoldBy.PIECE,
            priced_by=PricedBy.GRAM,
            weight_g=self.most_g,
            least_g=self.least_g,
            price_minor=self.price_minor,
        )


class PackChange(FormModel):
    """What may change of a pack that has a GTIN: never its weight (GS1 GTIN Management Standard, net content)."""

    variant_id: UUID
    name: PackName
    price_minor: Price
    is_active: bool


class BundleFields(FormModel):
    """The words and the price of a bundle, in đồng for one box; what lies in it is read by `read_contents`."""

    title: Title
    name: PackName
    price_minor: Price
    description: Description = ""


class ContentFields(FormModel):
    """How many pieces of a pack go into one box; 0 leaves it out."""

    pieces: Count = 0

    @field_validator("pieces")
    @classmethod
    def _not_too_many(cls, value: int) -> int:
        if value > MOST_OF_ONE:
            raise FieldError(_("Mỗi món trong một hộp nhiều nhất 20 gói."))
        return value


def read_contents(data: Mapping[str, str]) -> tuple[dict[UUID, int], dict[str, Text]]:
    """Read the form's fields `content_<variant id>`: pieces by variant, in the order of the form; as `read_packs` does."""
    contents: dict[UUID, int] = {}
    errors: dict[str, Text] = {}
    for name, typed in data.items():
        if not name.startswith(CONTENT) or not typed.strip():
            continue
        with suppress(ValueError):
            variant_id = UUID(name.removeprefix(CONTENT))
            try:
                pieces = ContentFields.model_validate({"pieces": typed}).pieces
            except ValidationError as error:
                errors[name] = explain(error)["pieces"]
            else:
                contents |= {variant_id: pieces} if pieces else {}
    return contents, errors


def read_packs(data: Mapping[str, str], rows: Iterable[int]) -> tuple[list[NewPack], dict[str, Text]]:
    """Read the form's rows `pack_<row>_<field>`; a row without name, weights and price was left empty.

    Answers the packs and what is wrong, by the names of the form's own fields.
    """
    packs: list[NewPack] = []
    errors: dict[str, Text] = {}
    for row in rows:
        is_weighed = data.get(f"pack_{row}_sold_by") == BY_SCALE
        typed = _row(data, WeighedPack if is_weighed else NewPack, f"pack_{row}_")
        if not typed.keys() & {"name", "weight_g", "least_g", "most_g", "price_minor"}:
            continue
        try:
            if is_weighed:
                packs.append(WeighedPack.model_validate(typed).to_pack())
            else:
                # Bounds are of no use here; they may stand there from a way of selling that was changed again.
                own = {name: value for name, value in typed.items() if name not in {"least_g", "priced_by"}}
                packs.append(NewPack.model_validate(own))
        except ValidationError as error:
            errors |= {f"pack_{row}_{name}": words for name, words in explain(error).items()}
    return packs, errors


def read_changes(
    data: Mapping[str, str], variant_ids: Iterable[UUID]
) -> tuple[list[PackChange], dict[str, Text]]:
    """Read the form's fields `pack_<variant id>_<field>` of the packs that are there already, as `read_packs` does."""
    changes: list[PackChange] = []
    errors: dict[str, Text] = {}
    for variant_id in variant_ids:
        prefix = f"pack_{variant_id}_"
        typed = _row(data, PackChange, prefix) | {"variant_id": variant_id}
        try:
            changes.append(PackChange.model_validate({"is_active": False} | typed))
        except ValidationError as error:
            errors |= {f"{prefix}{name}": words for name, words in explain(error).items()}
    return changes, errors


def _row(data: Mapping[str, str], schema: type[FormModel], prefix: str) -> dict[str, object]:
    typed = {name: data.get(f"{prefix}{name}", "").strip() for name in schema.model_fields}
    return {name: value for name, value in typed.items() if value}
