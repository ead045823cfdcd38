"""A harvest promised twice: many checkouts for a cap, and a negative control that shows the race."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.orders import cancelling
from storefront.preorders.models import Preorder, PreorderOffer, PreorderState
from storefront.stock.errors import SoldOutError
from tests.books import list_breaches
from tests.factories.orders import pay
from tests.factories.preorders import harvest, make_offer, order_ahead
from tests.factories.storefront import NOW, make_variant


async def market(db, cap=10):
    """A pack of which so many may be ordered before the harvest."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        return variant, await make_offer(session, variant, cap=cap)


async def outcome(db, offer):
    """(taken as the cap counts it, taken as the orders add up) as committed."""
    async with db.transaction() as session:
        row = await session.get_one(PreorderOffer, offer.id)
        live = select(func.coalesce(func.sum(Preorder.quantity), 0))
        live = live.where(Preorder.state != PreorderState.RELEASED)
        return row.taken, int(await session.scalar(live))


async def test_sixteen_buyers_for_a_cap_of_ten(db):
    """P1: ten of sixteen get a place, six are told that it is full, and the counter is right."""
    variant, offer = await market(db)

    async def buy():
        try:
            async with db.transaction() as session:
                await order_ahead(session, variant)
        except SoldOutError:
            return False
        return True

    bought = await asyncio.gather(*(buy() for _ in range(16)))
    assert sum(bought) == 10
    assert await outcome(db, offer) == (10, 10)
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_read_then_write_promises_more_than_the_cap(db):
    """Negative control: sixteen buyers who read the counter first and write it afterwards all get a place of ten."""
    _variant, offer = await market(db)
    at_the_counter = asyncio.Barrier(16)

    async def buy_carelessly():
        async with db.transaction() as session:
            row = await session.get_one(PreorderOffer, offer.id)
            before = row.taken
            await at_the_counter.wait()
            if before + 1 > row.cap:
                return
            await session.execute(update(PreorderOffer).values(taken=before + 1))
            session.add(
                Preorder(
                    line_id=uuid7(),
                    offer_id=offer.id,
                    order_id=uuid7(),
                    quantity=1,
                    state=PreorderState.TAKEN,
                    expires_at=NOW,
                    created_at=NOW,
                )
            )

    await asyncio.gather(*(buy_carelessly() for _ in range(16)))
    counted, promised = await outcome(db, offer)
    assert (counted, promised) == (1, 16)


async def test_a_place_comes_back_once_under_many_hands(db):
    """P5: the buyer who gives up and the clock that sweeps, many times at once, give one place back."""
    variant, offer = await market(db)
    async with db.transaction() as session:
        order = await order_ahead(session, variant, quantity=4)
        await order_ahead(session, variant, quantity=3, now=NOW + timedelta(minutes=1))

    async def give_up(at):
        try:
            async with db.transaction() as session:
                if at % 2:
                    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
                else:
                    await cancelling.expire_order(session, order_id=order.id, now=order.expires_at)
        except ConflictError:
            return

    await asyncio.gather(*(give_up(at) for at in range(8)))
    assert await outcome(db, offer) == (3, 3)


async def test_a_harvest_meets_payments_and_new_orders(db):
    """P7: while a lot is released some pay, some cancel and some order: no lock is waited for in a circle, no pack is lost."""
    variant, offer = await market(db, cap=20)
    async with db.transaction() as session:
        ahead = [await order_ahead(session, variant) for _ in range(8)]

    async def act(at):
        async with db.transaction() as session:
            if at < 4:
                await pay(session, ahead[at])
            elif at < 6:
                await cancelling.cancel_order(session, order_id=ahead[at].id, now=NOW)
            elif at == 6:
                await harvest(session, variant, 7)
            else:
                await order_ahead(session, variant)

    await asyncio.gather(*(act(at) for at in range(9)))
    counted, promised = await outcome(db, offer)
    assert counted == promised == 8
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []
