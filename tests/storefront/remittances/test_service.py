"""Money on delivery: M1 to M6 of orders/PRICING.md, P31 to P35 of payments/FLOWS.md, BD1 to BD4 of ledger/BOOKS.md."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import ConflictError, InvalidError
from app.core.ids import uuid7
from storefront.checkout.errors import NotOnDeliveryError, OpenCashError
from storefront.fees import service as fees
from storefront.fees.models import FeeKind
from storefront.fulfilment import cash as refusing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import CashNotHereError
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling, parcels
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import CancelReason, OrderState
from storefront.payments import receipts
from storefront.payments import service as payments
from storefront.payments.models import PaymentState, ReceiptOutcome
from storefront.payouts import service as payouts
from storefront.remittances import service as remittances
from storefront.remittances.errors import DifferenceError, NothingChosenError, NotWaitingError
from storefront.remittances.service import Share
from tests.books import list_breaches
from tests.factories.cash import (
    MOST,
    allow,
    make_cash_order,
    make_cash_variant,
    make_delivered,
    make_transfer,
    send,
)
from tests.factories.orders import BANK, counters, get_payment, pay
from tests.factories.people import make_person
from tests.factories.preorders import make_offer
from tests.factories.storefront import NOW, make_fish, make_stock, make_variant

PRICE = 380_000
"""One box and its delivery."""


@pytest.fixture
async def staff_id(session):
    """Somebody of the market's office."""
    return (await make_person(session)).id


async def balances(session, producer_id):
    """(courier owes, deferred, seller, delivery, in hand, bank) in đồng, what we owe below zero."""
    names = (
        accounts.courier_receivable(producer_id),
        accounts.courier_deferred(producer_id),
        accounts.seller_payable(producer_id),
        accounts.delivery_payable(producer_id),
        accounts.producer_cash(producer_id),
        BANK,
    )
    return tuple([await ledger.balance(session, name) for name in names])


async def divide(session, staff_id, amount, *shares):
    """A courier's transfer of so much, divided."""
    transfer = await make_transfer(session, amount)
    await remittances.divide_transfer(
        session, receipt_id=transfer.id, shares=shares, person_id=staff_id, now=NOW
    )
    return transfer


async def keep(session, staff_id, producer_id, *order_ids, remittance_id=None):
    """The producer has the money of these orders in hand."""
    await remittances.keep_cash(
        session,
        remittance_id=remittance_id or uuid7(),
        producer_id=producer_id,
        order_ids=set(order_ids),
        person_id=staff_id,
        now=NOW,
    )


async def test_only_what_a_producer_allows(session):
    """M1: off unless the producer allows it, up to their most, one producer, nothing of the scale."""
    variant = await make_cash_variant(session)
    other = await make_cash_variant(session)
    fish = await make_fish(session, listing_id=variant.listing_id, price_minor=100_000)
    await make_stock(session, fish)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, variant, other)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, fish)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, variant, quantity=MOST // 350_000 + 1)
    await allow(session, variant, PRICE)
    assert (await make_cash_order(session, variant)).is_cash
    await allow(session, variant, PRICE - 1)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, variant)
    await allow(session, variant, None)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, variant)


async def test_nothing_that_is_ordered_ahead(session):
    """M1: cash for a harvest that is still to come would be promised to nobody; what lies there may be paid so."""
    variant = await make_cash_variant(session)
    ahead = await make_variant(session, listing_id=variant.listing_id)
    await make_offer(session, ahead)
    with pytest.raises(NotOnDeliveryError):
        await make_cash_order(session, ahead)
    assert (await make_cash_order(session, variant)).is_cash


async def test_goods_are_held_before_any_money(session):
    """M2: the order waits for the producer at once, its goods are the buyer's, and no sweep takes them back."""
    variant = await make_cash_variant(session, on_hand=2)
    order = await make_cash_order(session, variant, quantity=2)
    assert (order.state, order.paid_at, order.collect_minor) == (
        OrderState.AWAITING_CONFIRMATION,
        None,
        730_000,
    )
    assert not await cancelling.expire_order(session, order_id=order.id, now=NOW + timedelta(days=90))
    assert await ledger.get_trial_balance(session) == []
    assert await list_breaches(session, now=NOW) == []


