"""The end of a hold against money: the sweep, the buyer who gives up, the card page; each with a control without the lock."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.core.errors import ConflictError
from app.core.ids import uuid7
from producers.listings.models import Variant
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import cancelling
from storefront.orders import jobs as orders_jobs
from storefront.orders import repository as orders_repository
from storefront.orders.models import Order, OrderState
from storefront.payments import cards, receipts
from storefront.payments import jobs as payments_jobs
from storefront.payments.models import CardAttempt, Payment, PaymentState
from storefront.stock import jobs as stock_jobs
from storefront.stock import repository as stock_repository
from storefront.stock.errors import SoldOutError
from tests.books import list_breaches
from tests.factories import sales
from tests.factories.orders import BANK, get_payment, make_order, report_transfer
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_stock, make_variant

UNTIL = NOW + timedelta(minutes=15)
IN_TIME = UNTIL - timedelta(microseconds=1)
LATER = UNTIL + timedelta(minutes=1)
ORDERS = 12


async def make_sales(db):
    """So many unpaid orders: [sale]."""
    async with db.transaction() as session:
        return [await sales.make_sale(session) for _ in range(ORDERS)]


async def arrive(db, sale, now):
    """The whole price arrives at `now`; a report that was refused, because the goods just went, comes again later."""
    arrival = receipts.Arrival(
        provider="sepay",
        external_id=str(uuid7()),
        account=BANK,
        amount_minor=sales.TOTAL,
        memo="",
        payment_id=sale.payment.id,
        arrived_at=now,
    )
    try:
        async with db.transaction() as session:
            await receipts.record_arrival(session, arrival, now=now)
    except SoldOutError:
        await arrive(db, sale, LATER)


async def sweep(db):
    """All that sweeps, each as its job does."""
    await orders_jobs.expire_due(db, now=UNTIL)
    async with db.transaction() as session:
        await payments_jobs.expire_due(session, now=UNTIL)
    async with db.transaction() as session:
        await stock_jobs.expire_reservations(session, now=UNTIL)


async def give_up(db, order_id, now=NOW):
    """The buyer cancels; refused when it is paid."""
    try:
        async with db.transaction() as session:
            await cancelling.cancel_order(session, order_id=order_id, now=now)
    except ConflictError:
        return False
    return True


async def send_back_all(db, now):
    """Staff send back all that waits at the desk; answers how much went, in đồng."""
    async with db.transaction() as session:
        person = await make_person(session)
        queue = await receipts.list_queue(session, now=now)
        for item in queue:
            await receipts.return_receipt(
                session, receipt_id=item.receipt.id, reference="FT9", person_id=person.id, now=now
            )
        return sum(item.return_minor for item in queue)


async def check_end(db, made):
    """Each order is paid or cancelled, never both; the rest goes back, and then nothing stands open: how many are paid."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        states = [(await session.get_one(Order, one.order.id)).state for one in made]
    paid = states.count(OrderState.AWAITING_CONFIRMATION)
    assert paid + states.count(OrderState.CANCELLED) == len(made)
    assert await send_back_all(db, LATER) == (len(made) - paid) * sales.TOTAL
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        assert await receipts.list_queue(session, now=LATER) == []
        assert await ledger.balance(session, BANK) == paid * sales.TOTAL
        assert await ledger.balance(session, accounts.suspense_unmatched()) == 0
        for kind in ("buyer_receivable", "refund_payable"):
            assert set((await ledger.balances(session, f"{kind}:")).values()) <= {0}
    return paid


async def test_the_sweep_against_money(db):
    """O9: swept while the money comes, in time or late, each order ends paid, for its goods are there, and is told once."""
    made = await make_sales(db)
    payers = [arrive(db, one, IN_TIME if number % 2 else UNTIL) for number, one in enumerate(made)]
    await asyncio.gather(*payers[:6], sweep(db), sweep(db), *payers[6:], sweep(db))
    assert await check_end(db, made) == ORDERS
    for one in made:
        standing = await sales.see(db, one, BANK)
        assert (standing.payment, standing.told, standing.shelf) == (PaymentState.PAID, 1, (3, 0, 1))


