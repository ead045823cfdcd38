"""Fees: taken with the sale, given back in the share of the goods, in whatever parts (ledger/BOOKS.md, BF1 to BF5)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.clock import today
from app.core.ids import uuid7
from storefront.fees import repository, service
from storefront.fees.errors import FeeBoundsError, FeeDayError, FeeSetError
from storefront.fees.models import FeeKind, FeeTaken
from storefront.fees.service import Terms, compute_fee, format_percent, share_given
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW

TODAY = today(NOW)
terms = st.builds(
    lambda points, least, more: Terms(
        basis_points=points, least_minor=least, most_minor=None if more is None else least + more
    ),
    st.integers(0, 10_000),
    st.integers(0, 50_000),
    st.none() | st.integers(0, 100_000),
)


async def set_fee(session, producer_id, kind=FeeKind.MARKET, *, since=TODAY, **asked):
    """A rule that somebody of the staff sets."""
    person = await make_person(session)
    await service.set_fee(
        session,
        producer_id=producer_id,
        kind=kind,
        terms=Terms(**({"basis_points": 500} | asked)),
        valid_from=since,
        person_id=person.id,
        now=NOW,
    )


async def sell(session, producer_id, goods_minor, *, now=NOW):
    """A sale as the shop books it, without its own journal."""
    sale = f"order:{uuid7()}"
    await service.take_fees(session, sale=sale, memo="ABCD2345", goods={producer_id: goods_minor}, now=now)
    return sale


async def give_back(session, sale, producer_id, goods_minor, source="refund"):
    """A refund of goods of this worth."""
    await service.give_back(
        session, sale=sale, producer_id=producer_id, goods_minor=goods_minor, source=source, memo="X", now=NOW
    )


@given(terms, st.integers(1, 10**9))
def test_a_fee_stays_within_its_bounds(asked, goods):
    """BF1: half up, not below the least nor above the most, never more than the goods; nothing when it is ended."""
    fee = compute_fee(asked, goods)
    if asked.basis_points == 0:
        assert fee == 0
        return
    exact = goods * asked.basis_points / 10_000
    assert 0 <= fee <= goods
    assert asked.most_minor is None or fee <= asked.most_minor
    assert fee >= min(asked.least_minor, goods) or fee == asked.most_minor
    if fee not in {asked.least_minor, asked.most_minor, goods}:
        assert abs(fee - exact) <= 0.5


@given(st.integers(1, 10**8), st.data())
def test_parts_of_a_fee_sum_up_to_all_of_it(base, data):
    """BF4: goods that go back in any parts take along a fee that never shrinks and ends as the whole of it."""
    amount = data.draw(st.integers(1, base))
    steps = [*sorted(data.draw(st.lists(st.integers(0, base), max_size=8))), base]
    given = [share_given(amount, base, step) for step in steps]
    assert given == sorted(given) and given[-1] == amount and given[0] >= 0


async def test_a_sale_bears_each_part_of_the_fee(session):
    """BF3: each part is a journal beside the sale, from the producer to the market, and says how many percent it is."""
    producer = await make_producer(session)
    await set_fee(session, producer.id)
    await set_fee(session, producer.id, FeeKind.PAYMENT, basis_points=125, least_minor=5_000)
    await sell(session, producer.id, 300_000)
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == 20_000
    assert await ledger.balance(session, accounts.platform_fee()) == -20_000
    booked = await ledger.list_journals(session, limit=9, account=accounts.seller_payable(producer.id))
    assert {(one.journal.kind, one.journal.memo) for one in booked} == {
        ("fee", "ABCD2345, 5 %"),
        ("fee", "ABCD2345, 1,25 %"),
    }


async def test_all_fees_together_are_never_more_than_the_goods(session):
    """BF1: of goods for 8.000 đồng two least fees of 5.000 take 8.000; who pays no fee pays none."""
    producer, free = await make_producer(session), await make_producer(session)
    for kind in FeeKind:
        await set_fee(session, producer.id, kind, basis_points=1, least_minor=5_000)
    await sell(session, producer.id, 8_000)
    await sell(session, producer.id, 0)
    await sell(session, free.id, 8_000)
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == 8_000
    assert await ledger.balance(session, accounts.seller_payable(free.id)) == 0


async def test_the_rule_of_the_day_counts(session):
    """BF2: a rule of tomorrow waits until then, and 0 percent end one; what is in force and what comes is listed."""
    producer = await make_producer(session)
    tomorrow = TODAY + timedelta(days=1)
    await set_fee(session, producer.id, basis_points=500)
    await set_fee(session, producer.id, basis_points=0, since=tomorrow)
    assert [rule.basis_points for rule in await service.list_rules(session, now=NOW)] == [500]
    assert [rule.basis_points for rule in await service.list_coming(session, now=NOW)] == [0]
    await sell(session, producer.id, 100_000)
    await sell(session, producer.id, 100_000, now=NOW + timedelta(days=1))
    assert await ledger.balance(session, accounts.seller_payable(producer.id)) == 5_000
    assert await service.list_rules(session, now=NOW + timedelta(days=1)) == []


async def test_a_rule_begins_today_and_stays_once_it_was_used(session):
    """BF2: yesterday is refused, so are bounds the wrong way round; today's rule may change until something was taken."""
    producer = await make_producer(session)
    with pytest.raises(FeeDayError):
        await set_fee(session, producer.id, since=TODAY - timedelta(days=1))
    with pytest.raises(FeeBoundsError):
        await set_fee(session, producer.id, least_minor=2, most_minor=1)
    await set_fee(session, producer.id, basis_points=100)
    await set_fee(session, producer.id, basis_points=200)
    await sell(session, producer.id, 100_000)
    with pytest.raises(FeeSetError):
        await set_fee(session, producer.id, basis_points=300)
    assert await ledger.balance(session, accounts.platform_fee()) == -2_000


