"""Printed and void labels as EPCIS events: every serial is told once, found by its name, and leads to its lot and on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Producer
from tests.factories import traceability as made
from tests.house import NOW
from traceability.chronicle import jobs, telling
from traceability.chronicle import service as chronicle
from traceability.chronicle.models import ChronicleItem
from traceability.chronicle.telling import Content, Parcel, Unit, lot_class, unit, urn
from traceability.events import service as events
from traceability.events.models import StoredEvent
from traceability.labels import prints, service
from traceability.labels.errors import SerialNotFoundError
from traceability.labels.models import LabelSheet, Reason
from traceability.labels.schemas import Layout
from traceability.lots import moving
from traceability.lots.models import Lot
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind
from traceability.transparency import jobs as log_jobs
from traceability.transparency import service as transparency
from traceability.transparency.service import LogKeeper


async def print_labels(
    db: Database, count: int, **values: object
) -> tuple[made.Workshop, Lot, LabelSheet, list[str]]:
    """A workshop, its lot, a print job of it and the codes on it."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop, quantity_g=500_000, **values)
        sheet = await service.print_labels(
            session, lot_id=lot.id, count=count, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
        return shop, lot, sheet, await service.list_codes(session, sheet.id)


async def told(db: Database) -> list[dict[str, Any]]:
    """Tell what waits, and read all events in order."""
    await jobs.tell(db, now=NOW)
    async with db.transaction() as session:
        assert list(await session.scalars(select(ChronicleItem))) == []
        rows = await session.scalars(select(StoredEvent).order_by(StoredEvent.sequence))
        return [json.loads(row.document) for row in rows]


async def find(session: AsyncSession, **parameters: object) -> list[dict[str, Any]]:
    """The events of a query, as an inspector sees them."""
    query = await events.build_query(session, parameters, sight=events.see_all())
    page = await events.find_events(session, query=query, sight=events.see_all(), per_page=100)
    return [json.loads(event.document) for event in page.events]


async def test_a_print_job_commissions_its_serials(db: Database, house: House) -> None:
    """All serials in the order of the sheet, some hundred to an event, each event logged with its lot and its dates."""
    shop, lot, sheet, codes = await print_labels(db, telling.MOST_UNITS + 2)
    first, second = await told(db)
    assert first["epcList"] + second["epcList"] == [unit(lot.gtin, code) for code in codes]
    assert len(first["epcList"]) == telling.MOST_UNITS
    for event in (first, second):
        assert (event["type"], event["action"]) == ("ObjectEvent", "ADD")
        assert (event["bizStep"], event["disposition"]) == ("commissioning", "active")
        assert event["readPoint"] == event["bizLocation"] == {"id": urn(shop.producer.id)}
        assert event["ilmd"] == {
            "cbvmda:lotNumber": lot.code,
            "cbvmda:bestBeforeDate": f"{lot.expires_on}",
            "cpf:producedOn": f"{lot.produced_on}",
        }
        assert event["cpf:printJob"] == urn(sheet.id)
    await log_jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    async with db.transaction() as session:
        assert await events.audit(session) == 2
        entry = await events.find_birth(session, unit(lot.gtin, codes[-1]))
        assert entry is not None
        proof = await transparency.find_proof(session, entry)
        assert proof is not None and proof.proves(entry, house.port(LogKeeper).key)


async def test_a_pack_is_found_by_its_label(db: Database) -> None:
    """`MATCH_anyEPC` finds the serial by the label's own address, by its SGTIN and by its class; another finds nothing."""
    _shop, lot, _sheet, codes = await print_labels(db, 3)
    await told(db)
    label = f"https://cho.example/01/{lot.gtin}/10/{lot.code}/21/{codes[1]}?s=abc"
    async with db.transaction() as session:
        for name in (label, unit(lot.gtin, codes[1])):
            [event] = await find(session, MATCH_anyEPC=[name])
            assert event["bizStep"] == "commissioning"
        assert len(await find(session, MATCH_epc=[f"https://id.gs1.org/01/{lot.gtin}"])) <= 1
        assert await find(session, MATCH_anyEPC=[unit(lot.gtin, service.new_serial())]) == []


async def test_a_void_label_is_decommissioned(db: Database) -> None:
    """A void label leaves the world with an event of its own, after the one with which it came; a reprint is none."""
    shop, lot, sheet, codes = await print_labels(db, 2)
    later = NOW + timedelta(hours=1)
    async with db.transaction() as session:
        await prints.void(
            session,
            typed=codes[0],
            producer_id=shop.producer.id,
            reason=Reason.SPOILT,
            note="",
            person_id=shop.person_id,
            now=later,
        )
        again = prints.Again(uuid7(), Reason.LOST)
        for _time in range(2):
            await prints.reprint(
                session,
                prints.target_file(sheet, 1),
                again=again,
                lot=lot,
                person_id=shop.person_id,
                now=later,
            )
    came, left = await told(db)
    assert unit(lot.gtin, codes[0]) in came["epcList"]
    assert (left["action"], left["bizStep"], left["disposition"]) == ("DELETE", "decommissioning", "inactive")
    assert left["epcList"] == [unit(lot.gtin, codes[0])] and left["cpf:printJob"] == urn(sheet.id)
    assert left["eventTime"] == "2026-11-12T10:00:00.000+07:00" and "ilmd" not in left


async def test_a_label_that_is_not_there_is_named(session: AsyncSession) -> None:
    """Whoever asks for an unknown label by its id hears so."""
    with pytest.raises(SerialNotFoundError):
        await service.get_serial(session, uuid7())


async def test_a_practice_label_is_told_nowhere(db: Database) -> None:
    """What is printed in a practice farm leaves no event."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(update(Producer).values(is_practice=True))
        await service.print_labels(
            session, lot_id=lot.id, count=1, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
    assert await told(db) == []


async def test_traces_go_through_packs(db: Database) -> None:
    """From a lot over one of its packs into a partner's box; back from the box to the lot; other packs are counted."""
    shop, lot, _sheet, codes = await print_labels(db, telling.MOST_UNITS + 20)
    await told(db)
    name, pack, box = (
        lot_class(lot.gtin, lot.code),
        unit(lot.gtin, codes[-1]),
        "https://id.gs1.org/00/095200000000000012",
    )
    packed = {
        "type": "AggregationEvent",
        "eventTime": "2026-11-13T09:00:00+07:00",
        "eventTimeZoneOffset": "+07:00",
        "action": "ADD",
        "bizStep": "packing",
        "parentID": box,
        "childEPCs": [pack],
    }
    async with db.transaction() as session:
        await events.write_events(session, [packed], owner_id=uuid7(), namespaces={}, now=NOW)
        [part] = await moving.split_lot(
            session, lot_id=lot.id, parts=[1_000], hand=moving.Hand(shop.producer.id, shop.person_id, NOW)
        )
        forward = await events.trace(session, [name], forward=True)
        back = await events.trace(session, [box], forward=False)
        found = await reach(session, shop, lot.id)
    assert set(forward.reached) == {name, pack, box} and forward.is_whole
    assert (forward.reached[pack].before, forward.reached[box].before) == (name, pack)
    assert [forward.reached[one].steps for one in (pack, box)] == [1, 2]
    assert forward.unit_count == telling.MOST_UNITS + 20
    assert {pack, name} <= set(back.reached) and back.reached[name].before == pack
    assert unit(lot.gtin, codes[0]) not in back.reached
    assert {one.id for one in found.lots} == {lot.id, part.id}
    assert found.label_count == telling.MOST_UNITS + 20


async def test_a_wrong_commissioning_leads_nowhere(db: Database) -> None:
    """Packs of another lot, product or kind, or told by an event that was declared wrong are not followed."""
    _shop, lot, _sheet, codes = await print_labels(db, 1)
    await told(db)
    name = lot_class(lot.gtin, lot.code)
    other: dict[str, Any] = {
        "type": "ObjectEvent",
        "action": "ADD",
        "eventTime": "2026-11-13T09:00:00+07:00",
        "eventTimeZoneOffset": "+07:00",
        "epcList": [unit(lot.gtin, "OTHER"), "urn:x:crate"],
        "ilmd": {"cbvmda:lotNumber": "OTHERLOT"},
    }
    observed = {
        **other,
        "action": "OBSERVE",
        "epcList": [unit(lot.gtin, codes[0])],
        "cpf:note": {"cbvmda:lotNumber": lot.code},
    }
    del observed["ilmd"]
    mixed = {
        **other,
        "epcList": [unit(lot.gtin, "MORE"), unit("09521234200017", "ELSE")],
        "ilmd": {"cbvmda:lotNumber": lot.code},
    }
    wrong = {**other, "epcList": [unit(lot.gtin, "WRONG")], "ilmd": {"cbvmda:lotNumber": lot.code}}
    wrong["eventID"] = "urn:uuid:2"
    declared = {**wrong, "errorDeclaration": {"declarationTime": "2026-11-13T10:00:00Z"}}
    async with db.transaction() as session:
        await events.write_events(
            session,
            [other, observed, mixed, wrong, declared],
            owner_id=uuid7(),
            namespaces=telling.NAMESPACES,
            now=NOW,
        )
        assert (await events.trace(session, [name], forward=True)).unit_count == 2
        back = await events.trace(session, [unit(lot.gtin, "WRONG"), "urn:x:crate"], forward=False)
        assert set(back.reached) == {unit(lot.gtin, "WRONG"), "urn:x:crate"}


async def reach(session: AsyncSession, shop: made.Workshop, lot_id: UUID) -> recalls.Reach:
    """What a suspicion against a lot reaches."""
    start = recalls.Start(StartKind.LOT, lot_id)
    return await recalls.find_reach(session, producer_id=shop.producer.id, start=start, now=NOW)


async def test_scanned_packs_lie_in_their_parcel(db: Database) -> None:
    """Packs whose labels were scanned are named one by one, the other pieces counted; one step from the label to the parcel."""
    shop, lot, _sheet, codes = await print_labels(db, 4)
    parcel_id = uuid7()
    contents = [
        Content(lot.gtin, lot.code, 1, is_weight=False),
        Content(lot.gtin, lot.code, 2, is_weight=False),
        Content(lot.gtin, lot.code, 900, is_weight=True),
    ]
    async with db.transaction() as session:
        for _again in range(2):
            await service.record_sold(session, serials=codes[:2], now=NOW, parcel_id=parcel_id)
        scanned = await service.list_in_parcel(session, parcel_id)
        assert [one.serial for one in scanned] == codes[:2]
        units = [Unit(one.gtin, lot.code, one.serial) for one in scanned]
        parcel = Parcel(parcel_id, uuid7(), shop.producer.id, NOW, NOW, contents, units)
        await chronicle.note_shipped(session, parcel, now=NOW)
        whole = Parcel(
            uuid7(), uuid7(), shop.producer.id, NOW, NOW, contents[:1], [Unit(lot.gtin, lot.code, codes[2])]
        )
        await chronicle.note_shipped(session, whole, now=NOW)
    _issued, packed, _shipped, second, _sent = await told(db)
    assert packed["childEPCs"] == [unit(lot.gtin, code) for code in codes[:2]]
    name = lot_class(lot.gtin, lot.code)
    assert packed["childQuantityList"] == [
        {"epcClass": name, "quantity": 1},
        {"epcClass": name, "quantity": 900, "uom": "GRM"},
    ]
    assert second["childEPCs"] == [unit(lot.gtin, codes[2])] and "childQuantityList" not in second
    async with db.transaction() as session:
        forward = await events.trace(session, [unit(lot.gtin, codes[0])], forward=True)
        found = await reach(session, shop, lot.id)
    assert urn(parcel_id) in forward.reached
    assert set(found.parcels) == {parcel_id, whole.parcel_id}


async def test_a_parcel_of_many_scanned_packs_is_several_events(db: Database) -> None:
    """However many labels were scanned into a parcel, no event is too long, and none is left out."""
    shop, lot, _sheet, _codes = await print_labels(db, 1)
    units = [Unit(lot.gtin, lot.code, f"S{number:012}") for number in range(2 * telling.MOST_UNITS + 1)]
    contents = [Content(lot.gtin, lot.code, len(units) + 2, is_weight=False)]
    async with db.transaction() as session:
        parcel = Parcel(uuid7(), uuid7(), shop.producer.id, NOW, NOW, contents, units)
        await chronicle.note_shipped(session, parcel, now=NOW)
    _issued, *packed, shipped = await told(db)
    assert [len(event["childEPCs"]) for event in packed] == [telling.MOST_UNITS, telling.MOST_UNITS, 1]
    assert [event.get("childQuantityList") for event in packed] == [
        [{"epcClass": lot_class(lot.gtin, lot.code), "quantity": 2}],
        None,
        None,
    ]
    assert shipped["bizStep"] == "shipping"


async def test_a_batch_ends_after_many_events(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long print jobs are told a few at a time, so that others may capture between them; none is left."""
    monkeypatch.setattr(chronicle, "MOST_EVENTS", 2)
    for _time in range(3):
        await print_labels(db, telling.MOST_UNITS + 1)
    seen = []
    for _time in range(4):
        async with db.transaction() as session:
            seen.append(await chronicle.tell(session, now=NOW))
    assert seen == [chronicle.BATCH] * 3 + [0]
    assert len(await told(db)) == 6
