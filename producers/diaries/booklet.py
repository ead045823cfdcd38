"""The diary of a season as a booklet for the auditor: what goes on its pages, whatever they are made of."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.core.clock import VN, in_vietnam, today
from app.core.i18n import Text, _
from app.places import service as places
from producers.certificates import service as certificates
from producers.certificates.models import Certificate
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Producer
from producers.diaries import booklet_tables as tables
from producers.diaries import booklet_versions, repository, service
from producers.diaries import waits as waits_of
from producers.diaries.booklet_tables import Facts, Scaled, Section, Table
from producers.diaries.booklet_versions import Chain, Change
from producers.diaries.errors import TooMuchForOneBookletError
from producers.diaries.models import DiaryEntry
from producers.diaries.schemas import HARVESTS, WAITED_FOR
from producers.diaries.waits import Hold
from producers.farms import service as farms
from producers.farms.models import Crop, Farm, Site
from producers.inputs import service as inputs
from producers.inputs.models import Input, InputInterval, InputKind

MOST_ENTRIES = 6_000
"""So many lines are set in a few seconds; a household writes about a thousand a year."""
MOST_DAYS = 366 * 5
SEASON = timedelta(days=364)
"""From its first day to its last: twelve months."""


@dataclass(frozen=True)
class Scope:
    """From which day to which (Viet Nam, both included), on which places."""

    since: date
    until: date
    sites: Sequence[Site]

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The first instant, and the first one after it."""
        return (
            datetime.combine(self.since, time(), VN),
            datetime.combine(self.until + timedelta(days=1), time(), VN),
        )


@dataclass(frozen=True)
class Chapter:
    """One plot, pond or tank, and its tables in order."""

    site: Site
    farm: Farm
    commune: str
    sections: Sequence[tuple[Section, Table]]


@dataclass(frozen=True)
class Used:
    """A product used in the period; `amount` is None where the diary does not ask for it."""

    product: Input
    times: int
    amount: Scaled | None
    unit: Text | None


@dataclass(frozen=True, kw_only=True)
class Booklet:
    """All that the pages and sheets say."""

    producer: Producer
    commune: str
    scope: Scope
    certificates: Sequence[Certificate]
    chapters: Sequence[Chapter]
    used: Sequence[Used]
    changes: Sequence[Change]
    entry_count: int
    printed_at: datetime
    printed_by: str
    digest: str
    """Sixteen hex digits over every version that stands in it: the same data, the same digits, as pages or sheets."""

    @property
    def has_tea(self) -> bool:
        """Whether any place grows tea."""
        return any(chapter.site.crop is Crop.TEA for chapter in self.chapters)

    @property
    def has_fish(self) -> bool:
        """Whether any place holds fish."""
        return any(chapter.site.crop is not Crop.TEA for chapter in self.chapters)


async def check_size(session: AsyncSession, scope: Scope) -> int:
    """Count the entries in scope; raises `TooMuchForOneBookletError`."""
    since, until = scope.window
    ids = [site.id for site in scope.sites]
    count = await repository.count_written(session, site_ids=ids, since=since, until=until)
    if count > MOST_ENTRIES:
        raise TooMuchForOneBookletError(count, MOST_ENTRIES)
    return count


async def collect(
    session: AsyncSession, *, producer_id: UUID, scope: Scope, printed_by: str, now: datetime
) -> Booklet:
    """Collect the booklet of some places of a producer; raises `TooMuchForOneBookletError`.

    What was corrected stands once in its table, as it holds now; every version before stands among the changes.
    """
    await check_size(session, scope)
    since, until = scope.window
    chosen = {site.id: site for site in scope.sites}
    written = await repository.list_written(session, site_ids=chosen, since=since, until=until)
    chains = booklet_versions.chain(written)
    holding = [
        newest
        for newest in (versions[-1] for versions in chains)
        if not newest.is_void and newest.site_id in chosen and since <= newest.performed_at < until
    ]
    holding.sort(key=lambda entry: (entry.performed_at, entry.id))
    facts = await _look_up(session, written, holding, chains, chosen)
    sites = await farms.get_sites(session, {entry.site_id for entry in written})
    producer = await cooperatives.get_producer(session, producer_id)
    return Booklet(
        producer=producer,
        commune=await places.describe(session, producer.commune_code),
        scope=scope,
        certificates=[
            one
            for one in await certificates.list_certificates(session, producer_id)
            if one.valid_from <= scope.until and one.valid_until >= scope.since
        ],
        chapters=await _chapters(session, scope, holding, facts),
        used=_count_used(holding, facts.products),
        changes=booklet_versions.list_changes(chains, facts, sites),
        entry_count=len(holding),
        printed_at=now,
        printed_by=printed_by,
        digest=digest(written, scope),
    )


async def _look_up(
    session: AsyncSession,
    written: Sequence[DiaryEntry],
    holding: Sequence[DiaryEntry],
    chains: Sequence[Chain],
    chosen: Mapping[UUID, Site],
) -> Facts:
    people = {entry.person_id for entry in written} | {
        entry.helper_id for entry in written if entry.helper_id
    }
    waits, intervals, holds = await _look_up_waits(session, holding, chosen)
    return Facts(
        names={person.id: person.name for person in (await accounts.get_people(session, people)).values()},
        products=await inputs.get_inputs(session, {entry.input_id for entry in written if entry.input_id}),
        said=await service.describe_entries(session, written),
        marks=booklet_versions.number(chains),
        waits=waits,
        intervals=intervals,
        holds=holds,
    )


