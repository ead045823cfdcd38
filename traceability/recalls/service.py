"""Recalls: where a suspicion lies, what it reaches, and the stop (Circular 17/2021, art. 8).

The walk goes through the events, which also hold what partners brought; what the chronicle has not told yet is told first,
and the books of the lots are asked as well, so that nothing that is written is missed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, today
from app.core.events import emit
from app.core.ids import uuid7
from app.core.signing import signer_for
from producers.diaries import service as diaries
from producers.diaries.models import DiaryEntry
from producers.farms import service as farms
from producers.inputs import service as inputs
from producers.intake import service as intake
from traceability.chronicle import service as chronicle
from traceability.chronicle.telling import HARVESTS, lot_class, urn
from traceability.events import service as events
from traceability.lots import service as lots
from traceability.lots.models import Lot
from traceability.recalls import repository
from traceability.recalls.errors import NothingReachedError, RecallNotFoundError, StartError
from traceability.recalls.events import RecallOpened
from traceability.recalls.models import Recall, StartKind

if TYPE_CHECKING:
    from app.core.signing import Signer
    from traceability.events.tracing import Reached

_PURPOSE = "recalls/1"
_MOST_SLIPS = 5_000


@dataclass(frozen=True)
class Start:
    """Where a recall begins; `since` and `until` (both included) bound the work that is meant."""

    kind: StartKind
    record_id: UUID | None = None
    since: date | None = None
    until: date | None = None

    def holds(self, instant: datetime) -> bool:
        """Whether work at this instant is meant."""
        day = today(instant)
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    def tell(self) -> dict[str, Any]:
        """The start as it is kept."""
        return {
            "id": str(self.record_id) if self.record_id else None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True)
class Reach:
    """What a recall reaches: lots of ours, how many labelled packs, parcels (consignments), and what the lots came from."""

    lots: Sequence[Lot]
    parcels: Sequence[UUID]
    sources: Sequence[str]
    is_whole: bool
    seconds: float
    label_count: int = 0


@dataclass
class _Begin:
    """The things that a walk begins with."""

    uris: set[str] = field(default_factory=set)
    entry_ids: set[UUID] = field(default_factory=set)
    slip_ids: set[UUID] = field(default_factory=set)
    lot_ids: set[UUID] = field(default_factory=set)


def recall_signer(secret: bytes) -> Signer:
    """The key of a house for its recall reports."""
    return signer_for(secret, _PURPOSE)


# ---------------------------------------------------------------- reaching


async def find_reach(session: AsyncSession, *, producer_id: UUID, start: Start, now: datetime) -> Reach:
    """Find every lot and parcel that a suspicion reaches; raises `StartError`."""
    began = time.perf_counter()
    while await chronicle.tell(session, now=now) >= chronicle.BATCH:
        pass
    begin = await _begin(session, producer_id, start)
    made = await lots.list_made_of(
        session, entry_ids=begin.entry_ids, slip_ids=begin.slip_ids, lot_ids=begin.lot_ids
    )
    found = {lot.id: lot for lot in made}
    uris = begin.uris | {lot_class(lot.gtin, lot.code) for lot in found.values()}
    forward = await events.trace(session, uris, forward=True)
    names = [_read_lot(uri) for uri in forward.reached]
    for lot in await lots.list_named(session, [name for name in names if name is not None]):
        found[lot.id] = lot
    backward = await events.trace(
        session, {lot_class(lot.gtin, lot.code) for lot in found.values()}, forward=False
    )
    own = sorted(found.values(), key=lambda lot: (lot.produced_on, lot.code))
    return Reach(
        lots=own,
        parcels=sorted(_read_parcels(forward.reached)),
        sources=sorted(uri for uri, reached in backward.reached.items() if reached.steps),
        is_whole=forward.is_whole and backward.is_whole,
        seconds=time.perf_counter() - began,
        label_count=forward.unit_count,
    )


async def _begin(session: AsyncSession, producer_id: UUID, start: Start) -> _Begin:
    """The harvests, slips or the lot with which a recall begins."""
    begin = _Begin()
    if start.kind is StartKind.LOT:
        lot = await lots.find_by_id(session, start.record_id) if start.record_id else None
        if lot is None or lot.producer_id != producer_id:
            raise StartError
        begin.lot_ids.add(lot.id)
        return begin
    sites = {site.id: site for site in await farms.list_sites(session, producer_id)}
    wanted = set(sites)
    since_at: dict[UUID, datetime] = {}
    if start.kind is StartKind.SITE:
        wanted &= {start.record_id} if start.record_id else set()
    elif start.kind is StartKind.FARM:
        wanted = {site.id for site in sites.values() if site.farm_id == start.record_id}
    elif start.kind is StartKind.INPUT:
        since_at = await _first_uses(session, sites, start)
        wanted = set(since_at)
    if not wanted and start.kind is not StartKind.INPUT:
        raise StartError
    await _gather(session, begin, producer_id=producer_id, wanted=wanted, start=start, since_at=since_at)
    return begin


async def _first_uses(session: AsyncSession, sites: Collection[UUID], start: Start) -> dict[UUID, datetime]:
    """When each site first met a product, within the days that are meant; raises `StartError`."""
    if start.record_id is None or not await inputs.get_inputs(session, {start.record_id}):
        raise StartError
    first: dict[UUID, datetime] = {}
    for entry in await diaries.list_effective(session, site_ids=list(sites)):
        if entry.input_id == start.record_id and start.holds(entry.performed_at):
            first.setdefault(entry.site_id, entry.performed_at)
    return first


async def _gather(
    session: AsyncSession,
    begin: _Begin,
    *,
    producer_id: UUID,
    wanted: Collection[UUID],
    start: Start,
    since_at: dict[UUID, datetime],
) -> None:
    """Put the harvests and slips of these sites into the beginning: all ever written, also what was corrected since."""

    def is_meant(site_id: UUID, at: datetime) -> bool:
        return at >= since_at[site_id] if since_at else start.holds(at)

    if not wanted:
        return
    for entry in await diaries.list_effective(session, site_ids=list(wanted)):
        if entry.kind in HARVESTS and is_meant(entry.site_id, entry.performed_at):
            versions: list[DiaryEntry] = await diaries.list_versions(session, entry)
            begin.entry_ids |= {version.id for version in versions}
            begin.uris.add(urn(versions[0].id))
    since = min(since_at.values()) if since_at else _midnight(start.since)
    for slip in await intake.list_slips(session, producer_id=producer_id, limit=_MOST_SLIPS, since=since):
        if slip.site_id in wanted and is_meant(slip.site_id, slip.weighed_at):
            chain = await chronicle.chain_of_slip(session, slip)
            begin.slip_ids |= {one.id for one in chain}
            begin.uris.add(urn(chain[0].id))


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=VN) if day else None


def _read_lot(uri: str) -> tuple[str, str] | None:
    """GTIN and code of a lot's Digital Link."""
    parts = uri.split("/")
    return (parts[4], parts[6]) if len(parts) == 7 and parts[3] == "01" and parts[5] == "10" else None  # noqa: PLR2004 - https, host, two pairs


