"""One use of a voucher under many hands at once, and a negative control that shows the race."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, update

from storefront.orders.models import Order
from storefront.vouchers import repository
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import VoucherUsedUpError
from storefront.vouchers.models import Voucher, VoucherUse
from storefront.vouchers.service import Goods
from tests.factories.orders import make_order
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import make_voucher

PHONE = "+8498765432{}"


async def market(db, buyers):
    """A voucher with one use left, and a variant for each buyer, so that they meet at the voucher alone."""
    async with db.transaction() as session:
        await make_voucher(session, uses_most=1)
        variants = [await make_variant(session) for _ in range(buyers)]
        for variant in variants:
            await make_stock(session, variant, on_hand=5)
        return variants


async def outcome(db):
    """(uses counted, uses written down, orders) as committed."""
    async with db.transaction() as session:
        counted = await session.scalar(select(Voucher.uses_taken))
        written = await session.scalar(select(func.count()).select_from(VoucherUse))
        return counted, written, await session.scalar(select(func.count()).select_from(Order))


async def test_eight_buyers_for_one_use(db):
    """V5: one of eight buyers gets an order with the discount, the other seven are told that the code is used up."""
    variants = await market(db, 8)
    at_the_counter = asyncio.Barrier(8)

    async def buy(at, variant):
        try:
            async with db.transaction() as session:
                order = await make_order(session, variant)
                goods = [Goods(variant.listing_id, order.goods_minor)]
                discount = await vouchers.price_voucher(session, code="TET2027", goods=goods, now=NOW)
                await at_the_counter.wait()
                await vouchers.take(
                    session, order_id=order.id, phone=PHONE.format(at), discount=discount, now=NOW
                )
        except VoucherUsedUpError:
            return False
        return True

    bought = await asyncio.gather(*(buy(at, variant) for at, variant in enumerate(variants)))
    assert sorted(bought) == [False] * 7 + [True]
    assert await outcome(db) == (1, 1, 1)


async def test_read_then_write_gives_a_use_twice(db):
    """Negative control: two buyers who read the counter first and write it afterwards both get the only use."""
    variants = await market(db, 2)
    at_the_counter = asyncio.Barrier(2)

    async def buy_carelessly(at, variant):
        async with db.transaction() as session:
            order = await make_order(session, variant)
            voucher = await repository.find_voucher(session, "tet2027")
            taken = voucher.uses_taken
            await at_the_counter.wait()
            if taken >= voucher.uses_most:
                return
            await session.execute(update(Voucher).values(uses_taken=taken + 1))
            repository.add_use(
                session, order_id=order.id, voucher=voucher, phone=PHONE.format(at), discount_minor=1, now=NOW
            )

    await asyncio.gather(*(buy_carelessly(at, variant) for at, variant in enumerate(variants)))
    assert await outcome(db) == (1, 2, 2)