async def _look_up_waits(
    session: AsyncSession, holding: Sequence[DiaryEntry], chosen: Mapping[UUID, Site]
) -> tuple[dict[UUID, Hold], dict[tuple[UUID, UUID], InputInterval], dict[UUID, Hold]]:
    """The waits of all work done there, also before the period, for they may reach into it."""
    used: dict[UUID, list[DiaryEntry]] = defaultdict(list)
    for entry in await repository.list_effective(session, site_ids=chosen, kinds=WAITED_FOR, until=None):
        used[entry.site_id].append(entry)
    waits: dict[UUID, Hold] = {}
    intervals: dict[tuple[UUID, UUID], InputInterval] = {}
    holds: dict[UUID, Hold] = {}
    for site_id, entries in used.items():
        site = chosen[site_id]
        here = {wait.entry_id: wait for wait in await waits_of.list_waits(session, site, entries)}
        waits |= here
        ids = {entry.input_id for entry in entries if entry.input_id}
        asked = await inputs.find_intervals(session, input_ids=ids, crop=site.crop)
        intervals |= {(site_id, input_id): interval for input_id, interval in asked.items()}
        for harvest in holding:
            if harvest.site_id == site_id and harvest.kind in HARVESTS:
                hold = _forbids(harvest, entries, here)
                if hold is not None:
                    holds[harvest.id] = hold
    return waits, intervals, holds


def _forbids(harvest: DiaryEntry, used: Iterable[DiaryEntry], waits: Mapping[UUID, Hold]) -> Hold | None:
    """As `service.find_hold`, of waits already read."""
    harvested_on = today(harvest.performed_at)
    forbidding = [
        waits[entry.id]
        for entry in used
        if entry.id in waits
        and entry.performed_at <= harvest.performed_at
        and waits[entry.id].clear_on > harvested_on
    ]
    return max(forbidding, key=lambda hold: (hold.clear_on, hold.entry_id), default=None)


async def _chapters(
    session: AsyncSession, scope: Scope, holding: Sequence[DiaryEntry], facts: Facts
) -> list[Chapter]:
    homes = await farms.get_farms(session, {site.farm_id for site in scope.sites})
    communes = await places.describe_many(session, {farm.commune_code for farm in homes.values()})
    by_site: dict[UUID, list[DiaryEntry]] = defaultdict(list)
    for entry in holding:
        by_site[entry.site_id].append(entry)
    chapters = []
    for site in scope.sites:
        entries, farm = by_site[site.id], homes[site.farm_id]
        filled = [
            (section, tables.fill(section, [one for one in entries if one.kind in section.kinds], facts))
            for section in tables.sections_of(site.crop)
        ]
        others = [one for one in entries if tables.is_other(one.kind, site.crop)]
        if others:
            filled.append((tables.OTHER, tables.fill(tables.OTHER, others, facts)))
        chapters.append(Chapter(site, farm, communes[farm.commune_code], filled))
    return chapters


_ORDER = tuple(InputKind)
_KG = _("kg")
_SPRAYED = {"ml_per_litre": _("ml"), "g_per_litre": _("g")}


def _count_used(entries: Iterable[DiaryEntry], products: Mapping[UUID, Input]) -> list[Used]:
    """Every product with its total: what was weighed out, or dose times water."""
    times: dict[tuple[UUID, Text | None], int] = defaultdict(int)
    sums: dict[tuple[UUID, Text | None], Scaled] = {}
    for entry in entries:
        if entry.input_id is None:
            continue
        amount, unit = _amount(entry)
        key = (entry.input_id, unit)
        times[key] += 1
        if amount is not None:
            sums[key] = Scaled(sums.get(key, Scaled(0)).value + amount.value, amount.places)
    found = [Used(products[key[0]], count, sums.get(key), key[1]) for key, count in times.items()]
    return sorted(found, key=lambda one: (_ORDER.index(one.product.kind), one.product.name, str(one.unit)))


def _amount(entry: DiaryEntry) -> tuple[Scaled | None, Text | None]:
    if entry.quantity_g is not None:
        return Scaled(entry.quantity_g, 3), _KG
    dose, water = entry.details.get("dose_tenths"), entry.details.get("water_l")
    unit = _SPRAYED.get(str(entry.details.get("dose_unit")))
    if unit is not None and isinstance(dose, int) and isinstance(water, int):
        return Scaled(dose * water, 1), unit
    return None, None


def digest(entries: Collection[DiaryEntry], scope: Scope) -> str:
    """A short hash of every version in the booklet, its period and its places."""
    columns = [column.key for column in DiaryEntry.__table__.columns]
    rows = [
        {name: getattr(entry, name) for name in columns} for entry in sorted(entries, key=lambda one: one.id)
    ]
    told = {
        "since": scope.since,
        "until": scope.until,
        "sites": sorted(str(site.id) for site in scope.sites),
        "entries": [{name: _canonical(value) for name, value in row.items()} for row in rows],
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(value: object) -> object:
    return in_vietnam(value).isoformat() if isinstance(value, datetime) else value
