"""A recall's money and messages under many hands at once: real connections, and a negative control that shows the race."""

from __future__ import annotations

import asyncio
from uuid import UUID

from sqlalchemy import func, select, update

from app.core.errors import BusyError, ConflictError
from app.core.ids import uuid7
from storefront.fulfilment import recalled, refunding
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.models import RecallMessage
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import money_back, parcels
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from storefront.refunds.models import Refund
from storefront.stock import repository
from storefront.stock.errors import SoldOutError
from storefront.stock.models import StockItem
from tests.factories.orders import BANK, make_order, make_paid_order
from tests.factories.recalls import LATER, make_shop, open_recall, parcel_of, send
from tests.factories.storefront import make_stock
from tests.instants import until_stopped
from traceability.lots import service as lots

TIMES = 20
WORDS = dict.fromkeys(("got_vi", "got_en", "waiting_vi", "waiting_en"), "Đừng dùng [hàng].")


async def recalled_order(db):
    """A delivered order of one recalled box (350.000 đồng) and one good bag (100.000): (shop, recall, order, parcel)."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel = await send(session, shop, order, until="deliver")
        return shop, await open_recall(session, shop), order, parcel


async def owed(db, order):
    """What the books owe the buyer."""
    async with db.transaction() as session:
        return -await ledger.balance(session, accounts.refund_payable(PayableKind.ORDER, order.id))


async def press(db, shop, recall, parcel, *, is_whole):
    """One press on "give back" in a transaction of its own: the refund, or None."""
    async with db.transaction() as session:
        return await recalled.give_back(
            session,
            recall=recall,
            consignment_id=parcel.id,
            is_whole=is_whole,
            person_id=shop.manager_id,
            now=LATER,
        )


async def test_twenty_presses_give_back_once(db):
    """Twenty at once refund the recalled line once; twenty of both kinds with goods that come back never pass the price."""
    shop, recall, order, parcel = await recalled_order(db)
    pressed = await asyncio.gather(*(press(db, shop, recall, parcel, is_whole=False) for _ in range(TIMES)))
    assert sum(refund is not None for refund in pressed) == 1
    assert await owed(db, order) == 350_000

    async def take_back():
        async with db.transaction() as session:
            await fulfilment.take_back(
                session,
                consignment_id=parcel.id,
                producer_id=shop.producer_id,
                person_id=shop.packer_id,
                now=LATER,
            )

    mixed = [press(db, shop, recall, parcel, is_whole=one % 2 == 0) for one in range(TIMES)]
    await asyncio.gather(*mixed, take_back())
    assert await owed(db, order) == 450_000
    async with db.transaction() as session:
        assert await session.scalar(select(func.sum(Refund.amount_minor))) == 450_000


async def test_read_then_book_gives_back_too_often(db):
    """Negative control: who reads first whether the line was paid back, and books afterwards, pays it many times."""
    shop, _recall, order, parcel = await recalled_order(db)
    at_the_desk = asyncio.Barrier(TIMES)

    async def press_carelessly():
        async with db.transaction() as session:
            whole = await parcels.get_parcel(session, consignment_id=parcel.id, producer_id=shop.producer_id)
            before = await money_back.list_refunded(session, [line.id for line in whole.lines])
            due = refunding.sum_due(whole, whole.lines[:1], before)
            await at_the_desk.wait()
            await ledger.record(
                session,
                kind="refund_owed",
                source=f"careless:{uuid7()}",
                memo=order.code,
                entries=[
                    (accounts.seller_payable(shop.producer_id), due.goods_minor),
                    (accounts.refund_payable(PayableKind.ORDER, order.id), -due.goods_minor),
                ],
                occurred_at=LATER,
                now=LATER,
            )

    await asyncio.gather(*(press_carelessly() for _ in range(TIMES)))
    assert await owed(db, order) == TIMES * 350_000


async def test_the_accountants_twenty_presses_pay_once(db):
    """The transfer is written down once; the others are told that nothing is left."""
    shop, recall, order, parcel = await recalled_order(db)
    refund = await press(db, shop, recall, parcel, is_whole=False)

    async def pay():
        try:
            async with db.transaction() as session:
                await refunds.record_paid(
                    session,
                    refund_id=refund.id,
                    bank_account=BANK,
                    reference="FT1",
                    person_id=shop.manager_id,
                    now=LATER,
                )
        except ConflictError:
            return False
        return True

    assert sum(await asyncio.gather(*(pay() for _ in range(TIMES)))) == 1
    assert await owed(db, order) == 0


async def test_twenty_presses_tell_each_buyer_once(db, house, run_jobs):
    """Two buyers, twenty presses at once: one message each."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        for phone in ("+84912000111", "+84912000222"):
            await parcel_of(session, await make_paid_order(session, shop.bad, phone=phone))
        recall = await open_recall(session, shop)

    async def tell():
        try:
            async with db.transaction() as session:
                return await recalled.send_messages(
                    session, recall=recall, drafts=WORDS, person_id=shop.manager_id, now=LATER
                )
        except BusyError:
            return 0

    assert sum(await asyncio.gather(*(tell() for _ in range(TIMES)))) == 2
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(RecallMessage)) == 2
    await run_jobs()
    told = [phone for phone, body in house.sms.sent if "Đừng dùng" in body]
    assert sorted(told) == ["+84912000111", "+84912000222"]


async def buy_while_recalling(db):
    """Two lots of one box are recalled one after the other while a basket comes between; answers what refused whom."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        first = await make_stock(session, shop.bad)
        # It came on the shelf before the other: the recall's order of lots is not the shelf's order of items.
        await session.execute(update(StockItem).where(StockItem.id == first.id).values(id=UUID(int=1)))
        lot_ids = [shop.bad_item.lot_id, first.lot_id]
    refused = []

    async def buy():
        try:
            async with db.transaction() as session:
                await make_order(session, shop.bad)
        except (BusyError, ConflictError) as error:
            refused.append(type(error))

    try:
        async with db.transaction() as session:
            await lots.recall_lot(session, lot_id=lot_ids[0])
            buying = asyncio.create_task(buy())
            await until_stopped(db, buying)
            await lots.recall_lot(session, lot_id=lot_ids[1])
    except BusyError as error:
        refused.append(type(error))
    await buying
    return refused


async def test_a_recall_and_a_basket_do_not_wait_for_each_other(db):
    """Who buys while several lots are frozen waits, and is told that it is sold out."""
    assert await buy_while_recalling(db) == [SoldOutError]


async def test_freezing_item_by_item_would_lock_them_up(db, monkeypatch):
    """Negative control: a recall that locks only the item that it freezes waits for the basket, and the basket for it."""

    async def none_of_them(*_args):
        return []

    monkeypatch.setattr(repository, "list_variants_of_lot", none_of_them)
    assert BusyError in await buy_while_recalling(db)
