"""A voucher used twice: many checkouts for its last use, and a negative control that shows the race."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select, update

from app.core.errors import ConflictError
from storefront.orders import cancelling
from storefront.orders.models import Order
from storefront.stock.models import Reservation
from storefront.vouchers import repository
from storefront.vouchers.errors import VoucherUsedUpError
from storefront.vouchers.models import Voucher, VoucherUse
from tests.books import list_breaches
from tests.factories.orders import FORM, make_order
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant
from tests.factories.vouchers import make_voucher, order_with

PHONE = "+8498765432{}"


async def market(db, buyers, **terms):
    """A voucher with one use, and for each buyer goods of their own of its producer: they meet at the voucher alone."""
    async with db.transaction() as session:
        listing = await make_listing(session)
        await make_voucher(session, **{"producer_id": listing.producer_id, "uses_most": 1} | terms)
        variants = [await make_variant(session, listing_id=listing.id) for _ in range(buyers)]
        for variant in variants:
            await make_stock(session, variant, on_hand=5)
        return variants


async def outcome(db):
    """(uses counted, uses that are taken, orders, holds) as committed."""
    async with db.transaction() as session:
        counted = await session.scalar(select(Voucher.uses_taken))
        taken = await session.scalar(select(func.count()).select_from(VoucherUse).where(VoucherUse.is_taken))
        made = await session.scalar(select(func.count()).select_from(Order))
        return counted, taken, made, await session.scalar(select(func.count()).select_from(Reservation))


async def test_eight_buyers_for_one_use(db):
    """V5: of eight buyers who saw the discount one gets an order, seven are told that the code is used up."""
    variants = await market(db, 8)

    async def buy(at, variant):
        try:
            async with db.transaction() as session:
                await order_with(session, variant, phone=PHONE.format(at))
        except VoucherUsedUpError:
            return False
        return True

    bought = await asyncio.gather(*(buy(at, variant) for at, variant in enumerate(variants)))
    assert sorted(bought) == [False] * 7 + [True]
    assert await outcome(db) == (1, 1, 1, 1)
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_eight_buyers_for_one_use_over_http(db, new_client):
    """V5: the same at the door: one is led to the order, seven get their form back with every word and the full total."""
    variants = await market(db, 8)
    buyers = []
    async with db.transaction() as session:
        for variant in variants:
            _cart, token = await make_cart(session, lines={variant.id: 1})
            buyers.append(new_client())
            buyers[-1].cookies.set("cart", token)
    typed = FORM | {"voucher": "TET2027", "total": "360000"}
    answers = await asyncio.gather(
        *(
            buyer.post("/checkout", data=typed | {"phone": f"098765432{at}"})
            for at, buyer in enumerate(buyers)
        )
    )
    refused = [answer for answer in answers if answer.status_code == 409]
    assert sorted(answer.status_code for answer in answers) == [303] + [409] * 7
    for answer in refused:
        assert "đã hết lượt dùng" in answer.text and FORM["line"] in answer.text
        assert 'name="total" value="380000"' in answer.text
    assert await outcome(db) == (1, 1, 1, 1)


async def test_one_phone_with_many_baskets(db):
    """V5: one phone number in eight tabs at once uses a code for one once, though there are uses for all."""
    variants = await market(db, 8, uses_most=8)

    async def buy(variant):
        try:
            async with db.transaction() as session:
                await order_with(session, variant)
        except VoucherUsedUpError:
            return False
        return True

    assert sum(await asyncio.gather(*(buy(variant) for variant in variants))) == 1
    assert await outcome(db) == (1, 1, 1, 1)


async def test_a_use_comes_back_once_under_many_hands(db):
    """V6: the buyer who gives up and the clock that sweeps, many times at once, give one use back."""
    [variant] = await market(db, 1)
    async with db.transaction() as session:
        order = await order_with(session, variant)

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
    assert (await outcome(db))[:3] == (0, 0, 1)
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


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
                session,
                order_id=order.id,
                order_code=order.code,
                voucher=voucher,
                phone=PHONE.format(at),
                discount_minor=1,
                now=NOW,
            )

    await asyncio.gather(*(buy_carelessly(at, variant) for at, variant in enumerate(variants)))
    assert (await outcome(db))[:3] == (1, 2, 2)
