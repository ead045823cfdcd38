"""Vouchers: what a code takes off, how it is divided, and its uses. Rules V1 to V7 of PRICING.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import BasketTooSmallError, VoucherNotFoundError, VoucherUsedUpError
from storefront.vouchers.service import Goods
from tests.factories.orders import make_order
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import make_voucher

PHONE, OTHER = "+84987654321", "+84912345678"
TEA, HONEY = Goods(uuid7(), 100_000), Goods(uuid7(), 50_000)


async def price(session, *goods, code="TẾT 2027", now=NOW):
    """What the code takes off these goods (tea and honey unless told)."""
    return await vouchers.price_voucher(session, code=code, goods=goods or (TEA, HONEY), now=now)


async def order_of(session):
    """The id of a new unpaid order."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=5)
    return (await make_order(session, variant)).id


@pytest.mark.parametrize("typed", ["tet2027", " TẾT  2027 ", "Tết-2027", "t.e.t 2 0 2 7"])
async def test_v1_any_spelling_of_a_code_counts(session, typed):
    """V1: case, blanks, marks and dashes of a code do not matter."""
    await make_voucher(session)
    assert (await price(session, code=typed)).total_minor == 20_000


@pytest.mark.parametrize(("days", "counts"), [(-1.01, False), (-1, True), (0.99, True), (1, False)])
async def test_v2_a_code_counts_in_its_window(session, days, counts):
    """V2: a code counts from its first instant on, and no longer at its last."""
    await make_voucher(session)
    now = NOW + timedelta(days=days)
    if counts:
        assert (await price(session, now=now)).total_minor == 20_000
    else:
        with pytest.raises(VoucherNotFoundError):
            await price(session, now=now)


async def test_v2_an_unknown_code_is_refused(session):
    """V2: a code that nobody made takes nothing off."""
    with pytest.raises(VoucherNotFoundError):
        await price(session, code="không có")


async def test_v2_a_producers_code_is_for_their_goods(session):
    """V2: a producer's code lowers their lines alone, counts its minimum of them alone, and is nothing without any."""
    producer = await make_producer(session)
    await make_voucher(session, producer_id=producer.id, is_market_paid=False, minimum_minor=30_000)
    theirs = Goods(producer.id, 30_000)
    assert (await price(session, TEA, theirs)).parts_minor == (0, 20_000)
    with pytest.raises(VoucherNotFoundError):
        await price(session, TEA)
    with pytest.raises(BasketTooSmallError) as refused:
        await price(session, TEA, Goods(producer.id, 29_999))
    assert refused.value.minimum_minor == 30_000


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        ({"amount_minor": 200_000}, 150_000),
        ({"amount_minor": None, "percent": 10}, 15_000),
        ({"amount_minor": None, "percent": 10, "most_minor": 12_000}, 12_000),
    ],
)
async def test_v3_never_more_than_its_most_nor_the_goods(session, terms, total):
    """V3: an amount stops at the worth of the goods, a percentage at its most."""
    await make_voucher(session, **terms)
    assert (await price(session)).total_minor == total


async def test_v3_a_percentage_is_rounded_down(session):
    """V3: a part of a đồng is not taken off, and a code that takes off nothing is refused."""
    await make_voucher(session, amount_minor=None, percent=10)
    assert (await price(session, Goods(uuid7(), 19))).total_minor == 1
    with pytest.raises(VoucherNotFoundError):
        await price(session, Goods(uuid7(), 9))


def test_v4_the_largest_remainders_get_what_is_left():
    """V4: the đồng left over go to the largest remainders, and to the earlier line between equal ones."""
    assert vouchers.spread(10, [1, 1, 1]) == (4, 3, 3)
    assert vouchers.spread(10, [1, 4, 2]) == (1, 6, 3)


@given(weights=st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any), share=st.fractions(0, 1))
def test_v4_the_parts_are_the_whole(weights, share):
    """V4: the parts add up to the discount, and none is above its line or a whole đồng off its exact share."""
    total = int(sum(weights) * share)
    parts = vouchers.spread(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert abs(part * sum(weights) - total * weight) < sum(weights)


async def test_v5_each_phone_has_its_share(session):
    """V5: a phone number that used its share is refused, another one is not, and the refused try costs no use."""
    await make_voucher(session, uses_most=2)
    first, second, third = [await order_of(session) for _ in range(3)]
    await vouchers.take(session, order_id=first, phone=PHONE, discount=await price(session), now=NOW)
    with pytest.raises(VoucherUsedUpError):
        await vouchers.take(session, order_id=second, phone=PHONE, discount=await price(session), now=NOW)
    await vouchers.take(session, order_id=third, phone=OTHER, discount=await price(session), now=NOW)
    with pytest.raises(VoucherUsedUpError):
        await price(session)


async def test_v6_a_use_comes_back_once(session):
    """V6: an order gives back its use however often it is asked; one without a voucher gives nothing."""
    await make_voucher(session, uses_most=2, uses_per_phone=2)
    first, second = [await order_of(session) for _ in range(2)]
    for order_id in (first, second):
        await vouchers.take(session, order_id=order_id, phone=PHONE, discount=await price(session), now=NOW)
    for order_id in (first, first, uuid7()):
        await vouchers.release(session, order_id=order_id)
    assert (await price(session)).voucher.uses_taken == 1


async def test_v7_late_money_takes_the_use_anew(session):
    """V7: a given-back use is taken again once; when somebody else has it by then, it is refused."""
    await make_voucher(session, uses_most=1)
    late, quick = [await order_of(session) for _ in range(2)]
    await vouchers.take(session, order_id=late, phone=PHONE, discount=await price(session), now=NOW)
    await vouchers.release(session, order_id=late)
    for order_id in (late, late, quick):
        await vouchers.take_again(session, order_id=order_id)
    with pytest.raises(VoucherUsedUpError):
        await price(session)
    await vouchers.release(session, order_id=late)
    await vouchers.take(session, order_id=quick, phone=OTHER, discount=await price(session), now=NOW)
    with pytest.raises(VoucherUsedUpError):
        await vouchers.take_again(session, order_id=late)