async def test_late_money_for_goods_that_are_gone_ends_at_zero(db):
    """O9, P4, P26: somebody takes the last box between the hold's end and the money: nobody pays for nothing."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        item = await make_stock(session, variant, on_hand=ORDERS)
        placed = [await make_order(session, variant) for _ in range(ORDERS)]
        made = [sales.Sale(one, await get_payment(session, one), item, None) for one in placed]

    async def snatch():
        try:
            async with db.transaction() as session:
                rival = await make_order(session, variant, now=UNTIL)
                payment = await get_payment(session, rival)
        except SoldOutError:
            return None
        return sales.Sale(rival, payment, item, None)

    payers = [arrive(db, one, IN_TIME if number % 2 else UNTIL) for number, one in enumerate(made)]
    snatchers = [snatch() for _ in range(ORDERS)]
    answers = await asyncio.gather(sweep(db), *snatchers, *payers, sweep(db))
    rivals = [one for one in answers if one is not None]
    await asyncio.gather(*(arrive(db, one, UNTIL) for one in rivals))
    await sweep(db)
    paid = await check_end(db, made + rivals)
    assert paid == ORDERS  # every box was sold, and to one buyer each
    async with db.transaction() as session:
        assert await sales.counters(session, item) == (ORDERS, 0, ORDERS)


async def test_giving_up_against_money_over_http(db, house, new_client):
    """O8: the buyer taps "cancel" in the moment of the bank's report: paid, or cancelled and all of it sent back."""
    made = await make_sales(db)

    async def tap(sale):
        async with new_client() as buyer:
            return (await sales.insist(lambda: buyer.post(f"{sale.link}/cancel"))).status_code

    async def report(sale):
        told = {"code": sale.payment.code, "amount_minor": sales.TOTAL, "now": house.clock.now()}
        async with new_client() as bank:
            return (await sales.insist(lambda: report_transfer(bank, **told))).status_code

    acts = [
        act
        for one in made
        for act in ((tap(one), report(one)) if one.item.id.int % 2 else (report(one), tap(one)))
    ]
    said = await asyncio.gather(*acts)
    assert set(said) <= {200, 303, 409}
    paid = await check_end(db, made)
    assert said.count(409) == paid and said.count(200) == ORDERS


@pytest.mark.parametrize("teller", sales.PAGES, ids=lambda teller: teller.name)
async def test_paid_in_time_for_goods_that_just_went(db, house, *, client, sale, providers, teller):
    """O9, P26: a faster clock gave the goods to another: the notice comes again, is judged late, and all goes back."""
    deliver = await teller.begin(house, client, sale)
    over = NOW + cards.SESSION_LIFE
    async with db.transaction() as session:
        await stock_jobs.expire_reservations(session, now=over)
        variant = await session.get_one(Variant, sale.item.variant_id)
        rival = await make_order(session, variant, quantity=3, now=over)
    refused = await deliver()
    assert refused.status_code == (200 if teller.name == "vnpay" else 409)
    assert not refused.is_success or refused.content.startswith(sales.AGAIN)
    async with db.transaction() as session:
        assert await ledger.balance(session, teller.account) == 0
    house.clock.advance(minutes=31)
    assert (await deliver()).status_code in {200, 204}
    async with db.transaction() as session:
        assert (await session.get_one(Payment, sale.payment.id)).state is PaymentState.PAID_LATE
        assert (await session.get_one(Order, rival.id)).state is OrderState.AWAITING_PAYMENT
        assert await ledger.balance(session, teller.account) == sales.TOTAL
    assert await send_back_all(db, over) == sales.TOTAL
    async with db.transaction() as session:
        assert await ledger.balance(session, teller.account) == 0
        assert await list_breaches(session, now=over) == []


@pytest.fixture
def stale_end(db, sale, monkeypatch):
    """Ends the order, swept or given up, by one who reads it without its lock, and writes after `meanwhile` is done."""

    async def run(end, meanwhile):
        has_read, may_write = asyncio.Event(), asyncio.Event()

        async def look(session, order_id):
            order = await session.get(Order, order_id)
            has_read.set()
            await may_write.wait()
            return order, await orders_repository.list_consignments(session, [order_id])

        with monkeypatch.context() as patch:
            patch.setattr(orders_repository, "lock_order", look)
            ending = asyncio.create_task(end())
            await has_read.wait()
        await meanwhile()
        may_write.set()
        await ending

    return run


async def expire(db, order_id):
    """The sweep of one order."""
    async with db.transaction() as session:
        return await cancelling.expire_order(session, order_id=order_id, now=UNTIL)


