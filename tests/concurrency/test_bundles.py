"""Boxes and what lies in them under many hands at once, and a negative control that shows the race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core.ids import uuid7
from producers.listings import service as listings
from storefront.bundles import service as bundles
from storefront.stock import service as stock
from storefront.stock.errors import SoldOutError
from storefront.stock.models import Reservation, ReservationState, StockItem
from tests.books import list_breaches
from tests.factories.bundles import make_gift
from tests.factories.orders import counters, make_order
from tests.factories.storefront import NOW

UNTIL = NOW + timedelta(minutes=15)


async def market(db, **on_hand):
    """A box of two packs of tea and a jar of honey."""
    async with db.transaction() as session:
        return await make_gift(session, **on_hand)


async def buy(db, variant):
    """Order one of something: whether it was to be had."""
    try:
        async with db.transaction() as session:
            await make_order(session, variant)
    except SoldOutError:
        return False
    return True


async def promised(db, item):
    """(on hand, reserved as counted, reserved as the orders add up) as committed; the books must hold."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []
        return await told(session, item)


async def told(session, item):
    """The same whatever the books say."""
    live = select(func.coalesce(func.sum(Reservation.quantity), 0)).where(
        Reservation.stock_item_id == item.id, Reservation.state == ReservationState.RESERVED
    )
    on_hand, reserved, _allocated = await counters(session, item)
    return on_hand, reserved, int(await session.scalar(live))


async def test_eight_buyers_for_the_last_box(db):
    """H6: of eight buyers one gets the last box, seven are told, and the odd pack of tea stays on the shelf."""
    gift = await market(db, tea=3, honey=8)
    bought = await asyncio.gather(*(buy(db, gift.box) for _ in range(8)))
    assert sum(bought) == 1
    assert await promised(db, gift.tea_stock) == (3, 2, 2)
    assert await promised(db, gift.honey_stock) == (8, 1, 1)


async def test_a_box_against_its_contents(db):
    """H6: buyers of boxes, of tea and of honey at once: every pack is promised once, and nobody waits in a circle."""
    gift = await market(db, tea=7, honey=4)
    wanted = [gift.box, gift.tea, gift.honey] * 6
    bought = await asyncio.gather(*(buy(db, variant) for variant in wanted))
    boxes, teas, jars = (sum(bought[at::3]) for at in range(3))
    assert await promised(db, gift.tea_stock) == (7, 2 * boxes + teas, 2 * boxes + teas)
    assert await promised(db, gift.honey_stock) == (4, boxes + jars, boxes + jars)
    assert 2 * boxes + teas <= 7 and boxes + jars == 4


async def test_counting_boxes_first_promises_them_twice(db):
    """Negative control: eight buyers who count the boxes first and take the packs afterwards all get the last one."""
    gift = await market(db, tea=3, honey=8)
    at_the_counter = asyncio.Barrier(8)

    async def buy_carelessly():
        async with db.transaction() as session:
            inside = (await listings.list_contents(session, [gift.box]))[gift.box.id]
            left = await stock.available(session, [one.variant.id for one in inside], now=NOW)
            boxes, _scarce = bundles.count_left(inside, left)
            await at_the_counter.wait()
            if not boxes:
                return False
            for item, pieces in ((gift.tea_stock, 2), (gift.honey_stock, 1)):
                await session.execute(
                    update(StockItem).where(StockItem.id == item.id).values(reserved=pieces)
                )
                session.add(
                    Reservation(
                        stock_item_id=item.id,
                        holder_id=uuid7(),
                        line_id=uuid7(),
                        quantity=pieces,
                        state=ReservationState.RESERVED,
                        expires_at=UNTIL,
                        created_at=NOW,
                    )
                )
            await session.flush()
            return True

    bought = await asyncio.gather(*(buy_carelessly() for _ in range(8)))
    assert sum(bought) == 8
    async with db.transaction() as session:
        on_hand, _counted, held = await told(session, gift.tea_stock)
        assert held == 16 > on_hand
