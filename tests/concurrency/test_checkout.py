"""Checkouts under many hands at once: real connections; payment and expiry meet at the order's lock."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.cart.models import Cart
from storefront.checkout import service as checkout
from storefront.ledger.models import JournalEntry
from storefront.orders import cancelling
from storefront.orders.models import Order, OrderState
from storefront.payments import receipts
from storefront.payments.models import Payment, PaymentState, Receipt
from storefront.stock.errors import SoldOutError
from storefront.stock.models import Reservation, ReservationState
from tests.factories.orders import BANK, FORM, SECRET, counters, get_payment, make_order, make_recipient
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant

TOTAL = 380_000
UNTIL = NOW + timedelta(minutes=15)


async def shelf(db, on_hand):
    """A pack with so much on the shelf: (variant, stock item)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        return variant, await make_stock(session, variant, on_hand=on_hand)


async def carts(db, variant, count):
    """So many baskets with one pack each: [(cart id, cookie)]."""
    async with db.transaction() as session:
        made = [await make_cart(session, lines={variant.id: 1}) for _ in range(count)]
    return [(cart.id, token) for cart, token in made]


async def place(db, cart_id):
    """Order one basket in a transaction of its own: the order's id, or the refusal."""
    try:
        async with db.transaction() as session:
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


async def totals(db, item):
    """(orders, payments, live reservations, counters of the shelf) as committed."""
    async with db.transaction() as session:
        live = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(
            Reservation.stock_item_id == item.id, Reservation.state != ReservationState.RELEASED
        )
        return (
            await session.scalar(select(func.count()).select_from(Order)),
            await session.scalar(select(func.count()).select_from(Payment)),
            int(await session.scalar(live)),
            await counters(session, item),
        )


async def test_fifty_checkouts_for_the_last_twenty(db):
    """O5: of 50 buyers exactly 20 get an order, 30 are told politely, and not one box is promised twice."""
    variant, item = await shelf(db, 20)
    answers = await asyncio.gather(*(place(db, cart_id) for cart_id, _token in await carts(db, variant, 50)))
    refusals = [answer for answer in answers if isinstance(answer, SoldOutError)]
    assert len(refusals) == 30 and {refusal.available for refusal in refusals} == {0}
    assert len({answer for answer in answers if not isinstance(answer, ConflictError)}) == 20
    assert await totals(db, item) == (20, 20, 20, (20, 20, 0))


async def test_fifty_checkouts_over_http(db, new_client):
    """O5: the same at the door: 20 are led to their order, 30 get their form back with every word in it."""
    variant, item = await shelf(db, 20)
    buyers = []
    for _cart_id, token in await carts(db, variant, 50):
        buyer = new_client()
        buyer.cookies.set("cart", token)
        buyers.append(buyer)

    async def press(at, buyer):
        """Press the button, and again where the house asks for it: the queue at one shelf lasts longer than a lock."""
        for _again in range(10):
            form = {**FORM, "phone": f"09876543{at:02}", "total": str(TOTAL)}
            answer = await buyer.post("/checkout", data=form)
            if answer.status_code != 503:
                return answer
        raise AssertionError("always busy")

    answers = await asyncio.gather(*(press(at, buyer) for at, buyer in enumerate(buyers)))
    placed = [answer for answer in answers if answer.status_code == 303]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert (len(placed), len(refused)) == (20, 30)
    assert len({answer.headers["location"] for answer in placed}) == 20
    assert all("vừa có người mua" in answer.text and FORM["line"] in answer.text for answer in refused)
    assert await totals(db, item) == (20, 20, 20, (20, 20, 0))


