"""Orders with a voucher: what is paid, booked, given back. Rules V4 to V10 of PRICING.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.errors import AppError
from app.core.ids import uuid7
from producers.listings.models import Listing
from storefront.checkout import service as checkout
from storefront.checkout.errors import PriceChangedError, VoucherCountedError
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fulfilment import refunding, weighing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.weighing import Weighing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling, parcels
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderState
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, PaymentState
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.vouchers.errors import VoucherUsedUpError
from storefront.vouchers.models import Voucher
from tests.books import list_breaches
from tests.factories.orders import SECRET, get_payment, make_order, make_recipient, pay
from tests.factories.people import make_person, make_staff
from tests.factories.scale import show_scale
from tests.factories.storefront import NOW, make_cart, make_fish, make_stock, make_variant
from tests.factories.vouchers import CODE, make_voucher_for, order_with

LATER = NOW + timedelta(minutes=16)


@pytest.fixture
async def tea(session):
    """Tea of one producer at 350.000 and 100.000, twenty of each on the shelf, and a voucher of 10 %."""
    box = await make_variant(session)
    bag = await make_variant(session, listing_id=box.listing_id, name="Gói nhỏ", price_minor=100_000)
    for variant in (box, bag):
        await make_stock(session, variant)
    await make_voucher_for(session, box, amount_minor=None, percent=10)
    return box, bag


async def uses_taken(session):
    """The counter of the one voucher."""
    return await session.scalar(select(Voucher.uses_taken).execution_options(populate_existing=True))


async def producer_of(session, variant):
    """Who sells it."""
    return (await session.get_one(Listing, variant.listing_id)).producer_id


async def walk(session, order, *, until):
    """Take the order's one parcel on its way; answers what every act is told."""
    [parcel] = await parcels.list_parcels(session, order)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": (await make_person(session)).id,
        "now": NOW,
    }
    await fulfilment.confirm(session, **act)
    if until is OrderState.DELIVERED:
        await fulfilment.pack(session, scanned="", **act)
        await fulfilment.ship(session, carrier="Xe khách", tracking_number=None, **act)
        await fulfilment.deliver(session, **act)
    return parcel, act


async def test_v8_lines_parcels_and_order_keep_what_is_paid(session, tea):
    """V4, V8: each line bears its part; the order, its payment and its parcel ask for what remains."""
    strange = await make_variant(session, price_minor=70_000)
    await make_stock(session, strange)
    order = await order_with(session, *tea, strange)
    assert (order.goods_minor, order.discount_minor, order.total_minor) == (475_000, 45_000, 535_000)
    assert (await get_payment(session, order)).amount_minor == 535_000
    own, other = await parcels.list_parcels(session, order)
    if own.consignment.producer_id != await producer_of(session, tea[0]):
        own, other = other, own
    assert (own.consignment.goods_minor, own.consignment.discount_minor) == (405_000, 45_000)
    assert (other.consignment.goods_minor, other.consignment.discount_minor) == (70_000, 0)
    assert {(line.amount_minor, line.discount_minor) for line in own.lines} == {
        (315_000, 35_000),
        (90_000, 10_000),
    }
    assert await list_breaches(session, now=NOW) == []


async def test_v8_the_producer_bears_it_and_a_return_gives_back_what_was_paid(session, tea):
    """V8: payable, fee and refund are of what was paid; when all comes back the producer is owed nothing for goods."""
    producer_id = await producer_of(session, tea[0])
    await fees.set_fee(
        session,
        producer_id=producer_id,
        kind=FeeKind.MARKET,
        terms=fees.Terms(basis_points=1_000),
        valid_from=NOW.date(),
        person_id=(await make_staff(session)).person_id,
        now=NOW,
    )
    order = await order_with(session, *tea)
    await pay(session, order)
    payable = accounts.seller_payable(producer_id)
    assert await ledger.balance(session, payable) == -(405_000 - 40_500)
    assert await ledger.balance(session, accounts.buyer_receivable(PayableKind.ORDER, order.id)) == 0
    _parcel, act = await walk(session, order, until=OrderState.DELIVERED)
    await fulfilment.take_back(session, **act)
    [refund] = await refunds.list_of(session, PayableKind.ORDER, [order.id])
    assert refund.amount_minor == 405_000
    assert await ledger.balance(session, payable) == 0
    assert await ledger.balance(session, accounts.platform_fee()) == 0
    assert await list_breaches(session, now=NOW) == []


