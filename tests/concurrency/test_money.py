"""The last piece and the same money under many hands: real connections, each guard with a control that shows the race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.checkout import service as checkout
from storefront.orders import cancelling
from storefront.orders import service as orders
from storefront.orders.errors import WrongStateError
from storefront.orders.models import Order, OrderState
from storefront.payments import receipts
from storefront.payments import repository as payments_repository
from storefront.payments.models import Payment, Receipt
from storefront.stock.errors import SoldOutError
from storefront.stock.models import StockItem
from tests.books import list_breaches
from tests.factories.orders import BANK, SECRET, counters, get_payment, make_order, make_recipient
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant

PRICE = 350_000
TOTAL = 380_000
LATER = NOW + timedelta(minutes=1)


async def shelf(db, on_hand):
    """A pack with so much on the shelf: (variant, stock item)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        return variant, await make_stock(session, variant, on_hand=on_hand)


async def order_of(db):
    """An unpaid order of one pack: (order, its payment, stock item)."""
    variant, item = await shelf(db, 3)
    async with db.transaction() as session:
        order = await make_order(session, variant)
        return order, await get_payment(session, order), item


async def buy_at_once(db, variant, buyers):
    """So many buyers order one pack each at the same moment: their orders, and the refusals."""
    async with db.transaction() as session:
        carts = [(await make_cart(session, lines={variant.id: 1}))[0].id for _ in range(buyers)]
    at_the_counter = asyncio.Barrier(buyers)

    async def buy(cart_id):
        try:
            async with db.transaction() as session:
                await at_the_counter.wait()
                order = await checkout.place_order(
                    session,
                    secret=SECRET,
                    cart_id=cart_id,
                    recipient=make_recipient(),
                    seen_total_minor=TOTAL,
                    now=NOW,
                )
                return order.id
        except ConflictError as refusal:
            return refusal

    answers = await asyncio.gather(*(buy(cart_id) for cart_id in carts))
    return [one for one in answers if not isinstance(one, ConflictError)], [
        one for one in answers if isinstance(one, ConflictError)
    ]


async def breaches(db):
    """What is not as it must be."""
    async with db.transaction() as session:
        return await list_breaches(session, now=LATER)


async def test_eight_buyers_for_one(db):
    """O5: of eight buyers for the last one exactly one gets an order, seven are told politely, the counter is 1."""
    variant, item = await shelf(db, 1)
    placed, refused = await buy_at_once(db, variant, 8)
    assert (len(placed), len(refused)) == (1, 7)
    assert all(isinstance(one, SoldOutError) and one.available == 0 for one in refused)
    async with db.transaction() as session:
        assert await counters(session, item) == (1, 1, 0)
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
    assert await breaches(db) == []


async def test_sixteen_buyers_for_a_thousand(db):
    """O5: sixteen buyers of a thousand all get their order, and the counter is 16."""
    variant, item = await shelf(db, 1_000)
    placed, refused = await buy_at_once(db, variant, 16)
    assert (len(placed), refused) == (16, [])
    async with db.transaction() as session:
        assert await counters(session, item) == (1_000, 16, 0)
    assert await breaches(db) == []


async def test_read_then_write_loses_counts(db):
    """Negative control: sixteen who read the counter and write it back afterwards leave less than 16."""
    _variant, item = await shelf(db, 1_000)
    at_the_counter = asyncio.Barrier(16)

    async def count_carelessly():
        async with db.transaction() as session:
            reserved = await session.scalar(select(StockItem.reserved).where(StockItem.id == item.id))
            await at_the_counter.wait()
            await session.execute(
                update(StockItem).where(StockItem.id == item.id).values(reserved=reserved + 1)
            )

    await asyncio.gather(*(count_carelessly() for _ in range(16)))
    async with db.transaction() as session:
        assert await counters(session, item) == (1_000, 1, 0)


async def arrive(db, payment_id, *, external_id=None, now=LATER):
    """The whole price arrives in the bank; None when this id is here already."""
    async with db.transaction() as session:
        return await receipts.record_arrival(
            session,
            receipts.Arrival(
                provider="sepay",
                external_id=external_id or str(uuid7()),
                account=BANK,
                amount_minor=TOTAL if payment_id else PRICE,
                memo="",
                payment_id=payment_id,
                arrived_at=now,
            ),
            now=now,
        )


async def test_cancel_against_payment(db):
    """O8, O9: when a buyer gives up while the money comes, the order is paid or cancelled with its money queued."""
    made = [await order_of(db) for _ in range(12)]

    async def cancel(order):
        try:
            async with db.transaction() as session:
                await cancelling.cancel_order(session, order_id=order.id, now=LATER)
        except WrongStateError:
            return

    for number, (order, payment, _item) in enumerate(made):
        acts = [cancel(order), arrive(db, payment.id)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
    assert await breaches(db) == []
    async with db.transaction() as session:
        states = list(await session.scalars(select(Order.state)))
        assert set(states) <= {OrderState.CANCELLED, OrderState.AWAITING_CONFIRMATION} and len(states) == 12
        assert await session.scalar(select(func.count()).select_from(Receipt)) == 12


async def match_against_report(db, monkeypatch=None):
    """Money of nobody is matched to a payment by hand while the bank reports its whole price; with `monkeypatch` unlocked."""
    order, payment, _item = await order_of(db)
    lost = await arrive(db, None)
    async with db.transaction() as session:
        person = await make_person(session)
    if monkeypatch is not None:
        both = asyncio.Barrier(2)

        async def look(session, payment_id):
            found = await session.get(Payment, payment_id, populate_existing=True)
            await both.wait()
            return found

        async def nobody(*_args):
            return None

        monkeypatch.setattr(payments_repository, "lock_payment", look)
        monkeypatch.setattr(orders, "lock_order", nobody)
        db_handlers, db.handlers = db.handlers, None
    else:
        db_handlers = db.handlers

    async def match():
        async with db.transaction() as session:
            await receipts.match_receipt(
                session, receipt_id=lost.id, code=payment.code, person_id=person.id, now=LATER
            )

    try:
        await asyncio.gather(match(), arrive(db, payment.id))
    finally:
        db.handlers = db_handlers
    async with db.transaction() as session:
        found = await session.get_one(Payment, payment.id)
        return order, found.received_minor


async def test_a_match_by_hand_against_a_report(db):
    """P9, P12: both sums count, the order is paid once, and what is too much is owed back."""
    _order, received = await match_against_report(db)
    assert received == PRICE + TOTAL
    assert await breaches(db) == []


async def test_without_the_payments_lock_one_of_two_sums_is_lost(db, monkeypatch):
    """Negative control: who reads the payment without locking it forgets what the other wrote."""
    _order, received = await match_against_report(db, monkeypatch)
    assert received in {PRICE, TOTAL}
    assert "a payment does not know what came" in {rule for rule, _whose in await breaches(db)}
