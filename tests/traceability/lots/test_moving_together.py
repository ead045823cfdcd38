"""Splits and merges at the same moment, and any number of them in any order: no gram is made, lost or counted twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.errors import AppError
from app.core.events import emit
from app.core.ids import uuid7
from app.web.house import House
from producers.diaries.events import EntryRecorded
from producers.diaries.models import EntryKind
from storefront.stock import service as stock
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.instants import until_stopped
from traceability.labels import service as labels
from traceability.labels.models import Serial, SerialState
from traceability.labels.schemas import Layout
from traceability.lots import moving, repository, service
from traceability.lots.models import Lot, LotSource, LotState
from traceability.lots.moving import Hand
from traceability.lots.schemas import LotPart, SourceKind, SourcePart
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind

CLIENTS = 32
NOW = made.NOW


async def start(db: Database) -> tuple[made.Workshop, Lot]:
    """A workshop with a released lot of ten kilos."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        return shop, await made.make_lot(session, shop)


def hand_of(shop: made.Workshop) -> Hand:
    return Hand(shop.producer.id, shop.person_id, NOW)


# ---------------------------------------------------------------- any number, in any order


async def act(session: AsyncSession, shop: made.Workshop, entry_id: UUID, step: tuple[Any, ...]) -> None:
    """One step of a story; numbers choose among the lots that there are."""
    kind, first, second, grams = step
    lots = sorted(await service.list_lots(session, shop.producer.id), key=lambda lot: lot.id)
    lot, other = lots[first % len(lots)], lots[second % len(lots)]
    if kind == "make":
        await service.create_lot(
            session,
            producer_id=shop.producer.id,
            variant_id=shop.variant.id,
            sources=[SourcePart(SourceKind.HARVEST, entry_id, grams * 5)],
            quantity_g=grams,
            produced_on=made.TODAY,
            person_id=shop.person_id,
            now=NOW,
        )
    elif kind == "split":
        await moving.split_lot(session, lot_id=lot.id, parts=[grams, second + 1], hand=hand_of(shop))
    elif kind == "merge":
        parts = [LotPart(lot.id, grams), LotPart(other.id, first + 1)]
        await moving.merge_lots(session, parts=parts, hand=hand_of(shop))
    elif kind == "label":
        await labels.print_labels(
            session,
            lot_id=lot.id,
            count=grams // 100 + 1,
            layout=Layout.A4,
            person_id=shop.person_id,
            now=NOW,
        )
    else:
        issued = select(Serial).where(Serial.state == SerialState.ISSUED).order_by(Serial.id)
        for serial in await session.scalars(issued.limit(1)):
            await labels.void_serial(session, typed=serial.serial, producer_id=shop.producer.id)


async def weigh(session: AsyncSession, shop: made.Workshop) -> None:
    """Every gram that was made lies in exactly one place: under a label, or in a lot that is left."""
    lots = await service.list_lots(session, shop.producer.id)
    rows = await service.list_sources(session, [lot.id for lot in lots])
    bred = {row.lot_id for row in rows if row.from_lot_id is not None}
    assert sum(lot.quantity_g for lot in lots if lot.id not in bred) == sum(
        lot.labelled_g + lot.left_g for lot in lots
    )
    shelf = {item.lot_id: item.on_hand for item in await stock.list_items(session, [shop.variant.id])}
    for lot in lots:
        assert lot.left_g >= 0
        assert lot.moved_g == sum(row.quantity_g for row in rows if row.from_lot_id == lot.id)
        if lot.id in bred:
            assert lot.quantity_g == sum(row.quantity_g for row in rows if row.lot_id == lot.id)
        standing = select(func.count()).where(Serial.lot_id == lot.id, Serial.state != SerialState.VOID)
        assert lot.labelled_g == 100 * ((await session.scalar(standing)) or 0)
        assert shelf[lot.id] == (lot.quantity_g - lot.moved_g) // 100


STEPS = st.tuples(
    st.sampled_from(["make", "split", "merge", "label", "void"]),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 2_500),
)


