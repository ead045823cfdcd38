"""Recalls: from a lot, a garden, a house, a product or a day to every lot and parcel, and the stop."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.diaries.models import EntryKind
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.house import NOW
from traceability.chronicle import service as chronicle
from traceability.chronicle.telling import Content, Parcel, lot_class
from traceability.events import service as events
from traceability.events import tracing
from traceability.events.models import StoredEvent
from traceability.labels import service as labels
from traceability.labels.schemas import Layout
from traceability.lots import service as lots
from traceability.lots.errors import LotClosedError, LotNotFoundError
from traceability.lots.models import Lot, LotState
from traceability.recalls import service
from traceability.recalls.errors import NothingReachedError, RecallNotFoundError, StartError
from traceability.recalls.models import StartKind
from traceability.recalls.service import Start


async def pack(session: AsyncSession, lot: Lot) -> UUID:
    """A parcel of this lot that left; answers the parcel."""
    parcel = Parcel(
        uuid7(), uuid7(), lot.producer_id, NOW, NOW, [Content(lot.gtin, lot.code, 2, is_weight=False)]
    )
    await chronicle.note_shipped(session, parcel, now=NOW)
    return parcel.parcel_id


async def reach(
    session: AsyncSession, shop: made.Workshop, kind: StartKind, record_id: UUID | None = None, **days: date
) -> service.Reach:
    """What a suspicion reaches."""
    return await service.find_reach(
        session, producer_id=shop.producer.id, start=Start(kind, record_id, **days), now=NOW
    )


async def test_a_lot_reaches_its_parcels_and_what_partners_made_of_it(session: AsyncSession) -> None:
    """Forward over our events and a partner's, backward to the harvest; a lot of somebody else's is named, too."""
    shop, other = await made.make_workshop(session), await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    lot, blend = await made.make_lot(session, shop, entry_id=entry.id), await made.make_lot(session, other)
    unrelated = await made.make_lot(session, shop)
    await chronicle.on_lot_made(session, lots.LotMade(lot_id=lot.id, made_at=NOW))
    parcels = [await pack(session, lot), await pack(session, lot), await pack(session, blend)]
    await pack(session, unrelated)
    partner = {
        "type": "TransformationEvent",
        "eventTime": "2026-11-12T09:00:00+07:00",
        "eventTimeZoneOffset": "+07:00",
        "inputQuantityList": [{"epcClass": lot_class(lot.gtin, lot.code)}],
        "outputQuantityList": [{"epcClass": lot_class(blend.gtin, blend.code)}],
    }
    await events.write_events(session, [partner], owner_id=uuid7(), namespaces={}, now=NOW)
    found = await reach(session, shop, StartKind.LOT, lot.id)
    assert [one.id for one in found.lots] == sorted(
        [lot.id, blend.id], key=lambda one: {lot.id: lot.code, blend.id: blend.code}[one]
    )
    assert found.parcels == sorted(parcels) and found.is_whole
    assert f"urn:uuid:{entry.id}" in found.sources


async def test_a_garden_reaches_what_was_picked_there_in_those_days(session: AsyncSession) -> None:
    """Only the lots of the days that are meant, whatever was corrected since; an unknown place is refused."""
    shop = await made.make_workshop(session)
    first = await made.make_harvest(session, shop, performed_at=NOW - timedelta(days=5))
    mended = await made.make_harvest(
        session, shop, performed_at=NOW - timedelta(days=5), corrects_id=first.id
    )
    late = await made.make_harvest(session, shop, performed_at=NOW)
    early, later = (
        await made.make_lot(session, shop, entry_id=first.id),
        await made.make_lot(session, shop, entry_id=late.id),
    )
    assert mended.corrects_id == first.id
    day = (NOW - timedelta(days=5)).date()
    found = await reach(session, shop, StartKind.SITE, shop.site.id, since=day, until=day)
    assert [lot.id for lot in found.lots] == [early.id]
    whole = await reach(session, shop, StartKind.FARM, shop.farm.id)
    assert {lot.id for lot in whole.lots} == {early.id, later.id}
    today = await reach(session, shop, StartKind.DAY, since=NOW.date(), until=NOW.date())
    assert [lot.id for lot in today.lots] == [later.id]
    for kind, wrong in (
        (StartKind.SITE, uuid7()),
        (StartKind.SITE, None),
        (StartKind.FARM, uuid7()),
        (StartKind.LOT, uuid7()),
        (StartKind.LOT, None),
        (StartKind.INPUT, uuid7()),
        (StartKind.INPUT, None),
    ):
        with pytest.raises(StartError):
            await reach(session, shop, kind, wrong)


async def test_a_product_reaches_what_was_picked_after_it(session: AsyncSession) -> None:
    """From its first use on a plot on; what was picked before, or elsewhere, is left alone; a slip counts like a harvest."""
    shop = await made.make_workshop(session)
    other_site = await grown.make_site(session, farm_id=shop.farm.id)
    used = await grown.make_input(session)
    before = await made.make_harvest(session, shop, performed_at=NOW - timedelta(days=9))
    elsewhere = await made.make_harvest(session, shop, site_id=other_site.id)
    await made.make_harvest(
        session,
        shop,
        kind=EntryKind.SPRAY,
        input_id=used.id,
        quantity_g=None,
        performed_at=NOW - timedelta(days=6),
    )
    after = await made.make_harvest(session, shop)
    slip = await grown.make_slip(
        session,
        producer_id=shop.producer.id,
        farm_id=shop.farm.id,
        site_id=shop.site.id,
        recorded_by_id=shop.person_id,
        weighed_at=NOW,
    )
    await grown.make_slip(
        session,
        producer_id=shop.producer.id,
        farm_id=shop.farm.id,
        site_id=other_site.id,
        recorded_by_id=shop.person_id,
        weighed_at=NOW,
    )
    good, far, bad = [
        await made.make_lot(session, shop, entry_id=one.id) for one in (before, elsewhere, after)
    ]
    weighed = await made.make_lot(session, shop, entry_id=before.id)
    session.add(made.LotSource(lot_id=weighed.id, intake_slip_id=slip.id, quantity_g=9_000, created_at=NOW))
    await session.flush()
    found = await reach(session, shop, StartKind.INPUT, used.id)
    assert {lot.id for lot in found.lots} == {bad.id, weighed.id}
    assert good.id != far.id
    unused = await grown.make_input(session)
    assert (await reach(session, shop, StartKind.INPUT, unused.id)).lots == []


async def test_wrong_events_and_unpacking_lead_nowhere(session: AsyncSession) -> None:
    """What was declared wrong is not followed, nor is a box that was emptied; a walk that is too long says so."""
    step: dict[str, Any] = {
        "type": "TransformationEvent",
        "eventTime": "2026-11-12T09:00:00+07:00",
        "eventTimeZoneOffset": "+07:00",
    }
    box = {
        **step,
        "type": "AggregationEvent",
        "action": "DELETE",
        "parentID": "urn:x:box",
        "childEPCs": ["urn:x:1"],
    }
    chain = [{**step, "inputEPCList": [f"urn:x:{n}"], "outputEPCList": [f"urn:x:{n + 1}"]} for n in range(15)]
    wrong = {**step, "inputEPCList": ["urn:x:1"], "outputEPCList": ["urn:x:wrong"], "eventID": "urn:uuid:1"}
    declared = {**wrong, "errorDeclaration": {"declarationTime": "2026-11-12T10:00:00Z"}}
    seen = {
        **step,
        "type": "ObjectEvent",
        "action": "OBSERVE",
        "epcList": ["urn:x:1"],
        "urn:x:note": ["AggregationEvent"],
    }
    await events.write_events(
        session, [box, *chain, wrong, declared, seen], owner_id=uuid7(), namespaces={}, now=NOW
    )
    found = await events.trace(session, ["urn:x:1"], forward=True)
    assert set(found.reached) == {f"urn:x:{n}" for n in range(1, 14)} and not found.is_whole
    assert found.reached["urn:x:3"].before == "urn:x:2" and found.reached["urn:x:3"].steps == 2
    back = await events.trace(session, ["urn:x:3"], forward=False)
    assert set(back.reached) == {f"urn:x:{n}" for n in range(4)} and back.is_whole


async def test_a_long_queue_is_told_before_the_walk(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much waits to be told, the walk begins after it; one that reaches too much says so."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    parcels = [await pack(session, lot) for _ in range(3)]
    monkeypatch.setattr(chronicle, "BATCH", 1)
    assert (await reach(session, shop, StartKind.LOT, lot.id)).parcels == sorted(parcels)
    monkeypatch.setattr(tracing, "MOST_REACHED", 2)
    assert not (await reach(session, shop, StartKind.LOT, lot.id)).is_whole


async def test_a_recall_stops_lots_and_labels_and_keeps_a_signed_report(db: Database, house: House) -> None:
    """After it nothing can be labelled, the lots are recalled for ever, and the report cannot be changed unnoticed."""
    signer = service.recall_signer(house.secret)
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        values = {
            "producer_id": shop.producer.id,
            "person_id": shop.person_id,
            "start": Start(StartKind.LOT, lot.id),
            "reason": "Nghi nhiễm thuốc",
            "signer": signer,
            "now": NOW,
        }
        practice = await service.open_recall(session, is_mock=True, **values)
        assert (await lots.get_lot(session, lot.id)).state is LotState.RELEASED
        with pytest.raises(RecallNotFoundError):
            await service.get_recall(session, practice.id)
        recall = await service.open_recall(session, is_mock=False, **values)
        again = await service.open_recall(session, is_mock=False, **values)
        assert (await lots.get_lot(session, lot.id)).state is LotState.RECALLED
        with pytest.raises(LotClosedError):
            await labels.print_labels(
                session, lot_id=lot.id, count=1, layout=Layout.A4, person_id=shop.person_id, now=NOW
            )
        assert [one.id for one in await service.list_lots(session, recall.id)] == [lot.id]
        assert (await service.find_recall_of_lot(session, lot.id)) is again
        assert [one.id for one in await service.list_recalls(session, shop.producer.id)] == [
            again.id,
            recall.id,
            practice.id,
        ]
        assert service.is_signed(recall, signer) and recall.report["lots"][0]["code"] == lot.code
        recall.report = {**recall.report, "lots": []}
        assert not service.is_signed(recall, signer)
        await session.refresh(recall)
        other = await made.make_workshop(session)
        with pytest.raises(RecallNotFoundError):
            await service.get_own_recall(session, recall_id=recall.id, producer_id=other.producer.id)
        with pytest.raises(NothingReachedError):
            await service.open_recall(
                session,
                is_mock=False,
                **values | {"producer_id": other.producer.id, "start": Start(StartKind.SITE, other.site.id)},
            )
    with pytest.raises(DBAPIError):
        async with db.transaction() as session:
            await session.execute(text("DELETE FROM recall_lots"))


async def test_a_recall_is_told_as_an_event(db: Database, house: House) -> None:
    """Whoever follows our events reads the disposition "recalled" of each lot; a practice tells nothing."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        values: dict[str, Any] = {
            "producer_id": shop.producer.id,
            "person_id": shop.person_id,
            "start": Start(StartKind.LOT, lot.id),
            "reason": "Nghi nhiễm thuốc",
            "signer": service.recall_signer(house.secret),
            "now": NOW,
        }
        await service.open_recall(session, is_mock=True, **values)
        recall = await service.open_recall(session, is_mock=False, **values)
    async with db.transaction() as session:
        await chronicle.tell(session, now=NOW)
        rows = await session.scalars(select(StoredEvent).where(StoredEvent.document.contains("recalled")))
        [event] = [json.loads(row.document) for row in rows]
    assert (event["type"], event["action"], event["disposition"]) == ("ObjectEvent", "OBSERVE", "recalled")
    assert event["quantityList"] == [{"epcClass": f"https://id.gs1.org/01/{lot.gtin}/10/{lot.code}"}]
    assert event["bizTransactionList"] == [{"bizTransaction": f"urn:uuid:{recall.id}"}]


async def test_a_lot_that_is_not_there_cannot_be_recalled(session: AsyncSession) -> None:
    """Whoever names an unknown lot hears so; nothing is announced."""
    with pytest.raises(LotNotFoundError):
        await lots.recall_lot(session, lot_id=uuid7())