def _read_parcels(reached: Mapping[str, Reached]) -> list[UUID]:
    """The parcels among what was reached: every `urn:uuid` that is no beginning."""
    named = (uri for uri, way in reached.items() if way.steps and uri.startswith("urn:uuid:"))
    return [UUID(uri.removeprefix("urn:uuid:")) for uri in named]


# ---------------------------------------------------------------- opening


async def open_recall(
    session: AsyncSession,
    *,
    producer_id: UUID,
    person_id: UUID,
    start: Start,
    reason: str,
    is_mock: bool,
    signer: Signer,
    now: datetime,
    recall_id: UUID | None = None,
) -> Recall:
    """Stop everything that a suspicion reaches, or only practise it; the report is signed and kept.

    With a `recall_id` that opened one before that one is answered: nothing is stopped and nobody is told again. Raises
    `StartError`, `NothingReachedError`, `RecallNotFoundError` (another's id).
    """
    if not is_mock:  # no lot goes on into another between the walk and the stop
        await lots.close_books(session, producer_id)
    recall_id = recall_id or uuid7()
    if await repository.find_recall(session, recall_id) is not None:
        return await get_own_recall(session, recall_id=recall_id, producer_id=producer_id)
    reach = await find_reach(session, producer_id=producer_id, start=start, now=now)
    own = [lot for lot in reach.lots if lot.producer_id == producer_id]
    if not own:
        raise NothingReachedError
    report = {
        "recall": str(recall_id),
        "producer": str(producer_id),
        "at": now.isoformat(),
        "is_mock": is_mock,
        "start": {"kind": start.kind.value, **start.tell()},
        "lots": [
            {"id": str(lot.id), "gtin": lot.gtin, "code": lot.code, "grams": lot.quantity_g} for lot in own
        ],
        "others": [{"gtin": lot.gtin, "code": lot.code} for lot in reach.lots if lot not in own],
        "labels": reach.label_count,
        "parcels": [str(parcel) for parcel in reach.parcels],
        "sources": list(reach.sources),
        "is_whole": reach.is_whole,
        "milliseconds": round(reach.seconds * 1000),
    }
    values = {
        "id": recall_id,
        "producer_id": producer_id,
        "opened_by_id": person_id,
        "is_mock": is_mock,
        "start_kind": start.kind,
        "start": start.tell(),
        "reason": reason,
        "report": report,
        "signature": signer.sign(spell(report)),
        "created_at": now,
    }
    is_new = await repository.insert_recall(session, values)
    if is_new and not is_mock:
        for lot in sorted(own, key=lambda lot: lot.id):
            await lots.recall_lot(session, lot_id=lot.id)
        await repository.insert_lots(session, recall_id, [lot.id for lot in own])
        stopped = tuple(sorted(lot.id for lot in own))
        await chronicle.note_recalled(
            session,
            recall_id=recall_id,
            producer_id=producer_id,
            lots_named=[(lot.gtin, lot.code) for lot in own],
            now=now,
        )
        await emit(session, RecallOpened(recall_id=recall_id, producer_id=producer_id, lot_ids=stopped))
    return await get_own_recall(session, recall_id=recall_id, producer_id=producer_id)


