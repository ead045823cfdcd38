"""Money on delivery from many hands: booked once, never both paid and come back; and controls without the locks."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import select

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.fulfilment import cash as refusing
from storefront.orders import repository as orders_repository
from storefront.orders import settlement
from storefront.orders.models import Order, OrderState
from storefront.payments import receipts
from storefront.remittances import service as remittances
from storefront.remittances.service import Share
from tests.books import list_breaches
from tests.factories.cash import make_cash_order, make_cash_variant, make_delivered, make_transfer
from tests.factories.people import make_person
from tests.factories.storefront import NOW

PRICE = 380_000


@pytest.fixture
async def parcel(db):
    """A parcel that arrived; its money is with the courier."""
    async with db.transaction() as session:
        _order, parcel = await make_delivered(session, await make_cash_variant(session))
        parcel.person_id = (await make_person(session)).id
        return parcel


async def attempt(db, act):
    """Whether an act went through, in a transaction of its own."""
    try:
        async with db.transaction() as session:
            await act(session)
    except ConflictError:
        return False
    return True


def keeping(parcel):
    """The producer writes down that the money is in hand."""

    async def keep(session):
        await remittances.keep_cash(
            session,
            remittance_id=uuid7(),
            producer_id=parcel.producer_id,
            order_ids={parcel.order_id},
            person_id=parcel.person_id,
            now=NOW,
        )

    return keep


def dividing(parcel, receipt_id):
    """The accountant divides a transfer."""

    async def divide(session):
        await remittances.divide_transfer(
            session,
            receipt_id=receipt_id,
            shares=[Share(parcel.order_id, PRICE)],
            person_id=parcel.person_id,
            now=NOW,
        )

    return divide


def refusing_it(parcel):
    """The packer takes the parcel back that nobody took."""

    async def refuse(session):
        await refusing.take_refused(
            session,
            consignment_id=parcel.id,
            producer_id=parcel.producer_id,
            is_good=True,
            person_id=parcel.person_id,
            now=NOW,
        )

    return refuse


async def test_one_parcel_remitted_by_many(db, parcel):
    """P35: producers' presses and transfers divided for one parcel, all at once: its money is booked once."""
    async with db.transaction() as session:
        transfers = [await make_transfer(session, PRICE) for _transfer in range(4)]
    acts = [keeping(parcel) for _press in range(4)] + [dividing(parcel, one.id) for one in transfers]
    assert sum(await asyncio.gather(*(attempt(db, act) for act in acts))) == 1
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []
        assert len(await receipts.list_queue(session, now=NOW)) in {3, 4}


async def test_one_transfer_divided_by_many(db):
    """P35: one transfer that eight accountants divide at once, each for another parcel, pays one of them."""
    async with db.transaction() as session:
        variant = await make_cash_variant(session)
        parcels = []
        for number in range(8):
            _order, parcel = await make_delivered(session, variant, phone=f"+8491200000{number}")
            parcel.person_id = (await make_person(session)).id
            parcels.append(parcel)
        transfer = await make_transfer(session, PRICE)
    acts = [dividing(parcel, transfer.id) for parcel in parcels]
    assert sum(await asyncio.gather(*(attempt(db, act) for act in acts))) == 1
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_many_parcels_in_any_order(db):
    """P35: presses that name the same parcels in other orders never wait for each other in a ring."""
    async with db.transaction() as session:
        variant = await make_cash_variant(session)
        parcels = [
            (await make_delivered(session, variant, phone=f"+8491200000{number}"))[1] for number in range(6)
        ]
        person = await make_person(session)

    async def keep(session):
        some = random.sample(parcels, 4)
        await remittances.keep_cash(
            session,
            remittance_id=uuid7(),
            producer_id=variant_producer,
            order_ids=[one.order_id for one in some],
            person_id=person.id,
            now=NOW,
        )

    variant_producer = parcels[0].producer_id
    assert sum(await asyncio.gather(*(attempt(db, keep) for _press in range(6)))) == 1
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []


async def test_remitted_or_come_back(db, parcel):
    """M6: of money booked and a parcel come back, at once and often, one holds; the books fit either way."""
    acts = [act for _round in range(4) for act in (keeping(parcel), refusing_it(parcel))]
    assert sum(await asyncio.gather(*(attempt(db, act) for act in acts))) == 1
    async with db.transaction() as session:
        order = await session.scalar(select(Order))
        assert (order.paid_at is None) is (order.state is OrderState.RETURNED)
        assert await list_breaches(session, now=NOW) == []


async def test_three_open_orders_of_one_phone(db):
    """M1: eight orders on delivery by one phone number at once make three."""
    async with db.transaction() as session:
        variants = [await make_cash_variant(session) for _buyer in range(8)]

    def ordering(variant):
        async def order(session):
            await make_cash_order(session, variant)

        return order

    assert sum(await asyncio.gather(*(attempt(db, ordering(variant)) for variant in variants))) == 3


@pytest.fixture
def without_locks(monkeypatch):
    """Orders and parcels are read and not locked; both of two acts have looked before either writes."""
    both, seen = asyncio.Barrier(2), []
    record_kept, end_refused = remittances._record_kept, settlement.end_refused

    async def look_at_order(session, order_id):
        order = await session.get(Order, order_id)
        seen.append((order, await orders_repository.list_consignments(session, [order_id])))
        return seen[-1]

    async def look_at_all(session, order_ids):
        return {order_id: await look_at_order(session, order_id) for order_id in order_ids}

    async def meet_and_record(*args, **kwargs):
        await both.wait()
        await record_kept(*args, **kwargs)

    async def meet_and_end(*args, **kwargs):
        await both.wait()
        await end_refused(*args, **kwargs)

    monkeypatch.setattr(orders_repository, "lock_order", look_at_order)
    monkeypatch.setattr(orders_repository, "lock_orders", look_at_all)
    monkeypatch.setattr(remittances, "_record_kept", meet_and_record)
    monkeypatch.setattr(settlement, "end_refused", meet_and_end)


async def test_without_the_locks_money_is_booked_twice(db, parcel, without_locks):
    """Negative control: two presses that both looked first book the same cash twice."""
    acts = [keeping(parcel), keeping(parcel)]
    assert await asyncio.gather(*(attempt(db, act) for act in acts)) == [True, True]
    async with db.transaction() as session:
        [twice] = await receipts.list_queue(session, now=NOW)
        assert twice.return_minor == PRICE


async def test_without_the_locks_what_came_back_is_paid(db, parcel, without_locks):
    """Negative control: a press and a return that both looked first leave books that do not fit."""
    acts = [keeping(parcel), refusing_it(parcel)]
    assert await asyncio.gather(*(attempt(db, act) for act in acts)) == [True, True]
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW)
