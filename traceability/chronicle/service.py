"""The chronicle: noted in the transaction of the fact, told after it, each record once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from producers.cooperatives import service as cooperatives
from producers.diaries import service as diaries
from producers.diaries.events import EntryRecorded
from producers.diaries.models import DiaryEntry
from producers.intake import service as intake
from producers.intake.events import SlipRecorded
from producers.intake.models import IntakeSlip
from traceability.chronicle import repository, telling
from traceability.chronicle.models import ChronicleItem, Fact
from traceability.chronicle.telling import Content, Event, Parcel, Part, Unit, Visit
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.labels.events import LabelsIssued, LabelVoided
from traceability.lots import service as lots
from traceability.lots.events import LotMade
from traceability.lots.models import LotSource

BATCH = 200
LotName = tuple[str, str]
"""GTIN and code of a lot."""
MOST_EVENTS = 400
"""Events after which a batch is over: others want to capture, too, and long print jobs are many events each."""
_AT_ONCE = 20
T = TypeVar("T")
log = get_logger()


# ---------------------------------------------------------------- noting


async def on_entry_recorded(session: AsyncSession, event: EntryRecorded) -> None:
    """Note an entry of a diary."""
    await _note(session, Fact.ENTRY, event.entry_id, event.recorded_at)


async def on_slip_recorded(session: AsyncSession, event: SlipRecorded) -> None:
    """Note a weigh slip."""
    await _note(session, Fact.SLIP, event.slip_id, event.recorded_at)


async def on_lot_made(session: AsyncSession, event: LotMade) -> None:
    """Note a lot."""
    await _note(session, Fact.LOT, event.lot_id, event.made_at)


async def on_labels_issued(session: AsyncSession, event: LabelsIssued) -> None:
    """Note a print job."""
    await _note(session, Fact.LABELS, event.sheet_id, event.issued_at)


async def on_label_voided(session: AsyncSession, event: LabelVoided) -> None:
    """Note a label that was made void."""
    at = {"voided_at": event.voided_at.isoformat()}
    await _note(session, Fact.LABEL_VOID, event.serial_id, event.voided_at, at)


async def note_shipped(session: AsyncSession, parcel: Parcel, *, now: datetime) -> None:
    """Note a parcel that left."""
    details = {
        "order_id": str(parcel.order_id),
        "producer_id": str(parcel.producer_id),
        "packed_at": parcel.packed_at.isoformat(),
        "shipped_at": parcel.shipped_at.isoformat(),
        "contents": [
            [content.gtin, content.lot_code, content.quantity, content.is_weight]
            for content in parcel.contents
        ],
        "units": [[one.gtin, one.lot_code, one.serial] for one in parcel.units],
    }
    await _note(session, Fact.SHIPPED, parcel.parcel_id, now, details)


async def note_delivered(
    session: AsyncSession,
    *,
    parcel_id: UUID,
    order_id: UUID,
    producer_id: UUID,
    delivered_at: datetime,
    now: datetime,
) -> None:
    """Note a parcel that arrived."""
    details = {
        "order_id": str(order_id),
        "producer_id": str(producer_id),
        "delivered_at": delivered_at.isoformat(),
    }
    await _note(session, Fact.DELIVERED, parcel_id, now, details)


async def note_recalled(
    session: AsyncSession, *, recall_id: UUID, producer_id: UUID, lots_named: Sequence[LotName], now: datetime
) -> None:
    """Note that lots (GTIN and code) were recalled: partners hear of it as of any event."""
    details = {
        "producer_id": str(producer_id),
        "recalled_at": now.isoformat(),
        "lots": [list(name) for name in lots_named],
    }
    await _note(session, Fact.RECALLED, recall_id, now, details)


async def note_visited(
    session: AsyncSession,
    *,
    departure_id: UUID,
    producer_id: UUID,
    places: Sequence[UUID],
    tickets: Sequence[UUID],
    heads: int,
    visited_at: datetime,
    now: datetime,
) -> None:
    """Note that guests came in, by their tickets: to these plots and waters, or to the producer when none is named."""
    details = {
        "producer_id": str(producer_id),
        "places": [str(place) for place in places or [producer_id]],
        "tickets": [str(ticket) for ticket in tickets],
        "heads": heads,
        "visited_at": visited_at.isoformat(),
    }
    await _note(session, Fact.VISITED, departure_id, now, details)


async def _note(
    session: AsyncSession, fact: Fact, record_id: UUID, now: datetime, details: dict[str, Any] | None = None
) -> None:
    session.add(
        ChronicleItem(fact=fact, record_id=record_id, details=details or {}, noted_at=now, fault=None)
    )


# ---------------------------------------------------------------- telling


@dataclass(frozen=True)
class _Ready:
    """A record, whose it is (None: nobody is told), and its events."""

    item: ChronicleItem
    owner_id: UUID | None
    events: list[Event]


async def tell(session: AsyncSession, *, now: datetime) -> int:
    """Write the events of up to `BATCH` noted records, one teller at a time; answers how many were looked at.

    A batch that is over before that, after `MOST_EVENTS` events, answers `BATCH`, too: there may be more.
    A record that cannot be told keeps its reason and waits for a person; it stops no other.
    """
    if not await repository.lock_queue(session):
        return 0
    waiting = await repository.list_waiting(session, BATCH)
    ready: list[_Ready] = []
    event_count = 0
    for item in waiting:
        if event_count >= MOST_EVENTS:
            break
        found = await _attempt(session, item, partial(_tell_item, session, item))
        if found is not None:
            ready.append(_Ready(item, *found))
            event_count += len(found[1])
    # From the first event to the commit nobody else captures: so all is read before, and much is written at once.
    told = await _write_all(session, ready, now)
    await session.flush()
    if told:
        await repository.delete_items(session, told)
    return BATCH if event_count >= MOST_EVENTS else len(waiting)


async def _attempt(session: AsyncSession, item: ChronicleItem, work: Callable[[], Awaitable[T]]) -> T | None:
    """Do a part of the work for one record; None when something is wrong with it, and then it keeps the reason."""
    try:
        async with session.begin_nested():
            return await work()
    except OperationalError:  # the database is busy or away: nothing is wrong with the record
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one record, the others are told
        log.warning("chronicle_fault", fact=item.fact.value, record=str(item.record_id), reason=repr(error))
        item.fault = repr(error)[:500]
        return None


async def _write_all(session: AsyncSession, ready: Sequence[_Ready], now: datetime) -> list[int]:
    """Write the events of these records, many at a time; when one is refused, record by record. Answers who is told."""
    try:
        async with session.begin_nested():
            for owner_id, records in groupby(ready, key=attrgetter("owner_id")):
                await _write(session, owner_id, [event for one in records for event in one.events], now)
        return [one.item.id for one in ready]
    except OperationalError:  # the database is busy or away: nothing is wrong with any record
        raise
    except Exception:  # noqa: BLE001 - which of them it is will be known, and why, when each is tried alone
        return [
            one.item.id
            for one in ready
            if await _attempt(session, one.item, partial(_write, session, one.owner_id, one.events, now))
        ]


async def _write(
    session: AsyncSession, owner_id: UUID | None, written: Sequence[Event], now: datetime
) -> bool:
    """Write the events of one owner, so many at a time that no page waits for their hashing."""
    if owner_id is None:
        return True
    for start in range(0, len(written), _AT_ONCE):
        await events.write_events(
            session,
            written[start : start + _AT_ONCE],
            owner_id=owner_id,
            namespaces=telling.NAMESPACES,
            now=now,
        )
    return True


async def _tell_item(session: AsyncSession, item: ChronicleItem) -> tuple[UUID | None, list[Event]]:
    """Whose record it is, and its events; None for a practice farm, which is told nowhere."""
    match item.fact:
        case Fact.ENTRY:
            entry = (await diaries.get_entries(session, [item.record_id]))[item.record_id]
            owner_id, written = entry.producer_id, await _tell_entry(session, entry)
        case Fact.SLIP:
            slip = (await intake.get_slips(session, [item.record_id]))[item.record_id]
            owner_id, written = slip.producer_id, await _tell_slip(session, slip)
        case Fact.LOT:
            lot = await lots.get_lot(session, item.record_id)
            parts = [
                Part(await _name_of_source(session, row), row.quantity_g)
                for row in await lots.list_sources(session, [lot.id])
            ]
            owner_id, written = lot.producer_id, [telling.tell_lot(lot, parts)]
        case Fact.LABELS:
            sheet = await labels.get_sheet(session, item.record_id)
            lot = await lots.get_lot(session, sheet.lot_id)
            serials = await labels.list_codes(session, sheet.id)
            owner_id, written = lot.producer_id, telling.tell_labels(lot, sheet, serials)
        case Fact.LABEL_VOID:
            serial = await labels.get_serial(session, item.record_id)
            lot = await lots.get_lot(session, serial.lot_id)
            at = datetime.fromisoformat(item.details["voided_at"])
            owner_id, written = lot.producer_id, [telling.tell_void(lot, serial, at)]
        case Fact.SHIPPED:
            parcel = _read_parcel(item)
            owner_id, written = parcel.producer_id, telling.tell_shipped(parcel)
        case Fact.RECALLED:
            owner_id = UUID(item.details["producer_id"])
            at = datetime.fromisoformat(item.details["recalled_at"])
            written = [
                telling.tell_recalled(item.record_id, gtin, code, owner_id, at)
                for gtin, code in item.details["lots"]
            ]
        case Fact.VISITED:
            owner_id = UUID(item.details["producer_id"])
            visit = Visit(
                departure_id=item.record_id,
                tickets=[UUID(ticket) for ticket in item.details["tickets"]],
                heads=item.details["heads"],
                at=datetime.fromisoformat(item.details["visited_at"]),
            )
            written = [telling.tell_visited(visit, UUID(place)) for place in item.details["places"]]
        case _:
            owner_id = UUID(item.details["producer_id"])
            at = datetime.fromisoformat(item.details["delivered_at"])
            order_id = UUID(item.details["order_id"])
            written = [telling.tell_delivered(item.record_id, order_id, owner_id, at)]
    if (await cooperatives.get_producer(session, owner_id)).is_practice:
        return None, []
    return owner_id, written


async def _tell_entry(session: AsyncSession, entry: DiaryEntry) -> list[Event]:
    versions = await diaries.list_versions(session, entry)
    root_id = versions[0].id
    event = None if entry.is_void else telling.tell_entry(entry, root_id)
    if entry.corrects_id is None:
        return [event] if event else []
    before = next(version for version in versions if version.id == entry.corrects_id)
    wrong = None if before.is_void else telling.tell_entry(before, root_id)
    return _correct(wrong, event, entry.received_at)


async def _tell_slip(session: AsyncSession, slip: IntakeSlip) -> list[Event]:
    chain = await chain_of_slip(session, slip)
    event = telling.tell_slip(slip, chain[0].id)
    if len(chain) == 1:
        return [event]
    return _correct(telling.tell_slip(chain[-2], chain[0].id), event, slip.received_at)


def _correct(wrong: Event | None, event: Event | None, at: datetime) -> list[Event]:
    """The declaration that an event was wrong, and the event in its place; nothing when both are the same."""
    event_id = events.name_event(event, telling.NAMESPACES) if event else None
    if wrong is None:
        return [event] if event else []
    wrong_id = events.name_event(wrong, telling.NAMESPACES)
    if wrong_id == event_id:
        return []
    declared = telling.declare_wrong(wrong, event_id=wrong_id, at=at, corrected_by=event_id)
    return [declared, event] if event else [declared]


async def chain_of_slip(session: AsyncSession, slip: IntakeSlip) -> list[IntakeSlip]:
    """A slip with those that it replaces, the oldest first."""
    chain = [slip]
    while (earlier := chain[0].corrects_id) is not None:
        chain.insert(0, (await intake.get_slips(session, [earlier]))[earlier])
    return chain


async def _name_of_source(session: AsyncSession, row: LotSource) -> str:
    """What went into a lot: another lot by its class, a harvest or slip by the first record of its chain."""
    if row.from_lot_id is not None:
        lot = await lots.get_lot(session, row.from_lot_id)
        return telling.lot_class(lot.gtin, lot.code)
    if row.diary_entry_id is not None:
        entry = (await diaries.get_entries(session, [row.diary_entry_id]))[row.diary_entry_id]
        return telling.urn((await diaries.list_versions(session, entry))[0].id)
    assert row.intake_slip_id is not None  # noqa: S101 - the table's own check says so
    slip = (await intake.get_slips(session, [row.intake_slip_id]))[row.intake_slip_id]
    return telling.urn((await chain_of_slip(session, slip))[0].id)


def _read_parcel(item: ChronicleItem) -> Parcel:
    details = item.details
    return Parcel(
        parcel_id=item.record_id,
        order_id=UUID(details["order_id"]),
        producer_id=UUID(details["producer_id"]),
        packed_at=datetime.fromisoformat(details["packed_at"]),
        shipped_at=datetime.fromisoformat(details["shipped_at"]),
        contents=[Content(*content) for content in details["contents"]],
        units=[Unit(*one) for one in details.get("units", ())],
    )