async def test_no_story_makes_or_loses_a_gram(house: House, db: Database) -> None:
    """Whatever is made, split, merged, labelled and made void, in any order: weights, labels and shelf agree to the gram."""

    async def tell(steps: list[tuple[Any, ...]]) -> None:
        async with (
            Database(db.url, pool_size=1, handlers=db.handlers) as apart,
            apart.transaction() as session,
        ):
            shop = await made.make_workshop(session)
            entry = await made.make_harvest(session, shop)
            await service.create_lot(
                session,
                producer_id=shop.producer.id,
                variant_id=shop.variant.id,
                sources=[SourcePart(SourceKind.HARVEST, entry.id, 20_000)],
                quantity_g=4_000,
                produced_on=made.TODAY,
                person_id=shop.person_id,
                now=NOW,
            )
            for step in steps:
                try:
                    async with session.begin_nested():
                        await act(session, shop, entry.id, step)
                except AppError:
                    continue
            await weigh(session, shop)
            await session.rollback()

    @settings(max_examples=12)
    @given(st.lists(STEPS, max_size=12))
    def any_story(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run(tell(steps))

    await asyncio.to_thread(any_story)


# ---------------------------------------------------------------- at the same moment


async def test_thirty_two_splits_never_pass_the_lot(db: Database) -> None:
    """BALANCE 12: of 32 splits of 3 kg each, a lot of 10 kg feeds exactly three, each with a code of its own."""
    shop, lot = await start(db)

    async def split() -> str | None:
        try:
            async with db.transaction() as session:
                [part] = await moving.split_lot(session, lot_id=lot.id, parts=[3_000], hand=hand_of(shop))
        except AppError:
            return None
        return part.code

    codes = [code for code in await asyncio.gather(*(split() for _client in range(CLIENTS))) if code]
    assert len(set(codes)) == 3
    async with db.transaction() as session:
        assert (await service.get_lot(session, lot.id)).left_g == 1_000


async def test_reading_before_taking_would_pass_the_lot(db: Database) -> None:
    """Negative control: who reads what is left and then takes it gives the lot out more than once."""
    _shop, lot = await start(db)
    have_read = asyncio.Barrier(CLIENTS)

    async def split() -> int:
        async with db.transaction() as session:
            seen = await service.get_lot(session, lot.id)
            await have_read.wait()
            if seen.left_g < 3_000:
                return 0
            statement = update(Lot).where(Lot.id == lot.id).values(moved_g=seen.moved_g + 3_000)
            await session.execute(statement)
            return 3_000

    assert sum(await asyncio.gather(*(split() for _client in range(CLIENTS)))) > 10_000


async def test_splits_merges_and_printers_share_one_lot(db: Database) -> None:
    """Sixteen printers, eight splits and eight merges at once: all that was taken is at most what there was."""
    shop, lot = await start(db)
    async with db.transaction() as session:
        other = await made.make_lot(session, shop, quantity_g=100_000)

    async def take(number: int) -> None:
        try:
            async with db.transaction() as session:
                if number % 2:
                    await labels.print_labels(
                        session,
                        lot_id=lot.id,
                        count=7,
                        layout=Layout.A4,
                        person_id=shop.person_id,
                        now=NOW,
                    )
                elif number % 4:
                    await moving.split_lot(session, lot_id=lot.id, parts=[900, 150], hand=hand_of(shop))
                else:
                    parts = [LotPart(other.id, 700), LotPart(lot.id, 700)]
                    await moving.merge_lots(session, parts=parts, hand=hand_of(shop))
        except AppError:
            return

    await asyncio.gather(*(take(number) for number in range(CLIENTS)))
    async with db.transaction() as session:
        lot = await service.get_lot(session, lot.id)
        taken = await session.scalar(
            select(func.sum(LotSource.quantity_g)).where(LotSource.from_lot_id == lot.id)
        )
        printed = await session.scalar(select(func.count()).where(Serial.lot_id == lot.id))
    assert (lot.moved_g, lot.labelled_g) == (taken, 100 * printed)
    assert 0 <= lot.left_g < 700


async def test_the_same_form_at_the_same_instant_splits_once(db: Database) -> None:
    """Two that bring one new id wait for each other: the same parts for both, taken once."""
    shop, lot = await start(db)
    split_id = uuid7()

    async def split() -> list[UUID]:
        async with db.transaction() as session:
            parts = await moving.split_lot(
                session, lot_id=lot.id, parts=[1_000, 500], hand=hand_of(shop), split_id=split_id
            )
            return [part.id for part in parts]

    first, *others = await asyncio.gather(*(split() for _client in range(4)))
    assert others == [first] * 3
    async with db.transaction() as session:
        assert (await service.get_lot(session, lot.id)).moved_g == 1_500


# ---------------------------------------------------------------- while the ground moves


async def stop_while_splitting(db: Database, house: House) -> LotState:
    """A recall begins while a split is on its way; answers the state of the part."""
    shop, lot = await start(db)

    async def recall() -> None:
        async with db.transaction() as session:
            await recalls.open_recall(
                session,
                producer_id=shop.producer.id,
                person_id=shop.person_id,
                start=recalls.Start(StartKind.LOT, lot.id),
                reason="Nghi nhiễm thuốc",
                is_mock=False,
                signer=recalls.recall_signer(house.secret),
                now=NOW,
            )

    async with db.transaction() as session:
        [part] = await moving.split_lot(session, lot_id=lot.id, parts=[3_000], hand=hand_of(shop))
        stopping = asyncio.create_task(recall())
        await until_stopped(db, stopping)
    await stopping
    async with db.transaction() as session:
        assert (await service.get_lot(session, lot.id)).state is LotState.RECALLED
        return (await service.get_lot(session, part.id)).state


async def test_a_recall_waits_for_the_split_and_stops_its_parts(db: Database, house: House) -> None:
    """BALANCE 14: what is split while a recall begins is recalled with its lot."""
    assert await stop_while_splitting(db, house) is LotState.RECALLED


async def test_without_closed_books_a_part_would_escape_the_recall(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: a recall that does not wait stops the lot, and its part stays on sale."""
    monkeypatch.setattr(repository, "close_books", let_pass)
    assert await stop_while_splitting(db, house) is LotState.RELEASED


async def spray_while_splitting(db: Database) -> LotState:
    """A late spray arrives while a split is on its way; answers the state of the part."""
    shop, lot = await start(db)

    async def spray() -> None:
        async with db.transaction() as session:
            interval = await grown.make_interval(session, days=7)
            entry = await made.make_harvest(
                session,
                shop,
                kind=EntryKind.SPRAY,
                input_id=interval.input_id,
                quantity_g=None,
                performed_at=NOW - timedelta(days=2),
                details={},
            )
            await emit(
                session,
                EntryRecorded(entry_id=entry.id, site_id=shop.site.id, corrects_id=None, recorded_at=NOW),
            )

    async with db.transaction() as session:
        [part] = await moving.split_lot(session, lot_id=lot.id, parts=[3_000], hand=hand_of(shop))
        arriving = asyncio.create_task(spray())
        await until_stopped(db, arriving)
    await arriving
    async with db.transaction() as session:
        assert (await service.get_lot(session, lot.id)).state is LotState.HELD
        return (await service.get_lot(session, part.id)).state


async def test_a_late_spray_waits_for_the_split_and_holds_its_parts(db: Database) -> None:
    """BALANCE 14: what is split while a spray arrives is held with its lot."""
    assert await spray_while_splitting(db) is LotState.HELD


async def test_without_closed_books_a_part_would_escape_the_hold(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: an entry that does not wait holds the lot, and its part stays on sale."""
    monkeypatch.setattr(repository, "close_books", let_pass)
    assert await spray_while_splitting(db) is LotState.RELEASED


async def let_pass(*_args: object) -> None:
    """Wait for nobody."""
