"""The chronicle: whatever is written in diaries, slips, lots and parcels stands as EPCIS events, once and right."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.core.db import Database
from app.core.errors import BusyError
from app.core.events import emit
from app.core.ids import uuid7
from producers.cooperatives.models import Producer
from producers.diaries import service as diaries
from producers.diaries.events import EntryRecorded
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms.models import Crop
from producers.intake.events import SlipRecorded
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.house import NOW
from tests.queries import count_queries
from traceability.chronicle import jobs, repository, service
from traceability.chronicle.models import ChronicleItem, Fact
from traceability.chronicle.telling import Content, Parcel, urn
from traceability.events import service as events
from traceability.events.models import StoredEvent
from traceability.events.repository import lock_captures
from traceability.lots import service as lots
from traceability.lots.events import LotMade


async def note(db: Database, entry: DiaryEntry) -> None:
    """Announce an entry as the diary does."""
    async with db.transaction() as session:
        await emit(
            session,
            EntryRecorded(
                entry_id=entry.id, site_id=entry.site_id, corrects_id=entry.corrects_id, recorded_at=NOW
            ),
        )


async def told(db: Database) -> list[dict[str, Any]]:
    """Tell what waits, and read all events in order."""
    await jobs.tell(db, now=NOW)
    async with db.transaction() as session:
        rows = await session.scalars(select(StoredEvent).order_by(StoredEvent.sequence))
        return [json.loads(row.document) for row in rows]


async def faults(db: Database) -> list[ChronicleItem]:
    """What still waits."""
    async with db.transaction() as session:
        return list(await session.scalars(select(ChronicleItem)))


async def test_a_harvest_is_a_commissioning_event(db: Database) -> None:
    """Leaf picked at a place on a day, with its grams; noted twice it is told once."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
    await note(db, entry)
    await note(db, entry)
    (event,) = await told(db)
    assert (event["type"], event["action"], event["bizStep"]) == ("ObjectEvent", "ADD", "commissioning")
    assert event["quantityList"] == [{"epcClass": urn(entry.id), "quantity": 50_000, "uom": "GRM"}]
    assert event["readPoint"] == event["bizLocation"] == {"id": urn(shop.site.id)}
    assert event["ilmd"] == {"cbvmda:harvestStartDate": "2026-11-11", "cbvmda:harvestEndDate": "2026-11-11"}
    assert event["eventTime"] == "2026-11-11T09:00:00.000+07:00"
    assert await faults(db) == []


async def test_a_correction_declares_the_first_event_wrong(db: Database) -> None:
    """The wrong event stays, its declaration names the one in its place; what was taken back did not occur."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        first = await made.make_harvest(session, shop)
        second = await made.make_harvest(session, shop, corrects_id=first.id, quantity_g=40_000)
        third = await made.make_harvest(session, shop, corrects_id=second.id, quantity_g=40_000, is_void=True)
        same = await made.make_harvest(session, shop, performed_at=NOW, note="cũ")
        again = await made.make_harvest(session, shop, performed_at=NOW, corrects_id=same.id, note="mới")
    for entry in (first, second, third, same, again):
        await note(db, entry)
    wrong, declared, right, gone, other = await told(db)
    assert declared["eventID"] == wrong["eventID"] and gone["eventID"] == right["eventID"]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [right["eventID"]]
    assert right["quantityList"][0] == {"epcClass": urn(first.id), "quantity": 40_000, "uom": "GRM"}
    assert gone["errorDeclaration"]["reason"] == "did_not_occur"
    assert other["quantityList"][0]["epcClass"] == urn(same.id)
    assert await faults(db) == []


async def test_what_comes_back_after_being_taken_back_is_a_new_event(db: Database) -> None:
    """A correction of a note that was no event, or of something taken back, is told without a declaration."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        void = await made.make_harvest(session, shop, is_void=True)
        back = await made.make_harvest(session, shop, corrects_id=void.id)
        plain = await made.make_harvest(session, shop, kind=EntryKind.NOTE, quantity_g=None)
        changed = await made.make_harvest(
            session, shop, kind=EntryKind.NOTE, quantity_g=None, corrects_id=plain.id
        )
        empty = await made.make_harvest(session, shop, quantity_g=None)
    for entry in (void, back, plain, changed, empty):
        await note(db, entry)
    (event,) = await told(db)
    assert event["quantityList"][0]["epcClass"] == urn(void.id)


