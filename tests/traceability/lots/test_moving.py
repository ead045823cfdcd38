"""Splitting and merging: what goes on keeps its weight, its dates, its holds and its harvests (BALANCE.md 12 to 15)."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.diaries.events import EntryRecorded
from producers.diaries.models import DiaryEntry, EntryKind
from storefront.stock import service as stock
from storefront.stock.errors import HeldError
from storefront.stock.service import StockLine
from tests.factories import producers as grown
from tests.factories import traceability as made
from traceability.chronicle import service as chronicle
from traceability.chronicle.telling import lot_class, urn
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.labels.schemas import Layout
from traceability.lots import errors, holding, moving, service
from traceability.lots.models import Lot, LotState
from traceability.lots.moving import Hand
from traceability.lots.schemas import LotPart
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind

NOW, TODAY = made.NOW, made.TODAY


def hand_of(shop: made.Workshop) -> Hand:
    return Hand(shop.producer.id, shop.person_id, NOW)


async def split(session: AsyncSession, shop: made.Workshop, lot: Lot, *parts: int) -> list[Lot]:
    return await moving.split_lot(session, lot_id=lot.id, parts=parts, hand=hand_of(shop))


async def merge(session: AsyncSession, shop: made.Workshop, *parts: tuple[Lot, int]) -> Lot:
    return await moving.merge_lots(
        session, parts=[LotPart(lot.id, grams) for lot, grams in parts], hand=hand_of(shop)
    )


async def shelve(session: AsyncSession, lot: Lot) -> None:
    """Put a lot of the factory on the shelf, as its release would have."""
    await stock.receive_lot(
        session,
        lot_id=lot.id,
        variant_id=lot.variant_id,
        quantity_g=lot.quantity_g,
        expires_on=lot.expires_on,
        now=NOW,
    )


async def on_hand(session: AsyncSession, shop: made.Workshop) -> dict[object, int]:
    """What lies ready, by lot."""
    return {item.lot_id: item.on_hand for item in await stock.list_items(session, [shop.variant.id])}


async def spray(session: AsyncSession, shop: made.Workshop) -> DiaryEntry:
    """A spray two days ago that a harvest of yesterday did not wait for."""
    interval = await grown.make_interval(session, days=7)
    return await made.make_harvest(
        session,
        shop,
        kind=EntryKind.SPRAY,
        input_id=interval.input_id,
        quantity_g=None,
        performed_at=NOW - timedelta(days=2),
        details={},
    )


async def test_a_split_moves_grams_and_nothing_else(session: AsyncSession) -> None:
    """BALANCE 12: each part is a lot with the dates and harvests of its own lot, which keeps the rest; the shelf follows."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    made_on = TODAY - timedelta(days=3)
    lot = await made.make_lot(session, shop, entry_id=entry.id, labelled_g=1_000, produced_on=made_on)
    await shelve(session, lot)
    parts = await split(session, shop, lot, 4_000, 250)
    assert [(one.quantity_g, one.state) for one in parts] == [
        (4_000, LotState.RELEASED),
        (250, LotState.RELEASED),
    ]
    assert [one.code for one in parts] == ["TC261109A", "TC261109B"]
    assert {(one.produced_on, one.expires_on, one.gtin) for one in parts} == {
        (made_on, lot.expires_on, lot.gtin)
    }
    lot = await service.get_lot(session, lot.id)
    assert (lot.moved_g, lot.left_g, lot.quantity_g) == (4_250, 4_750, 10_000)
    assert await on_hand(session, shop) == {lot.id: 57, parts[0].id: 40, parts[1].id: 2}
    [(_row, source)] = await service.list_standing_sources(session, parts[0])
    assert source is not None and source.source_id == entry.id
    assert [(row.quantity_g, one.id) for row, one in await service.list_children(session, [lot.id])] == [
        (4_000, parts[0].id),
        (250, parts[1].id),
    ]
    assert [(row.quantity_g, one.id) for row, one in await service.list_parents(session, [parts[1].id])] == [
        (250, lot.id)
    ]


async def test_a_merge_bears_the_worst_dates(session: AsyncSession) -> None:
    """BALANCE 13: made on the earliest day, good until the first expiry; all that was left, or a part, of each."""
    shop = await made.make_workshop(session)
    old = await made.make_lot(
        session, shop, produced_on=TODAY - timedelta(days=9), expires_on=TODAY + timedelta(days=300)
    )
    short = await made.make_lot(
        session, shop, produced_on=TODAY - timedelta(days=2), expires_on=TODAY + timedelta(days=30)
    )
    blend = await merge(session, shop, (short, 10_000), (old, 2_500))
    assert (blend.produced_on, blend.expires_on, blend.quantity_g) == (
        TODAY - timedelta(days=9),
        TODAY + timedelta(days=30),
        12_500,
    )
    assert blend.state is LotState.RELEASED
    assert len(await service.list_standing_sources(session, blend)) == 2
    assert [(await service.get_lot(session, one.id)).left_g for one in (old, short)] == [7_500, 0]
    assert [one.id for one in await service.list_open_alike(session, blend)] == [old.id]
    again = await merge(session, shop, (blend, 12_500), (old, 7_500))
    assert len(await service.list_standing_sources(session, again)) == 2, "each harvest once"
    assert again.quantity_g == 20_000


