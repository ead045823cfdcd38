"""Stock under many hands at once: real connections, and a negative control that shows the race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core.errors import BusyError
from app.core.ids import uuid7
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.stock.models import Reservation, ReservationState, StockItem
from tests.factories.storefront import NOW, make_stock, make_variant

UNTIL = NOW + timedelta(minutes=15)
LATER = NOW + timedelta(minutes=16)


async def shelf(db, *quantities):
    """New variants with so much on the shelf of each: [(variant, stock item)]."""
    async with db.transaction() as session:
        made = []
        for quantity in quantities:
            variant = await make_variant(session)
            made.append((variant, await make_stock(session, variant, on_hand=quantity)))
        return made


async def buy(db, *variants, quantity=1, now=NOW):
    """One order for some of each variant in a transaction of its own: its id, or None when sold out."""
    order_id = uuid7()
    lines = [stock.StockLine(uuid7(), variant.id, quantity) for variant in variants]
    try:
        async with db.transaction() as session:
            await stock.reserve(
                session, order_id=order_id, lines=lines, expires_at=now + timedelta(minutes=15), now=now
            )
    except SoldOutError:
        return None
    return order_id


async def counters(db, item):
    """(on hand, reserved, allocated) as committed, and the sum of live reservations."""
    async with db.transaction() as session:
        row = await session.get_one(StockItem, item.id)
        live = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(
            Reservation.stock_item_id == item.id,
            Reservation.state.in_([ReservationState.RESERVED, ReservationState.ALLOCATED]),
        )
        return row.on_hand, row.reserved, row.allocated, int(await session.scalar(live))


async def test_fifty_buyers_for_the_last_twenty(db):
    """Exactly 20 of 50 buyers get the last 20; the other 30 are told that it is sold out, and the counter is right."""
    [(variant, item)] = await shelf(db, 20)
    bought = await asyncio.gather(*(buy(db, variant) for _ in range(50)))
    assert sum(order_id is not None for order_id in bought) == 20
    assert await counters(db, item) == (20, 20, 0, 20)


async def test_read_then_write_oversells(db):
    """Negative control: when buyers read first and write afterwards, more than the last 20 are promised."""
    [(variant, item)] = await shelf(db, 20)
    at_the_counter = asyncio.Barrier(50)

    async def buy_carelessly():
        async with db.transaction() as session:
            left = (await stock.available(session, [variant.id], now=NOW))[variant.id]
            await at_the_counter.wait()
            if left < 1:
                return None
            row = await session.scalar(select(StockItem.reserved).where(StockItem.id == item.id))
            await session.execute(
                update(StockItem).where(StockItem.id == item.id).values(reserved=min(row + 1, 20))
            )
            session.add(
                Reservation(
                    stock_item_id=item.id,
                    holder_id=uuid7(),
                    line_id=uuid7(),
                    quantity=1,
                    state=ReservationState.RESERVED,
                    expires_at=UNTIL,
                    created_at=NOW,
                )
            )
            return True

    bought = await asyncio.gather(*(buy_carelessly() for _ in range(50)))
    on_hand, _reserved, _allocated, promised = await counters(db, item)
    assert sum(one is not None for one in bought) == promised > on_hand


async def test_baskets_in_opposite_order_do_not_wait_for_each_other(db):
    """Orders that name two variants in opposite order never lock each other out."""
    (one, first), (two, second) = await shelf(db, 100, 100)
    orders = [buy(db, one, two) if number % 2 else buy(db, two, one) for number in range(40)]
    assert all(await asyncio.gather(*orders))
    assert await counters(db, first) == (100, 40, 0, 40)
    assert await counters(db, second) == (100, 40, 0, 40)


async def test_expiry_against_payment(db):
    """A hold that runs out while its money arrives is either paid for or given back, never both, never twice."""
    [(variant, item)] = await shelf(db, 10)
    orders = [await buy(db, variant) for _ in range(10)]

    async def pay(order_id):
        async with db.transaction() as session:
            await stock.allocate(session, order_id=order_id, now=LATER)

    async def sweep():
        async with db.transaction() as session:
            await stock.expire_reservations(session, now=LATER)

    async def try_late(order_id):
        try:
            await pay(order_id)
        except (SoldOutError, BusyError) as refused:
            return refused
        return None

    rivals = [buy(db, variant, now=LATER) for _ in range(10)]
    results = await asyncio.gather(*(try_late(order_id) for order_id in orders), sweep(), sweep(), *rivals)
    paid = sum(result is None for result in results[:10])
    won = sum(result is not None for result in results[12:])
    assert not any(isinstance(result, BusyError) for result in results)
    assert paid + won == 10
    assert await counters(db, item) == (10, won, paid, 10)


async def test_two_payments_and_a_cancellation_at_once(db):
    """The same order paid twice and cancelled at once ends in one state, with counters that agree."""
    [(variant, item)] = await shelf(db, 5)
    order_id = await buy(db, variant, quantity=5)

    async def act(name):
        async with db.transaction() as session:
            await getattr(stock, name)(session, order_id=order_id, now=NOW)

    await asyncio.gather(act("allocate"), act("release"), act("allocate"))
    on_hand, reserved, allocated, live = await counters(db, item)
    assert (on_hand, reserved) == (5, 0)
    assert allocated == live
    assert allocated in {0, 5}
