"""An unpaid order is edited over HTTP: from its page through the basket to the order that takes its place. Rules E1 to E9."""

from __future__ import annotations

import re

import pytest

from producers.listings.models import Listing
from storefront.orders import service as orders
from storefront.orders.models import CancelReason, OrderState
from storefront.payments import receipts
from tests.books import list_breaches
from tests.factories.delivery import add_way
from tests.factories.joining import parcel_of
from tests.factories.orders import FORM, SECRET, counters, get_payment, make_paid_order, pay, report_transfer
from tests.factories.people import log_in, make_staff
from tests.factories.storefront import make_stock, make_variant
from tests.factories.vouchers import CODE, make_voucher_for

EDIT, LEAVE, ANEW = "Sửa đơn", "Thôi, giữ đơn cũ", "Đặt thành đơn mới"


def read_hidden(text, name):
    """The value of a hidden field."""
    return text.split(f'name="{name}" value="')[1].split('"')[0]


def read_line(basket):
    """The address of the basket's first line."""
    return re.search(r"/cart/lines/[0-9a-f-]{36}", basket)[0]


async def shelf(db, on_hand=3):
    """A pack with so much on the shelf: (variant, stock item)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        return variant, await make_stock(session, variant, on_hand=on_hand)


async def order(client, variant, quantity):
    """A visitor orders so much: the order's page."""
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": str(quantity)})
    form = (await client.get("/checkout")).text
    answer = await client.post("/checkout", data={**FORM, "total": read_hidden(form, "total")})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def get_order(db, page):
    """The order behind a private page, as committed."""
    async with db.transaction() as session:
        return await orders.get_by_token(session, page.rsplit("/", 1)[1])


@pytest.fixture
async def sold(db, client):
    """Three boxes on the shelf, two of them ordered and unpaid: (page, variant, stock item)."""
    variant, item = await shelf(db)
    return await order(client, variant, 2), variant, item


async def press_order(client, **more):
    """Order what the checkout shows, with what it remembers of the old order."""
    form = (await client.get("/checkout")).text
    return await client.post("/checkout", data={**FORM, "total": read_hidden(form, "total"), **more})


async def test_from_the_orders_page_to_the_order_that_takes_its_place(db, client, sold):
    """E1, E2, E5: two are held by oneself, one is free: three are ordered, and each page names the other order."""
    page, _variant, item = sold
    old = await get_order(db, page)
    assert EDIT in (await client.get(page)).text
    for _press in range(2):
        answer = await client.post(f"{page}/edit")
        assert answer.status_code == 303 and answer.headers["location"].endswith("/cart")
    basket = (await client.get("/cart")).text
    assert f"Sửa đơn {old.code}" in basket and LEAVE in basket and "Thêm" in basket
    await client.post(read_line(basket), data={"quantity": "3"})
    basket = (await client.get("/cart")).text
    assert "Không đủ" not in basket and ">Thêm<" not in basket  # all three, and not a fourth
    form = (await client.get("/checkout")).text
    assert f"Sửa đơn {old.code}" in form and "Không đủ" not in form
    assert all(FORM[name] in form for name in ("name", "line", "note")) and "Tân Cương" in form
    answer = await press_order(client)
    assert answer.status_code == 303
    new = await get_order(db, answer.headers["location"])
    assert (new.total_minor, new.replaces_id) == (1_080_000, old.id)
    old = await get_order(db, page)
    assert (old.state, old.cancel_reason) == (OrderState.CANCELLED, CancelReason.REPLACED)
    async with db.transaction() as session:
        assert await counters(session, item) == (3, 3, 0)
        assert new.code in (await orders.list_steps(session, old.id))[-1].note
    shown = (await client.get(page)).text
    assert f"Đã sửa thành đơn {new.code}" in shown and answer.headers["location"] in shown
    assert EDIT not in shown and "Hủy đơn này" not in shown
    assert f"thay đơn {old.code}" in (await client.get(answer.headers["location"])).text