@pytest.mark.parametrize("end", [expire, give_up], ids=["sweep", "cancel"])
async def test_without_the_orders_lock_a_paid_order_is_cancelled(db, sale, stale_end, end):
    """Negative control: who judged the order before the money came cancels it afterwards, and gives its goods away."""
    await stale_end(lambda: end(db, sale.order.id), lambda: arrive(db, sale, IN_TIME))
    standing = await sales.see(db, sale, BANK)
    assert (standing.payment, standing.order) == (PaymentState.PAID, OrderState.CANCELLED)
    assert standing.shelf == (3, 0, 0)  # paid for, and free for the next buyer
    async with db.transaction() as session:
        assert "a paid line has not its goods" in {
            rule for rule, _ in await list_breaches(session, now=LATER)
        }


async def open_page(db, stripe, sale):
    """Tap "card" in the last moment of the hold: False when it is over by then."""
    try:
        await cards.start_card(
            db,
            stripe.gateway,
            token=sale.payment.token,
            title="Chợ Phiên",
            back_url="http://127.0.0.1:8000/orders/x",
            now=IN_TIME,
        )
    except ConflictError:
        return False
    return True


async def test_the_sweep_against_a_card_page(db, house, providers):
    """P17: a page is open and its goods are held for as long, or the hold is over and no page was opened; never both."""
    house.clock.advance(minutes=15)
    made = await make_sales(db)
    taps = [open_page(db, providers, one) for one in made]
    sweeps = [expire(db, one.order.id) for one in made]
    acts = [
        act
        for number, pair in enumerate(zip(taps, sweeps, strict=True))
        for act in (pair if number % 2 else pair[::-1])
    ]
    await asyncio.gather(*acts)
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        for one in made:
            order = await session.get_one(Order, one.order.id)
            payment = await session.get_one(Payment, one.payment.id)
            pages = await session.scalar(
                select(func.count()).select_from(CardAttempt).where(CardAttempt.payment_id == payment.id)
            )
            is_held = order.state is OrderState.AWAITING_PAYMENT
            until = IN_TIME + cards.SESSION_LIFE if is_held else order.expires_at
            assert (pages, order.expires_at) == (int(is_held), until)
            if not is_held:
                assert (order.state, payment.state) == (OrderState.CANCELLED, PaymentState.EXPIRED)


async def test_without_the_orders_lock_a_page_stays_open_over_nothing(
    db, house, *, sale, providers, stale_end
):
    """Negative control: who judged the hold before the page was opened cancels an order whose payer is about to pay."""
    house.clock.advance(minutes=15)
    await stale_end(lambda: expire(db, sale.order.id), lambda: open_page(db, providers, sale))
    async with db.transaction() as session:
        order = await session.get_one(Order, sale.order.id)
        [attempt] = (await session.scalars(select(CardAttempt))).all()
    assert (order.state, attempt.state) == (OrderState.CANCELLED, "open")
    assert (await providers.pay(attempt.provider_id)) is not None  # the card house still takes the money


async def sweep_goods(db):
    """The sweep of the shelf alone, by a clock that is a moment ahead."""
    async with db.transaction() as session:
        await stock_jobs.expire_reservations(session, now=UNTIL)


async def test_goods_that_were_given_back_open_no_page(db, house, *, sale, providers):
    """P17: the shelf was swept a moment ago, though the order was not: no page is opened over goods that nobody holds."""
    house.clock.advance(minutes=15)
    await sweep_goods(db)
    assert not await open_page(db, providers, sale)
    assert providers.calls == 0
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        assert (await session.get_one(Order, sale.order.id)).expires_at == UNTIL


async def test_the_shelfs_sweep_against_a_card_page(db, house, providers):
    """P17: at the same moment each page that is open holds its goods, and the rest were given back."""
    house.clock.advance(minutes=15)
    made = await make_sales(db)
    taps = [open_page(db, providers, one) for one in made]
    opened, _swept = await asyncio.gather(asyncio.gather(*taps), sweep_goods(db))
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        held = [(await sales.counters(session, one.item))[1] for one in made]
    assert held == [int(is_open) for is_open in opened]


async def test_without_a_look_at_the_goods_a_page_sells_nothing(db, house, *, sale, providers, monkeypatch):
    """Negative control: who moves the hold's end without looking whether it still is one opens a page over nothing."""

    async def look_away(*_args):
        return []

    house.clock.advance(minutes=15)
    await sweep_goods(db)
    monkeypatch.setattr(stock_repository, "lock_reservations", look_away)
    assert await open_page(db, providers, sale)
    async with db.transaction() as session:
        [(rule, _line)] = await list_breaches(session, now=LATER)
    assert rule == "an unpaid order does not hold its goods"