async def test_labels_and_lots_share_one_balance(session: AsyncSession) -> None:
    """BALANCE 12: what labels stand for does not go on, what went on is not labelled; the refusals say what is left."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    await labels.print_labels(
        session, lot_id=lot.id, count=60, layout=Layout.A4, person_id=shop.person_id, now=NOW
    )
    with pytest.raises(errors.LotShortError, match="chỉ còn 4\u00a0kg") as short:
        await split(session, shop, lot, 4_000, 1)
    assert short.value.left_g == 4_000
    [part] = await split(session, shop, lot, 3_950)
    with pytest.raises(errors.LabelsExceededError) as exceeded:
        await labels.print_labels(
            session, lot_id=lot.id, count=1, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
    assert exceeded.value.left == 0
    assert "Lô này làm từ: Mẻ hái ngày 11/11/2026" in str(exceeded.value)
    await labels.print_labels(
        session, lot_id=part.id, count=39, layout=Layout.A4, person_id=shop.person_id, now=NOW
    )
    other = await made.make_lot(session, shop)
    with pytest.raises(errors.LotShortError, match="chỉ còn 50\u00a0g"):
        await merge(session, shop, (other, 1_000), (part, 51))


async def test_a_refusal_names_a_few_of_many_harvests(session: AsyncSession) -> None:
    """Labels beyond the balance: three of the harvests behind a blend are named, the rest is hinted at."""
    shop = await made.make_workshop(session)
    parts = [(await made.make_lot(session, shop), 100) for _number in range(4)]
    blend = await merge(session, shop, *parts)
    with pytest.raises(errors.LabelsExceededError) as exceeded:
        await labels.print_labels(
            session, lot_id=blend.id, count=5, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
    said = str(exceeded.value)
    assert said.count("Mẻ hái ngày") == 3 and "…" in said
    unnamed = errors.LabelsExceededError(code="L1", wanted=2, left=1, weight="100 g")
    assert "làm từ" not in str(unnamed)


async def test_an_end_is_an_end(session: AsyncSession) -> None:
    """No way leads back from a recall, whoever asks."""
    lot = await made.make_lot(session, await made.make_workshop(session), state=LotState.RECALLED)
    with pytest.raises(errors.TransitionError, match=lot.code):
        holding.transition(lot, LotState.RELEASED)


async def test_wrong_moves_are_refused(session: AsyncSession) -> None:
    """No part, too many, nothing of it, one lot alone, the same twice, another pack, a stranger's, one at its end."""
    shop, other = await made.make_workshop(session), await made.make_workshop(session)
    lot, second = await made.make_lot(session, shop), await made.make_lot(session, shop)
    foreign = await made.make_lot(session, other)
    for parts in ((), (0,), (100, -1), (1,) * (moving.MOST_PARTS + 1)):
        with pytest.raises(errors.PartsError):
            await split(session, shop, lot, *parts)
    with pytest.raises(errors.MergeAloneError):
        await merge(session, shop, (lot, 100))
    with pytest.raises(errors.LotShortError):
        await merge(session, shop, (lot, 100), (second, 0))
    with pytest.raises(errors.SourceRepeatedError, match=lot.code):
        await merge(session, shop, (lot, 100), (lot, 100))
    with pytest.raises(errors.LotNotFoundError):
        await merge(session, shop, (lot, 100), (foreign, 100))
    for missing in (foreign.id, uuid7()):
        with pytest.raises(errors.LotNotFoundError):
            await moving.split_lot(session, lot_id=missing, parts=[1], hand=hand_of(shop))
    variant = await made.make_variant(session, shop.listing)
    pack = await made.make_lot(session, shop, variant_id=variant.id, gtin=variant.gtin)
    with pytest.raises(errors.OtherPackError, match=pack.code):
        await merge(session, shop, (lot, 100), (pack, 100))
    for state, said in ((LotState.RECALLED, "đã bị thu hồi"), (LotState.EXHAUSTED, "đã hết hàng")):
        ended = await made.make_lot(session, shop, state=state)
        assert await service.list_open_alike(session, ended) == []
        with pytest.raises(errors.LotClosedError, match=said):
            await split(session, shop, ended, 100)


