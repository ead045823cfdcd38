"""Pre-orders on the pages: the shop says when, the checkout asks again, the producer sees who waits."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from producers.listings.models import Listing, SoldBy
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.preorders.models import PreorderOffer
from tests.factories.orders import FORM, pay
from tests.factories.people import log_in
from tests.factories.preorders import harvest, make_offer, order_ahead
from tests.factories.producers import make_membership
from tests.factories.storefront import make_cart, make_listing, make_stock, make_variant

DOOR = "/producer/preorders"
SAID = "Đặt trước, dự kiến có hàng ngày 20/12/2026"


@pytest.fixture
async def box(db, client):
    """A box without stock whose producer's manager is logged in: (variant, its listing)."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        listing = await session.get_one(Listing, variant.listing_id)
        manager = await make_membership(session, producer_id=listing.producer_id, role=Role.MANAGER)
        await log_in(session, client, manager.person_id)
    return variant, listing


async def test_a_manager_offers_a_harvest_and_ends_it(db, client, box):
    """P2: by one form; the shop's page says the day and how much, the list what became of it, and the end."""
    variant, listing = box
    assert "chưa mở đợt đặt trước nào" in (await client.get(DOOR)).text
    typed = {"variant_id": str(variant.id), "cap": "10", "expected_on": "2026-12-20"}
    assert (await client.post(DOOR, data=typed)).status_code == 303
    again = await client.post(DOOR, data=typed)
    assert again.status_code == 409 and "đang có một đợt đặt trước" in again.text
    shop = (await client.get(f"/p/{listing.slug}")).text
    assert f"{SAID}. Còn nhận 10 hộp." in shop and "Cho vào giỏ" in shop and "schema.org/PreOrder" in shop
    async with db.transaction() as session:
        await pay(session, await order_ahead(session, variant, quantity=4))
        await order_ahead(session, variant, quantity=6)
    page = (await client.get(f"{DOOR}?saved=1")).text
    for said in ("Đang nhận đặt trước", "Chè Đinh · Hộp 200 g", "10 hộp", "4 hộp", "6 hộp", "Đã lưu"):
        assert said in page, said
    async with db.transaction() as session:
        offer = (await session.scalars(select(PreorderOffer))).one()
    assert (await client.post(f"{DOOR}/{offer.id}/end")).status_code == 303
    assert "Đã dừng nhận đặt trước" in (await client.get(DOOR)).text


async def test_a_full_harvest_cannot_be_ordered(db, client, box):
    """P1: the shop says that it is full; a past day is told on the producer's page."""
    variant, listing = box
    async with db.transaction() as session:
        await make_offer(session, variant, cap=1)
        await order_ahead(session, variant)
        other = await make_variant(session, listing_id=listing.id, name="Túi 500 g")
        await make_offer(session, other, expected_on=(await order_day(session)))
    shop = (await client.get(f"/p/{listing.slug}")).text
    assert "Đợt đặt trước đã đủ người đặt" in shop
    assert "Quá ngày dự kiến" in (await client.get(DOOR)).text


async def order_day(session):
    """A day before the tests' today."""
    return (await session.scalars(select(PreorderOffer.expected_on))).first().replace(month=11, day=1)


async def test_what_is_wrong_stands_beside_its_field(db, client, box):
    """Nothing that was typed is lost: a quantity, a day or a pack that cannot be is told of in place."""
    variant, listing = box
    async with db.transaction() as session:
        fish = await make_variant(session, listing_id=listing.id, sold_by=SoldBy.GRAM, step=500, name="Cá")
        stocked = await make_variant(session, listing_id=listing.id, name="Sẵn")
        await make_stock(session, stocked)
        foreign = await make_variant(session, listing_id=(await make_listing(session)).id)
    for wrong, status, words in (
        ({"cap": ""}, 422, "Chỗ này chưa điền"),
        ({"cap": "mười"}, 422, "số nguyên"),
        ({"variant_id": str(fish.id), "cap": "0,7 kg"}, 422, "Số lượng này chưa đúng"),
        ({"expected_on": "2026-11-11"}, 422, "Ngày dự kiến phải từ hôm nay"),
        ({"variant_id": str(stocked.id)}, 409, "còn hàng trong kho"),
        ({"variant_id": str(foreign.id)}, 404, "Không tìm thấy"),
    ):
        typed = {"variant_id": str(variant.id), "cap": "10", "expected_on": "2026-12-20"} | wrong
        answer = await client.post(DOOR, data=typed)
        assert answer.status_code == status and words in answer.text, words
    typed = {"variant_id": str(fish.id), "cap": "20 kg", "expected_on": "2026-12-20"}
    assert (await client.post(DOOR, data=typed)).status_code == 303
    assert (
        await client.post(DOOR, data=typed | {"variant_id": str(variant.id), "cap": "3"})
    ).status_code == 303


async def test_a_buyer_reads_the_day_everywhere(db, client, box):
    """P10: basket, checkout, order and parcel say it; the form without the day comes back once with every word."""
    variant, _listing = box
    async with db.transaction() as session:
        await make_offer(session, variant)
        _cart, token = await make_cart(session, lines={variant.id: 2})
    client.cookies.set("cart", token)
    assert SAID in (await client.get("/cart")).text
    page = (await client.get("/checkout")).text
    assert SAID in page and 'name="expected" value="2026-12-20"' in page
    typed = FORM | {"total": "730000"}
    refused = await client.post("/checkout", data=typed)
    assert refused.status_code == 409 and "Có món phải đặt trước" in refused.text
    assert FORM["note"] in refused.text
    placed = await client.post("/checkout", data=typed | {"expected": "2026-12-20"})
    assert placed.status_code == 303
    assert SAID in (await client.get(placed.headers["location"])).text
    async with db.transaction() as session:
        order = await orders.get_by_token(session, placed.headers["location"].rpartition("/")[2])
        await pay(session, order)
        [parcel] = await parcels.list_parcels(session, order)
    door = f"/producer/orders/{parcel.consignment.id}"
    assert SAID in (await client.get(door)).text
    await client.post(f"{door}/confirm")
    early = await client.post(f"{door}/pack", data={})
    assert early.status_code == 409 and "chưa về kho" in early.text
    async with db.transaction() as session:
        await harvest(session, variant, 2)
    assert (await client.post(f"{door}/pack", data={})).status_code == 303
