"""Store credit: C1 to C6 of orders/PRICING.md."""

from __future__ import annotations

from datetime import timedelta

import pytest

from producers.cooperatives.models import Role
from storefront.credits import service as credits_
from storefront.credits.errors import CreditGoneError
from storefront.fulfilment import cash as refusing
from storefront.fulfilment import service as fulfilment
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling
from storefront.orders import service as orders
from storefront.orders.errors import NotBuyerError, OrderNotFoundError
from storefront.orders.models import OrderState
from storefront.payments import receipts
from storefront.payments.models import ReceiptOutcome
from storefront.refunds import service as refunds
from storefront.refunds.errors import RefundedError
from tests.books import list_breaches
from tests.factories import cash as delivering
from tests.factories.credits import make_credit, order_with_credit
from tests.factories.orders import BANK, FORM, SECRET, get_payment, make_paid_order, pay
from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant

PRICE = 380_000
"""One box and its delivery."""
GOODS = 350_000
LATE = NOW + timedelta(minutes=20)


@pytest.fixture
async def variant(session):
    """Boxes at 350.000, twenty on the shelf."""
    found = await make_variant(session)
    await make_stock(session, found)
    return found


@pytest.fixture
async def buyer(session):
    """Somebody who proved their phone number."""
    return await make_person(session)


async def returned(session, variant, buyer, **how):
    """An order of this buyer that was paid, delivered and taken back: (order, what goes back)."""
    order = await make_paid_order(session, variant, person_id=buyer.id, **how)
    return order, await take_back(session, order)


async def take_back(session, order):
    """Let an order's parcel arrive and come back; answers its refunds."""
    parcel = await delivering.send(session, order)
    await fulfilment.take_back(
        session,
        consignment_id=parcel.id,
        producer_id=parcel.producer_id,
        person_id=(await make_person(session)).id,
        now=NOW,
    )
    return await refunds.list_of(session, "order", [order.id])


async def test_a_buyer_keeps_a_refund(session, variant, buyer):
    """C1: the buyer alone says so, once; it is owed to them then, and nothing goes out of the bank."""
    order, [refund] = await returned(session, variant, buyer)
    act = {"order_id": order.id, "refund_id": refund.id, "now": NOW}
    with pytest.raises(NotBuyerError):
        await orders.keep_credit(session, **act, person=await make_person(session))
    with pytest.raises(OrderNotFoundError):
        await orders.keep_credit(session, **act | {"refund_id": order.id}, person=buyer)
    for _press in range(2):
        await orders.keep_credit(session, **act, person=buyer)
    assert await credits_.balance(session, buyer.id) == GOODS
    assert await ledger.balance(session, BANK) == PRICE
    with pytest.raises(RefundedError):
        await refunds.record_paid(
            session, refund_id=refund.id, bank_account=BANK, reference="FT", person_id=buyer.id, now=NOW
        )
    [(journal, amount)] = await credits_.list_moves(session, buyer.id)
    assert (journal.kind, journal.memo, amount) == ("refund_credited", order.code, GOODS)
    assert await list_breaches(session, now=NOW) == []


async def test_what_was_sent_is_not_kept_as_well(session, variant, buyer):
    """C1: a refund whose transfer is written down is no credit any more; whoever proved the phone is the buyer too."""
    order, [refund] = await returned(session, variant, await make_person(session), phone=buyer.phone)
    assert orders.is_buyer(order, buyer) and not orders.is_buyer(order, None)
    await refunds.record_paid(
        session, refund_id=refund.id, bank_account=BANK, reference="FT", person_id=buyer.id, now=NOW
    )
    with pytest.raises(RefundedError):
        await orders.keep_credit(session, order_id=order.id, refund_id=refund.id, person=buyer, now=NOW)
    assert await credits_.balance(session, buyer.id) == 0


async def test_credit_lowers_what_is_asked_for(session, variant, buyer):
    """C2: the payment asks for the rest; paid, the sale is whole and the producer is owed all of it."""
    await make_credit(session, buyer, variant, 100_000)
    order = await order_with_credit(session, variant, buyer, 100_000)
    assert (order.total_minor, order.due_minor) == (PRICE, 280_000)
    assert (await get_payment(session, order)).amount_minor == 280_000
    assert await credits_.balance(session, buyer.id) == 0
    assert await list_breaches(session, now=NOW) == []
    await pay(session, order, amount_minor=280_000)
    assert order.paid_at == NOW
    assert await ledger.balance(session, accounts.buyer_receivable("order", order.id)) == 0
    assert await list_breaches(session, now=NOW) == []


@pytest.mark.parametrize("amount", [100_001, PRICE + 1, -1])
async def test_never_more_than_there_is(session, variant, buyer, amount):
    """C2: more than the buyer has, more than is to be paid, or less than nothing is refused, and nothing is placed."""
    await make_credit(session, buyer, variant, 100_000)
    with pytest.raises(CreditGoneError) as refused:
        await order_with_credit(session, variant, buyer, amount)
    assert refused.value.balance_minor == 100_000
    with pytest.raises(CreditGoneError):
        await order_with_credit(session, variant, None, 1)
    assert await credits_.balance(session, buyer.id) == 100_000


async def test_all_credit_is_paid_at_once(session, variant, buyer):
    """C3: with nothing left to pay the order waits for its producer at once; no money is asked for."""
    await make_credit(session, buyer, variant, PRICE)
    order = await order_with_credit(session, variant, buyer, PRICE, is_cash=True)
    assert (order.state, order.paid_at) == (OrderState.AWAITING_CONFIRMATION, NOW)
    assert not order.is_cash
    assert await list_breaches(session, now=NOW) == []
    again = await take_back(session, order)
    assert [one.credited_to_id for one in again] == [buyer.id]
    assert await credits_.balance(session, buyer.id) == GOODS
    assert await list_breaches(session, now=NOW) == []


