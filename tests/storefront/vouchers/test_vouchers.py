"""Vouchers: what a code takes off, how it is divided, and its uses. Rules V1 to V7 of PRICING.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import AppError
from app.core.ids import uuid7
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import (
    BasketTooSmallError,
    CodeError,
    OtherVoucherError,
    VoucherDayError,
    VoucherNotFoundError,
    VoucherUsedUpError,
    WindowError,
)
from storefront.vouchers.service import Goods
from tests.factories.orders import make_order
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.factories.vouchers import make_voucher

PHONE, OTHER = "+84987654321", "+84912345678"
STRANGE = Goods(uuid7(), 100_000)


async def price(session, *amounts, code="TẾT 2027", now=NOW, beside=()):
    """What the code takes off goods of its producer for these amounts (100.000 and 50.000 unless told)."""
    own = await vouchers.repository.find_voucher(session, "tet2027")
    goods = [Goods(own.producer_id if own else uuid7(), amount) for amount in amounts or (100_000, 50_000)]
    return await vouchers.price_voucher(session, code=code, goods=[*beside, *goods], now=now)


async def order_of(session):
    """A new unpaid order."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=5)
    return await make_order(session, variant)


async def take(session, order, phone=PHONE):
    """Take a use for an order."""
    discount = await price(session)
    await vouchers.take(
        session, order_id=order.id, order_code=order.code, phone=phone, discount=discount, now=NOW
    )


@pytest.mark.parametrize("typed", ["tet2027", " TẾT  2027 ", "Tết-2027", "t.e.t 2 0 2 7"])
async def test_v1_any_spelling_of_a_code_counts(session, typed):
    """V1: case, blanks, marks and dashes of a code do not matter."""
    await make_voucher(session)
    assert (await price(session, code=typed)).total_minor == 20_000


@pytest.mark.parametrize("days", [-1, 0.99])
async def test_v2_a_code_counts_in_its_window(session, days):
    """V2: a code counts from its first instant to its last."""
    await make_voucher(session)
    assert (await price(session, now=NOW + timedelta(days=days))).total_minor == 20_000


@pytest.mark.parametrize(
    ("days", "first_day", "said"), [(-1.01, date(2026, 11, 11), "11/11/2026"), (1, None, "hết hạn")]
)
async def test_v2_a_code_outside_its_window_says_so(session, days, first_day, said):
    """V2: before its first instant the day is named, from its last on it is over."""
    await make_voucher(session)
    with pytest.raises(VoucherDayError) as refused:
        await price(session, now=NOW + timedelta(days=days))
    assert refused.value.first_day == first_day and said in str(refused.value.fields["voucher"])


async def test_v2_an_unknown_code_is_refused(session):
    """V2: a code that nobody made takes nothing off."""
    with pytest.raises(VoucherNotFoundError):
        await price(session, code="không có")


async def test_v2_a_code_is_for_its_producers_goods(session):
    """V2: a code lowers its producer's lines alone, counts its minimum of them alone, and is nothing without any."""
    await make_voucher(session, minimum_minor=30_000)
    assert (await price(session, 30_000, beside=[STRANGE])).parts_minor == (0, 20_000)
    with pytest.raises(VoucherNotFoundError):
        await vouchers.price_voucher(session, code="tet2027", goods=[STRANGE], now=NOW)
    with pytest.raises(BasketTooSmallError) as refused:
        await price(session, 29_999, beside=[STRANGE])
    assert refused.value.minimum_minor == 30_000 and "30.000" in str(refused.value.message)


@pytest.mark.parametrize(
    ("terms", "total"),
    [
        ({"amount_minor": 200_000}, 135_000),
        ({"amount_minor": None, "percent": 10}, 15_000),
        ({"amount_minor": None, "percent": 10, "most_minor": 12_000}, 12_000),
    ],
)
async def test_v3_never_more_than_its_most_nor_nearly_all(session, terms, total):
    """V3: an amount stops at nine tenths of the goods, a percentage at its most."""
    await make_voucher(session, **terms)
    assert (await price(session)).total_minor == total


