"""Sources of lots: the harvests and weigh slips as they stand after corrections, with what is left in each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import in_vietnam, today
from app.core.i18n import Text, _
from app.core.quantity import format_grams
from producers.diaries import service as diaries
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms import service as farms
from producers.farms.models import Crop, Farm, Site
from producers.intake import service as intake
from producers.intake.models import IntakeSlip
from traceability.lots import repository
from traceability.lots.models import Lot, LotSource
from traceability.lots.schemas import SourceKind

HARVESTS = frozenset({EntryKind.PICK, EntryKind.HARVEST})
_MOST_SLIPS = 5_000


@dataclass(frozen=True)
class Source:
    """One harvest or slip. `root_id` is the first record of its chain of corrections: balances hang on it.

    `quantity_g` is what it weighed, less what was weighed in by the cooperative from the same site that day;
    `left_g` is what no lot has taken yet; grams.
    """

    kind: SourceKind
    source_id: UUID
    root_id: UUID
    site: Site
    farm: Farm
    harvested_at: datetime
    quantity_g: int
    left_g: int

    @property
    def crop(self) -> Crop:
        """What grows on its site."""
        return self.site.crop

    def is_hidden_from(self, household_id: UUID | None) -> bool:
        """Whether it is a neighbour's weigh slip to this household, which knows no grams of it (None: knows all)."""
        return (
            household_id is not None and self.kind is SourceKind.INTAKE and self.farm.owner_id != household_id
        )

    @property
    def name(self) -> Text:
        """A slip in words without what it weighed."""
        day = f"{in_vietnam(self.harvested_at):%d/%m/%Y}"
        return _("Phiếu cân ngày %(day)s của %(farm)s", day=day, farm=self.farm.name)

    @property
    def label(self) -> Text:
        """The source in words, as people point at it."""
        day = f"{in_vietnam(self.harvested_at):%d/%m/%Y}"
        weight = format_grams(self.quantity_g)
        if self.kind is SourceKind.INTAKE:
            return _(
                "Phiếu cân ngày %(day)s của %(farm)s (%(weight)s)",
                day=day,
                farm=self.farm.name,
                weight=weight,
            )
        if self.crop is Crop.TEA:
            return _(
                "Mẻ hái ngày %(day)s ở %(site)s (%(weight)s)", day=day, site=self.site.name, weight=weight
            )
        return _("Mẻ cá ngày %(day)s ở %(site)s (%(weight)s)", day=day, site=self.site.name, weight=weight)


async def list_open(
    session: AsyncSession, producer_id: UUID, *, household_id: UUID | None, limit: int = 60
) -> list[Source]:
    """List what is left of a producer's newest harvests and slips (or of one household's slips), the newest first."""
    harvests = await diaries.list_harvests(session, producer_id, limit=limit)
    slips = await intake.list_slips(session, producer_id=producer_id, owner_id=household_id, limit=limit)
    found = await _read(session, harvests, slips)
    return sorted(
        (source for source in found if source.left_g > 0),
        key=lambda source: (source.harvested_at, source.source_id),
        reverse=True,
    )


async def list_effective(
    session: AsyncSession,
    *,
    producer_id: UUID,
    entry_ids: Collection[UUID],
    slip_ids: Collection[UUID],
) -> dict[UUID, Source]:
    """Read sources by the ids under which they were once chosen, as they stand now; what was taken back is left out.

    Answers {chosen id: source}: after a correction the source's own id is the correction's.
    """
    entries = await diaries.get_entries(session, entry_ids)
    slips = await intake.get_slips(session, slip_ids)
    chosen = await _roots(session, [entry for entry in entries.values() if entry.producer_id == producer_id])
    chosen |= await _slip_roots(session, [slip for slip in slips.values() if slip.producer_id == producer_id])
    wanted = set(chosen.values())
    harvests: list[DiaryEntry] = []
    if entries:
        sites = {entry.site_id for entry in entries.values()}
        harvests = [
            entry for entry in await diaries.list_effective(session, site_ids=sites) if entry.kind in HARVESTS
        ]
        roots = await _roots(session, harvests)
        harvests = [entry for entry in harvests if roots[entry.id] in wanted]
    standing: list[IntakeSlip] = []
    if slips:
        standing = await intake.list_slips(session, producer_id=producer_id, limit=_MOST_SLIPS)
        slip_roots = await _slip_roots(session, standing)
        standing = [slip for slip in standing if slip_roots[slip.id] in wanted]
    found = {source.root_id: source for source in await _read(session, harvests, standing)}
    return {source_id: found[root] for source_id, root in chosen.items() if root in found}


