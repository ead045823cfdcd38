"""Many printers at once: the weight of a lot is never labelled twice."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, update

from app.core.db import Database
from app.core.errors import AppError
from producers.listings.models import Variant
from tests.factories import traceability as made
from traceability.labels import service
from traceability.labels.models import Serial
from traceability.labels.schemas import Layout
from traceability.lots import repository, sources
from traceability.lots import service as lots
from traceability.lots.models import Lot, SourceBalance
from traceability.lots.schemas import SourceKind, SourcePart

CLIENTS = 32


async def test_thirty_two_printers_never_pass_the_lot(db: Database) -> None:
    """BALANCE 8: of 32 jobs for 3 labels each, a lot of 20 packs prints exactly 18 labels."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session), quantity_g=2_000)

    async def print_three() -> bool:
        try:
            async with db.transaction() as session:
                await service.print_labels(
                    session,
                    lot_id=lot.id,
                    count=3,
                    layout=Layout.A4,
                    person_id=lot.created_by_id,
                    now=made.NOW,
                )
        except AppError:
            return False
        return True

    done = await asyncio.gather(*(print_three() for _client in range(CLIENTS)))
    async with db.transaction() as session:
        printed = await session.scalar(
            select(func.count()).select_from(Serial).where(Serial.lot_id == lot.id)
        )
        assert (sum(done), printed) == (6, 18)
        assert (await lots.get_lot(session, lot.id)).labelled_g == 1_800


async def test_reading_before_writing_would_pass_the_lot(db: Database) -> None:
    """Negative control: with read-then-write the same 32 jobs take more than the lot holds."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session), quantity_g=2_000)
    have_read = asyncio.Barrier(CLIENTS)

    async def print_three() -> int:
        async with db.transaction() as session:
            seen = await lots.get_lot(session, lot.id)
            variant = await session.get_one(Variant, seen.variant_id)
            await have_read.wait()
            grams = 3 * variant.net_weight_g
            if seen.labelled_g + grams > seen.quantity_g:
                return 0
            statement = update(Lot).where(Lot.id == lot.id).values(labelled_g=seen.labelled_g + grams)
            await session.execute(statement)
            return grams

    taken = await asyncio.gather(*(print_three() for _client in range(CLIENTS)))
    assert sum(taken) > 2_000


async def test_thirty_two_lots_never_pass_their_harvest(db: Database) -> None:
    """BALANCE 1: of 32 lots that want 8.4 kg each, a harvest of 50 kg feeds exactly five, each with its own code."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)

    async def make() -> str | None:
        try:
            async with db.transaction() as session:
                lot = await lots.create_lot(
                    session,
                    producer_id=shop.producer.id,
                    variant_id=shop.variant.id,
                    sources=[SourcePart(SourceKind.HARVEST, entry.id, 8_400)],
                    quantity_g=2_000,
                    produced_on=made.TODAY,
                    person_id=shop.person_id,
                    now=made.NOW,
                )
        except AppError:
            return None
        return lot.code

    codes = [code for code in await asyncio.gather(*(make() for _client in range(CLIENTS))) if code]
    assert sorted(codes) == [f"TC261112{letter}" for letter in "ABCDE"]
    async with db.transaction() as session:
        assert await repository.list_used(session, [entry.id]) == {entry.id: 42_000}


async def test_reading_before_taking_would_pass_the_harvest(db: Database) -> None:
    """Negative control: who reads what is left and then takes it gives the harvest out more than once."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
        await repository.open_balance(session, entry.id, 50_000)
    have_read = asyncio.Barrier(CLIENTS)

    async def take() -> int:
        async with db.transaction() as session:
            [source] = await sources.list_open(session, shop.producer.id, household_id=None)
            await have_read.wait()
            if source.left_g < 8_400:
                return 0
            used = source.quantity_g - source.left_g + 8_400
            await session.execute(
                update(SourceBalance).where(SourceBalance.source_id == entry.id).values(used_g=used)
            )
            return 8_400

    assert sum(await asyncio.gather(*(take() for _client in range(CLIENTS)))) > 50_000
