"""The market's budget spent twice: many checkouts for the last of it, and a negative control that shows the race."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, text, update

from storefront.orders.models import Order
from storefront.vouchers import repository
from storefront.vouchers.errors import VoucherUsedUpError
from storefront.vouchers.models import Voucher
from tests.books import list_breaches
from tests.factories.orders import make_order
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import make_gift, order_with

BUYERS, BUDGET = 16, 10
GIFT = 20_000


async def market(db, *, uses_most=100):
    """A budget for ten gifts, and for each of sixteen buyers goods of their own: they meet at the budget alone."""
    async with db.transaction() as session:
        await make_gift(session, budget_minor=BUDGET * GIFT + GIFT - 1, uses_most=uses_most)
        variants = [await make_variant(session) for _buyer in range(BUYERS)]
        for variant in variants:
            await make_stock(session, variant, on_hand=5)
        return variants


async def outcome(db):
    """(đồng counted, đồng that orders give away) as committed."""
    async with db.transaction() as session:
        counted = await session.scalar(select(Voucher.budget_taken_minor))
        return counted, await session.scalar(select(func.sum(Order.gift_minor)))


async def test_sixteen_buyers_for_a_budget_of_ten(db):
    """V16: ten get the gift, six are told that it is used up; the rest that is less than one gift stays."""
    variants = await market(db)

    async def buy(at, variant):
        try:
            async with db.transaction() as session:
                await order_with(session, variant, phone=f"+849876543{at:02}")
        except VoucherUsedUpError:
            return False
        return True

    bought = await asyncio.gather(*(buy(at, variant) for at, variant in enumerate(variants)))
    assert sum(bought) == BUDGET
    assert await outcome(db) == (BUDGET * GIFT, BUDGET * GIFT)
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_read_then_write_gives_more_than_there_is(db):
    """Negative control: sixteen buyers who read the budget first and write it afterwards all get a gift."""
    variants = await market(db)
    at_the_counter = asyncio.Barrier(BUYERS)

    async def buy_carelessly(variant):
        async with db.transaction() as session:
            order = await make_order(session, variant)
            voucher = await repository.find_voucher(session, "tet2027")
            taken = voucher.budget_taken_minor
            await at_the_counter.wait()
            if taken + GIFT > voucher.budget_minor:
                return
            await session.execute(
                update(Order)
                .where(Order.id == order.id)
                .values(
                    gift_minor=GIFT,
                    goods_minor=Order.goods_minor - GIFT,
                    total_minor=Order.total_minor - GIFT,
                )
            )
            await session.execute(update(Voucher).values(budget_taken_minor=taken + GIFT))

    await asyncio.gather(*(buy_carelessly(variant) for variant in variants))
    counted, given = await outcome(db)
    assert given == BUYERS * GIFT > counted
    async with db.transaction() as session:
        held = text("SELECT budget_taken_minor <= budget_minor FROM vouchers")
        assert await session.scalar(held)
