"""What comes into diaries: one typed shape per kind of work, units in the names of the fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from app.core.fields import Day, FieldError, FormModel, Instant
from app.core.i18n import _
from producers.diaries.choices import (
    Cleaned,
    Cleaning,
    Disposal,
    DoseUnit,
    Pruning,
    Sprayer,
    Spreading,
    Standard,
    TreatUnit,
    Wasted,
    WaterSource,
    Weather,
    Weeding,
)
from producers.diaries.measures import (
    Celsius,
    Centimetres,
    CubicMetres,
    Days,
    DoseTenths,
    Fish,
    FishWeight,
    Hours,
    Litres,
    Minutes,
    OxygenTenths,
    People,
    PhHundredths,
    SquareMetres,
    WaterHundredths,
    WaterTenths,
    Weight,
    WithdrawalDays,
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


class Fertilise(WorkWithInput):
    """Fertiliser given."""

    kind: ClassVar[EntryKind] = EntryKind.FERTILISE
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.FERTILISER,)
    quantity_g: Weight
    method: Spreading
    area_m2: SquareMetres | None = None
    worker: Words | None = None


class Spray(WorkWithInput):
    """A pesticide sprayed: dose per litre of water, water used, pest, area."""

    kind: ClassVar[EntryKind] = EntryKind.SPRAY
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.PESTICIDE,)
    dose_tenths: DoseTenths
    dose_unit: DoseUnit
    water_l: Litres
    pest: Words
    area_m2: SquareMetres
    sprayer: Sprayer | None = None
    weather: Weather | None = None
    worker: Words | None = None
    reentry_hours: Hours | None = None
    pack_lot: Words | None = None


class Weed(Work):
    """Weeds taken out."""

    kind: ClassVar[EntryKind] = EntryKind.WEED
    method: Weeding
    area_m2: SquareMetres | None = None
    worker: Words | None = None


class Prune(Work):
    """Bushes cut back."""

    kind: ClassVar[EntryKind] = EntryKind.PRUNE
    style: Pruning
    area_m2: SquareMetres | None = None
    worker: Words | None = None


class Pick(Work):
    """Leaf picked, grams of fresh leaf."""

    kind: ClassVar[EntryKind] = EntryKind.PICK
    quantity_g: Weight
    standard: Standard
    worker: Words | None = None
    buyer: Words | None = None
    lot_mark: Words | None = None


class Wither(Work):
    """Leaf withered."""

    kind: ClassVar[EntryKind] = EntryKind.WITHER
    hours: Hours
    temperature_c: Celsius | None = None
    lot_mark: Words | None = None


class Fix(Work):
    """Leaf fixed in a pan or drum, so that it stays green (diệt men)."""

    kind: ClassVar[EntryKind] = EntryKind.FIX
    temperature_c: Celsius
    minutes: Minutes
    lot_mark: Words | None = None


class Roll(Work):
    """Leaf rolled."""

    kind: ClassVar[EntryKind] = EntryKind.ROLL
    minutes: Minutes
    lot_mark: Words | None = None


class Dry(Work):
    """Tea dried; the quantity is what came out, grams of dry tea."""

    kind: ClassVar[EntryKind] = EntryKind.DRY
    temperature_c: Celsius
    minutes: Minutes
    quantity_g: Weight
    lot_mark: Words | None = None


class Stock(Work):
    """Young fish let into the water."""

    kind: ClassVar[EntryKind] = EntryKind.STOCK
    count: Fish
    mean_weight_g: FishWeight
    origin: Words
    paper_number: Words | None = None
    health: Words | None = None


class Feed(WorkWithInput):
    """Feed given, grams."""

    kind: ClassVar[EntryKind] = EntryKind.FEED
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.FEED,)
    quantity_g: Weight
    pack_lot: Words | None = None
    worker: Words | None = None


class Water(Work):
    """Water measured, one figure at least.

    Tenths of °C, tenths of mg/l oxygen, hundredths of pH, hundredths of mg/l ammonia and nitrite, cm that one sees down.
    """

    kind: ClassVar[EntryKind] = EntryKind.WATER
    temperature_tenths: WaterTenths | None = None
    oxygen_tenths: OxygenTenths | None = None
    ph_hundredths: PhHundredths | None = None
    ammonia_hundredths: WaterHundredths | None = None
    nitrite_hundredths: WaterHundredths | None = None
    clarity_cm: Centimetres | None = None

    @model_validator(mode="after")
    def _something_was_measured(self) -> Water:
        if not self.model_dump(exclude_none=True):
            raise FieldError(_("Bạn ghi ít nhất một số đo: nhiệt độ, ô-xy hay pH."))
        return self


class Treat(WorkWithInput):
    """Fish treated with a drug, for `treatment_days` from this day on; `withdrawal_days` are what the vet asks beyond."""

    kind: ClassVar[EntryKind] = EntryKind.TREAT
    uses: ClassVar[tuple[InputKind, ...]] = (InputKind.DRUG,)
    dose_tenths: DoseTenths
    dose_unit: TreatUnit
    reason: Words
    treatment_days: Days | None = None
    withdrawal_days: WithdrawalDays | None = None
    prescriber: Words | None = None
    volume_m3: CubicMetres | None = None
    pack_lot: Words | None = None


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
    disposal: Disposal | None = None


class Harvest(Work):
    """Fish harvested: grams, and how many."""

    kind: ClassVar[EntryKind] = EntryKind.HARVEST
    quantity_g: Weight
    count: Fish
    worker: Words | None = None
    buyer: Words | None = None
    lot_mark: Words | None = None


class Process(Work):
    """Something made of it: what went in, and what came out (the quantity), grams."""

    kind: ClassVar[EntryKind] = EntryKind.PROCESS
    method: Words
    input_g: Weight
    quantity_g: Weight
    lot_mark: Words | None = None

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
    packaging: Words | None = None
    lot_mark: Words | None = None
    expires: Words | None = None


class Plant(Work):
    """Bushes planted, new or in gaps."""

    kind: ClassVar[EntryKind] = EntryKind.PLANT
    count: Fish
    variety: Words
    origin: Words
    paper_number: Words | None = None
    area_m2: SquareMetres | None = None


class Irrigate(Work):
    """Garden watered."""

    kind: ClassVar[EntryKind] = EntryKind.IRRIGATE
    source: WaterSource
    hours: Hours | None = None
    area_m2: SquareMetres | None = None


class Purchase(WorkWithInput):
    """Product bought: how much in the seller's words, and from whom."""

    kind: ClassVar[EntryKind] = EntryKind.PURCHASE
    uses: ClassVar[tuple[InputKind, ...]] = tuple(InputKind)
    amount: Words
    seller: Words
    pack_lot: Words | None = None
    expires: Words | None = None
    invoice: Words | None = None


