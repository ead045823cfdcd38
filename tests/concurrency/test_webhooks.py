"""One notice of money delivered sixteen times at once, by each provider: real connections, and a control for both guards."""

import asyncio
from datetime import timedelta

import pytest

from app.core import inbox
from app.core.ids import uuid7
from storefront.orders import service as orders
from storefront.payments import repository as payments_repository
from tests.books import list_breaches
from tests.factories import sales
from tests.factories.storefront import NOW

TIMES, FEW = 16, 6
each = pytest.mark.parametrize("teller", sales.ALL, ids=lambda teller: teller.name)


@each
async def test_sixteen_deliveries_are_one(db, house, *, client, sale, providers, teller, run_jobs):
    """P7, P18, P29: all sixteen hear success; the money is booked, the goods are taken and the producer is told once."""
    deliver = await teller.begin(house, client, sale)
    answers = await asyncio.gather(*(sales.insist(deliver) for _ in range(TIMES)))
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert await sales.see(db, sale, teller.account) == sales.PAID_ONCE
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW + timedelta(minutes=1)) == []
    await run_jobs()
    assert sum(sale.order.code in body for phone, body in house.sms.sent if phone == sale.manager.phone) == 1


@pytest.mark.parametrize("teller", sales.PAGES[1:], ids=lambda teller: teller.name)
async def test_a_wallet_hears_done_once(house, *, client, sale, providers, teller):
    """P29: of sixteen notices at once one is done and fifteen are known; MoMo has one word for both."""
    deliver = await teller.begin(house, client, sale)
    answers = await asyncio.gather(*(sales.insist(deliver) for _ in range(TIMES)))
    said = [teller.wallet.said(answer) for answer in answers]
    assert sorted(said) in (["done", *["known"] * (TIMES - 1)], ["taken"] * TIMES)


@each
async def test_without_the_two_names_money_multiplies(
    db, house, *, client, sale, providers, teller, monkeypatch
):
    """Negative control: with neither the message's nor the receipt's name unique, each delivery is money again."""
    insert_receipt = payments_repository.insert_receipt

    async def always_new(*_args, **_facts):
        return uuid7()

    async def never_known(session, **values):
        return await insert_receipt(session, **values | {"external_id": str(uuid7())})

    monkeypatch.setattr(inbox, "receive", always_new)
    monkeypatch.setattr(payments_repository, "insert_receipt", never_known)
    deliver = await teller.begin(house, client, sale)
    await asyncio.gather(*(deliver() for _ in range(FEW)))
    standing = await sales.see(db, sale, teller.account)
    assert standing.held_minor == FEW * sales.TOTAL
    assert standing.told == 1  # the order's lock still lets it be paid only once


@pytest.mark.parametrize("teller", [sales.BANKS[0], *sales.PAGES[:2]], ids=lambda teller: teller.name)
async def test_a_notice_of_a_busy_order_comes_again(db, house, *, client, sale, providers, teller):
    """P7, P29: while somebody holds the order too long the provider is told to come again, in its words; then it pays."""
    deliver = await teller.begin(house, client, sale)
    async with db.transaction() as session:
        await orders.lock_order(session, sale.order.id)
        busy = await deliver()
    if teller.name == "vnpay":  # always answered with 200, says its document
        assert (busy.status_code, busy.json()["RspCode"]) == (200, "99")
    else:
        assert busy.status_code == 503
    assert await sales.see(db, sale, teller.account) == sales.WAITING
    assert (await deliver()).status_code in {200, 204}
    assert await sales.see(db, sale, teller.account) == sales.PAID_ONCE
