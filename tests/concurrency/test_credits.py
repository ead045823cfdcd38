"""Store credit from many hands: spent once, and a control without the lock."""

from __future__ import annotations

import asyncio
from collections import Counter

from app.core.errors import ConflictError
from storefront.credits import repository
from storefront.credits import service as credits_
from storefront.orders import cancelling
from storefront.payments.models import PayableKind
from storefront.refunds import service as refunds
from tests.books import list_breaches
from tests.factories.credits import make_credit, order_with_credit
from tests.factories.orders import BANK, make_paid_order, make_refund
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_stock, make_variant


async def market(db, buyers):
    """A buyer with 100.000 of credit, and goods of their own for each basket: they meet at the credit alone."""
    async with db.transaction() as session:
        buyer = await make_person(session)
        variants = [await make_variant(session) for _basket in range(buyers)]
        for variant in variants:
            await make_stock(session, variant, on_hand=5)
        await make_credit(session, buyer, variants[0], 100_000)
        return buyer, variants


async def attempt(db, act):
    """Whether an act went through, in a transaction of its own."""
    try:
        async with db.transaction() as session:
            await act(session)
    except ConflictError:
        return False
    return True


def ordering(variant, buyer):
    """Order one box with all the credit."""

    async def order(session):
        await order_with_credit(session, variant, buyer, 100_000)

    return order


async def test_eight_baskets_for_one_credit(db):
    """C2: eight baskets at once that all saw the same credit: one is ordered with it, seven are asked again."""
    buyer, variants = await market(db, 8)
    bought = await asyncio.gather(*(attempt(db, ordering(variant, buyer)) for variant in variants))
    assert sorted(bought) == [False] * 7 + [True]
    async with db.transaction() as session:
        assert await credits_.balance(session, buyer.id) == 0
        assert await list_breaches(session, now=NOW) == []


async def test_credit_comes_back_once(db):
    """C4: the buyer who gives up and the clock that sweeps, many times at once, give the credit back once."""
    buyer, [variant] = await market(db, 1)
    async with db.transaction() as session:
        order = await order_with_credit(session, variant, buyer, 100_000)

    async def cancel(session):
        await cancelling.cancel_order(session, order_id=order.id, now=NOW)

    async def expire(session):
        await cancelling.expire_order(session, order_id=order.id, now=order.expires_at)

    await asyncio.gather(*(attempt(db, act) for act in [cancel, expire] * 4))
    async with db.transaction() as session:
        assert await credits_.balance(session, buyer.id) == 100_000
        assert await list_breaches(session, now=NOW) == []


async def test_sent_or_kept(db):
    """C1: of the accountant who writes a transfer down and the buyer who keeps it, at once and often, one comes first."""
    async with db.transaction() as session:
        buyer = await make_person(session)
        variant = await make_variant(session)
        await make_stock(session, variant)
        order = await make_paid_order(session, variant, person_id=buyer.id)
        refund = await make_refund(session, order)

    async def send(session):
        await refunds.record_paid(
            session, refund_id=refund.id, bank_account=BANK, reference="FT", person_id=buyer.id, now=NOW
        )

    async def keep(session):
        await refunds.give_credit(session, refund_id=refund.id, person_id=buyer.id, now=NOW)

    assert sum(await asyncio.gather(*(attempt(db, act) for act in [send, keep] * 4))) == 1
    async with db.transaction() as session:
        [one] = await refunds.list_of(session, PayableKind.ORDER, [order.id])
        kept = await credits_.balance(session, buyer.id)
        assert (one.credited_to_id is not None) is (kept == order.goods_minor)


async def test_without_the_lock_credit_is_spent_twice(db, monkeypatch):
    """Negative control: two baskets that look before either writes spend the same credit, and it falls below zero."""
    buyer, variants = await market(db, 2)
    both = asyncio.Barrier(2)
    balance = credits_.balance
    looks: Counter[object] = Counter()

    async def no_lock(_session, _person_id):
        return

    async def look(session, person_id):
        found = await balance(session, person_id)
        looks[session] += 1
        if (
            looks[session] > 1
        ):  # an order's first look is the checkout's own, the second is the one that counts
            await both.wait()
        return found

    monkeypatch.setattr(repository, "lock_purse", no_lock)
    monkeypatch.setattr(credits_, "balance", look)
    assert await asyncio.gather(*(attempt(db, ordering(one, buyer)) for one in variants)) == [True, True]
    async with db.transaction() as session:
        assert await balance(session, buyer.id) == -100_000
        assert await list_breaches(session, now=NOW)