class Clean(Work):
    """Pond, tools, sprayer, workshop or store cleaned or disinfected."""

    kind: ClassVar[EntryKind] = EntryKind.CLEAN
    what: Cleaned
    method: Cleaning
    agent: Words | None = None
    worker: Words | None = None


class Waste(Work):
    """Empty packs and other waste done away with."""

    kind: ClassVar[EntryKind] = EntryKind.WASTE
    what: Wasted
    disposal: Disposal
    amount: Words | None = None
    worker: Words | None = None


class Train(Work):
    """People taught."""

    kind: ClassVar[EntryKind] = EntryKind.TRAIN
    topic: Words
    teacher: Words
    people: People | None = None


class Note(Work):
    """Something worth remembering, in words or in a voice that arrives later."""

    kind: ClassVar[EntryKind] = EntryKind.NOTE


WORKS: dict[EntryKind, type[Work]] = {
    work.kind: work
    for work in (
        Fertilise, Spray, Weed, Prune, Pick, Wither, Fix, Roll, Dry, Stock, Feed, Water, Treat, Grading,
        Mortality, Harvest, Process, Pack, Plant, Irrigate, Purchase, Clean, Waste, Train, Note,
    )
}  # fmt: skip
_FISH = (
    EntryKind.FEED, EntryKind.WATER, EntryKind.TREAT, EntryKind.MORTALITY, EntryKind.GRADE, EntryKind.STOCK,
    EntryKind.HARVEST, EntryKind.PROCESS, EntryKind.PACK, EntryKind.NOTE, EntryKind.PURCHASE, EntryKind.CLEAN,
    EntryKind.WASTE, EntryKind.TRAIN,
)  # fmt: skip
KINDS: dict[Crop, tuple[EntryKind, ...]] = {
    Crop.TEA: (
        EntryKind.PICK, EntryKind.SPRAY, EntryKind.FERTILISE, EntryKind.WEED, EntryKind.PRUNE, EntryKind.WITHER,
        EntryKind.FIX, EntryKind.ROLL, EntryKind.DRY, EntryKind.PROCESS, EntryKind.PACK, EntryKind.NOTE,
        EntryKind.IRRIGATE, EntryKind.PLANT, EntryKind.PURCHASE, EntryKind.CLEAN, EntryKind.WASTE, EntryKind.TRAIN,
    ),
    Crop.STURGEON: _FISH,
    Crop.SALMON: _FISH,
}  # fmt: skip
"""The kinds of work of each crop, the most frequent first."""
HARVESTS = (EntryKind.PICK, EntryKind.HARVEST)
WAITED_FOR = (EntryKind.SPRAY, EntryKind.TREAT, EntryKind.FERTILISE)
"""Work with a product after which the label may ask to wait."""
BOOKKEEPING = frozenset(
    {
        EntryKind.IRRIGATE, EntryKind.PLANT, EntryKind.PURCHASE, EntryKind.CLEAN, EntryKind.WASTE, EntryKind.TRAIN,
    }
)  # fmt: skip
"""What the book of VietGAP asks for now and then: offered after the work of every day."""
REPEATED = frozenset(
    {
        EntryKind.FEED, EntryKind.WEED, EntryKind.IRRIGATE, EntryKind.CLEAN, EntryKind.WITHER, EntryKind.FIX,
        EntryKind.ROLL,
    }
)  # fmt: skip
"""Work that is the same again today: one tap writes it. All other work is asked again, filled in as it was."""
ANEW: dict[EntryKind, frozenset[str]] = {
    EntryKind.PICK: frozenset({"quantity_g", "lot_mark"}),
    EntryKind.HARVEST: frozenset({"quantity_g", "count", "lot_mark"}),
    EntryKind.DRY: frozenset({"quantity_g", "lot_mark"}),
    EntryKind.STOCK: frozenset({"count", "mean_weight_g", "paper_number"}),
    EntryKind.WATER: frozenset(Water.model_fields),
    EntryKind.GRADE: frozenset({"count", "mean_weight_g"}),
    EntryKind.MORTALITY: frozenset({"count"}),
    EntryKind.PROCESS: frozenset({"input_g", "quantity_g", "lot_mark"}),
    EntryKind.PACK: frozenset({"quantity_g", "lot_mark", "expires"}),
    EntryKind.PLANT: frozenset({"count"}),
    EntryKind.PURCHASE: frozenset({"amount", "pack_lot", "expires", "invoice"}),
}
"""What is weighed, counted or measured each time: a form like an earlier one leaves these fields empty."""


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


@dataclass(frozen=True)
class WrittenWhere:
    """When something was written down (a phone's clock corrected to ours), on which phone and in which order there."""

    at: datetime
    device_id: UUID | None = None
    sequence: int | None = None


@dataclass(frozen=True, kw_only=True)
class DoneDay:
    """How often one kind of work was done on a site on a day."""

    site_id: UUID
    kind: EntryKind
    on: date
    count: int


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
    sequence: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None


class AgainForm(FormModel):
    """The one tap that writes the same work once more."""

    id: UUID
    performed_on: Day
    recorded_at: Instant | None = None