def spell(report: dict[str, Any]) -> bytes:
    """A report as it is signed: JSON, keys sorted, no spaces, UTF-8."""
    return json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def is_signed(recall: Recall, signer: Signer) -> bool:
    """Whether a report is what was signed."""
    return signer.has_signed(spell(recall.report), recall.signature)


# ---------------------------------------------------------------- reading


async def get_recall(session: AsyncSession, recall_id: UUID) -> Recall:
    """Get a recall that was no practice; raises `RecallNotFoundError`."""
    recall = await repository.find_recall(session, recall_id)
    if recall is None or recall.is_mock:
        raise RecallNotFoundError
    return recall


async def get_own_recall(session: AsyncSession, *, recall_id: UUID, producer_id: UUID) -> Recall:
    """Get a recall or practice of this producer; raises `RecallNotFoundError`."""
    recall = await repository.find_recall(session, recall_id)
    if recall is None or recall.producer_id != producer_id:
        raise RecallNotFoundError
    return recall


async def list_recalls(session: AsyncSession, producer_id: UUID, *, limit: int = 50) -> list[Recall]:
    """List a producer's recalls and practices, the newest first."""
    return await repository.list_recalls(session, producer_id, limit)


async def list_lots(session: AsyncSession, recall_id: UUID) -> list[Lot]:
    """List the lots that a recall stopped."""
    ids = await repository.list_lot_ids(session, recall_id)
    return sorted((await lots.get_lots(session, ids)).values(), key=lambda lot: lot.code)


async def find_recall_of_lot(session: AsyncSession, lot_id: UUID) -> Recall | None:
    """Find the recall that stopped a lot."""
    return await repository.find_recall_of_lot(session, lot_id)