async def test_the_same_form_moves_once(session: AsyncSession) -> None:
    """A form that is sent again answers the first result, whatever it says now; a stranger's id opens nothing."""
    shop, other = await made.make_workshop(session), await made.make_workshop(session)
    lot, second = await made.make_lot(session, shop), await made.make_lot(session, shop)
    split_id, merge_id = uuid7(), uuid7()
    for parts in ([1_000, 2_000, 3_000], [5_000]):
        done = await moving.split_lot(
            session, lot_id=lot.id, parts=parts, hand=hand_of(shop), split_id=split_id
        )
        assert [one.quantity_g for one in done] == [1_000, 2_000, 3_000]
        assert done[0].id == split_id
    for grams in (1_500, 2_500):
        parts = [LotPart(lot.id, grams), LotPart(second.id, grams)]
        blend = await moving.merge_lots(session, parts=parts, hand=hand_of(shop), merge_id=merge_id)
        assert (blend.id, blend.quantity_g) == (merge_id, 3_000)
    for again in (
        moving.split_lot(session, lot_id=lot.id, parts=[1], hand=hand_of(other), split_id=split_id),
        moving.merge_lots(session, parts=[], hand=hand_of(other), merge_id=merge_id),
    ):
        with pytest.raises(errors.LotNotFoundError):
            await again


async def test_the_ids_of_a_split_lead_to_no_other_lot(session: AsyncSession) -> None:
    """An id beside that of another producer's lot is refused before anything is taken, and a repeat answers own parts alone."""
    shop, other = await made.make_workshop(session), await made.make_workshop(session)
    lot, theirs = await made.make_lot(session, shop), await made.make_lot(session, other)
    beside = moving.part_id(theirs.id, 1)
    with pytest.raises(errors.LotNotFoundError):
        await moving.split_lot(session, lot_id=lot.id, parts=[100, 200], hand=hand_of(shop), split_id=beside)
    assert (await service.get_lot(session, lot.id)).moved_g == 0
    for _again in range(2):
        [part] = await moving.split_lot(
            session, lot_id=lot.id, parts=[100], hand=hand_of(shop), split_id=beside
        )
        assert part.id == beside