async def list_origins_of(session: AsyncSession, lot: Lot) -> list[tuple[LotSource, Source | None]]:
    """List the harvests and slips behind one lot, as `list_origins`."""
    return (await list_origins(session, producer_id=lot.producer_id, lot_ids=[lot.id]))[lot.id]


async def list_origins(
    session: AsyncSession, *, producer_id: UUID, lot_ids: Collection[UUID]
) -> dict[UUID, list[tuple[LotSource, Source | None]]]:
    """List the harvests and slips behind lots of one producer as they stand now (None: taken back), by the lot's id.

    Those that came through other lots stand there, too; each once.
    """
    rows = await repository.list_origins(session, lot_ids)
    standing = await list_effective(
        session,
        producer_id=producer_id,
        entry_ids={row.diary_entry_id for _lot_id, row in rows if row.diary_entry_id},
        slip_ids={row.intake_slip_id for _lot_id, row in rows if row.intake_slip_id},
    )
    seen: set[tuple[UUID, UUID]] = set()
    found: dict[UUID, list[tuple[LotSource, Source | None]]] = {lot_id: [] for lot_id in lot_ids}
    for lot_id, row in rows:
        chosen_id = row.diary_entry_id or row.intake_slip_id
        assert chosen_id is not None  # noqa: S101 - no lot is asked for, and the table's own check says the rest
        source = standing.get(chosen_id)
        root_id = source.root_id if source else chosen_id
        if (lot_id, root_id) not in seen:
            seen.add((lot_id, root_id))
            found[lot_id].append((row, source))
    return found


async def _read(
    session: AsyncSession, harvests: Sequence[DiaryEntry], slips: Sequence[IntakeSlip]
) -> list[Source]:
    replaced = {slip.corrects_id for slip in slips}
    entries = [entry for entry in harvests if entry.quantity_g]
    slips = [slip for slip in slips if slip.id not in replaced]
    roots = await _roots(session, entries) | await _slip_roots(session, slips)
    site_ids = {entry.site_id for entry in entries} | {slip.site_id for slip in slips}
    sites = await farms.get_sites(session, site_ids)
    homes = await farms.get_farms(session, {site.farm_id for site in sites.values()})
    used = await repository.list_used(session, set(roots.values()))
    # Leaf that the cooperative weighed in is counted on its slips, not once more in the household's diary.
    sold = await intake.sum_weighed(session, {entry.site_id for entry in entries})
    rows = [
        (
            SourceKind.HARVEST,
            entry.id,
            entry.site_id,
            entry.performed_at,
            max((entry.quantity_g or 0) - sold.get((entry.site_id, today(entry.performed_at)), 0), 0),
        )
        for entry in entries
    ] + [(SourceKind.INTAKE, slip.id, slip.site_id, slip.weighed_at, slip.weight_g) for slip in slips]
    return [
        Source(
            kind=kind,
            source_id=source_id,
            root_id=roots[source_id],
            site=sites[site_id],
            farm=homes[sites[site_id].farm_id],
            harvested_at=at,
            quantity_g=grams,
            left_g=max(grams - used.get(roots[source_id], 0), 0),
        )
        for kind, source_id, site_id, at, grams in rows
    ]


async def _roots(session: AsyncSession, entries: Sequence[DiaryEntry]) -> dict[UUID, UUID]:
    """The first record of each entry's chain of corrections."""
    earlier = {entry.id: entry.corrects_id for entry in entries}
    while missing := _unknown(earlier):
        known = await diaries.get_entries(session, missing)
        earlier |= {entry.id: entry.corrects_id for entry in known.values()}
    return {entry.id: _first(entry.id, earlier) for entry in entries}


async def _slip_roots(session: AsyncSession, slips: Sequence[IntakeSlip]) -> dict[UUID, UUID]:
    """The first record of each slip's chain of corrections."""
    earlier = {slip.id: slip.corrects_id for slip in slips}
    while missing := _unknown(earlier):
        known = await intake.get_slips(session, missing)
        earlier |= {slip.id: slip.corrects_id for slip in known.values()}
    return {slip.id: _first(slip.id, earlier) for slip in slips}


def _unknown(earlier: Mapping[UUID, UUID | None]) -> set[UUID]:
    return {found for found in earlier.values() if found is not None} - earlier.keys()


def _first(record_id: UUID, earlier: Mapping[UUID, UUID | None]) -> UUID:
    while (before := earlier[record_id]) is not None:
        record_id = before
    return record_id
