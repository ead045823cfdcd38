"""The buyers' order pages: private link, my orders, and the check of a code."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storefront.orders import service as orders
from storefront.orders.routes import LOOKUPS
from tests.factories.orders import FORM, PHONE, get_payment, make_order, make_paid_order, pay
from tests.factories.people import log_in, make_person
from tests.factories.storefront import make_stock, make_variant


@pytest.fixture
async def placed(db, house):
    """An unpaid order of the only box: (order, its private link)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant, on_hand=1)
        order = await make_order(session, variant)
        # The page's link is of this house's secret.
        order.token_hash = orders.ids.hash_token(orders.make_token(house.secret, order.id))
    return order, variant, f"/orders/{orders.make_token(house.secret, order.id)}"


async def test_a_wrong_token_opens_nothing(client, placed):
    """Neither the code nor another token opens the private page or acts on it."""
    order, _variant, link = placed
    for wrong in (f"/orders/{order.code}", link[:-1]):
        assert (await client.get(wrong)).status_code == 404
        assert (await client.post(f"{wrong}/cancel")).status_code == 404


async def test_the_unpaid_page_asks_for_the_money(db, client, placed):
    """The page shows amount, memo and state, and asks the payment for news."""
    order, _variant, link = placed
    page = (await client.get(link)).text
    async with db.transaction() as session:
        payment = await get_payment(session, order)
    assert payment.code in page and "380.000" in page and f"/payments/{payment.token}/state" in page
    assert 'name="referrer" content="no-referrer"' in page


async def test_an_unpaid_order_is_given_up(client, placed):
    """The button cancels; the page then says so and asks for no money."""
    _order, _variant, link = placed
    assert (await client.post(f"{link}/cancel")).headers["location"] == link
    page = (await client.get(link)).text
    assert "Đã hủy" in page and "Hủy đơn này" not in page and "380.000" in page


async def test_an_expired_page_reassures(house, client, placed):
    """O4: past its time the page says that the order ended, swept or not."""
    _order, _variant, link = placed
    house.clock.advance(minutes=16)
    page = (await client.get(link)).text
    assert "Đơn này đã dừng" in page and "Hủy đơn này" not in page


async def test_late_money_without_goods_is_said_to_be_safe(db, house, client, placed):
    """O7: somebody else has the box: the page says that the money is safe and that somebody will call."""
    order, variant, link = placed
    house.clock.advance(minutes=16)
    now = house.clock.now()
    async with db.transaction() as session:
        await make_order(session, variant, now=now)
        await pay(session, order, now=now)
    assert "vẫn an toàn" in (await client.get(link)).text


@pytest.mark.parametrize("path", ["/check", "/orders"])
async def test_a_code_says_state_and_shop_only(client, placed, path):
    """Whoever has the code learns that the order is real, where it stands and who sells; nothing of the buyer."""
    order, _variant, _link = placed
    assert (await client.get(path)).status_code == 200
    answer = await client.get(path, params={"code": order.code.lower()})
    assert "là đơn thật" in answer.text and "HTX Chè Tân Cương" in answer.text
    assert "Chờ thanh toán" in answer.text
    said = answer.text.partition("<main")[2].partition("</main>")[
        0
    ]  # the address of a script may hold any digits
    assert said and FORM["name"] not in said and "380.000" not in said and "321" not in said
    assert "không có đơn nào" in (await client.get(path, params={"code": "K7MP2QXA"})).text
    assert "Chỗ này chưa điền" in (await client.get(path, params={"code": ""})).text


async def test_codes_cannot_be_tried_for_ever(client, house):
    """Look-ups by code are limited for each visitor; waiting helps."""
    for _ in range(LOOKUPS[0]):
        assert (await client.get("/check?code=AAAAAAAA")).status_code == 200
    assert (await client.get("/orders?code=AAAAAAAA")).status_code == 429
    assert (await client.get("/orders")).status_code == 200
    house.clock.advance(minutes=LOOKUPS[1] // timedelta(minutes=1) + 1)
    assert (await client.get("/check?code=AAAAAAAA")).status_code == 200


async def test_my_orders(db, house, client, placed):
    """Logged in I see the orders of my number with their links; a stranger sees none."""
    order, _variant, link = placed
    async with db.transaction() as session:
        stranger = await make_person(session)
        me = await make_person(session, phone=PHONE)
        await log_in(session, client, stranger.id)
    assert "Bạn chưa có đơn nào" in (await client.get("/orders")).text
    async with db.transaction() as session:
        await log_in(session, client, me.id)
    page = (await client.get("/orders")).text
    assert link in page and order.code in page


async def test_the_page_speaks_english(db, client, placed):
    """Every word of the page has its English."""
    page = (await client.get(placed[2], params={"lang": "en"})).text
    assert "To be paid" in page and "Cancel this order" in page


async def test_a_paid_order_shows_both_parcels(db, house, client):
    """One order of two producers shows two parcels with their own states."""
    async with db.transaction() as session:
        one, two = await make_variant(session), await make_variant(session)
        await make_stock(session, one)
        await make_stock(session, two)
        order = await make_paid_order(session, one, two)
        order.token_hash = orders.ids.hash_token(orders.make_token(house.secret, order.id))
    page = (await client.get(f"/orders/{orders.make_token(house.secret, order.id)}")).text
    assert page.count('class="card"') == 2 and "Đã trả đủ tiền" in page