async def test_parts_are_held_and_freed_with_their_lot(session: AsyncSession) -> None:
    """BALANCE 14: a lot that is held may be split, its parts are held, and the shop gets them when the diary frees them."""
    shop = await made.make_workshop(session)
    early = await spray(session, shop)
    lot = await service.recheck_lot(session, lot_id=(await made.make_lot(session, shop)).id, now=NOW)
    assert lot.state is LotState.HELD
    clear = await made.make_workshop(session)
    clear.variant, clear.producer = shop.variant, shop.producer
    other = await made.make_lot(session, shop, entry_id=(await made.make_harvest(session, clear)).id)
    [part] = await split(session, shop, lot, 4_000)
    blend = await merge(session, shop, (other, 1_000), (part, 1_000))
    for one in (part, blend):
        assert (one.state, one.held_by_entry_id) == (LotState.HELD, early.id)
        assert "Abamectin" in str(await service.explain_hold(session, one))
    assert (await service.get_lot(session, other.id)).state is LotState.RELEASED
    with pytest.raises(errors.LotHeldError):
        await labels.print_labels(
            session, lot_id=blend.id, count=1, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
    assert await on_hand(session, shop) == {}
    await grown.make_entry(
        session,
        producer_id=shop.producer.id,
        site_id=shop.site.id,
        person_id=shop.person_id,
        kind=EntryKind.SPRAY,
        input_id=early.input_id,
        corrects_id=early.id,
        is_void=True,
        quantity_g=None,
    )
    await service.recheck_lot(session, lot_id=blend.id, now=NOW)
    assert await on_hand(session, shop) == {lot.id: 60, part.id: 30, blend.id: 20}


async def test_a_late_spray_holds_whatever_became_of_the_leaf(session: AsyncSession) -> None:
    """BALANCE 14: an entry that arrives after the split and the merge holds the lot, its part and the blend."""
    shop = await made.make_workshop(session)
    far = await grown.make_site(session, farm_id=shop.farm.id, name="Đồi xa")
    lot = await made.make_lot(session, shop)
    clear = await made.make_lot(
        session, shop, entry_id=(await made.make_harvest(session, shop, site_id=far.id)).id
    )
    [part] = await split(session, shop, lot, 4_000)
    blend = await merge(session, shop, (clear, 1_000), (part, 1_000))
    late = await spray(session, shop)
    await service.on_entry_recorded(
        session, EntryRecorded(entry_id=late.id, site_id=shop.site.id, corrects_id=None, recorded_at=NOW)
    )
    states = [(await service.get_lot(session, one.id)).state for one in (lot, part, blend, clear)]
    assert states == [LotState.HELD] * 3 + [LotState.RELEASED]


async def test_what_buyers_hold_stays_in_its_lot(session: AsyncSession) -> None:
    """BALANCE 15: goods that somebody ordered do not go on; what is free does, by the kilo or by the piece."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    await shelve(session, lot)
    lot_id = lot.id
    line = StockLine(uuid7(), shop.variant.id, 70)
    later = NOW + timedelta(minutes=15)
    await stock.reserve(session, order_id=uuid7(), lines=[line], expires_at=later, now=NOW)
    with pytest.raises(HeldError):
        async with session.begin_nested():
            await split(session, shop, lot, 3_001, 100)
    lot = await service.get_lot(session, lot_id)
    assert lot.moved_g == 0
    await split(session, shop, lot, 3_000)
    assert (await on_hand(session, shop))[lot.id] == 70


async def test_less_than_a_pack_takes_no_pack_off_the_shelf(session: AsyncSession) -> None:
    """BALANCE 15: crumbs that were in no whole pack go on without the shelf noticing."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop, quantity_g=1_090)
    await shelve(session, lot)
    [part] = await split(session, shop, lot, 90)
    assert await on_hand(session, shop) == {lot.id: 10, part.id: 0}


async def test_parts_and_blends_are_transformations(session: AsyncSession) -> None:
    """The chronicle tells each new lot as a TransformationEvent out of lots, and traces go through, both ways."""
    shop = await made.make_workshop(session)
    entry = await made.make_harvest(session, shop)
    lot = await made.make_lot(session, shop, entry_id=entry.id)
    other = await made.make_lot(session, shop)
    await chronicle.on_lot_made(session, service.LotMade(lot_id=lot.id, made_at=NOW))
    [part] = await split(session, shop, lot, 4_000)
    blend = await merge(session, shop, (part, 1_000), (other, 2_000))
    await chronicle.tell(session, now=NOW)
    name = {one.id: lot_class(one.gtin, one.code) for one in (lot, other, part, blend)}
    [event] = (await find(session, MATCH_outputEPCClass=[name[blend.id]])).events
    told = json.loads(event.document)
    assert (told["type"], told["bizStep"]) == ("TransformationEvent", "creating_class_instance")
    inputs = {one["epcClass"]: one["quantity"] for one in told["inputQuantityList"]}
    assert inputs == {name[part.id]: 1_000, name[other.id]: 2_000}
    assert told["outputQuantityList"] == [{"epcClass": name[blend.id], "quantity": 3_000, "uom": "GRM"}]
    assert told["ilmd"]["cbvmda:lotNumber"] == blend.code
    forward = await events.trace(session, [urn(entry.id)], forward=True)
    assert {name[lot.id], name[part.id], name[blend.id]} <= set(forward.reached)
    back = await events.trace(session, [name[blend.id]], forward=False)
    assert urn(entry.id) in back.reached and back.reached[name[lot.id]].steps == 2


async def test_a_recall_reaches_parts_and_blends(session: AsyncSession, house: House) -> None:
    """From the harvest's lot to its part and the blend, from the books alone and into the signed report."""
    shop = await made.make_workshop(session)
    lot, clear = await made.make_lot(session, shop), await made.make_lot(session, shop)
    [part, rest] = await split(session, shop, lot, 4_000, 6_000)
    blend = await merge(session, shop, (part, 1_000), (clear, 1_000))
    recall = await recalls.open_recall(
        session,
        producer_id=shop.producer.id,
        person_id=shop.person_id,
        start=recalls.Start(StartKind.LOT, lot.id),
        reason="Nghi nhiễm thuốc",
        is_mock=False,
        signer=recalls.recall_signer(house.secret),
        now=NOW,
    )
    stopped = {one.id for one in await recalls.list_lots(session, recall.id)}
    assert stopped == {lot.id, part.id, rest.id, blend.id}
    assert {one["code"] for one in recall.report["lots"]} == {one.code for one in (lot, part, rest, blend)}
    assert (await service.get_lot(session, clear.id)).state is LotState.RELEASED
    with pytest.raises(errors.LotClosedError):
        await split(session, shop, rest, 100)


async def test_codes_of_parts_follow_the_day_of_making(db: Database) -> None:
    """Two splits of one day take the next letters; a code is never used twice under a GTIN."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop, produced_on=date(2026, 11, 1))
        first = await split(session, shop, lot, 100, 100)
        second = await split(session, shop, lot, 100)
    assert [one.code for one in first + second] == ["TC261101A", "TC261101B", "TC261101C"]


async def find(session: AsyncSession, **parameters: object) -> events.ResultPage:
    """The events of a query."""
    query = await events.build_query(session, parameters, sight=events.see_all())
    return await events.find_events(session, query=query, sight=events.see_all(), per_page=30)