async def test_one_basket_submitted_twenty_times(db):
    """O3: twenty submits of one basket at once make one order, and all are led to it."""
    variant, item = await shelf(db, 20)
    [(cart_id, _token)] = await carts(db, variant, 1)
    answers = await asyncio.gather(*(place(db, cart_id) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await totals(db, item) == (1, 1, 1, (20, 1, 0))


async def test_one_basket_submitted_twenty_times_over_http(db, new_client):
    """O3: two tabs or a nervous finger: every reply leads to the same private page."""
    variant, item = await shelf(db, 20)
    [(_cart_id, token)] = await carts(db, variant, 1)
    buyer = new_client()
    buyer.cookies.set("cart", token)
    answers = await asyncio.gather(
        *(buyer.post("/checkout", data={**FORM, "total": str(TOTAL)}) for _ in range(20))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await totals(db, item) == (1, 1, 1, (20, 1, 0))


async def test_without_the_baskets_lock_one_basket_becomes_many_orders(db):
    """Negative control: who reads the basket without locking it makes an order for every click."""
    variant, item = await shelf(db, 20)
    [(cart_id, _token)] = await carts(db, variant, 1)
    at_the_counter = asyncio.Barrier(5)

    async def submit_carelessly():
        async with db.transaction() as session:
            is_open = await session.scalar(select(Cart.ordered_at).where(Cart.id == cart_id)) is None
            await at_the_counter.wait()
            if is_open:
                await make_order(session, variant)
                await session.execute(update(Cart).where(Cart.id == cart_id).values(ordered_at=UNTIL))

    await asyncio.gather(*(submit_carelessly() for _ in range(5)))
    assert (await totals(db, item))[0] == 5


async def report_until_taken(pay, order_id, now):
    """The bank repeats a report that was refused, because the boxes went in the very instant before; then it is late."""
    try:
        await pay(order_id, now)
    except SoldOutError:
        await pay(order_id, UNTIL)


@pytest.mark.parametrize("is_last_box", [False, True])
async def test_expiry_against_payment(db, is_last_box):
    """O9: when money and the end of the hold meet, an order is paid and allocated or cancelled and free, never both."""
    variant, item = await shelf(db, 20)
    async with db.transaction() as session:
        placed = [await make_order(session, variant) for _ in range(20)]
        named = {order.id: (await get_payment(session, order)).id for order in placed}

    async def pay(order_id, now):
        async with db.transaction() as session:
            await receipts.record_arrival(
                session,
                receipts.Arrival(
                    provider="sepay",
                    external_id=str(uuid7()),
                    account=BANK,
                    amount_minor=TOTAL,
                    memo="",
                    payment_id=named[order_id],
                    arrived_at=now,
                ),
                now=now,
            )

    async def expire(order_id):
        async with db.transaction() as session:
            await cancelling.expire_order(session, order_id=order_id, now=UNTIL)

    async def snatch():
        """Somebody else wants every box that becomes free."""
        [(cart_id, _token)] = await carts(db, variant, 1)
        try:
            async with db.transaction() as session:
                await checkout.place_order(
                    session,
                    secret=SECRET,
                    cart_id=cart_id,
                    recipient=make_recipient(),
                    seen_total_minor=TOTAL,
                    now=UNTIL,
                )
        except SoldOutError:
            return

    on_time = UNTIL - timedelta(microseconds=1)
    for number, order in enumerate(placed):
        acts = [expire(order.id), report_until_taken(pay, order.id, on_time if number % 2 else UNTIL)]
        if is_last_box:
            acts.insert(1, snatch())
        await asyncio.gather(*(acts if number % 3 else acts[::-1]))

    async with db.transaction() as session:
        states = dict((await session.execute(select(Order.state, func.count()).group_by(Order.state))).all())
        rows = await session.execute(
            select(Order, Payment).join(Payment, Payment.payable_id == Order.id).where(Order.id.in_(named))
        )
        paid = 0
        for order, payment in rows:
            held = select(func.sum(Reservation.quantity)).where(
                Reservation.holder_id == order.id, Reservation.state == ReservationState.ALLOCATED
            )
            if order.state is OrderState.AWAITING_CONFIRMATION:
                assert payment.state is PaymentState.PAID and order.paid_at is not None
                assert await session.scalar(held) == 1
                paid += 1
            else:
                assert (order.state, payment.state) == (OrderState.CANCELLED, PaymentState.PAID_LATE)
                assert await session.scalar(held) is None
        assert (await counters(session, item))[2] == paid
        assert sum(states.values()) >= 20
        assert await session.scalar(select(func.count()).select_from(Receipt)) == 20
        assert await session.scalar(select(func.sum(JournalEntry.amount_minor))) == 0
        per_journal = select(JournalEntry.journal_id).group_by(JournalEntry.journal_id)
        lame = per_journal.having(func.sum(JournalEntry.amount_minor) != 0)
        assert (await session.scalars(lame)).all() == []
    if not is_last_box:
        assert paid == 20