async def test_credit_comes_back_with_a_cancelled_order(session, variant, buyer):
    """C4: given up or expired, the credit is the buyer's again, once."""
    await make_credit(session, buyer, variant, 100_000)
    order = await order_with_credit(session, variant, buyer, 100_000)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    await cancelling.cancel_order(session, order_id=order.id, now=NOW)
    assert await credits_.balance(session, buyer.id) == 100_000
    other = await order_with_credit(session, variant, buyer, 100_000)
    assert await cancelling.expire_order(session, order_id=other.id, now=LATE)
    assert [amount for _journal, amount in await credits_.list_moves(session, buyer.id)][:-1] == [
        100_000,
        -100_000,
        100_000,
        -100_000,
    ]
    assert await list_breaches(session, now=LATE) == []


async def test_late_money_takes_credit_again(session, variant, buyer):
    """C4: money after the hold takes the credit anew if it is there; spent meanwhile, the money waits in its queue."""
    await make_credit(session, buyer, variant, 100_000)
    first, second = [await _expired(session, variant, buyer) for _order in range(2)]
    assert (await pay(session, first, amount_minor=280_000, now=LATE)).payment_id is not None
    assert first.paid_at == LATE and await credits_.balance(session, buyer.id) == 0
    assert await list_breaches(session, now=LATE) == []
    late = await pay(session, second, amount_minor=280_000, now=LATE)
    assert (late.outcome, second.paid_at) == (ReceiptOutcome.LATE, None)
    assert len(await receipts.list_queue(session, now=LATE)) == 1
    assert await list_breaches(session, now=LATE) == []


async def _expired(session, variant, buyer):
    order = await order_with_credit(session, variant, buyer, 100_000)
    await cancelling.expire_order(session, order_id=order.id, now=LATE)
    return order


async def test_money_goes_back_first(session, variant, buyer):
    """C5: of an order paid both ways the money goes back as money, and what is above it as credit, at once."""
    await make_credit(session, buyer, variant, 100_000)
    order = await order_with_credit(session, variant, buyer, 100_000)
    await pay(session, order, amount_minor=280_000)
    back = sorted(await take_back(session, order), key=lambda one: one.amount_minor)
    assert [(one.amount_minor, one.credited_to_id) for one in back] == [(70_000, buyer.id), (280_000, None)]
    assert await credits_.balance(session, buyer.id) == 70_000
    assert await list_breaches(session, now=NOW) == []


async def test_credit_and_the_rest_on_delivery(session, buyer):
    """C6: whoever brings it collects the rest; when nobody takes it, the credit comes back."""
    variant = await delivering.make_cash_variant(session)
    await make_credit(session, buyer, variant, 100_000)
    order = await order_with_credit(session, variant, buyer, 100_000, is_cash=True)
    assert order.collect_minor == 280_000
    parcel = await delivering.send(session, order)
    assert await ledger.balance(session, accounts.courier_receivable(parcel.producer_id)) == 280_000
    assert await list_breaches(session, now=NOW) == []
    await refusing.take_refused(
        session,
        consignment_id=parcel.id,
        producer_id=parcel.producer_id,
        is_good=True,
        person_id=buyer.id,
        now=NOW,
    )
    assert await credits_.balance(session, buyer.id) == 100_000
    assert await list_breaches(session, now=NOW) == []


async def test_the_way_of_a_buyer(db, client):
    """C1 to C3 on the pages: keep a refund, see it and where it came from, pay with it."""
    async with db.transaction() as session:
        buyer = await make_person(session)
        variant = await make_variant(session)
        await make_stock(session, variant)
        order, [refund] = await returned(session, variant, buyer)
        _cart, token = await make_cart(session, lines={variant.id: 1})
    link = f"/orders/{orders.make_token(SECRET, order.id)}"
    assert "Để dành cho lần mua sau" not in (await client.get(link)).text
    keep = f"{link}/credit/{refund.id}"
    assert (await client.post(keep)).headers["location"].startswith("/login")
    async with db.transaction() as session:
        await log_in(session, client, buyer.id)
    page = (await client.get(link)).text
    assert "Để dành cho lần mua sau" in page and "Đã trả đủ tiền" not in page
    assert (await client.post(keep)).status_code == 303
    assert "đã vào tiền để dành" in (await client.get(link)).text
    mine = await client.get("/credit")
    assert "350.000" in mine.text and order.code in mine.text
    assert "350.000" in (await client.get("/orders")).text
    client.cookies.set("cart", token)
    page = await client.get("/checkout")
    assert "Dùng 350.000" in page.text and "Còn phải trả 30.000" in page.text
    typed = FORM | {"total": "380000", "use_credit": "1", "credit": "350001"}
    refused = await client.post("/checkout", data=typed)
    assert refused.status_code == 409 and "còn 350.000" in refused.text and FORM["note"] in refused.text
    placed = await client.post("/checkout", data=typed | {"credit": "350000"})
    assert "bằng tiền để dành" in (await client.get(placed.headers["location"])).text
    async with db.transaction() as session:
        assert await credits_.balance(session, buyer.id) == 0


async def test_somebody_else_with_the_link(db, client):
    """C1: a link is enough to read, not to say what happens with money."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        order, [refund] = await returned(session, variant, await make_person(session))
        membership = await make_membership(session, role=Role.MANAGER)
        await log_in(session, client, membership.person_id)
    link = f"/orders/{orders.make_token(SECRET, order.id)}"
    assert "Để dành cho lần mua sau" not in (await client.get(link)).text
    assert (await client.post(f"{link}/credit/{refund.id}")).status_code == 403
    assert "chưa để dành" in (await client.get("/credit")).text