async def test_a_refund_gives_its_share_back(session):
    """BF4: a third of the goods takes a third of the fee along, the rest all of it, more than all no more."""
    producer = await make_producer(session)
    await set_fee(session, producer.id, basis_points=1_000, most_minor=10_000)
    sale = await sell(session, producer.id, 300_000)
    owed = accounts.seller_payable(producer.id)
    await give_back(session, sale, producer.id, 100_000, "first")
    assert await ledger.balance(session, owed) == 6_667
    await give_back(session, sale, producer.id, 1, "nothing to round")
    assert await ledger.balance(session, owed) == 6_667
    await give_back(session, sale, producer.id, 200_000, "second")
    assert await ledger.balance(session, owed) == 0
    await give_back(session, "order:another", producer.id, 100_000, "third")
    assert await ledger.balance(session, accounts.platform_fee()) == 0


async def give_back_at_once(db):
    """Two refunds of half the goods at the same moment; answers of how much of the goods the fee is known to be back."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        await set_fee(session, producer.id)
        sale = await sell(session, producer.id, 200_000)

    async def half(source):
        async with db.transaction() as session:
            await give_back(session, sale, producer.id, 100_000, source)

    await asyncio.gather(half("one"), half("two"))
    async with db.transaction() as session:
        assert await ledger.balance(session, accounts.platform_fee()) == 0
        return await session.scalar(select(FeeTaken.given_base_minor))


async def test_refunds_at_once_give_all_of_it_back(db):
    """BF5: two halves at the same moment are the whole, and known to be: a third refund finds nothing left."""
    assert await give_back_at_once(db) == 200_000


async def test_without_the_lock_a_part_is_kept(db, monkeypatch):
    """The control: without waiting both halves see none given back, and both write that half is."""
    ready = asyncio.Barrier(2)

    async def unlocked(session, sale, producer_id):
        found = (await session.scalars(select(FeeTaken).where(FeeTaken.sale == sale))).all()
        await ready.wait()
        return found

    monkeypatch.setattr(repository, "lock_taken", unlocked)
    assert await give_back_at_once(db) == 100_000


@pytest.mark.parametrize(
    ("points", "said"), [(500, "5 %"), (250, "2,5 %"), (125, "1,25 %"), (5, "0,05 %"), (10_000, "100 %")]
)
def test_percent_is_said_as_people_say_it(points, said):
    """A comma, and no zeros behind it."""
    assert format_percent(points) == said
