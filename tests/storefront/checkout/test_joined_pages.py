"""The pages of what is added to an order: from the order's page to the checkout, without a script. Rules J1 to J5."""

from __future__ import annotations

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import Producer
from producers.listings.models import Listing
from storefront.orders import service as orders
from tests.factories.joining import act_on, add_order, parcel_of
from tests.factories.orders import SECRET, make_paid_order
from tests.factories.people import log_in, make_person
from tests.factories.storefront import make_cart, make_stock, make_variant
from tests.queries import count_queries

ADD = "Mua thêm, gửi chung"


@pytest.fixture
async def sold(db, client):
    """A paid order of one box: (its page, its parcel's id, the box, the order)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        order = await make_paid_order(session, variant)
        parcel = await parcel_of(session, order)
    return f"/orders/{orders.make_token(SECRET, order.id)}", parcel.id, variant, order


async def add_box(client, page, parcel_id, variant):
    """Press the button on the order's page and put a box into the basket; answers where the button led."""
    answer = await client.post(f"{page}/more/{parcel_id}")
    assert answer.status_code == 303
    led = answer.headers["location"]
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    return led


def read_hidden(text, name):
    """The value of a hidden field."""
    return text.split(f'name="{name}" value="')[1].split('"')[0]


async def test_from_the_orders_page_to_the_order_that_is_added(db, client, sold):
    """J1, J2: a button leads to the shop; basket and checkout name the order, and ask for no name and address."""
    page, parcel_id, variant, order = sold
    assert ADD in (await client.get(page)).text
    async with db.transaction() as session:
        listing = await session.get_one(Listing, variant.listing_id)
        slug = (await session.get_one(Producer, listing.producer_id)).slug
    assert (await add_box(client, page, parcel_id, variant)).endswith(f"/producers/{slug}")
    basket = (await client.get("/cart")).text
    assert f"Gửi chung với đơn {order.code}" in basket and "không thêm tiền gửi" in basket
    form = (await client.get("/checkout")).text
    assert f"Gửi chung với đơn {order.code}" in form and "Xóm Gò Pháo" in form
    assert 'name="phone"' not in form and 'name="line"' not in form and 'name="commune_text"' not in form
    data = {"total": read_hidden(form, "total"), "along": read_hidden(form, "along"), "note": "Gói kỹ"}
    answer = await client.post("/checkout", data=data)
    assert answer.status_code == 303
    added = (await client.get(answer.headers["location"])).text
    assert f"Gửi chung gói với đơn {order.code}" in added and "350.000" in added and ADD not in added
    assert "Bạn trả tiền sớm để kịp đi chung" in added
    first = (await client.get(page)).text
    assert "Gửi chung gói với đơn" in first and ADD not in first


async def test_every_shop_page_names_the_order_that_one_adds_to(db, client, new_client, sold):
    """J1: a line under the head, with a way out; basket and checkout say it themselves, and nobody else is told."""
    page, parcel_id, variant, order = sold
    async with db.transaction() as session:
        listing = await session.get_one(Listing, variant.listing_id)
        producer = f"/producers/{(await session.get_one(Producer, listing.producer_id)).slug}"
    shop = ("/", producer, f"/p/{listing.slug}")
    words = f"Đang mua thêm cho đơn {order.code}"
    for path in shop:
        assert words not in (await client.get(path)).text, path
    await client.post(f"{page}/more/{parcel_id}")
    for path in shop:
        text = (await client.get(path)).text
        assert words in text and 'action="/cart/alone"' in text, path
    assert f"Adding to order {order.code}" in (await client.get(f"{producer}?lang=en")).text
    async with new_client() as other:
        for path in shop:
            assert words not in (await other.get(path)).text, path
    await client.get("/?lang=vi")
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    for path in ("/cart", "/checkout"):
        text = (await client.get(path)).text
        assert order.code in text and words not in text, path
    await client.post("/cart/alone")
    assert words not in (await client.get(producer)).text


async def test_an_order_that_takes_no_more_is_named_no_more(db, client, sold):
    """J5: once it is packed, or the basket was ordered, the line is gone."""
    page, parcel_id, variant, order = sold
    await add_box(client, page, parcel_id, variant)
    assert order.code in (await client.get("/")).text
    async with db.transaction() as session:
        await act_on(session, order, "confirm", "pack")
    assert order.code not in (await client.get("/")).text