async def test_three_at_a_time(session):
    """M1: a phone number has three open orders on delivery at most; one that is paid makes room."""
    variant = await make_cash_variant(session)
    first, *_others = [await make_cash_order(session, variant) for _order in range(3)]
    with pytest.raises(OpenCashError):
        await make_cash_order(session, variant)
    assert (await make_cash_order(session, variant, phone="+84912000333")).is_cash
    await pay(session, first)
    assert (await make_cash_order(session, variant)).is_cash


async def test_the_courier_owes_from_delivery_on(session, staff_id):
    """M3, BD1, BD2: delivered, the courier owes; paid in, the sale is booked with its fee as of any paid order."""
    variant = await make_cash_variant(session)
    producer_id = await allow(session, variant)
    await fees.set_fee(
        session,
        producer_id=producer_id,
        kind=FeeKind.MARKET,
        terms=fees.Terms(basis_points=500),
        valid_from=NOW.date(),
        person_id=staff_id,
        now=NOW,
    )
    order = await make_cash_order(session, variant)
    await send(session, order, until="ship")
    assert await balances(session, producer_id) == (0, 0, 0, 0, 0, 0)
    [parcel] = await parcels.list_consignments(session, [order.id])
    await fulfilment.deliver(
        session, consignment_id=parcel.id, producer_id=producer_id, person_id=staff_id, now=NOW
    )
    assert await balances(session, producer_id) == (PRICE, -PRICE, 0, 0, 0, 0)
    assert [one.due_minor for one in await remittances.list_waiting(session, producer_id=producer_id)] == [
        PRICE
    ]
    assert await list_breaches(session, now=NOW) == []
    await divide(session, staff_id, PRICE, Share(order.id, PRICE))
    assert await balances(session, producer_id) == (0, 0, -332_500, -30_000, 0, PRICE)
    assert (order.paid_at, parcel.state) == (NOW, OrderState.DELIVERED)
    assert await remittances.list_waiting(session) == []
    assert await list_breaches(session, now=NOW) == []


async def test_one_transfer_for_many_parcels(session, staff_id):
    """P31: a transfer is divided whole among parcels of several producers, once."""
    first, second = await make_cash_variant(session), await make_cash_variant(session)
    one, _parcel = await make_delivered(session, first)
    two, _parcel = await make_delivered(session, second, quantity=2)
    transfer = await make_transfer(session, PRICE + 730_000)
    shares = [Share(one.id, PRICE), Share(two.id, 730_000)]
    with pytest.raises(InvalidError, match="cộng lại"):
        async with session.begin_nested():
            await remittances.divide_transfer(
                session, receipt_id=transfer.id, shares=shares[:1], person_id=staff_id, now=NOW
            )
    with pytest.raises(NothingChosenError):
        await remittances.divide_transfer(
            session, receipt_id=transfer.id, shares=[], person_id=staff_id, now=NOW
        )
    await remittances.divide_transfer(
        session, receipt_id=transfer.id, shares=shares, person_id=staff_id, now=NOW
    )
    assert await ledger.balance(session, BANK) == PRICE + 730_000
    assert await receipts.list_queue(session, now=NOW) == []
    three, _parcel = await make_delivered(session, first)
    with pytest.raises(ConflictError):
        async with session.begin_nested():
            await remittances.divide_transfer(
                session,
                receipt_id=transfer.id,
                shares=[Share(three.id, PRICE)],
                person_id=staff_id,
                now=NOW,
            )
    assert await list_breaches(session, now=NOW) == []


async def test_less_and_more_than_is_due(session, staff_id):
    """P32: too little waits among the short sums until the rest comes, too much among what goes back."""
    variant = await make_cash_variant(session)
    short, _parcel = await make_delivered(session, variant)
    much, _parcel = await make_delivered(session, variant)
    await divide(session, staff_id, 700_000, Share(short.id, 300_000), Share(much.id, 400_000))
    queue = {one.receipt.outcome: one for one in await receipts.list_queue(session, now=NOW)}
    assert set(queue) == {ReceiptOutcome.UNDER, ReceiptOutcome.OVER}
    assert queue[ReceiptOutcome.OVER].return_minor == 20_000
    assert (short.paid_at, much.paid_at) == (None, NOW)
    assert [one.due_minor for one in await remittances.list_waiting(session)] == [80_000]
    assert await list_breaches(session, now=NOW) == []
    await divide(session, staff_id, 80_000, Share(short.id, 80_000))
    assert short.paid_at == NOW
    await receipts.return_receipt(
        session,
        receipt_id=queue[ReceiptOutcome.OVER].receipt.id,
        reference="FT1",
        person_id=staff_id,
        now=NOW,
    )
    assert await ledger.balance(session, BANK) == 2 * PRICE
    assert await list_breaches(session, now=NOW) == []