async def test_work_and_water_are_events_at_their_place(db: Database) -> None:
    """A spray names its product; measured water is a list of sensor reports in the standard's units."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session, crop=Crop.STURGEON)
        used = await grown.make_input(session)
        spray = await made.make_harvest(
            session, shop, kind=EntryKind.SPRAY, input_id=used.id, quantity_g=None
        )
        feed = await made.make_harvest(session, shop, kind=EntryKind.FEED, quantity_g=900)
        details = {"temperature_tenths": 155, "oxygen_tenths": 82, "ph_hundredths": 720, "clarity_cm": 40}
        water = await made.make_harvest(session, shop, kind=EntryKind.WATER, quantity_g=None, details=details)
    for entry in (spray, feed, water):
        await note(db, entry)
    sprayed, fed, measured = await told(db)
    assert (sprayed["bizStep"], sprayed["cpf:input"]) == ("urn:chophien:work:spray", urn(used.id))
    assert sprayed["epcList"] == [urn(shop.site.id)] and "cpf:input" not in fed
    assert fed["cpf:quantityInGrams"] == 900
    reports = measured["sensorElementList"][0]["sensorReport"]
    assert [(report["type"], report["value"], report["uom"]) for report in reports] == [
        ("Temperature", 15.5, "CEL"),
        ("MassConcentration", 8.2, "M1"),
        ("Dimensionless", 7.2, "Q30"),
        ("Length", 40.0, "CMT"),
    ]


async def test_slips_and_lots_are_one_chain(db: Database) -> None:
    """Leaf received from a household, corrected by a later slip, becomes a lot together with a harvest."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        values = {
            "producer_id": shop.producer.id,
            "farm_id": shop.farm.id,
            "site_id": shop.site.id,
            "recorded_by_id": shop.person_id,
        }
        slip = await grown.make_slip(session, weight_g=20_000, **values)
        better = await grown.make_slip(session, weight_g=21_000, corrects_id=slip.id, **values)
        entry = await made.make_harvest(session, shop)
        lot = await made.make_lot(session, shop, entry_id=entry.id)
        session.add(
            made.LotSource(lot_id=lot.id, intake_slip_id=better.id, quantity_g=21_000, created_at=NOW)
        )
        for one in (slip, better):
            await emit(session, SlipRecorded(slip_id=one.id, recorded_at=NOW))
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
    received, declared, corrected, formed = await told(db)
    assert received["bizStep"] == "receiving" and received["quantityList"][0]["epcClass"] == urn(slip.id)
    assert received["sourceList"] == [{"type": "owning_party", "source": urn(shop.farm.id)}]
    assert declared["errorDeclaration"]["correctiveEventIDs"] == [corrected["eventID"]]
    assert formed["type"] == "TransformationEvent"
    inputs = {part["epcClass"]: part["quantity"] for part in formed["inputQuantityList"]}
    assert inputs == {urn(entry.id): 45_000, urn(slip.id): 21_000}
    output = {"epcClass": f"https://id.gs1.org/01/{lot.gtin}/10/{lot.code}", "quantity": 10_000, "uom": "GRM"}
    assert formed["outputQuantityList"] == [output]
    assert (
        formed["ilmd"]["cbvmda:lotNumber"] == lot.code
        and formed["ilmd"]["cbvmda:bestBeforeDate"] == "2027-11-12"
    )


async def test_a_parcel_is_packed_shipped_and_received(db: Database) -> None:
    """Lots go into a parcel, the parcel leaves for whoever ordered, and arrives; pieces and grams stay what they are."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        parcel_id, order_id = uuid7(), uuid7()
        contents = [
            Content("09521234200017", "TC1", 3, is_weight=False),
            Content("09521234200017", "TC2", 1500, is_weight=True),
        ]
        parcel = Parcel(parcel_id, order_id, shop.producer.id, NOW, NOW + timedelta(hours=1), contents)
        await service.note_shipped(session, parcel, now=NOW)
        await service.note_delivered(
            session,
            parcel_id=parcel_id,
            order_id=order_id,
            producer_id=shop.producer.id,
            delivered_at=NOW,
            now=NOW,
        )
    packed, shipped, received = await told(db)
    assert packed["type"] == "AggregationEvent" and packed["parentID"] == urn(parcel_id)
    assert packed["childQuantityList"] == [
        {"epcClass": "https://id.gs1.org/01/09521234200017/10/TC1", "quantity": 3},
        {"epcClass": "https://id.gs1.org/01/09521234200017/10/TC2", "quantity": 1500, "uom": "GRM"},
    ]
    assert (shipped["bizStep"], shipped["epcList"]) == ("shipping", [urn(parcel_id)])
    assert shipped["destinationList"] == [{"type": "owning_party", "destination": urn(order_id)}]
    assert (
        received["bizStep"] == "receiving" and received["bizTransactionList"] == shipped["bizTransactionList"]
    )


async def test_a_practice_farm_is_told_nowhere(db: Database) -> None:
    """What is written to learn leaves the queue and makes no event."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(update(Producer).values(is_practice=True))
        entry = await made.make_harvest(session, shop)
    await note(db, entry)
    assert await told(db) == [] and await faults(db) == []