async def test_paid_meanwhile_the_edit_is_refused_and_the_order_stands(db, client, house, sold):
    """E6: the bank's report comes while the basket is open: plain words, and the paid order keeps its goods."""
    page, _variant, item = sold
    await client.post(f"{page}/edit")
    form = (await client.get("/checkout")).text
    async with db.transaction() as session:
        code = (await get_payment(session, await orders.get_by_token(session, page.rsplit("/", 1)[1]))).code
    told = {"code": code, "amount_minor": 730_000, "now": house.clock.now()}
    assert (await report_transfer(client, **told)).status_code == 200
    answer = await client.post("/checkout", data={**FORM, "total": read_hidden(form, "total")})
    assert answer.status_code == 409 and "đã tới nên không sửa được nữa" in answer.text
    assert FORM["line"] in answer.text and LEAVE not in answer.text and ANEW in answer.text
    async with db.transaction() as session:
        assert await counters(session, item) == (3, 0, 2)
    assert EDIT not in (await client.get(page)).text
    assert (await client.post(f"{page}/edit")).headers["location"].endswith(page)
    basket = (await client.get("/cart")).text
    assert "không sửa được nữa" in basket and "Không đủ" in basket  # its own hold is no hold any more
    await client.post("/cart/edit")
    basket = (await client.get("/cart")).text
    assert "Giỏ còn trống" in basket and "Sửa đơn" not in basket


async def test_out_of_time_it_becomes_an_order_of_its_own(db, client, house, sold):
    """E7: after the hold the checkout says so; the packs stay for an order of their own, the old one is not touched."""
    page, _variant, item = sold
    await client.post(f"{page}/edit")
    house.clock.advance(minutes=15)
    answer = await press_order(client)
    assert answer.status_code == 409 and "hết giờ giữ hàng" in answer.text
    await client.post("/cart/edit", data={"act": "keep"})
    answer = await press_order(client)
    assert answer.status_code == 303
    assert (await get_order(db, answer.headers["location"])).replaces_id is None
    assert (await get_order(db, page)).cancel_reason is not CancelReason.REPLACED
    async with db.transaction() as session:
        assert await counters(session, item) == (3, 2, 0)


async def test_take_what_is_left_counts_the_own_hold(client, sold):
    """E3: the button that lowers a line leaves all three: two are one's own."""
    page, _variant, _item = sold
    await client.post(f"{page}/edit")
    await client.post(read_line((await client.get("/cart")).text), data={"quantity": "5"})
    form = (await client.get("/checkout")).text
    assert "Không đủ" in form
    answer = await client.post("/checkout", data={"act": "take_left"})
    assert answer.status_code == 200 and "1.050.000" in answer.text
    await client.post("/cart/edit")
    assert (await client.get("/checkout")).headers["location"].endswith("/cart")


async def test_a_code_with_one_use_left_is_remembered_and_kept(db, client):
    """E2, E3: the checkout brings the code along, and its one use counts as one's own."""
    variant, _item = await shelf(db)
    async with db.transaction() as session:
        voucher = await make_voucher_for(session, variant, uses_most=1)
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    answer = await client.post("/checkout", data={**FORM, "total": "360000", "voucher": CODE})
    page = answer.headers["location"]
    await client.post(f"{page}/edit")
    form = (await client.get("/checkout")).text
    assert 'value="tet2027"' in form and "bớt cho bạn" in form and "hết lượt" not in form
    answer = await press_order(client, voucher="tet2027")
    assert answer.status_code == 303
    async with db.transaction() as session:
        assert (await session.get_one(type(voucher), voucher.id)).uses_taken == 1
    assert (await get_order(db, answer.headers["location"])).discount_minor == 20_000


async def test_the_way_and_its_day_are_remembered(db, client, house):
    """E2: how the parcel was to travel is chosen again."""
    variant, _item = await shelf(db)
    async with db.transaction() as session:
        producer_id = (await session.get_one(Listing, variant.listing_id)).producer_id
        method_id = await add_way(session, producer_id, weekdays=frozenset({5, 6}))
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    way = {f"way_{producer_id}": str(method_id)}
    form = (await client.post("/checkout", data={**FORM, **way, "act": "show_fees"})).text
    days = re.findall(r'<option value="([0-9-]{10})"', form)
    way[f"day_{method_id}"] = days[1]
    answer = await client.post("/checkout", data={**FORM, **way, "total": read_hidden(form, "total")})
    assert answer.status_code == 303, answer.text
    await client.post(f"{answer.headers['location']}/edit")
    form = (await client.get("/checkout")).text
    assert re.search(rf'value="{method_id}"[^>]* checked', form)
    assert f'value="{days[1]}" selected' in form


