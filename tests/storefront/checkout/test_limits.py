"""How often one may order and guess at codes: O15 of orders/PRICING.md, V11 of pricing/PRICING.md."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import Attempt
from storefront.cart import service as carts
from storefront.checkout import limits, service
from storefront.checkout.errors import TooManyCodesError, TooManyOrdersError
from storefront.orders.models import Order
from tests.factories.orders import FORM, PHONE
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant
from tests.factories.vouchers import CODE, make_voucher_for
from tests.instants import until_stopped

WHOLE = {**FORM, "total": "380000"}


@pytest.fixture
async def shelf(db):
    """Boxes that are there, and a voucher for them."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant, on_hand=20)
        await make_voucher_for(session, variant)
        return variant


async def basket(db, client, variant):
    """A fresh basket of one box, in the visitor's cookie; answers its token."""
    async with db.transaction() as session:
        _cart, token = await make_cart(session, lines={variant.id: 1})
    client.cookies.set("cart", token)
    return token


async def test_orders_are_counted_by_phone(db, client, shelf, monkeypatch):
    """O15: one order too many is refused with all that was typed still there; another number, and a repeat, go on."""
    monkeypatch.setattr(limits, "ORDERS_PER_PHONE", 2)
    for _order in range(2):
        await basket(db, client, shelf)
        link = (await client.post("/checkout", data=WHOLE)).headers["location"]
    assert (await client.post("/checkout", data=WHOLE)).headers["location"] == link
    await basket(db, client, shelf)
    refused = await client.post("/checkout", data=WHOLE)
    assert refused.status_code == 429 and "những gì bạn ghi vẫn còn đây" in refused.text
    assert all(FORM[name] in refused.text for name in ("name", "phone", "line", "note"))
    assert (await client.post("/checkout", data=WHOLE | {"phone": "0912 000 222"})).status_code == 303
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 3


async def test_the_last_order_of_an_hour_pressed_twice_is_led_to_itself(db, client, shelf, monkeypatch):
    """O15: the second press finds the last turn taken, by the first, which makes the order at this instant."""
    monkeypatch.setattr(limits, "ORDERS_PER_PHONE", 1)
    await basket(db, client, shelf)
    place_order, begun, presses = service.place_order, asyncio.Event(), []

    async def place_slowly(session, *, cart_id, **named):
        await carts.lock_cart(session, cart_id)
        begun.set()
        while len(presses) < 2:
            await asyncio.sleep(0)
        await until_stopped(db, presses[1])
        return await place_order(session, cart_id=cart_id, **named)

    monkeypatch.setattr(service, "place_order", place_slowly)
    presses.append(asyncio.create_task(client.post("/checkout", data=WHOLE)))
    await begun.wait()
    presses.append(asyncio.create_task(client.post("/checkout", data=WHOLE)))
    first, second = await asyncio.gather(*presses)
    assert first.status_code == second.status_code == 303, second.text
    assert first.headers["location"] == second.headers["location"]


async def test_a_form_that_is_not_whole_is_no_order(db, client, shelf, monkeypatch):
    """O15: what misses a field, only lowers a line or only tries a code is not counted as an order."""
    monkeypatch.setattr(limits, "ORDERS_PER_PHONE", 1)
    await basket(db, client, shelf)
    for part in ({"name": ""}, {"act": "take_left"}, {"act": "use_voucher", "voucher": CODE}):
        assert (await client.post("/checkout", data=WHOLE | part)).status_code != 429
    assert (await client.post("/checkout", data=WHOLE)).status_code == 303


async def test_orders_are_counted_by_network(db, shelf, monkeypatch):
    """O15: other numbers from the same network come to an end too, and an hour later all is free."""
    monkeypatch.setattr(limits, "ORDERS_PER_VISITOR", 3)
    async with db.transaction() as session:
        _cart, token = await make_cart(session, lines={shelf.id: 1})

    async def count(number, *, now=NOW):
        await limits.count_order(db, cart_token=token, phone=f"+8491200011{number}", visitor="hash", now=now)

    for number in range(3):
        await count(number)
    with pytest.raises(TooManyOrdersError) as refused:
        await count(3)
    assert refused.value.again_at == NOW + limits.HOUR
    await count(3, now=NOW + limits.HOUR)
    await limits.count_order(db, cart_token=None, phone=PHONE, visitor="hash", now=NOW)


async def test_wrong_codes_come_to_an_end(db, client, shelf, monkeypatch):
    """V11: after so many wrong codes no code is answered, right or wrong; the order without one is placed."""
    monkeypatch.setattr(limits, "CODES_PER_BASKET", 2)
    token = await basket(db, client, shelf)
    right = WHOLE | {"act": "use_voucher", "voucher": CODE}
    for number in range(2):
        wrong = await client.post("/checkout", data=right | {"voucher": f"DOAN{number}"})
        assert wrong.status_code == 422 and "không dùng được" in wrong.text
        if not number:
            assert "bớt cho bạn" in (await client.post("/checkout", data=right)).text
    refused = await client.post("/checkout", data=right)
    assert refused.status_code == 429 and "gõ thử nhiều lần quá" in refused.text
    assert "bớt cho bạn" not in refused.text and CODE in refused.text and FORM["line"] in refused.text
    assert (await client.post("/checkout", data=WHOLE | {"voucher": CODE})).status_code == 429
    async with db.transaction() as session:
        keys = set(await session.scalars(select(Attempt.key)))
    assert token not in keys and "127.0.0.1" not in keys
    assert (await client.post("/checkout", data=WHOLE)).status_code == 303


async def test_many_guesses_at_once_get_no_more(db, monkeypatch):
    """V11: of twenty wrong guesses at one moment, by baskets of their own, three are judged; an hour later again."""
    monkeypatch.setattr(limits, "CODES_PER_VISITOR", 3)

    async def guess(number, now=NOW):
        try:
            await limits.count_code(db, cart_token=str(number), code=f"X{number}", visitor="hash", now=now)
        except TooManyCodesError:
            return False
        return True

    assert sum(await asyncio.gather(*(guess(number) for number in range(20)))) == 3
    assert await guess(20, now=NOW + timedelta(hours=1))