async def test_what_cannot_be_told_stops_nobody_else(db: Database) -> None:
    """A record that is not there keeps its reason in the queue; the others are told, and it is not tried for ever."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
        session.add(ChronicleItem(fact=Fact.LOT, record_id=uuid7(), noted_at=NOW, fault=None))
    await note(db, entry)
    assert len(await told(db)) == 1
    (fault,) = await faults(db)
    assert fault.fault is not None and "LotNotFoundError" in fault.fault
    async with db.transaction() as session:
        assert await service.tell(session, now=NOW) == 0


async def test_what_the_repository_refuses_stops_nobody_else(db: Database) -> None:
    """A record whose events are none is found among those written with it; the others are told all the same."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        before, after = [await made.make_harvest(session, shop, note=note) for note in ("trước", "sau")]
    await note(db, before)
    async with db.transaction() as session:
        await service.note_recalled(
            session, recall_id=uuid7(), producer_id=shop.producer.id, lots_named=[("no GTIN", "L1")], now=NOW
        )
    await note(db, after)
    assert len(await told(db)) == 2
    (fault,) = await faults(db)
    assert fault.fact is Fact.RECALLED and "EventError" in (fault.fault or "")


async def test_a_busy_repository_is_no_fault(db: Database) -> None:
    """While a long capture holds the turn, nothing is told, nothing is marked, and the next run tells it."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
    await note(db, entry)
    async with db.transaction() as session:
        await lock_captures(session)
        with pytest.raises(BusyError):
            await jobs.tell(db, now=NOW)
    assert [item.fault for item in await faults(db)] == [None]
    assert len(await told(db)) == 1


async def test_a_book_that_is_locked_is_no_fault(db: Database) -> None:
    """While a room's table is locked nothing is told and nothing is marked: nothing is wrong with the record."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
    await note(db, entry)
    async with db.transaction() as session:
        await session.execute(text("LOCK TABLE diary_entries IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(BusyError):
            await jobs.tell(db, now=NOW)
    assert [item.fault for item in await faults(db)] == [None]


async def test_all_is_read_before_others_wait(db: Database) -> None:
    """From the first event to the commit nobody else captures: no book is read in between, and all is written at once."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entries = [
            await made.make_harvest(session, shop, performed_at=NOW - timedelta(minutes=n)) for n in range(3)
        ]
    for entry in entries:
        await note(db, entry)
    statements = count_queries(db.engine)
    assert len(await told(db)) == 3
    (turn,) = [n for n, one in enumerate(statements) if "pg_advisory_xact_lock" in one]
    assert any("FROM diary_entries" in one for one in statements[:turn])
    assert not any("FROM diary_entries" in one for one in statements[turn:])


async def test_the_real_rooms_note_what_they_write(db: Database) -> None:
    """A diary entry taken back and a lot made by the services themselves are told without anybody's doing."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
        await diaries.void_entry(
            session,
            id=uuid7(),
            entry_id=entry.id,
            producer_id=shop.producer.id,
            person_id=shop.person_id,
            now=NOW,
        )
    (declared,) = await told(db)
    assert declared["errorDeclaration"]["reason"] == "did_not_occur"


async def test_tellers_take_turns(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten tellers at once tell each record once and leave nothing; a long queue goes on in the next run."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entries = [
            await made.make_harvest(session, shop, performed_at=NOW - timedelta(minutes=n)) for n in range(25)
        ]
    for entry in entries:
        await note(db, entry)
    monkeypatch.setattr(service, "BATCH", 4)
    monkeypatch.setattr(jobs, "_MOST_BATCHES", 3)
    await jobs.tell(db, now=NOW)
    assert len(await faults(db)) == 13
    await asyncio.gather(*(jobs.tell(db, now=NOW) for _ in range(10)))
    while await faults(db):
        await jobs.tell(db, now=NOW)
    assert len(await told(db)) == 25


async def test_without_the_lock_tellers_trip_over_each_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: two tellers without turns read the same record, and write the work of one twice."""

    async def unlocked(_session: object) -> bool:
        return True

    monkeypatch.setattr(repository, "lock_queue", unlocked)
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
    await note(db, entry)
    seen: list[UUID] = []
    barrier = asyncio.Barrier(2)
    tell_item = service._tell_item

    async def noting(session: Any, item: ChronicleItem) -> Any:
        seen.append(item.record_id)
        await barrier.wait()
        return await tell_item(session, item)

    monkeypatch.setattr(service, "_tell_item", noting)

    async def tell() -> None:
        async with db.transaction() as session:
            await service.tell(session, now=NOW)

    await asyncio.gather(tell(), tell())
    assert seen == [entry.id, entry.id]
    async with db.transaction() as session:
        assert (
            await events.audit(session) == 1
        )  # the repository itself keeps an event once, whoever brings it twice
        assert await lots.list_lots(session, shop.producer.id) == []