async def test_what_the_courier_keeps_as_its_price(session, staff_id):
    """P33, BD3: what a courier takes off is the producer's to bear, and must explain the whole difference."""
    variant = await make_cash_variant(session)
    order, parcel = await make_delivered(session, variant)
    with pytest.raises(DifferenceError) as refused:
        await divide(session, staff_id, 350_000, Share(order.id, 350_000, 20_000))
    assert "380.000" in str(refused.value.message)
    await divide(session, staff_id, 335_000, Share(order.id, 335_000, 45_000))
    assert await balances(session, parcel.producer_id) == (0, 0, -335_000, 0, 0, 685_000)
    assert order.paid_at == NOW and len(await receipts.list_queue(session, now=NOW)) == 1


async def test_the_producer_has_it_in_hand(session, staff_id):
    """P34, BD4: the market's fee is owed by a producer who took the cash, and is netted with what is owed next."""
    variant = await make_cash_variant(session)
    producer_id = await allow(session, variant)
    await fees.set_fee(
        session,
        producer_id=producer_id,
        kind=FeeKind.MARKET,
        terms=fees.Terms(basis_points=1_000),
        valid_from=NOW.date(),
        person_id=staff_id,
        now=NOW,
    )
    order, _parcel = await make_delivered(session, variant)
    remittance_id = uuid7()
    for _press in range(2):
        await keep(session, staff_id, producer_id, order.id, remittance_id=remittance_id)
    assert await balances(session, producer_id) == (0, 0, 35_000, 0, 0, 0)
    [owed] = await payouts.list_owed(session, minimum_minor=0, now=NOW)
    assert (owed.amount_minor, owed.hindrance) == (-35_000, payouts.Hindrance.OWES_US)
    await divide(session, staff_id, PRICE, Share((await make_delivered(session, variant))[0].id, PRICE))
    [owed] = await payouts.list_owed(session, minimum_minor=0, now=NOW)
    assert owed.amount_minor == PRICE - 35_000 - 35_000
    [(written, line)] = await remittances.list_kept(session, producer_id)
    assert (written.id, line.order_id, line.kept_minor) == (remittance_id, order.id, PRICE)
    assert await list_breaches(session, now=NOW) == []


async def test_only_ones_own_and_only_once(session, staff_id):
    """P34: another producer's order does not exist; what is not out, or is paid, waits for no money."""
    variant, other = await make_cash_variant(session), await make_cash_variant(session)
    order, parcel = await make_delivered(session, variant)
    stranger = await allow(session, other)
    with pytest.raises(OrderNotFoundError):
        await keep(session, staff_id, stranger, order.id)
    with pytest.raises(NothingChosenError):
        await keep(session, staff_id, parcel.producer_id)
    here = await make_cash_order(session, variant)
    with pytest.raises(NotWaitingError):
        await keep(session, staff_id, parcel.producer_id, here.id)
    await keep(session, staff_id, parcel.producer_id, order.id)
    with pytest.raises(NotWaitingError) as refused:
        await keep(session, staff_id, parcel.producer_id, order.id)
    assert order.code in str(refused.value.message.params)


