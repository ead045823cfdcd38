"""Payouts under several hands: two batches at once, and a refund of the same moment, each beside its negative control."""

from __future__ import annotations

import asyncio

import pytest

from app.core.ids import uuid7
from producers.listings.models import Listing
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.payouts import holding
from storefront.payouts import service as payouts
from storefront.payouts.errors import NothingOwedError, PayoutMovedError
from storefront.refunds import service as refunds
from storefront.refunds.models import RefundReason
from storefront.refunds.service import Claim
from tests.factories.orders import BANK, make_order, pay
from tests.factories.payouts import MINIMUM, make_payee, make_payout, owe, owed_to
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_stock, make_variant
from tests.instants import until_stopped

OWED = 500_000
RACERS = 8


async def a_payee(db):
    """A producer who is owed 500.000 đồng, and who pays out: their ids."""
    async with db.transaction() as session:
        producer = await make_payee(session)
        await owe(session, producer.id, OWED)
        return producer.id, (await make_person(session)).id


async def paid_to(db, producer_id):
    """(what went out, what is still owed) as committed."""
    async with db.transaction() as session:
        batches = await payouts.list_batches(session)
        return sum(sum(one.sums.values()) for one in batches), await owed_to(session, producer_id)


async def give_back(session, producer_id, amount):
    """A buyer gets money back that the producer was owed."""
    claim = Claim(
        payable_kind=PayableKind.ORDER,
        payable_id=uuid7(),
        code="ABCD2345",
        producer_id=producer_id,
        payee_name="Trần Thị Lan",
        payee_phone="+84987654321",
        reason=RefundReason.RETURNED,
        source=f"order_line:{uuid7()}",
        paid_minor=amount,
        goods_minor=amount,
    )
    await refunds.open_refund(session, claim, person_id=None, now=NOW)


async def test_eight_batches_at_once_pay_once(db):
    """BO1: of eight accountants who press at once one gets a batch, and what is owed goes out once."""
    producer_id, person_id = await a_payee(db)

    async def press():
        try:
            async with db.transaction() as session:
                await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person_id, now=NOW)
        except NothingOwedError:
            return False
        return True

    assert sum(await asyncio.gather(*(press() for _ in range(RACERS)))) == 1
    assert await paid_to(db, producer_id) == (OWED, 0)


async def test_batches_without_the_lock_pay_again(db):
    """Negative control: who reads what is owed and then pays it, without the lock, pays it as often as it was read."""
    producer_id, person_id = await a_payee(db)
    at_the_desk = asyncio.Barrier(RACERS)

    async def press_carelessly():
        async with db.transaction() as session:
            owed = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
            await at_the_desk.wait()
            await payouts.pay_out(session, owed=owed, person_id=person_id, now=NOW)

    await asyncio.gather(*(press_carelessly() for _ in range(RACERS)))
    assert await paid_to(db, producer_id) == (RACERS * OWED, OWED - RACERS * OWED)


async def test_a_payout_waits_for_a_refund_of_the_same_moment(db):
    """BO1: a refund that is being written is taken off the payout; no more goes out than is owed."""
    producer_id, person_id = await a_payee(db)
    is_written, may_end = asyncio.Event(), asyncio.Event()

    async def refund():
        async with db.transaction() as session:
            await give_back(session, producer_id, 200_000)
            is_written.set()
            await may_end.wait()

    async def pay_out():
        await is_written.wait()
        async with db.transaction() as session:
            await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person_id, now=NOW)

    refunding, paying = asyncio.create_task(refund()), asyncio.create_task(pay_out())
    await is_written.wait()
    await until_stopped(db, paying)
    assert not paying.done()  # the batch waits at the lock
    may_end.set()
    await asyncio.gather(refunding, paying)
    assert await paid_to(db, producer_id) == (300_000, 0)