async def test_a_basket_that_goes_alone_costs_no_look_more(db, client, sold):
    """A page of the shop asks one thing about a basket, and of orders only for one that is added to an order."""
    page, parcel_id, variant, _order = sold
    await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": "1"})
    await client.get("/")
    asked = count_queries(db.engine)
    await client.get("/")
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
    await client.post(f"{page}/more/{parcel_id}")
    asked = count_queries(db.engine)
    await client.get("/")
    assert len([one for one in asked if one.startswith("SELECT")]) == 4


async def test_packed_meanwhile_the_checkout_says_so(db, client, sold):
    """J5: the page comes back with the new total, the note stays, and the second press sends it alone."""
    page, parcel_id, variant, order = sold
    await add_box(client, page, parcel_id, variant)
    form = (await client.get("/checkout")).text
    async with db.transaction() as session:
        await act_on(session, order, "confirm", "pack")
    data = {"total": read_hidden(form, "total"), "along": read_hidden(form, "along"), "note": "Gói kỹ"}
    answer = await client.post("/checkout", data=data)
    assert answer.status_code == 409 and "không bỏ thêm vào được" in answer.text
    assert "không bỏ thêm hàng vào được nữa" not in answer.text  # said once, above
    assert "Gửi tới chỗ khác" in answer.text and "Không gửi chung nữa" not in answer.text
    assert "không bỏ thêm hàng vào được nữa" in (await client.get("/checkout")).text
    assert "380.000" in answer.text and "Gói kỹ" in answer.text and 'name="along"' not in answer.text
    assert (await client.post("/checkout", data={"total": "380000"})).status_code == 303


async def test_the_basket_may_go_alone_after_all(client, sold):
    """J1: from the checkout, where what was typed stays, or from the basket."""
    page, parcel_id, variant, order = sold
    await add_box(client, page, parcel_id, variant)
    answer = await client.post("/checkout", data={"act": "send_alone", "note": "Gói kỹ"})
    assert answer.status_code == 200 and 'name="phone"' in answer.text and "Gói kỹ" in answer.text
    assert "380.000" in answer.text and order.code not in answer.text
    await add_box(client, page, parcel_id, variant)
    assert order.code in (await client.get("/cart")).text
    answer = await client.post("/cart/alone")
    assert answer.headers["location"] == "/cart" and order.code not in (await client.get("/cart")).text
    client.cookies.delete("cart")
    assert (await client.post("/cart/alone")).headers["location"] == "/cart"


async def test_why_it_cannot_go_along_stands_at_the_checkout(db, client, sold):
    """J4: an added order that waits for its money is named, and nothing is placed."""
    page, parcel_id, variant, order = sold
    await add_box(client, page, parcel_id, variant)
    async with db.transaction() as session:
        waits = await add_order(session, order, variant, is_paid=False)
    for text in ((await client.get("/checkout")).text, (await client.get("/cart")).text):
        assert f"Đơn {waits.code} gửi chung gói này còn chờ trả tiền" in text
    answer = await client.post("/checkout", data={"total": "350000", "along": parcel_id.hex})
    assert answer.status_code == 409 and waits.code in answer.text
    answer = await client.post("/checkout", data={"total": "nhiều"})
    assert answer.status_code == 422


async def test_more_for_an_order_that_takes_nothing(db, client, sold):
    """J1: its page again; a parcel of another order, or an order that there is not, is not found."""
    page, parcel_id, _variant, order = sold
    assert (await client.post(f"{page}/more/{uuid7()}")).status_code == 404
    assert (await client.post(f"/orders/nobody/more/{parcel_id}")).status_code == 404
    async with db.transaction() as session:
        await act_on(session, order, "confirm", "pack")
    assert (await client.post(f"{page}/more/{parcel_id}")).headers["location"].endswith(page)
    assert ADD not in (await client.get(page)).text


async def test_credit_is_that_of_who_is_logged_in(db, client, sold):
    """J1, J6: what is added belongs to who adds it while logged in."""
    page, parcel_id, variant, _order = sold
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    await add_box(client, page, parcel_id, variant)
    form = (await client.get("/checkout")).text
    data = {"total": read_hidden(form, "total"), "along": read_hidden(form, "along")}
    assert (await client.post("/checkout", data=data)).status_code == 303
    async with db.transaction() as session:
        assert len(await orders.list_orders_of(session, person_id=person.id, phone=None)) == 1


async def test_a_basket_of_nobodys_order_counts_for_nobody(client, db):
    """O15: a form without a phone number counts for nobody, and is refused."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        _cart, token = await make_cart(session, lines={variant.id: 1})
    client.cookies.set("cart", token)
    assert (await client.post("/checkout", data={"total": "380000"})).status_code == 422
