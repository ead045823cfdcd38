"""What comes into diaries: one typed shape per kind of work, units in the names of the fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from app.core.fields import Day, FieldError, FormModel, Instant
from app.core.i18n import _
from producers.diaries.measures import (
    Celsius,
    DoseTenths,
    Fish,
    FishWeight,
    Hours,
    Litres,
    Minutes,
    OxygenTenths,
    PhHundredths,
    SquareMetres,
    WaterTenths,
    Weight,
    Words,
)
from producers.diaries.models import EntryKind
from producers.farms.models import Crop
from producers.inputs.models import InputKind

COLUMNS = {"input_id", "quantity_g"}
"""Fields of the work that are columns of the entry; all others are its details."""


class Work(FormModel):
    """What was done, of one kind."""

    kind: ClassVar[EntryKind]


class WorkWithInput(Work):
    """Work that uses a product of one of the sorts `uses`."""

    uses: ClassVar[tuple[InputKind, ...]]
    input_id: UUID


class Spreading(StrEnum):
    """How fertiliser is given."""

    ROOT = "root"
    LEAF = "leaf"
    WATERED = "watered"


class Weeding(StrEnum):
    """How weeds are taken out; never by a herbicide here, that is a spray."""

    HAND = "hand"
    HOE = "hoe"
    CUTTER = "cutter"


class Pruning(StrEnum):
    """How far the bush is cut back."""

    LIGHT = "light"
    MEDIUM = "medium"
    HARD = "hard"
    TABLE = "table"


class Standard(StrEnum):
    """What the hand takes: the bud alone, with one leaf, with two."""

    BUD = "bud"
    ONE_LEAF = "one_leaf"
    TWO_LEAVES = "two_leaves"


class DoseUnit(StrEnum):
    """What the dose counts."""

    ML_PER_LITRE = "ml_per_litre"
    G_PER_LITRE = "g_per_litre"


class TreatUnit(StrEnum):
    """What a drug's dose counts."""

    G_PER_KG_FEED = "g_per_kg_feed"
    ML_PER_M3 = "ml_per_m3"
    G_PER_M3 = "g_per_m3"


class Fertilise(WorkWithInput):
    """Fertiliser given."""

    kind: ClassVar[EntryKind] = EntryKind.FERTILISE
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.FERTILISER,)
    quantity_g: Weight
    method: Spreading


class Spray(WorkWithInput):
    """A pesticide sprayed: dose per litre of water, water used, pest, area."""

    kind: ClassVar[EntryKind] = EntryKind.SPRAY
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.PESTICIDE,)
    dose_tenths: DoseTenths
    dose_unit: DoseUnit
    water_l: Litres
    pest: Words
    area_m2: SquareMetres


class Weed(Work):
    """Weeds taken out."""

    kind: ClassVar[EntryKind] = EntryKind.WEED
    method: Weeding


class Prune(Work):
    """Bushes cut back."""

    kind: ClassVar[EntryKind] = EntryKind.PRUNE
    style: Pruning


class Pick(Work):
    """Leaf picked, grams of fresh leaf."""

    kind: ClassVar[EntryKind] = EntryKind.PICK
    quantity_g: Weight
    standard: Standard


class Wither(Work):
    """Leaf withered."""

    kind: ClassVar[EntryKind] = EntryKind.WITHER
    hours: Hours
    temperature_c: Celsius | None = None


class Fix(Work):
    """Leaf fixed in a pan or drum, so that it stays green (diệt men)."""

    kind: ClassVar[EntryKind] = EntryKind.FIX
    temperature_c: Celsius
    minutes: Minutes


class Roll(Work):
    """Leaf rolled."""

    kind: ClassVar[EntryKind] = EntryKind.ROLL
    minutes: Minutes


class Dry(Work):
    """Tea dried; the quantity is what came out, grams of dry tea."""

    kind: ClassVar[EntryKind] = EntryKind.DRY
    temperature_c: Celsius
    minutes: Minutes
    quantity_g: Weight


class Stock(Work):
    """Young fish let into the water."""

    kind: ClassVar[EntryKind] = EntryKind.STOCK
    count: Fish
    mean_weight_g: FishWeight
    origin: Words


class Feed(WorkWithInput):
    """Feed given, grams."""

    kind: ClassVar[EntryKind] = EntryKind.FEED
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.FEED,)
    quantity_g: Weight