@pytest.mark.parametrize(("is_good", "left"), [(True, 20), (False, 19)])
@pytest.mark.parametrize("until", ["ship", "deliver"])
async def test_nobody_took_it(session, staff_id, is_good, left, until):
    """M6: a parcel that comes back is returned, its goods are on the shelf again or lost, and nobody owes anything."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=20)
    producer_id = await allow(session, variant)
    order = await make_cash_order(session, variant)
    parcel = await send(session, order, until=until)
    act = {"consignment_id": parcel.id, "producer_id": producer_id, "person_id": staff_id, "now": NOW}
    await refusing.take_refused(session, **act, is_good=is_good)
    assert order.state is OrderState.RETURNED
    assert await counters(session, item) == (left, 0, 0)
    assert await balances(session, producer_id) == (0, 0, 0, 0, 0, 0)
    with pytest.raises(WrongStateError):
        await refusing.take_refused(session, **act, is_good=is_good)
    with pytest.raises(NotWaitingError):
        await keep(session, staff_id, producer_id, order.id)
    assert await list_breaches(session, now=NOW) == []


async def test_money_for_what_came_back_waits_for_a_human(session, staff_id):
    """M6: money that comes after all is late money; nobody can accept it, it goes back."""
    variant = await make_cash_variant(session)
    order = await make_cash_order(session, variant)
    parcel = await send(session, order, until="ship")
    await refusing.take_refused(
        session,
        consignment_id=parcel.id,
        producer_id=parcel.producer_id,
        person_id=staff_id,
        is_good=True,
        now=NOW,
    )
    receipt = await pay(session, order)
    payment = await get_payment(session, order)
    assert (receipt.outcome, payment.state) == (ReceiptOutcome.LATE, PaymentState.PAID_LATE)
    with pytest.raises(WrongStateError):
        async with session.begin_nested():
            await payments.accept_late(session, payment_id=payment.id, now=NOW)
    [item] = await receipts.list_queue(session, now=NOW)
    await receipts.return_receipt(
        session, receipt_id=item.receipt.id, reference="FT1", person_id=staff_id, now=NOW
    )
    assert await list_breaches(session, now=NOW) == []


async def test_money_after_two_months_is_taken(session):
    """M4: what a courier pays in after the waiting is late money, and is taken: the goods are with the buyer."""
    variant = await make_cash_variant(session)
    order, _parcel = await make_delivered(session, variant)
    await pay(session, order, now=NOW + timedelta(days=61))
    assert order.paid_at == NOW + timedelta(days=61)
    assert await list_breaches(session, now=NOW + timedelta(days=61)) == []


async def test_goods_come_back_after_the_money(session, staff_id):
    """M6: with the courier's money on its way nothing goes back yet; once it is here a return is owed like any other."""
    variant = await make_cash_variant(session)
    order, parcel = await make_delivered(session, variant)
    act = {"consignment_id": parcel.id, "producer_id": parcel.producer_id, "person_id": staff_id, "now": NOW}
    with pytest.raises(CashNotHereError):
        await fulfilment.take_back(session, **act)
    await divide(session, staff_id, PRICE, Share(order.id, PRICE))
    await fulfilment.take_back(session, **act)
    assert await balances(session, parcel.producer_id) == (0, 0, 0, -30_000, 0, PRICE)
    assert await list_breaches(session, now=NOW) == []


async def test_buyer_and_producer_give_up_before_it_leaves(session):
    """M5: the buyer until it is taken on, the producer until it leaves; the goods are free, and money waits for a human."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=20)
    producer_id = await allow(session, variant)
    given_up = await make_cash_order(session, variant)
    await cancelling.cancel_order(session, order_id=given_up.id, now=NOW)
    declined = await make_cash_order(session, variant)
    parcel = await send(session, declined, until="pack")
    with pytest.raises(WrongStateError):
        await cancelling.cancel_order(session, order_id=declined.id, now=NOW)
    act = {"consignment_id": parcel.id, "producer_id": producer_id, "now": NOW}
    await refusing.decline(session, **act)
    with pytest.raises(WrongStateError):
        await refusing.decline(session, **act)
    assert (given_up.cancel_reason, declined.cancel_reason) == (CancelReason.BUYER, CancelReason.DECLINED)
    assert await counters(session, item) == (20, 0, 0)
    await pay(session, declined)
    assert declined.paid_at is None
    assert await list_breaches(session, now=NOW) == []


async def test_a_recall_stops_what_has_not_left(session):
    """M5: of recalled goods what lies here is cancelled, what left is not."""
    variant = await make_cash_variant(session)
    here, gone = await make_cash_order(session, variant), await make_cash_order(session, variant)
    await send(session, gone, until="ship")
    assert await cancelling.stop_recalled(session, order_id=here.id, now=NOW)
    assert not await cancelling.stop_recalled(session, order_id=gone.id, now=NOW)
    assert (here.cancel_reason, gone.state) == (CancelReason.RECALLED, OrderState.SHIPPING)
    assert await list_breaches(session, now=NOW) == []
