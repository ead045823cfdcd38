"""The payer's browser comes back while the provider's notice comes in: real connections, and a control without the guards."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from storefront.orders import repository as orders_repository
from storefront.orders.models import Order
from storefront.payments import cards
from storefront.payments import repository as payments_repository
from storefront.payments.models import AttemptState, CardAttempt, Payment, PaymentState
from tests.books import list_breaches
from tests.factories import sales
from tests.factories.storefront import NOW
from tests.fakes import stripe as fake_stripe
from tests.fakes import wallets as fake_wallets

TIMES = 8
LATER = NOW + timedelta(minutes=1)
each = pytest.mark.parametrize("teller", sales.PAGES, ids=lambda teller: teller.name)


@each
async def test_a_return_alone_pays_nothing(db, house, *, client, sale, providers, teller):
    """P18, P29: whatever success the browser brings back, the page shows the order as it is, and nothing moves."""
    await teller.begin(house, client, sale)
    answers = await asyncio.gather(*(client.get(sales.spell_return(teller, sale)) for _ in range(TIMES)))
    assert {answer.status_code for answer in answers} == {200}
    assert await sales.see(db, sale, teller.account) == sales.WAITING


@each
async def test_returns_and_notices_of_the_same_moment(
    db, house, *, client, sale, providers, teller, run_jobs
):
    """P18, P29: eight returns among eight notices: booked once, confirmed once, the producer told once, all see a page."""
    deliver = await teller.begin(house, client, sale)
    returns, notices = [], []
    for _time in range(TIMES):
        returns.append(client.get(sales.spell_return(teller, sale)))
        notices.append(sales.insist(deliver))
    acts = [act for pair in zip(returns, notices, strict=True) for act in pair]
    asked = [
        cards.settle_open_sessions(db, providers.gateway, now=house.clock.now())
        for _time in range(2 if teller.name == "stripe" else 0)
    ]
    answers = (await asyncio.gather(*acts, *asked))[: len(acts)]
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert await sales.see(db, sale, teller.account) == sales.PAID_ONCE
    async with db.transaction() as session:
        assert await list_breaches(session, now=LATER) == []
        attempts = (await session.scalars(select(CardAttempt))).all()
        assert [attempt.state for attempt in attempts] == [AttemptState.PAID]
    await run_jobs()
    assert sum(sale.order.code in body for phone, body in house.sms.sent if phone == sale.manager.phone) == 1
    state = (await client.get(f"/payments/{sale.payment.token}/state")).json()["state"]
    assert state == PaymentState.PAID


async def test_without_the_guards_both_write(db, house, *, client, sale, providers, monkeypatch):
    """Negative control: two writers that lock nothing and know no names book the payment, and tell of it, twice."""
    insert_receipt = payments_repository.insert_receipt
    both, seen = asyncio.Barrier(2), []  # what was seen is kept, and so not read anew

    async def never_known(session, **values):
        return await insert_receipt(session, **values | {"external_id": str(uuid7())})

    async def look(session, payment_id):
        found = await session.get(Payment, payment_id, populate_existing=True)
        await both.wait()
        return found

    async def look_at_order(session, order_id):
        order = await session.get(Order, order_id)
        seen.append((order, await orders_repository.list_consignments(session, [order_id])))
        return seen[-1]

    teller = sales.PAGES[0]
    deliver = await teller.begin(house, client, sale)
    monkeypatch.setattr(payments_repository, "insert_receipt", never_known)
    monkeypatch.setattr(payments_repository, "lock_payment", look)
    monkeypatch.setattr(orders_repository, "lock_order", look_at_order)
    await asyncio.gather(deliver(), cards.settle_open_sessions(db, providers.gateway, now=house.clock.now()))
    standing = await sales.see(db, sale, teller.account)
    assert (standing.held_minor, standing.told) == (2 * sales.TOTAL, 2)


@pytest.mark.parametrize("wallet", fake_wallets.WALLETS[:2], ids=["vnpay", "momo"])
async def test_failures_and_a_success_of_the_same_moment(db, house, *, client, sale, providers, wallet):
    """P30: seven notices that the page failed and one that it was paid, all at once: it is paid, and stays so."""
    teller = sales.WalletTeller(wallet)
    await teller.begin(house, client, sale)
    reference = fake_wallets.name_try(wallet.name, sale.payment.code)
    told = [
        wallet.fields(reference, sales.TOTAL, is_paid=number == 4, number=number) for number in range(TIMES)
    ]
    answers = await asyncio.gather(*(wallet.send(client, fields) for fields in told))
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert await sales.see(db, sale, teller.account) == sales.PAID_ONCE
    async with db.transaction() as session:
        [attempt] = (await session.scalars(select(CardAttempt))).all()
        assert attempt.state is AttemptState.PAID


async def test_two_events_of_one_page_at_once(db, house, *, client, sale, providers):
    """P18: Stripe tells of one paid page by two events, each eight times, all at once: it is one sum of money."""
    teller = sales.PAGES[0]
    deliver = await teller.begin(house, client, sale)
    async with db.transaction() as session:
        page = (await session.scalars(select(CardAttempt.provider_id))).one()
    other = await providers.announce(
        "checkout.session.async_payment_succeeded", {"id": page, "object": "checkout.session"}
    )
    acts = [deliver() if one % 2 else fake_stripe.deliver(client, other) for one in range(2 * TIMES)]
    assert {answer.status_code for answer in await asyncio.gather(*acts)} == {200}
    assert await sales.see(db, sale, teller.account) == sales.PAID_ONCE
