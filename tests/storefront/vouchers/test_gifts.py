"""Codes that the market pays for: priced, booked, taxed, given back. Rules V12 to V16 of PRICING.md, BG1 of BOOKS.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import today
from producers.cooperatives.models import Producer, ProducerKind
from producers.listings.models import Listing
from storefront.checkout import service as checkout
from storefront.closing import service as closing
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fulfilment import cash as refusing
from storefront.fulfilment import invoicing, refunding, weighing
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.ledger.periods import Period
from storefront.orders import cancelling
from storefront.orders import parcels as order_parcels
from storefront.orders import service as orders
from storefront.orders.models import OrderLine
from storefront.payments.models import PayableKind
from storefront.payouts import statements
from storefront.pricing.models import DeliveryRate
from storefront.refunds.models import Refund, RefundReason
from storefront.vouchers import service as vouchers
from storefront.vouchers.errors import (
    BasketTooSmallError,
    BudgetError,
    OtherVoucherError,
    VoucherNotFoundError,
    VoucherUsedUpError,
)
from storefront.vouchers.models import Voucher
from storefront.vouchers.service import Goods, Terms, count_discount
from tests.books import list_breaches
from tests.factories.cash import allow, send
from tests.factories.orders import SECRET, make_recipient, pay
from tests.factories.people import make_person, make_staff
from tests.factories.scale import show_scale
from tests.factories.storefront import NOW, make_cart, make_fish, make_listing, make_stock, make_variant
from tests.factories.vouchers import CODE, make_gift, make_voucher, order_with
from tests.storefront.fulfilment.test_weighing import typed
from tests.storefront.vouchers.test_orders import LATER, walk

GIFT = accounts.marketing_expense()


async def make_seller(session, *, fee=500, kind=ProducerKind.HOUSEHOLD):
    """A household that sells a box at 200.000 with 30.000 of sending, and pays the market a fee of 5 %."""
    listing = await make_listing(session)
    seller = await session.get_one(Producer, listing.producer_id)
    seller.kind = kind
    session.add(DeliveryRate(producer_id=seller.id, fee_minor=30_000, free_from_minor=None))
    await session.flush()
    if fee:
        await fees.set_fee(
            session,
            producer_id=seller.id,
            kind=FeeKind.MARKET,
            terms=fees.Terms(basis_points=fee),
            valid_from=NOW.date(),
            person_id=(await make_staff(session)).person_id,
            now=NOW,
        )
    box = await make_variant(session, listing_id=listing.id, price_minor=200_000)
    await make_stock(session, box)
    return seller, box


async def buy(session, *packs, **how):
    """A paid order with CODE; answers it with its parcels."""
    order = await order_with(session, *packs, **how)
    await pay(session, order)
    order = await orders.get_order(session, order.id)
    return order, await order_parcels.list_parcels(session, order)


async def give_back(session, parcel, lines):
    """Give the price of some lines back."""
    person = await make_person(session)
    return await refunding.give_back(
        session, parcel, lines, reason=RefundReason.RETURNED, person_id=person.id, now=NOW
    )


async def balances(session, seller_id):
    """What stands in the books: (the market's gifts, owed for goods, owed for sending, fee, tax)."""
    names = (
        GIFT,
        accounts.seller_payable(seller_id),
        accounts.delivery_payable(seller_id),
        accounts.platform_fee(),
        accounts.tax_withheld(seller_id),
    )
    return tuple([await ledger.balance(session, name) for name in names])


async def budget(session):
    """(uses, đồng) taken of the one voucher."""
    row = select(Voucher.uses_taken, Voucher.budget_taken_minor)
    return tuple((await session.execute(row)).one())


async def breaches(session):
    """What is broken about money; goods that a test leaves on the shelf are no matter here."""
    found = await list_breaches(session, now=NOW)
    return [rule for rule, _whose in found if not rule.endswith("holds goods")]


async def test_the_example_of_the_books(session):
    """V13, V14, V15, BG1: box and sending as in BOOKS.md; the producer earns the full price, and all of it goes back."""
    seller, box = await make_seller(session)
    await make_gift(session)
    order, [parcel] = await buy(session, box)
    assert (order.goods_minor, order.gift_minor, order.discount_minor) == (180_000, 20_000, 0)
    assert (order.total_minor, parcel.consignment.earned_minor) == (210_000, 200_000)
    assert await balances(session, seller.id) == (20_000, -187_000, -28_650, -10_000, -4_350)
    assert await ledger.balance(session, accounts.buyer_receivable(PayableKind.ORDER, order.id)) == 0
    assert await breaches(session) == []
    refund = await give_back(session, parcel, parcel.lines)
    # Nothing had left, so the sending goes back too.
    assert (refund.amount_minor, refund.gift_minor) == (210_000, 20_000)
    assert await balances(session, seller.id) == (0, 0, 0, 0, 0)
    assert await breaches(session) == []


async def test_what_was_sent_stays_paid(session):
    """V15: after delivery the box alone goes back: 180.000 to the buyer, 20.000 to the market; the sending keeps its tax."""
    seller, box = await make_seller(session)
    await make_gift(session)
    order, [parcel] = await buy(session, box)
    await walk(session, order, until=orders.OrderState.DELIVERED)
    [parcel] = await order_parcels.list_parcels(session, order)
    refund = await give_back(session, parcel, parcel.lines)
    assert (refund.amount_minor, refund.gift_minor) == (180_000, 20_000)
    assert await balances(session, seller.id) == (0, 0, -28_650, 0, -1_350)
    assert await breaches(session) == []


async def test_a_basket_of_many_producers(session):
    """V12, V13: the code lowers goods of all in proportion; each is paid in full, line by line the parts go back."""
    one, box = await make_seller(session)
    other, tin = await make_seller(session, fee=0, kind=ProducerKind.COOPERATIVE)
    await make_gift(session, amount_minor=33_333)
    order, parcels = await buy(session, box, tin)
    assert sorted(parcel.consignment.gift_minor for parcel in parcels) == [16_666, 16_667]
    assert order.total_minor == 400_000 - 33_333 + 60_000
    payable = accounts.seller_payable(other.id)
    assert await ledger.balance(session, payable) == -200_000
    for parcel in parcels:
        await give_back(session, parcel, parcel.lines)
        assert await breaches(session) == []
    assert await ledger.balance(session, GIFT) == 0
    assert await ledger.balance(session, accounts.seller_payable(one.id)) == 0


async def test_only_the_chosen_producers(session):
    """V12: goods of others are not lowered; a basket without any of the chosen is told that the code is not for it."""
    seller, box = await make_seller(session)
    strange = await make_variant(session, price_minor=70_000)
    await make_stock(session, strange)
    await make_gift(session, seller.id, amount_minor=None, percent=10)
    _order, parcels = await buy(session, box, strange)
    assert {
        (parcel.consignment.producer_id == seller.id, parcel.consignment.gift_minor) for parcel in parcels
    } == {(True, 20_000), (False, 0)}
    with pytest.raises(VoucherNotFoundError):
        await order_with(session, strange, phone="+84987654322")


def test_what_costs_almost_nothing_is_not_lowered():
    """V12: a line for less than 10 đồng keeps its price."""
    gift = Voucher(producer_id=None, percent=90, minimum_minor=0)
    lines = [Goods(1, 9), Goods(2, 10), Goods(3, 101)]
    assert count_discount(gift, lines).parts_minor == (0, 9, 90)
    with pytest.raises(VoucherNotFoundError):
        count_discount(gift, lines[:1])
    gift.minimum_minor = 200
    with pytest.raises(BasketTooSmallError, match="chợ tặng"):
        count_discount(gift, lines)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.integers(1, 100), st.integers(1, 10**7))