async def test_a_basket_edits_one_order_at_a_time(db, client, sold):
    """E9: beginning another edit, or adding to another order, takes the packs of the first one out."""
    page, _variant, _item = sold
    other, _other_item = await shelf(db)
    second = await order(client, other, 1)
    await client.post(f"{page}/edit")
    await client.post(f"{second}/edit")
    basket = (await client.get("/cart")).text
    assert (await get_order(db, second)).code in basket and (await get_order(db, page)).code not in basket
    assert basket.count("/cart/lines/") == 2  # one line: more, and out
    async with db.transaction() as session:
        first = await make_paid_order(session, other)
        parcel = await parcel_of(session, first)
    await client.post(f"/orders/{orders.make_token(SECRET, first.id)}/more/{parcel.id}")
    basket = (await client.get("/cart")).text
    assert "Giỏ còn trống" in basket and "Sửa đơn" not in basket
    assert (await client.post("/cart/edit")).status_code == 303  # edits nothing: nothing happens
    client.cookies.clear()
    assert (await client.post("/cart/edit")).status_code == 303


async def test_double_click_on_order_leads_twice_to_the_new_order(client, sold):
    """E8, O3: one basket is one order, also when it edits another."""
    page, _variant, _item = sold
    await client.post(f"{page}/edit")
    form = (await client.get("/checkout")).text
    data = {**FORM, "total": read_hidden(form, "total")}
    first, second = await client.post("/checkout", data=data), await client.post("/checkout", data=data)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"] != page


async def test_two_phones_edit_one_order(client, new_client, sold):
    """E8: who comes second is told the code of the order that took the place."""
    page, _variant, _item = sold
    other = new_client()
    await other.post(f"{page}/edit")
    await client.post(f"{page}/edit")
    assert (await press_order(client)).status_code == 303
    answer = await press_order(other)
    assert answer.status_code == 409 and "đã được sửa thành đơn" in answer.text


async def test_an_edit_counts_as_an_order_of_the_hour(client, sold):
    """O15: ten orders by one number in an hour, edits among them; the old order stands then."""
    page, _variant, _item = sold
    for _time in range(9):
        await client.post(f"{page}/edit")
        page = (await press_order(client)).headers["location"]
    await client.post(f"{page}/edit")
    assert (await press_order(client)).status_code == 429
    assert EDIT in (await client.get(page)).text


async def test_money_for_the_old_code_is_given_to_the_new_order_at_the_desk(
    db, client, new_client, house, sold
):
    """E6, P12, P25: the old page says that the money is safe; the desk names the new order, and one press pays it."""
    page, _variant, _item = sold
    async with db.transaction() as session:
        old = await orders.get_by_token(session, page.rsplit("/", 1)[1])
        payment = await get_payment(session, old)
        member = await make_staff(session)
    await client.post(f"{page}/edit")
    new_page = (await press_order(client)).headers["location"]
    told = {"code": payment.code, "amount_minor": 730_000, "now": house.clock.now()}
    assert (await report_transfer(client, **told)).status_code == 200
    assert "vẫn an toàn" in (await client.get(page)).text
    assert (await get_order(db, new_page)).paid_at is None
    staff = new_client()
    async with db.transaction() as session:
        await log_in(session, staff, member.person_id)
        [item] = await receipts.list_queue(session, now=house.clock.now())
        new = await orders.get_by_token(session, new_page.rsplit("/", 1)[1])
        new_payment = await get_payment(session, new)
    desk = f"/admin/payments/{item.receipt.id}"
    shown = (await staff.get(desk)).text
    assert "Đơn cũ đã được sửa thành đơn này" in shown and new.code in shown
    assert (await staff.post(f"{desk}/match", data={"code": new_payment.code})).status_code == 303
    assert (await get_order(db, new_page)).state is OrderState.AWAITING_CONFIRMATION
    assert "Đã trả đủ tiền" in (await client.get(new_page)).text
    assert f"Đã sửa thành đơn {new.code}" in (await client.get(page)).text
    async with db.transaction() as session:
        assert await list_breaches(session, now=house.clock.now()) == []


async def test_once_the_new_order_is_paid_the_desk_suggests_to_give_back(db, client, new_client, house, sold):
    """E6: money for the old code when the new order is paid: nothing speaks for a second time."""
    page, _variant, _item = sold
    old = await get_order(db, page)
    await client.post(f"{page}/edit")
    new = await get_order(db, (await press_order(client)).headers["location"])
    async with db.transaction() as session:
        await pay(session, new)
        await pay(session, old)
        staff = new_client()
        await log_in(session, staff, (await make_staff(session)).person_id)
        [item] = await receipts.list_queue(session, now=house.clock.now())
    assert "Đơn cũ" not in (await staff.get(f"/admin/payments/{item.receipt.id}")).text