async def test_a_refund_waits_for_a_payout_of_the_same_moment(db):
    """BO1: a refund that comes while a batch is taken follows it, and is netted from the next one."""
    producer_id, person_id = await a_payee(db)
    is_taken, may_end = asyncio.Event(), asyncio.Event()

    async def pay_out():
        async with db.transaction() as session:
            await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person_id, now=NOW)
            is_taken.set()
            await may_end.wait()

    async def refund():
        await is_taken.wait()
        async with db.transaction() as session:
            await give_back(session, producer_id, 200_000)

    paying, refunding = asyncio.create_task(pay_out()), asyncio.create_task(refund())
    await is_taken.wait()
    await until_stopped(db, refunding)
    assert not refunding.done()
    may_end.set()
    await asyncio.gather(paying, refunding)
    assert await paid_to(db, producer_id) == (OWED, -200_000)
    async with db.transaction() as session:
        await owe(session, producer_id, 500_000)
        await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person_id, now=NOW)
    assert await paid_to(db, producer_id) == (OWED + 300_000, 0)


async def test_without_the_lock_a_refund_is_overlooked(db):
    """Negative control: a payout that takes no lock pays what a refund of the same moment is taking away."""
    producer_id, person_id = await a_payee(db)
    is_written, may_end = asyncio.Event(), asyncio.Event()

    async def refund():
        async with db.transaction() as session:
            await give_back(session, producer_id, 200_000)
            is_written.set()
            await may_end.wait()

    async def pay_out_carelessly():
        await is_written.wait()
        async with db.transaction() as session:
            owed = await payouts.list_owed(session, minimum_minor=MINIMUM, now=NOW)
            may_end.set()
            await payouts.pay_out(session, owed=owed, person_id=person_id, now=NOW)

    await asyncio.gather(refund(), pay_out_carelessly())
    assert await paid_to(db, producer_id) == (OWED, -200_000)


@pytest.mark.parametrize("is_careful", [True, False])
async def test_a_sale_that_is_booked_meanwhile_is_not_paid_out(db, monkeypatch, is_careful):
    """BO6: a sale that comes between the two readings waits for the next batch. Control: read the other way it is paid."""
    producer_id, person_id = await a_payee(db)
    async with db.transaction() as session:
        tea = await make_variant(session)
        (await session.get_one(Listing, tea.listing_id)).producer_id = producer_id
        await make_stock(session, tea, on_hand=1)
        order = await make_order(session, tea)
    honest_sum, honest_balances = holding.sum_held, ledger.balances
    seen = []

    async def buy():
        async with db.transaction() as session:
            await pay(session, order)

    async def sum_between(session, **facts):
        if is_careful:
            await buy()
            return await honest_sum(session, **facts)
        return seen[0]

    async def balance_between(session, prefix):
        if not is_careful and not seen:
            seen.append(await honest_sum(session, now=NOW))
            await buy()
        return await honest_balances(session, prefix)

    monkeypatch.setattr(holding, "sum_held", sum_between)
    monkeypatch.setattr(ledger, "balances", balance_between)
    async with db.transaction() as session:
        await payouts.open_batch(session, minimum_minor=MINIMUM, person_id=person_id, now=NOW)
    paid, _left = await paid_to(db, producer_id)
    assert (paid <= OWED) is is_careful


async def test_settled_and_returned_at_once(db):
    """BO5: when the bank's word and its return are written at the same moment, one follows the other and the books agree."""
    async with db.transaction() as session:
        payout = await make_payout(session)
        person = await make_person(session)
    named = {"batch_id": payout.batch_id, "payout_id": payout.id, "person_id": person.id, "now": NOW}

    async def settle():
        async with db.transaction() as session:
            await payouts.settle_payout(session, bank_account=BANK, reference="FT1", **named)

    async def take_back():
        async with db.transaction() as session:
            await payouts.return_payout(session, reason="Sai tên", **named)

    said = await asyncio.gather(settle(), take_back(), take_back(), return_exceptions=True)
    assert all(isinstance(one, PayoutMovedError) for one in said if one is not None)
    assert await paid_to(db, payout.producer_id) == (OWED, OWED)
