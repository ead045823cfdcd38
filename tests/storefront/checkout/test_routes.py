"""The checkout's page: words beside the field, nothing lost, no script needed."""

from __future__ import annotations

import re

import pytest

from app.places import service as places
from tests.factories.orders import COMMUNE, FORM, make_order
from tests.factories.people import log_in, make_person
from tests.factories.storefront import make_cart, make_stock, make_variant


@pytest.fixture
async def basket(db, client):
    """A visitor with two boxes in the basket, five on the shelf: (variant, stock item)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        item = await make_stock(session, variant, on_hand=5)
        _cart, token = await make_cart(session, lines={variant.id: 2})
    client.cookies.set("cart", token)
    return variant, item


async def test_no_basket_leads_to_the_basket(db, client):
    """Without a basket, or with an empty one, there is nothing to check out."""
    assert (await client.get("/checkout")).headers["location"] == "/cart"
    assert (await client.post("/checkout", data=FORM)).headers["location"] == "/cart"
    async with db.transaction() as session:
        _cart, token = await make_cart(session)
    client.cookies.set("cart", token)
    assert (await client.get("/checkout")).headers["location"] == "/cart"
    whole = {**FORM, "commune_text": "", "total": "0"}
    assert (await client.post("/checkout", data=whole)).headers["location"] == "/cart"


async def test_the_place_that_was_understood_is_ticked(client, basket):
    """Whose typed name is like others' sees which of them is meant before anything is placed."""
    typed = {**FORM, "commune_text": "Phường Ba Đình, Hà Nội", "act": "use_voucher"}
    page = (await client.post("/checkout", data=typed)).text
    ticked = re.findall(r'name="commune_code" value="(\d+)" checked', page)
    assert len(ticked) == 1 and page.count('name="commune_code"') > 1
    # Named without its province it is taken as it was ticked, and stays so when something else is refused.
    again = {
        **typed,
        "commune_text": "Phường Ba Đình",
        "commune_code": ticked[0],
        "act": "",
        "phone": "09876",
    }
    page = (await client.post("/checkout", data={**again, "total": "730000"})).text
    assert re.findall(r'name="commune_code" value="(\d+)" checked', page) == ticked
    assert page.count('name="commune_code"') > 1
    placed = await client.post(
        "/checkout", data={**typed, "act": "", "commune_code": ticked[0], "total": "730000"}
    )
    assert placed.status_code == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"phone": "09876"}, "Số điện thoại này chưa đúng"),
        ({"name": " "}, "Chỗ này chưa điền"),
        ({"line": ""}, "Chỗ này chưa điền"),
        ({"commune_text": ""}, "Chỗ này chưa điền"),
        ({"commune_text": "Xã Không Có Đâu"}, "Chưa tìm thấy xã, phường này"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(client, basket, wrong, words):
    """A bad or missing field is refused in words, and everything else stays typed."""
    answer = await client.post("/checkout", data={**FORM, **wrong, "total": "730000"})
    assert answer.status_code == 422
    assert words in answer.text and FORM["note"] in answer.text


async def test_a_changed_price_is_shown_and_asked_again(db, client, basket):
    """O2: the page comes back with the new total, and the second press places the order."""
    variant, _item = basket
    async with db.transaction() as session:
        (await session.merge(variant)).price_minor = 400_000
    answer = await client.post("/checkout", data={**FORM, "total": "730000"})
    assert answer.status_code == 409 and "830.000" in answer.text
    assert 'name="total" value="830000"' in answer.text and FORM["line"] in answer.text
    assert (await client.post("/checkout", data={**FORM, "total": "830000"})).status_code == 303


async def test_a_short_line_is_lowered_without_losing_the_form(db, client, basket):
    """O5: the page says what is left; one press takes that, with every word still there."""
    variant, _item = basket
    async with db.transaction() as session:
        await make_order(session, variant, quantity=4)
    answer = await client.post("/checkout", data={**FORM, "total": "730000"})
    assert answer.status_code == 409 and "Còn 1 hộp" in answer.text
    answer = await client.post("/checkout", data={**FORM, "act": "take_left"})
    assert answer.status_code == 200 and 'name="total" value="380000"' in answer.text
    assert FORM["line"] in answer.text and "Lấy số còn lại" not in answer.text
    assert (await client.post("/checkout", data={**FORM, "total": "380000"})).status_code == 303


async def test_what_is_no_longer_sold_is_said(db, client, basket):
    """A pack that was taken off is shown as such and can be left out."""
    variant, _item = basket
    async with db.transaction() as session:
        (await session.merge(variant)).is_active = False
    answer = await client.get("/checkout")
    assert "Món này không còn bán nữa" in answer.text
    answer = await client.post("/checkout", data={**FORM, "act": "take_left"})
    assert answer.headers["location"] == "/cart"


async def test_an_ordered_basket_leads_to_its_order(client, basket):
    """O3: going back to the checkout after ordering leads to the order, not to a second one."""
    link = (await client.post("/checkout", data={**FORM, "total": "730000"})).headers["location"]
    assert (await client.get("/checkout")).headers["location"] == link
    assert (await client.post("/checkout", data=FORM)).headers["location"] == link


async def test_a_known_buyer_need_not_type_again(db, client, basket):
    """Logged in, the form knows the own name and phone, and from the second time on the last address."""
    variant, _item = basket
    async with db.transaction() as session:
        person = await make_person(session, name="Hoàng Văn Sơn", phone="+84912000111")
        silent = await make_person(session, name="Không Số", phone=None)
        await log_in(session, client, silent.id)
    assert "Không Số" in (await client.get("/checkout")).text
    async with db.transaction() as session:
        await log_in(session, client, person.id)
    page = await client.get("/checkout")
    assert "Hoàng Văn Sơn" in page.text and "0912 000 111" in page.text
    async with db.transaction() as session:
        await make_order(session, variant, person_id=person.id, line="Ngõ 5")
        commune = await places.describe(session, COMMUNE)
    page = await client.get("/checkout")
    assert "Ngõ 5" in page.text and commune in page.text