async def test_v3_a_percentage_is_rounded_down(session):
    """V3: a part of a đồng is not taken off, and a code that takes off nothing is refused."""
    await make_voucher(session, amount_minor=None, percent=10)
    assert (await price(session, 19)).total_minor == 1
    with pytest.raises(VoucherNotFoundError):
        await price(session, 9)


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
    await take(session, first)
    with pytest.raises(VoucherUsedUpError):
        await take(session, second)
    await take(session, third, OTHER)
    with pytest.raises(VoucherUsedUpError):
        await price(session)


async def test_v6_a_use_comes_back_once(session):
    """V6: an order gives back its use however often it is asked; one without a voucher gives nothing."""
    await make_voucher(session, uses_most=2, uses_per_phone=2)
    first, second = [await order_of(session) for _ in range(2)]
    for order in (first, second):
        await take(session, order)
    for order_id in (first.id, first.id, uuid7()):
        await vouchers.release(session, order_id=order_id)
    assert (await price(session)).voucher.uses_taken == 1


async def test_v7_late_money_takes_the_use_anew(session):
    """V7: a given-back use is taken again once; when somebody else has it by then, it is refused."""
    await make_voucher(session, uses_most=1)
    late, quick = [await order_of(session) for _ in range(2)]
    await take(session, late)
    await vouchers.release(session, order_id=late.id)
    for order in (late, late, quick):
        await vouchers.take_again(session, order_id=order.id)
    with pytest.raises(VoucherUsedUpError):
        await price(session)
    await vouchers.release(session, order_id=late.id)
    await take(session, quick, OTHER)
    with pytest.raises(VoucherUsedUpError):
        await vouchers.take_again(session, order_id=late.id)


TERMS = vouchers.Terms(
    amount_minor=20_000,
    percent=None,
    most_minor=None,
    minimum_minor=0,
    first_day=date(2026, 11, 12),
    last_day=date(2026, 11, 12),
    uses_most=1,
    uses_per_phone=1,
)


async def made(session, code="Tết 2027", **terms):
    """A voucher of a new producer: the voucher, or the refusal."""
    producer, person = await make_producer(session), await make_person(session)
    try:
        return await vouchers.make(
            session,
            producer_id=producer.id,
            code=code,
            terms=replace(TERMS, **terms),
            person_id=person.id,
            now=NOW,
        )
    except AppError as error:
        return type(error)


async def test_a_voucher_counts_whole_days_of_vietnam(session):
    """V2: from the first day's midnight in Vietnam to the last one's end."""
    voucher = await made(session)
    assert (voucher.code, voucher.valid_from.isoformat()) == ("tet2027", "2026-11-11T17:00:00+00:00")
    assert voucher.valid_until - voucher.valid_from == timedelta(days=1)


async def test_a_code_is_made_once(session):
    """V1: a second voucher with the code, in whatever spelling and whoever makes it, is refused."""
    await made(session)
    assert await made(session, "TET-2027") is CodeError
    assert await made(session, "ab-c") is CodeError
    assert await made(session, "a" * 21) is CodeError


@pytest.mark.parametrize(
    "days",
    [{"last_day": date(2026, 11, 11)}, {"first_day": date(2026, 11, 14), "last_day": date(2026, 11, 13)}],
)
async def test_the_last_day_is_neither_over_nor_before_the_first(session, days):
    """A voucher that could never count is refused."""
    assert await made(session, **days) is WindowError


async def test_a_voucher_is_ended_by_its_producer_alone(session):
    """An ended voucher counts no longer; a stranger's press is refused, a second one changes nothing."""
    voucher = await make_voucher(session)
    with pytest.raises(OtherVoucherError):
        await vouchers.end(session, voucher_id=voucher.id, producer_id=uuid7(), now=NOW)
    assert (await price(session)).total_minor == 20_000
    for later in (0, 1):
        now = NOW + timedelta(minutes=later)
        await vouchers.end(session, voucher_id=voucher.id, producer_id=voucher.producer_id, now=now)
    [ended] = await vouchers.list_vouchers(session, voucher.producer_id)
    assert ended.valid_until == NOW
    with pytest.raises(VoucherDayError):
        await price(session)


async def test_a_producer_sees_the_uses(session):
    """The uses of a producer's vouchers are listed with their orders, given back or not."""
    voucher = await make_voucher(session)
    order = await order_of(session)
    await take(session, order)
    await vouchers.release(session, order_id=order.id)
    [use] = await vouchers.list_uses(session, [voucher.id])
    assert (use.order_code, use.discount_minor, use.is_taken) == (order.code, 20_000, False)