@pytest.mark.parametrize(
    ("terms", "weight_g", "final", "back"),
    [
        ({"amount_minor": None, "percent": 10}, 2_000, 569_600, 64_000),
        ({"amount_minor": 633_000}, 1_900, 0, 71_000),
    ],
)
async def test_v9_the_scale_and_a_voucher(session, terms, weight_g, final, back):
    """V9: what was taken off stays taken off; never less than nothing is paid, and paid is final and given back."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=5)
    await make_voucher_for(session, fish, **terms)
    order = await order_with(session, fish)
    await pay(session, order)
    parcel, act = await walk(session, order, until=OrderState.PACKING)
    said = Weighing(
        id=uuid7(), line_id=parcel.lines[0].id, weights_g=(weight_g,), photo_id=await show_scale(session)
    )
    refund = await weighing.weigh(session, **act, weighing=said)
    [line] = (await parcels.list_parcels(session, order))[0].lines
    assert (line.final_minor, refund.amount_minor) == (final, back)
    assert line.amount_minor == final + back
    assert await ledger.balance(session, accounts.seller_payable(act["producer_id"])) == -final
    again = await weighing.weigh(session, **act, weighing=said)
    assert again is None and len(await refunds.list_of(session, PayableKind.ORDER, [order.id])) == 1
    assert await list_breaches(session, now=NOW) == []


@pytest.mark.parametrize("is_expired", [False, True])
async def test_v6_an_order_that_ends_unpaid_gives_its_use_back(session, tea, is_expired):
    """V6: cancelled by its buyer or by the clock, once; the phone number may use the code again."""
    order = await order_with(session, *tea)
    assert await uses_taken(session) == 1
    for _time in range(2):
        if is_expired:
            await cancelling.expire_order(session, order_id=order.id, now=LATER)
        else:
            await cancelling.cancel_order(session, order_id=order.id, now=NOW)
        assert await uses_taken(session) == 0
    assert await list_breaches(session, now=LATER) == []
    await order_with(session, *tea)
    assert await uses_taken(session) == 1


async def test_v7_late_money_takes_goods_and_use_anew(session, tea):
    """V7: money after the end takes the use again when there is one."""
    order = await order_with(session, *tea)
    await cancelling.expire_order(session, order_id=order.id, now=LATER)
    await pay(session, order, now=LATER)
    assert (await orders.get_order(session, order.id)).paid_at == LATER
    assert await uses_taken(session) == 1
    assert await list_breaches(session, now=LATER) == []


async def test_v7_late_money_waits_when_the_use_is_gone(session, tea):
    """V7: when somebody else has the use by then the money waits, and accepting it by hand is refused."""
    (await session.scalars(select(Voucher))).one().uses_most = 1
    await session.flush()
    order = await order_with(session, *tea)
    await cancelling.expire_order(session, order_id=order.id, now=LATER)
    await order_with(session, *tea, phone="+84912345678", now=LATER)
    await pay(session, order, now=LATER)
    payment = await get_payment(session, order)
    assert (payment.state, order.state) == (PaymentState.PAID_LATE, OrderState.CANCELLED)
    assert await list_breaches(session, now=LATER) == []
    with pytest.raises(VoucherUsedUpError):
        await payments.accept_late(session, payment_id=payment.id, now=LATER)


async def place(session, cart, total, code=CODE):
    """Order a basket with a code and the total that was seen: the order, or the refusal."""
    try:
        return await checkout.place_order(
            session,
            secret=SECRET,
            cart_id=cart.id,
            recipient=make_recipient(),
            seen_total_minor=total,
            now=NOW,
            voucher_code=code,
        )
    except AppError as refusal:
        return refusal


async def test_v10_a_code_is_told_before_it_counts(session, tea):
    """V10, O2: with the total from before the code, or any other, nothing is placed and nothing counted."""
    cart, _token = await make_cart(session, lines={tea[0].id: 1})
    told = await place(session, cart, 380_000)
    assert isinstance(told, VoucherCountedError) and told.total_minor == 345_000
    told = await place(session, cart, 1)
    assert isinstance(told, PriceChangedError) and told.total_minor == 345_000
    assert await session.scalar(select(func.count()).select_from(Order)) == 0
    assert (await place(session, cart, 345_000)).total_minor == 345_000


async def test_v5_a_refused_use_leaves_nothing_behind(session, tea):
    """V5: a phone number that had its share gets no order, no hold and no use, and keeps its basket."""
    await order_with(session, tea[0])
    cart, _token = await make_cart(session, lines={tea[0].id: 1})
    assert isinstance(await place(session, cart, 345_000), VoucherUsedUpError)
    assert await session.scalar(select(func.count()).select_from(Order)) == 1
    assert await uses_taken(session) == 1
    assert isinstance(await place(session, cart, 380_000, code=""), Order)
    assert await list_breaches(session, now=NOW) == []


async def test_an_order_without_a_code_has_no_discount(session, tea):
    """A voucher touches those orders alone that ask for it."""
    order = await make_order(session, tea[0])
    assert (order.discount_minor, order.total_minor) == (0, 380_000)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    assert await uses_taken(session) == 0


async def test_v9_the_buyer_reads_what_was_taken_off(db, client):
    """V9, W9: the order's page tells the price before the voucher, what it took off, and the final price after it."""
    async with db.transaction() as session:
        fish = await make_fish(session)
        await make_stock(session, fish, on_hand=5)
        await make_voucher_for(session, fish, amount_minor=None, percent=10)
        order = await order_with(session, fish)
        await pay(session, order)
        parcel, act = await walk(session, order, until=OrderState.PACKING)
        said = Weighing(
            id=uuid7(), line_id=parcel.lines[0].id, weights_g=(2_000,), photo_id=await show_scale(session)
        )
        await weighing.weigh(session, **act, weighing=said)
    page = (await client.get(f"/orders/{orders.make_token(SECRET, order.id)}")).text
    for words in ("704.000", "Mã giảm giá bớt 70.400", "569.600", "Số này đã trừ mã giảm giá", "64.000"):
        assert words in page, words


async def test_recalled_lines_that_cost_nothing_owe_nothing(session):
    """V9, O12: goods that a voucher and the scale left at nothing go back for nothing; the parcel's delivery goes back."""
    fish = await make_fish(session)
    await make_stock(session, fish, on_hand=5)
    await make_voucher_for(session, fish, amount_minor=633_000)
    order = await order_with(session, fish)
    await pay(session, order)
    parcel, act = await walk(session, order, until=OrderState.PACKING)
    said = Weighing(
        id=uuid7(), line_id=parcel.lines[0].id, weights_g=(1_900,), photo_id=await show_scale(session)
    )
    await weighing.weigh(session, **act, weighing=said)
    [parcel] = await parcels.list_parcels(session, order)
    facts = {"reason": RefundReason.RECALLED, "person_id": act["person_id"], "now": NOW}
    refund = await refunding.give_back(session, parcel, parcel.lines, **facts)
    assert refund.amount_minor == 30_000
    assert await refunding.give_back(session, parcel, parcel.lines, **facts) is None
    paid_back = await refunds.list_of(session, PayableKind.ORDER, [order.id])
    assert sum(one.amount_minor for one in paid_back) == order.total_minor
