"""The basket over HTTP, with plain forms."""

from __future__ import annotations

import re

from app.core.ids import uuid7
from producers.listings.models import Listing, SoldBy
from storefront.cart import service as cart
from storefront.cart.cookie import COOKIE
from tests.factories.people import make_photo
from tests.factories.producers import make_producer
from tests.factories.storefront import make_cart, make_fish, make_listing, make_stock, make_variant
from tests.queries import count_queries


async def goods(db, *, on_hand=5, **overrides):
    """A pack on the shelf."""
    async with db.transaction() as session:
        variant = await make_variant(session, **overrides)
        await make_stock(session, variant, on_hand=on_hand)
    return variant


async def put(client, variant, quantity="1"):
    """Post the product page's form."""
    return await client.post("/cart/lines", data={"variant_id": str(variant.id), "quantity": quantity})


def change_form(html, label):
    """The action and quantity of the basket's button with this word."""
    pattern = rf'action="([^"]+)"><input type="hidden" name="quantity" value="(\d+)">\s*<button[^>]*>(?:(?!</form>).)*{label}'
    return re.search(pattern, html, re.DOTALL).groups()


async def test_an_empty_basket_teaches(client):
    """An empty basket says what to do first, and asks for no cookie."""
    response = await client.get("/cart")
    assert "Giỏ còn trống" in response.text
    assert COOKIE not in response.cookies


async def test_put_in_change_and_take_out(client, db):
    """Put in, one more, one fewer, out again: each a form, each answered with the basket."""
    variant = await goods(db)
    response = await put(client, variant, "2")
    assert (response.status_code, response.headers["location"]) == (303, "/cart")
    assert "HttpOnly" in response.headers["set-cookie"] and "SameSite=lax" in response.headers["set-cookie"]
    html = (await client.get("/cart")).text
    for words in ("Chè Đinh", "2 hộp", "700.000", "30.000", "730.000", 'href="/checkout"'):
        assert words in html, words
    for label, words in (("Thêm", "3 hộp"), ("Bớt", "2 hộp"), ("Bớt", "1 hộp"), ("Bỏ ra", "Giỏ còn trống")):
        action, quantity = change_form(html, label)
        assert (await client.post(action, data={"quantity": quantity})).status_code == 303
        html = (await client.get("/cart")).text
        assert words in html, words


async def test_the_header_counts(client, db, new_client):
    """Every shop page shows how many packs lie in this visitor's basket, and nothing to others."""
    variant = await goods(db)
    await put(client, variant)
    assert "1 item in the basket" in (english := (await client.get("/cart?lang=en")).text)
    assert "1 box<" in english
    await put(client, await goods(db, name="Cây"))
    assert "1 pack<" in (await client.get("/cart")).text
    await client.get("/?lang=vi")
    assert "Giỏ có 2 món" in (await client.get("/")).text
    assert "2 items in the basket" in (await client.get("/?lang=en")).text
    async with new_client() as other:
        assert "Giỏ có" not in (await other.get("/")).text
        other.cookies.set(COOKIE, "nobody")
        assert "Giỏ có" not in (await other.get("/")).text


async def test_weight_is_typed_in_kilos(client, db):
    """One and a half kilos are 1,5."""
    variant = await goods(db, on_hand=5_000, sold_by=SoldBy.GRAM, step=500, price_minor=280_000)
    await put(client, variant, "1,5")
    html = (await client.get("/cart")).text
    assert "1,5\u00a0kg" in html
    assert "420.000" in html


async def test_goods_of_the_scale_say_what_comes_back(client, db):
    """W1: product page, basket and checkout say from which weight to which and ask for the ceiling."""
    async with db.transaction() as session:
        fish = await make_fish(session)
        await make_stock(session, fish, on_hand=9)
        slug = (await session.get_one(Listing, fish.listing_id)).slug
    await put(client, fish, "2")
    words = "Mỗi con nặng từ 1,8\u00a0kg đến 2,2\u00a0kg, trả trước mức cao nhất, cân xong trả lại phần dư."
    for path, amount in ((f"/p/{slug}", "704.000"), ("/cart", "1.408.000"), ("/checkout", "1.408.000")):
        html = (await client.get(path)).text
        assert words in html and amount in html, path
    assert "2 con" in html


async def test_refusals_keep_the_basket(client, db):
    """What cannot be put in is refused in words, and what lay there still does."""
    variant = await goods(db)
    await put(client, variant)
    for data, status in (
        ({"variant_id": str(variant.id), "quantity": "nhiều"}, 422),
        ({"variant_id": str(variant.id), "quantity": "0"}, 422),
        ({"variant_id": "?"}, 422),
        ({"variant_id": str(uuid7())}, 404),
    ):
        response = await client.post("/cart/lines", data=data)
        assert response.status_code == status
        assert "Chè Đinh" in response.text
        assert 'role="alert"' in response.text
    response = await client.post(f"/cart/lines/{uuid7()}", data={"quantity": "1"})
    assert response.status_code == 404
    assert "không còn trong giỏ" in response.text
    response = await client.post(f"/cart/lines/{uuid7()}", data={"quantity": "x"})
    assert response.status_code == 422


async def test_changing_without_a_basket(client):
    """A visitor without a basket has no line to change."""
    response = await client.post(f"/cart/lines/{uuid7()}", data={"quantity": "1"})
    assert response.status_code == 404
    assert "Giỏ còn trống" in response.text


async def test_what_fell_short_is_named(client, db):
    """A line that sold out, one that is short and one that is withdrawn are named, and there is no way to order."""
    async with db.transaction() as session:
        short, sold_out = await make_variant(session), await make_variant(session)
        gone = await make_variant(session, is_active=False)
        await make_stock(session, short, on_hand=2)
        _opened, token = await make_cart(session, lines={short.id: 3, sold_out.id: 1, gone.id: 1})
    client.cookies.set(COOKIE, token)
    html = (await client.get("/cart")).text
    for words in ("Không đủ cho bạn: Còn 2 hộp", "Món này vừa hết", "Món này không còn bán nữa", "báo đỏ"):
        assert words in html, words
    assert "/checkout" not in html


async def test_an_ordered_basket_is_empty(client, db):
    """After the order the basket page is empty, and the next thing goes into a new basket."""
    variant = await goods(db)
    async with db.transaction() as session:
        opened, token = await make_cart(session, lines={variant.id: 1})
        await cart.mark_ordered(session, opened.id, opened.created_at)
    client.cookies.set(COOKIE, token)
    assert "Giỏ còn trống" in (await client.get("/cart")).text
    response = await put(client, variant)
    assert f"{COOKIE}={token}" not in response.headers["set-cookie"]


async def test_the_basket_costs_a_fixed_number_of_queries(client, db, house):
    """Five queries, however much lies in it."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        lines = {}
        for _ in range(6):
            listing = await make_listing(session, producer_id=producer.id, photos=1)
            variant = await make_variant(session, listing_id=listing.id)
            lines[variant.id] = 1
        _opened, token = await make_cart(session, lines=lines)
        await make_photo(session)
    client.cookies.set(COOKIE, token)
    statements = count_queries(house.database.engine)
    await client.get("/cart")
    assert len(statements) <= 5, statements
