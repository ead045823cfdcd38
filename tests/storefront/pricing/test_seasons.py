"""Goods of a season, and a window that closes in mid-checkout. Rule numbers are those of both PRICING.md."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.core.clock import VN
from producers.listings import service as listings
from producers.listings.models import Listing
from storefront.cart import service as carts
from storefront.cart.models import CartLine
from storefront.orders import service as orders
from storefront.orders.models import Order, OrderState
from storefront.pricing import service as pricing
from storefront.pricing.errors import OutOfSeasonError
from tests.factories.orders import FORM, counters, make_order, pay
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant

DAY = date(2026, 11, 12)
"""NOW's day in Viet Nam."""
LAST_MINUTE = datetime.combine(DAY, time(23, 55), VN)
MIDNIGHT = datetime.combine(DAY + timedelta(days=1), time(), VN)


async def seasonal(session, first, last, **listing):
    """A pack with nine on the shelf, sold between two days."""
    made = await make_listing(session, sold_from=first, sold_until=last, **listing)
    variant = await make_variant(session, listing_id=made.id)
    return variant, await make_stock(session, variant, on_hand=9)


@pytest.mark.parametrize(
    ("first", "last", "is_sold"),
    [
        (None, None, True),
        (DAY, None, True),
        (None, DAY, True),
        (DAY, DAY, True),
        (DAY + timedelta(days=1), None, False),
        (None, DAY - timedelta(days=1), False),
    ],
)
async def test_a_season_has_its_first_and_last_day(session, first, last, is_sold):
    """S1: both days belong to it; outside nothing is priced nor put into a basket."""
    variant, _item = await seasonal(session, first, last)
    listing = await session.get_one(Listing, variant.listing_id)
    assert listings.is_in_season(listing, on=DAY) is is_sold
    cart, _token = await make_cart(session)
    put = {"cart_id": cart.id, "variant_id": variant.id, "quantity": 1, "now": NOW}
    asked = {"lines": [pricing.CartItem(variant.id, 1)], "now": NOW}
    if is_sold:
        await carts.add_line(session, **put)
        assert (await pricing.quote(session, **asked)).goods_minor == 350_000
        return
    with pytest.raises(OutOfSeasonError):
        await carts.add_line(session, **put)
    with pytest.raises(OutOfSeasonError) as refused:
        await pricing.quote(session, **asked)
    assert refused.value.variant_id == variant.id


async def test_the_shop_says_when_it_is_sold(db, client):
    """S1: the page stays, says from which day on, and has no button; the basket's address refuses in the same words."""
    async with db.transaction() as session:
        coming, _item = await seasonal(session, DAY + timedelta(days=19), None)
        over, _item = await seasonal(session, None, DAY - timedelta(days=1))
        slugs = [(await session.get_one(Listing, one.listing_id)).slug for one in (coming, over)]
    pages = [(await client.get(f"/p/{slug}")).text for slug in slugs]
    assert "Món này bán từ ngày 01/12/2026." in pages[0] and "Món này hết mùa bán rồi." in pages[1]
    assert not any("Cho vào giỏ" in page for page in pages)
    answer = await client.post("/cart/lines", data={"variant_id": str(coming.id), "quantity": "1"})
    assert answer.status_code == 409 and "bán từ ngày 01/12/2026" in answer.text


async def test_who_ordered_before_the_close_is_served(session):
    """O13: ordered five minutes before midnight of the last day, paid after it: the goods are the buyer's."""
    variant, item = await seasonal(session, None, DAY)
    order = await make_order(session, variant, quantity=2, now=LAST_MINUTE)
    paid_at = MIDNIGHT + timedelta(minutes=4)
    await pay(session, order, now=paid_at)
    order = await orders.get_order(session, order.id)
    assert (order.paid_at, order.state) == (paid_at, OrderState.AWAITING_CONFIRMATION)
    assert await counters(session, item) == (9, 0, 2)


async def test_who_had_not_ordered_is_told_and_keeps_the_basket(db, client, house):
    """O13: the form sent after midnight comes back with every word, says so, and the rest is ordered by one press."""
    async with db.transaction() as session:
        closing, _item = await seasonal(session, None, DAY, title="Cam sành")
        listing = await session.get_one(Listing, closing.listing_id)
        other_listing = await make_listing(session, producer_id=listing.producer_id)
        other = await make_variant(session, listing_id=other_listing.id)
        await make_stock(session, other)
        cart, token = await make_cart(session, lines={closing.id: 1, other.id: 1})
    client.cookies.set("cart", token)
    house.clock.advance(seconds=(LAST_MINUTE - house.clock.now()).total_seconds())
    assert 'name="total" value="730000"' in (await client.get("/checkout")).text
    house.clock.advance(minutes=5)
    answer = await client.post("/checkout", data={**FORM, "total": "730000"})
    assert answer.status_code == 409
    for said in ("Cam sành vừa hết mùa bán", "Món này hết mùa bán rồi.", FORM["note"], FORM["line"]):
        assert said in answer.text, said
    async with db.transaction() as session:
        kept = await session.scalars(select(CartLine.variant_id).where(CartLine.cart_id == cart.id))
        assert set(kept) == {closing.id, other.id}
        assert await session.scalar(select(Order.id)) is None
    assert "Món này hết mùa bán rồi." in (await client.get("/cart")).text
    answer = await client.post("/checkout", data={**FORM, "act": "take_left"})
    assert answer.status_code == 200 and 'name="total" value="380000"' in answer.text
    assert (await client.post("/checkout", data={**FORM, "total": "380000"})).status_code == 303