def test_of_each_line_the_buyer_pays_something(amounts, percent, amount):
    """V3, V12, V15: whatever the code, no line is paid by the market alone, so that a refund always has a payer."""
    lines = [Goods(at, minor) for at, minor in enumerate(amounts)]
    for terms in ({"percent": percent}, {"amount_minor": amount}):
        try:
            discount = count_discount(Voucher(producer_id=None, minimum_minor=0, **terms), lines)
        except VoucherNotFoundError:
            continue
        assert sum(discount.parts_minor) == discount.total_minor
        assert all(0 <= part < minor for part, minor in zip(discount.parts_minor, amounts, strict=True))


@given(st.data())
def test_what_the_scale_gives_back_is_shared(data):
    """V15: the parts of what goes back add up, the buyer's is never nothing, and with the rest of the line all is back."""
    earned = data.draw(st.integers(10, 10**7))
    gift = data.draw(st.integers(0, earned * 9 // 10))
    line = OrderLine(amount_minor=earned - gift, gift_minor=gift)
    back = data.draw(st.integers(1, earned))
    market = weighing.share_gift(line, back)
    assert 0 <= market <= gift and 0 < back - market <= earned - gift
    assert weighing.share_gift(line, earned) == gift


async def test_the_scale_and_the_market(session):
    """V15, W4, W5: paid = final + back for the buyer and for the market alike; a later return gives back the rest of both."""
    listing = await make_listing(session)
    fish = await make_fish(session, listing_id=listing.id)
    await make_stock(session, fish, on_hand=5)
    (await session.get_one(Producer, listing.producer_id)).kind = ProducerKind.HOUSEHOLD
    await make_gift(session, amount_minor=70_001)
    order, [parcel] = await buy(session, fish)
    _parcel, act = await walk(session, order, until=orders.OrderState.PACKING)
    await show_scale(session)
    refund = await weighing.weigh(session, **act, weighing=typed(parcel, 1_999))
    # 704.000 at most, 639.680 by the scale: 64.320 goes back, of it 70.001 of 704.000 to the market.
    assert (refund.amount_minor, refund.gift_minor) == (57_925, 6_395)
    [parcel] = await order_parcels.list_parcels(session, order)
    [line] = parcel.lines
    assert (line.final_minor, line.final_gift_minor, line.earned_minor) == (576_074, 63_606, 639_680)
    assert await ledger.balance(session, GIFT) == 63_606
    assert await breaches(session) == []
    await give_back(session, parcel, parcel.lines)
    assert await ledger.balance(session, GIFT) == 0
    assert await ledger.balance(session, accounts.seller_payable(listing.producer_id)) == 0
    assert await breaches(session) == []


async def test_the_budget_is_taken_and_given_back(session):
    """V16, V6, V7: counted with the use, back with an order that ends unpaid, taken anew for late money while there is some."""
    _seller, box = await make_seller(session)
    await make_gift(session, budget_minor=30_000)
    order = await order_with(session, box)
    assert await budget(session) == (1, 20_000)
    with pytest.raises(VoucherUsedUpError):
        await order_with(session, box, phone="+84987654322")
    await cancelling.expire_order(session, order_id=order.id, now=LATER)
    assert await budget(session) == (0, 0)
    later = await order_with(session, box, phone="+84987654322")
    await pay(session, order, now=LATER)
    assert (await orders.get_order(session, order.id)).paid_at is None
    await cancelling.cancel_order(session, order_id=later.id, now=NOW)
    assert await budget(session) == (0, 0)
    assert await breaches(session) == []


async def test_a_refund_fills_no_budget(session):
    """V16: what comes back with a refund is not given away anew."""
    _seller, box = await make_seller(session)
    await make_gift(session)
    _order, [parcel] = await buy(session, box)
    await give_back(session, parcel, parcel.lines)
    assert await budget(session) == (1, 20_000)
    assert await breaches(session) == []


@pytest.mark.parametrize("is_good", [True, False])
async def test_what_nobody_took_takes_nothing_of_the_budget(session, is_good):
    """V16, V6, M6: use and đồng go back with a parcel on delivery that nobody took; neither before it came back nor twice."""
    _seller, box = await make_seller(session)
    producer_id = await allow(session, box)
    await make_gift(session)
    cart, _token = await make_cart(session, lines={box.id: 1})
    order = await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(),
        seen_total_minor=210_000,
        voucher_code=CODE,
        is_cash=True,
        now=NOW,
    )
    parcel = await send(session, order)
    assert await budget(session) == (1, 20_000)
    await refusing.take_refused(
        session,
        consignment_id=parcel.id,
        producer_id=producer_id,
        is_good=is_good,
        person_id=(await make_person(session)).id,
        now=NOW,
    )
    assert await budget(session) == (0, 0)
    await vouchers.release(session, order_id=order.id)
    assert await budget(session) == (0, 0)
    assert await breaches(session) == []


@pytest.mark.parametrize(
    "values",
    [
        {"budget_taken_minor": 200_001},
        {"budget_taken_minor": -1},
        {"budget_minor": None},
    ],
)
async def test_a_check_stands_behind_the_budget(session, values):
    """V16: the database refuses a budget that is passed or below nothing, and a code of the market without one."""
    await make_gift(session)
    with pytest.raises(IntegrityError):
        await session.execute(update(Voucher).values(**values))
    await session.rollback()


async def test_the_close_asks_for_the_gifts(session):
    """BG1, BC1: a day with gifts and what came back fits; a gift that nobody booked is found."""
    _seller, box = await make_seller(session)
    await make_gift(session, uses_per_phone=5)
    _order, [parcel] = await buy(session, box)
    await give_back(session, parcel, parcel.lines)
    await buy(session, box)
    period = Period.of_day(today(NOW))
    found = await closing.look_through(session, period)
    assert [check.question for check in found.checks if check.count] == []
    await session.execute(update(Refund).values(gift_minor=0))
    found = await closing.look_through(session, period)
    assert [check.question for check in found.checks if check.count] == ["gifts"]


async def test_the_statement_tells_what_the_market_paid(session):
    """V13, BS2: the sale stands with its full price, and says what of it the market paid."""
    seller, box = await make_seller(session)
    await make_gift(session)
    order, _parcels = await buy(session, box)
    found = await statements.make_statement(
        session, producer_id=seller.id, period=Period.of_month(today(NOW))
    )
    assert (str(found.lines[0].words), found.lines[0].amount_minor) == (
        f"Bán Chè Đinh: 1 × Hộp 200 g, chợ trả hộ 20.000\u00a0₫ (đơn {order.code})",
        200_000,
    )


async def test_an_invoice_tells_the_full_price(session):
    """V14, I1: what was sold is invoiced at what it earned."""
    seller, box = await make_seller(session)
    await make_gift(session)
    _order, [parcel] = await buy(session, box)
    draft = await invoicing.draft_invoice(session, consignment_id=parcel.consignment.id, producer=seller)
    assert draft.total_minor == 230_000


async def test_whose_code_it_is(session):
    """V12: a producer neither sees nor ends a code of the market, nor the market theirs."""
    gift = await make_gift(session)
    listing = await session.get_one(Listing, (await make_variant(session)).listing_id)
    own = await make_voucher(session, producer_id=listing.producer_id, code="nhavuon")
    assert await vouchers.list_vouchers(session, listing.producer_id) == [own]
    assert await vouchers.list_vouchers(session, None) == [gift]
    for voucher_id, producer_id in ((gift.id, listing.producer_id), (own.id, None)):
        with pytest.raises(OtherVoucherError):
            await vouchers.end(session, voucher_id=voucher_id, producer_id=producer_id, now=NOW)
    terms = Terms(
        amount_minor=20_000,
        percent=None,
        most_minor=None,
        minimum_minor=0,
        first_day=today(NOW),
        last_day=today(NOW),
        uses_most=1,
        uses_per_phone=1,
    )
    person = await make_person(session)
    with pytest.raises(BudgetError):
        await vouchers.make(
            session,
            producer_id=None,
            code="CHO1",
            terms=terms,
            person_id=person.id,
            now=NOW,
            budget_minor=19_999,
        )