class Water(Work):
    """Water measured: tenths of °C, tenths of mg/l oxygen, hundredths of pH; one of them at least."""

    kind: ClassVar[EntryKind] = EntryKind.WATER
    temperature_tenths: WaterTenths | None = None
    oxygen_tenths: OxygenTenths | None = None
    ph_hundredths: PhHundredths | None = None

    @model_validator(mode="after")
    def _something_was_measured(self) -> Water:
        if self.temperature_tenths is self.oxygen_tenths is self.ph_hundredths is None:
            raise FieldError(_("Bạn ghi ít nhất một số đo: nhiệt độ, ô-xy hay pH."))
        return self


class Treat(WorkWithInput):
    """Fish treated with a drug."""

    kind: ClassVar[EntryKind] = EntryKind.TREAT
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.DRUG,)
    dose_tenths: DoseTenths
    dose_unit: TreatUnit
    reason: Words


class Grading(Work):
    """Fish weighed and sorted by size."""

    kind: ClassVar[EntryKind] = EntryKind.GRADE
    mean_weight_g: FishWeight
    count: Fish


class Mortality(Work):
    """Fish found dead."""

    kind: ClassVar[EntryKind] = EntryKind.MORTALITY
    count: Fish
    cause: Words


class Harvest(Work):
    """Fish harvested: grams, and how many."""

    kind: ClassVar[EntryKind] = EntryKind.HARVEST
    quantity_g: Weight
    count: Fish


class Process(Work):
    """Something made of it: what went in, and what came out (the quantity), grams."""

    kind: ClassVar[EntryKind] = EntryKind.PROCESS
    method: Words
    input_g: Weight
    quantity_g: Weight

    @model_validator(mode="after")
    def _out_of_in(self) -> Process:
        if self.quantity_g > self.input_g:
            raise FieldError(_("Thành phẩm không thể nặng hơn nguyên liệu đưa vào."))
        return self


class Pack(Work):
    """Packed: grams in all, and grams of one pack."""

    kind: ClassVar[EntryKind] = EntryKind.PACK
    quantity_g: Weight
    pack_g: Weight


WORKS: dict[EntryKind, type[Work]] = {
    work.kind: work
    for work in (
        Fertilise, Spray, Weed, Prune, Pick, Wither, Fix, Roll, Dry, Stock, Feed, Water, Treat, Grading,
        Mortality, Harvest, Process, Pack,
    )
}  # fmt: skip
_FISH = (
    EntryKind.FEED, EntryKind.WATER, EntryKind.TREAT, EntryKind.MORTALITY, EntryKind.GRADE, EntryKind.STOCK,
    EntryKind.HARVEST, EntryKind.PROCESS, EntryKind.PACK,
)  # fmt: skip
KINDS: dict[Crop, tuple[EntryKind, ...]] = {
    Crop.TEA: (
        EntryKind.PICK, EntryKind.SPRAY, EntryKind.FERTILISE, EntryKind.WEED, EntryKind.PRUNE, EntryKind.WITHER,
        EntryKind.FIX, EntryKind.ROLL, EntryKind.DRY, EntryKind.PROCESS, EntryKind.PACK,
    ),
    Crop.STURGEON: _FISH,
    Crop.SALMON: _FISH,
}  # fmt: skip
"""The kinds of work of each crop, the most frequent first."""
HARVESTS = (EntryKind.PICK, EntryKind.HARVEST)
WAITED_FOR = (EntryKind.SPRAY, EntryKind.TREAT, EntryKind.FERTILISE)
"""Work with a product after which the label may ask to wait."""


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """An entry to be recorded; `id` is a UUIDv7 made where it was written, and a repeat of it finds the first.

    `recorded_at` is the device's clock, absent means now. `photo_ids` are photos already kept, six at most.
    """

    id: UUID
    site_id: UUID
    work: Work
    performed_at: datetime
    recorded_at: datetime | None = None
    note: str = ""
    photo_ids: tuple[UUID, ...] = field(default=())
    corrects_id: UUID | None = None
    device_id: UUID | None = None
    sequence: int | None = None


def _clock(value: Any) -> int:
    """Read an hour as people type it ("7", "7h30", "07:30") into minutes of the day."""
    whole, _mark, minutes = str(value).strip().lower().replace("h", ":").replace("g", ":").partition(":")
    hour, minute = whole.strip(), minutes.strip() or "0"
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 - a day
        raise FieldError(_("Giờ này chưa đúng. Bạn gõ như 7:30, hoặc để trống."))
    return int(hour) * 60 + int(minute)


class EntryForm(FormModel):
    """What every kind's form carries beside its details."""

    id: UUID
    site_id: UUID
    performed_on: Day
    performed_hour: Annotated[int, BeforeValidator(_clock)] | None = None
    note: Annotated[str, Field(max_length=1000)] = ""
    recorded_at: Instant | None = None
    device_id: UUID | None = None
    sequence: Annotated[int, Field(ge=0)] | None = None
