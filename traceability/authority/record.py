"""The record of one lot (Circular 17/2021/TT-BNNPTNT, art. 6): what came in, each stage, what went out. Pure.

Goods keep the codes that the events give them: a harvest or weigh slip its `urn:uuid`, a lot its GTIN and lot code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.core.clock import today
from app.core.i18n import Text, _
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.sentences import KIND_WORDS
from producers.farms.models import Crop, Site
from traceability.authority.facts import Facts
from traceability.authority.retention import Retention, keep_until
from traceability.chronicle.telling import HARVESTS, UNTOLD, urn
from traceability.lots.models import Lot
from traceability.lots.schemas import SourceKind
from traceability.lots.sources import Source

MAKING = frozenset(
    {EntryKind.WITHER, EntryKind.FIX, EntryKind.ROLL, EntryKind.DRY, EntryKind.PROCESS, EntryKind.PACK}
)
_MATERIALS: Mapping[Crop, Text] = {
    Crop.TEA: _("Lá chè tươi"),
    Crop.STURGEON: _("Cá tầm"),
    Crop.SALMON: _("Cá hồi"),
}


@dataclass(frozen=True)
class Incoming:
    """One step back: which material, from whom, where, when, how many grams (None: not the reader's to know), which code."""

    material: Text
    supplier: str
    place: str
    supplier_code: str
    at: datetime
    grams: int | None
    code: str
    by: Text
    """What says so: the diary of the own garden or water, a household's weigh slip, another lot."""

    @property
    def day(self) -> date:
        """The day in Viet Nam."""
        return today(self.at)


@dataclass(frozen=True)
class Stage:
    """One stage: what, when, who, where, how much went in and came out (grams), and the codes of goods and place."""

    words: Text
    begun_on: date
    ended_on: date
    who: str
    place: str
    grams_in: int | None
    grams_out: int | None
    code: str
    place_code: str
    times: int = 1


@dataclass(frozen=True)
class Outgoing:
    """One step forward: so many orders of buyers on one day, pieces (or grams), under the lot's own code."""

    day: date
    orders: int
    quantity: int
    is_weight: bool


@dataclass(frozen=True)
class Moved:
    """One step forward inside the house: so many grams went into another lot."""

    day: date
    grams: int
    code: str


@dataclass(frozen=True)
class LotRecord:
    """The record of a lot; `lost` is how many of its sources were taken back from the books since.

    Stages: care and gathering (`growing`), what the book tells of the workshop (`making`), the lot itself (`finishing`).
    """

    facts: Facts
    incoming: list[Incoming]
    growing: list[Stage]
    making: list[Stage]
    finishing: list[Stage]
    outgoing: list[Outgoing]
    moved: list[Moved]
    retention: Retention
    lost: int

    @property
    def stages(self) -> list[Stage]:
        """Every stage, in the order of the work."""
        return self.growing + self.making + self.finishing

    @property
    def trace_code(self) -> str:
        """The code of the goods: GTIN and lot, as GS1 writes them for people."""
        return trace_code_of(self.facts)


def trace_code_of(facts: Facts) -> str:
    """GTIN and lot code with their application identifiers, as they stand under a symbol; a narrow page breaks at the space."""
    return _code_of(facts.lot)


def _code_of(lot: Lot) -> str:
    return f"(01){lot.gtin} (10){lot.code}"


def place_code_of(site: Site) -> str:
    """The code of a place of work: the planting-area code that the authority gave, else our own."""
    return site.planting_area_code or urn(site.id)


def assemble(facts: Facts, *, household_id: UUID | None = None) -> LotRecord:
    """Put the facts about a lot into the order of the circular.

    `household_id`: for a household, which reads no grams of its neighbours' slips.
    """
    lot = facts.lot
    begun: dict[UUID, datetime] = {}
    for _row, source in facts.standing:
        at = begun.get(source.site.id, source.harvested_at)
        begun[source.site.id] = min(at, source.harvested_at)
    making = [entry for entry in facts.work if entry.kind in MAKING and _is_after(entry, begun)]
    is_processed = lot_is_processed(facts, making)
    return LotRecord(
        facts=facts,
        incoming=[
            _incoming(facts, None if source.is_hidden_from(household_id) else row.quantity_g, source)
            for row, source in facts.standing
            if row.lot_id == lot.id
        ]
        + [_from_lot(facts, row.quantity_g, parent) for row, parent in facts.parents],
        growing=_growing(facts, household_id),
        making=[_made(facts, entry) for entry in making],
        finishing=_finished(facts),
        outgoing=_outgoing(facts),
        moved=[
            Moved(today(child.created_at), row.quantity_g, _code_of(child)) for row, child in facts.children
        ],
        retention=keep_until(
            produced_on=lot.produced_on, expires_on=lot.expires_on, is_processed=is_processed
        ),
        lost=len(facts.sources) - len(facts.standing),
    )


def lot_is_processed(facts: Facts, making: list[DiaryEntry]) -> bool:
    """Tea is; fish is once its book tells of processing."""
    return facts.listing.crop is Crop.TEA or any(entry.kind is EntryKind.PROCESS for entry in making)


def _is_after(entry: DiaryEntry, begun: Mapping[UUID, datetime]) -> bool:
    """Making belongs to a lot when it was done on the day of its first harvest there, or later."""
    return today(entry.performed_at) >= today(begun[entry.site_id])


def _incoming(facts: Facts, grams: int | None, source: Source) -> Incoming:
    return Incoming(
        material=_MATERIALS[source.crop],
        supplier=source.farm.name,
        place=", ".join(filter(None, [source.farm.hamlet, facts.communes[source.farm.commune_code]])),
        supplier_code=urn(source.farm.id),
        at=source.harvested_at,
        grams=grams,
        code=urn(source.root_id),
        by=_("của nhà mình, theo nhật ký") if source.kind is SourceKind.HARVEST else _("cân nhập theo phiếu"),
    )


def _from_lot(facts: Facts, grams: int, parent: Lot) -> Incoming:
    producer = facts.producer
    return Incoming(
        material=_("Hàng của lô %(code)s", code=parent.code),
        supplier=producer.name,
        place=facts.communes[producer.commune_code],
        supplier_code=urn(producer.id),
        at=facts.lot.created_at,
        grams=grams,
        code=_code_of(parent),
        by=_("chia hoặc gộp từ lô khác của cơ sở"),
    )


def _growing(facts: Facts, household_id: UUID | None) -> list[Stage]:
    """The care on each site by kind of work, up to the last harvest; then each harvest or weigh slip."""
    until: dict[UUID, datetime] = {}
    sites: dict[UUID, Source] = {}
    for _row, source in facts.standing:
        sites[source.site.id] = source
        until[source.site.id] = max(until.get(source.site.id, source.harvested_at), source.harvested_at)
    grouped: dict[tuple[UUID, EntryKind], list[DiaryEntry]] = {}
    for entry in facts.work:
        if entry.kind not in MAKING | HARVESTS | UNTOLD and entry.performed_at <= until[entry.site_id]:
            grouped.setdefault((entry.site_id, entry.kind), []).append(entry)
    stages = [
        Stage(
            KIND_WORDS[kind],
            begun_on=today(done[0].performed_at),
            ended_on=today(done[-1].performed_at),
            who=", ".join(sorted({facts.names[entry.person_id] for entry in done})),
            place=f"{sites[site_id].farm.name}, {sites[site_id].site.name}",
            grams_in=None,
            grams_out=None,
            code=urn(site_id),
            place_code=place_code_of(sites[site_id].site),
            times=len(done),
        )
        for (site_id, kind), done in grouped.items()
    ]
    return stages + [
        Stage(
            _("Cân nhập từ hộ") if source.kind is SourceKind.INTAKE else _("Thu hoạch"),
            begun_on=today(source.harvested_at),
            ended_on=today(source.harvested_at),
            who=facts.names[facts.gatherers[source.source_id]],
            place=f"{source.farm.name}, {source.site.name}",
            grams_in=None,
            grams_out=None if source.is_hidden_from(household_id) else source.quantity_g,
            code=urn(source.root_id),
            place_code=place_code_of(source.site),
        )
        for _row, source in facts.standing
    ]


def _made(facts: Facts, entry: DiaryEntry) -> Stage:
    source = next(source for _row, source in facts.standing if source.site.id == entry.site_id)
    return Stage(
        KIND_WORDS[entry.kind],
        begun_on=today(entry.performed_at),
        ended_on=today(entry.performed_at),
        who=facts.names[entry.person_id],
        place=f"{source.farm.name}, {source.site.name}",
        grams_in=None,
        grams_out=entry.quantity_g,
        code=urn(entry.id),
        place_code=place_code_of(source.site),
    )


def _finished(facts: Facts) -> list[Stage]:
    """The lot itself, and its release: what all that went in became."""
    lot = facts.lot
    told = [
        (
            _("Đóng thành lô"),
            lot.produced_on,
            facts.taken_g,
            lot.quantity_g,
        )
    ]
    if lot.released_at is not None:
        told.append((_("Kiểm sổ xong, cho bán"), today(lot.released_at), lot.quantity_g, lot.quantity_g))
    return [
        Stage(
            words,
            begun_on=day,
            ended_on=day,
            who=facts.producer.name,
            place=facts.producer.name,
            grams_in=taken,
            grams_out=made,
            code=trace_code_of(facts),
            place_code=urn(facts.producer.id),
        )
        for words, day, taken, made in told
    ]


def _outgoing(facts: Facts) -> list[Outgoing]:
    """What left, a line for each day and unit; buyers are counted, not named."""
    days: dict[tuple[date, bool], tuple[set[UUID], int]] = {}
    for one in facts.left:
        orders, quantity = days.setdefault((today(one.shipped_at), one.is_weight), (set(), 0))
        days[today(one.shipped_at), one.is_weight] = (orders | {one.order_id}, quantity + one.quantity)
    return [
        Outgoing(day, len(orders), quantity, is_weight)
        for (day, is_weight), (orders, quantity) in sorted(days.items())
    ]
