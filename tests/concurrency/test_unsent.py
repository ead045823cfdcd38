"""Buyer and producer decide about one paid parcel at once (PRICING.md O16, O17): real connections, and a control."""

from __future__ import annotations

import asyncio

from app.core.errors import ConflictError
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment import unsent
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.orders import parcels
from storefront.orders import repository as orders_repository
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderState
from storefront.payments.models import PayableKind
from tests.books import list_breaches
from tests.factories.orders import make_paid_order
from tests.factories.recalls import make_shop
from tests.factories.storefront import NOW

TIMES = 10


async def sold(db):
    """A paid order of a box and a bag: (shop, order, parcel)."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        [parcel] = await parcels.list_parcels(session, order)
        return shop, order, parcel


async def did(db, act):
    """Whether this act was let through, in a transaction of its own."""
    try:
        async with db.transaction() as session:
            await act(session)
    except ConflictError:
        return False
    return True


def acts_on(shop, order, parcel):
    """What the two may do: call it off, take it on, keep the first line back."""
    of_producer = {
        "consignment_id": parcel.consignment.id,
        "producer_id": shop.producer_id,
        "person_id": shop.manager_id,
        "now": NOW,
    }

    async def call_off(session):
        await unsent.call_off(session, order_id=order.id, consignment_id=parcel.consignment.id, now=NOW)

    async def take_on(session):
        await fulfilment.confirm(session, **of_producer)

    async def keep_back(session):
        await unsent.hold_back(session, line_ids={parcel.lines[0].id}, is_good=True, **of_producer)

    return call_off, take_on, keep_back


async def owed(db, order):
    """What the books owe the buyer."""
    async with db.transaction() as session:
        assert await list_breaches(session, now=NOW) == []
        return -await ledger.balance(session, accounts.refund_payable(PayableKind.ORDER, order.id))


async def test_called_off_or_taken_on_never_both(db):
    """O17: ten of each at once, three parcels: who comes second is refused, and each đồng goes back once."""
    for _round in range(3):
        shop, order, parcel = await sold(db)
        call_off, take_on, keep_back = acts_on(shop, order, parcel)
        mixed = [act for _time in range(TIMES) for act in (call_off, take_on, keep_back)]
        done = await asyncio.gather(*(did(db, act) for act in mixed))
        took, called = sum(done[1::3]), any(done[0::3])
        assert (took, called) in {(1, False), (0, True)}
        expected = order.total_minor if called else parcel.lines[0].settled_minor
        assert await owed(db, order) == expected


async def test_without_the_lock_it_is_taken_on_and_called_off(db, monkeypatch):
    """Negative control: who looks at the parcel without its order's lock packs what the buyer gets back."""
    shop, order, parcel = await sold(db)
    call_off, take_on, _keep_back = acts_on(shop, order, parcel)
    both = asyncio.Barrier(2)

    seen = []  # what was seen is kept, and so not read anew

    async def look(session, order_id):
        order = await session.get(Order, order_id)
        found = await orders_repository.list_consignments(session, [order_id])
        seen.append((order, found))
        await both.wait()
        return order, found

    monkeypatch.setattr(orders_repository, "lock_order", look)
    assert await asyncio.gather(did(db, call_off), did(db, take_on)) == [True, True]
    async with db.transaction() as session:
        steps = {step.state for step in await orders.list_steps(session, order.id)}
    assert {OrderState.PACKING, OrderState.CANCELLED} <= steps
    assert await owed(db, order) == order.total_minor
