"""A migration is not taken back over facts that the older tables cannot hold; without such facts it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.core import migrations
from app.core.db import Database
from app.core.postgres import EmbeddedPostgres
from app.web.house import House
from storefront.fulfilment import recalled
from storefront.refunds import service as refunds
from storefront.tours import cancelling
from tests.factories import traceability as made
from tests.factories.orders import BANK, make_paid_order
from tests.factories.recalls import LATER, make_shop, open_recall, send
from tests.factories.settlements import make_house, make_settlement, owed_to, weigh
from tests.factories.storefront import make_stock, make_variant
from tests.factories.visits import NOW, make_visit
from tests.factories.vouchers import make_voucher_for, order_with
from tests.storefront.tours.test_bookings import book, pay
from traceability.lots import moving
from traceability.lots.moving import Hand


@pytest.fixture
async def own(house: House, server: EmbeddedPostgres, template: str) -> AsyncIterator[Database]:
    """A database whose shape a test may change."""
    server.create_database("takenback", template=template)
    async with Database(server.url("takenback"), handlers=house.database.handlers) as database:
        yield database
    server.drop_database("takenback")


async def take_back(database: Database, revision: str) -> None:
    """Migrate down to a revision, and up again."""
    await database.close()
    await asyncio.to_thread(migrations.downgrade, database.url, revision)
    await asyncio.to_thread(migrations.upgrade, database.url)


async def test_money_that_went_back_is_not_forgotten(own: Database) -> None:
    """A visit's open refund survives the way down and up; once it is paid, or for recalled goods, the way is refused."""
    async with own.transaction() as session:
        visit = await make_visit(session)
        booking = await book(session, visit, 2)
        await pay(session, booking)
        await cancelling.cancel_booking(session, booking_id=booking.id, now=NOW)
    await take_back(own, "0025")
    async with own.transaction() as session:
        [again] = await refunds.list_refunds(session)
        assert (again.payable_id, again.amount_minor, again.paid_at) == (booking.id, 300_000, None)
        await refunds.record_paid(
            session,
            refund_id=again.id,
            bank_account=BANK,
            reference="FT1",
            person_id=visit.host.id,
            now=NOW,
        )
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0025")


async def test_money_for_recalled_goods_is_not_forgotten(own: Database) -> None:
    """With money owed for recalled goods the way down is refused."""
    async with own.transaction() as session:
        shop = await make_shop(session)
        parcel = await send(session, shop, await make_paid_order(session, shop.bad), until="deliver")
        await recalled.give_back(
            session,
            recall=await open_recall(session, shop),
            consignment_id=parcel.id,
            is_whole=False,
            person_id=shop.manager_id,
            now=LATER,
        )
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0025")


async def test_parts_keep_what_they_came_from(own: Database) -> None:
    """With lots that were split the way down is refused; with other lots it is open."""
    async with own.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
    await take_back(own, "0024")
    async with own.transaction() as session:
        hand = Hand(shop.producer.id, shop.person_id, made.NOW)
        await moving.split_lot(session, lot_id=lot.id, parts=[4_000], hand=hand)
    with pytest.raises(RuntimeError, match="split or merged"):
        await take_back(own, "0024")


async def test_what_a_voucher_took_off_is_not_forgotten(own: Database) -> None:
    """With an order that used a voucher the way down is refused; with vouchers that nobody used it is open."""
    async with own.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        await make_voucher_for(session, variant)
    await take_back(own, "0030")
    async with own.transaction() as session:
        await make_voucher_for(session, variant)
        await order_with(session, variant)
    with pytest.raises(RuntimeError, match="discounts of orders"):
        await take_back(own, "0030")


async def test_what_was_settled_is_not_paid_again(own: Database) -> None:
    """With slips that are settled the way down is refused; without, the slips survive it and are settled after."""
    async with own.transaction() as session:
        house = await make_house(session)
        await weigh(session, house)
    await take_back(own, "0030")
    async with own.transaction() as session:
        await make_settlement(session, house)
        assert await owed_to(session, house) == 350_000
    with pytest.raises(RuntimeError, match="paid again"):
        await take_back(own, "0030")
