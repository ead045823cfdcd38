"""Parcels of which nobody said that they came: rules O18 and O19 of orders/PRICING.md."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.ids import uuid7
from storefront.fulfilment import arrivals, jobs
from storefront.orders import service as orders
from storefront.orders.errors import OrderNotFoundError, WrongStateError
from storefront.orders.models import Consignment, OrderState
from tests.books import list_breaches
from tests.factories import cash
from tests.factories.orders import PHONE, SECRET, make_paid_order
from tests.factories.recalls import make_shop, parcel_of, send
from tests.factories.storefront import NOW

LATER = NOW + arrivals.ASK_AFTER
HOW = {"secret": SECRET, "address": "https://cho.example"}


async def test_a_buyer_says_that_a_parcel_came(db, client):
    """O18: from the order's page, before its carrier said so; twice is harmless, and its producer is paid by that."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        order = await make_paid_order(session, shop.bad, shop.good)
        parcel = await parcel_of(session, order)
    page = f"/orders/{orders.make_token(SECRET, order.id)}"
    assert (await client.post(f"{page}/received/{parcel.id}")).status_code == 409
    async with db.transaction() as session:
        await send(session, shop, order, until="ship")
    assert "Đã nhận được hàng" in (await client.get(page)).text
    for _time in range(2):
        assert (await client.post(f"{page}/received/{parcel.id}")).status_code == 303
    async with db.transaction() as session:
        done = await session.get_one(Consignment, parcel.id)
        assert (done.state, done.delivered_at is None) == (OrderState.COMPLETED, False)
        assert await list_breaches(session, now=NOW) == []
        with pytest.raises(OrderNotFoundError):
            await arrivals.receive(session, order_id=uuid7(), consignment_id=parcel.id, now=NOW)


async def test_both_sides_are_asked_once(db, house, run_jobs):
    """O19: after seven days, not before, and not when it came; the buyer's message leads to the order's page."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        lost, found = [await make_paid_order(session, shop.bad) for _ in range(2)]
        await send(session, shop, lost, until="ship")
        await send(session, shop, found, until="deliver")
    for now in (LATER - timedelta(minutes=1), LATER, LATER + timedelta(days=1)):
        await jobs.ask_silent(db, now=now, **HOW)
    await run_jobs()
    asked = [(phone, body) for phone, body in house.sms.sent if "tới tay bạn chưa" in body]
    assert [phone for phone, _body in asked] == [PHONE]
    assert f"https://cho.example/orders/{orders.make_token(SECRET, lost.id)} " in asked[0][1]
    told = [body for _phone, body in house.sms.sent if "gửi đi đã lâu" in body]
    assert len(told) == 2 and all(lost.code in body for body in told)
    async with db.transaction() as session:
        parcel = await parcel_of(session, lost)
        assert not await arrivals.ask(session, consignment_id=parcel.id, now=LATER, **HOW)


async def test_what_is_paid_at_the_door_is_the_carriers_to_say(session, house):
    """O18, O19: its buyer is not asked, and does not say it; the producer is asked."""
    variant = await cash.make_cash_variant(session)
    order = await cash.make_cash_order(session, variant)
    parcel = await cash.send(session, order, until="ship")
    with pytest.raises(WrongStateError):
        await arrivals.receive(session, order_id=order.id, consignment_id=parcel.id, now=NOW)
    assert await arrivals.ask(session, consignment_id=parcel.id, now=LATER, **HOW)
    assert await arrivals.list_silent(session, now=LATER) == []
    assert not [body for _phone, body in house.sms.sent if "tới tay bạn chưa" in body]


async def test_a_parcel_that_somebody_works_on_is_asked_about_the_next_day(db):
    """O19: the job goes on to the next parcel, and nobody waits."""
    async with db.transaction() as session:
        shop = await make_shop(session)
        held, free = [await make_paid_order(session, shop.bad) for _ in range(2)]
        for order in (held, free):
            await send(session, shop, order, until="ship")
    async with db.transaction() as working:
        await orders.lock_order(working, held.id)
        await jobs.ask_silent(db, now=LATER, **HOW)
    async with db.transaction() as session:
        assert await arrivals.list_silent(session, now=LATER) == [(await parcel_of(session, held)).id]
