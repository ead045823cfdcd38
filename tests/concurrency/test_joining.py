"""Packing against adding: real connections, and a negative control that shows the race."""

from __future__ import annotations

import asyncio

from sqlalchemy import func, select

from app.core.errors import ConflictError
from app.core.ids import uuid7
from storefront.checkout import service as checkout
from storefront.checkout.errors import JoinChangedError
from storefront.fulfilment import service as fulfilment
from storefront.orders import joining
from storefront.orders.models import Consignment, Order
from storefront.payments import receipts
from storefront.pricing.errors import NotSendableError
from tests.books import list_breaches
from tests.factories.joining import act_on, add_order, make_added_cart, parcel_of, see
from tests.factories.orders import BANK, SECRET, get_payment, make_paid_order, make_recipient
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_stock, make_variant

TIMES = 12


async def market(db):
    """A paid order whose parcel is taken on, and how it is named to packers: (box, order, act)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant, on_hand=50)
        order = await make_paid_order(session, variant)
        parcel = await act_on(session, order, "confirm")
        person = await make_person(session)
        act = {"consignment_id": parcel.id, "producer_id": parcel.producer_id, "person_id": person.id}
        return variant, order, act | {"now": NOW}


async def basket(db, variant, order):
    """A basket that is added to the order, and what its page shows: (its id, what was seen)."""
    async with db.transaction() as session:
        cart, _token = await make_added_cart(session, order, variant)
        return cart.id, await see(session, cart.id, order)


async def place(db, cart_id, seen):
    """Order the basket in a transaction of its own: the order's id, or the refusal."""
    try:
        async with db.transaction() as session:
            order = await checkout.place_order(
                session,
                secret=SECRET,
                cart_id=cart_id,
                recipient=make_recipient(),
                seen_total_minor=seen[0],
                seen_along=seen[1],
                now=NOW,
            )
            return order.id
    except ConflictError as refusal:
        return refusal


async def work(db, step, act, **more):
    """One step of the packer in a transaction of its own."""
    async with db.transaction() as session:
        await getattr(fulfilment, step)(session, **act, **more)


async def placed_after_packing(db, order):
    """How many goods travel in the order's parcel that were ordered after it was packed, by the order of commits."""
    async with db.transaction() as session:
        first = await parcel_of(session, order)
        added = select(func.count()).select_from(Consignment).where(Consignment.travels_with_id == first.id)
        return first.packed_at is not None, await session.scalar(added)


async def test_packed_or_joined_and_who_comes_second_knows(db):
    """J5: of packing and placing at one time either the packer finds it joined, or the buyer is told."""
    outcomes = set()
    for number in range(TIMES):
        variant, order, act = await market(db)
        cart_id, seen = await basket(db, variant, order)
        acts = [place(db, cart_id, seen), work(db, "pack", act, scanned="")]
        answers = await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        answer = answers[0 if number % 2 else 1]
        is_packed, added = await placed_after_packing(db, order)
        assert is_packed
        if isinstance(answer, ConflictError):
            assert isinstance(answer, JoinChangedError) and added == 0
        else:
            assert added == 1
        outcomes.add(isinstance(answer, ConflictError))
    assert outcomes


async def test_without_the_first_ones_lock_goods_join_a_packed_parcel(db, monkeypatch):
    """Negative control: who looks without the lock joins a parcel that is closed by the time at which it is placed."""
    variant, order, act = await market(db)
    cart_id, seen = await basket(db, variant, order)
    looked, packed = asyncio.Event(), asyncio.Event()

    async def look_carelessly(session, order_id, *, now):
        found = await joining.find(session, order_id, now=now)
        looked.set()
        await packed.wait()
        return found

    monkeypatch.setattr(joining, "lock", look_carelessly)

    async def pack_then():
        await looked.wait()
        await work(db, "pack", act, scanned="")
        packed.set()

    answer, _done = await asyncio.gather(place(db, cart_id, seen), pack_then())
    assert not isinstance(answer, ConflictError)
    assert await placed_after_packing(db, order) == (True, 1)


async def test_only_one_of_many_is_added_at_a_time(db):
    """J4: ten baskets for one parcel at once: one is added, nine are told to wait for its money."""
    variant, order, _act = await market(db)
    baskets = [await basket(db, variant, order) for _ in range(10)]
    answers = await asyncio.gather(*(place(db, *one) for one in baskets))
    refused = [one for one in answers if isinstance(one, ConflictError)]
    assert len(refused) == 9 and {type(one) for one in refused} == {NotSendableError}
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 2


async def test_money_against_the_first_ones_leaving(db):
    """J7: paid while the first leaves, it goes along when it is packed, else alone; no step waits for ever."""
    for number in range(TIMES):
        variant, order, act = await market(db)
        async with db.transaction() as session:
            added = await add_order(session, order, variant, is_paid=False)
            payment_id = (await get_payment(session, added)).id
            await act_on(session, order, "pack")

        async def pay(payment_id=payment_id):
            async with db.transaction() as session:
                arrival = receipts.Arrival(
                    provider="sepay",
                    external_id=str(uuid7()),
                    account=BANK,
                    amount_minor=350_000,
                    memo="",
                    payment_id=payment_id,
                    arrived_at=NOW,
                )
                await receipts.record_arrival(session, arrival, now=NOW)

        acts = [pay(), work(db, "ship", act, carrier="Xe nhà", tracking_number=None)]
        await asyncio.gather(*(acts if number % 2 else acts[::-1]))
        async with db.transaction() as session:
            alone = await act_on(session, added, "confirm", "pack", "ship")
            assert (alone.travels_with_id, alone.delivery_minor) == (None, 0)
            assert await list_breaches(session, now=NOW) == []
