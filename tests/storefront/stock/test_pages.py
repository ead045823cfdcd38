"""What lies ready and what a parcel costs, over HTTP."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.listings.models import SoldBy
from storefront.stock.models import StockItem
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_person, make_producer
from tests.factories.storefront import make_listing, make_stock, make_variant
from tests.queries import count_queries


@pytest.fixture
async def producer(db, client):
    """The producer for which `client` is logged in as manager."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        person = await make_person(session)
        await make_membership(session, producer_id=producer.id, person_id=person.id)
        await log_in(session, client, person.id)
    return producer


async def shelve(db, producer, *, on_hand=5, stock=None, **overrides):
    """Stock of a new pack of the producer."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id)
        variant = await make_variant(session, listing_id=listing.id, **overrides)
        return await make_stock(session, variant, on_hand=on_hand, **(stock or {}))


async def on_hand(db, item):
    """What lies there now."""
    async with db.transaction() as session:
        return (await session.get_one(StockItem, item.id)).on_hand


async def test_the_page_says_what_lies_there(client, db, producer, house):
    """Lot by lot: how much, how much is ordered, until when, and whether it is sold; in few queries."""
    assert "Kho chưa có hàng" in (await client.get("/producer/stock")).text
    await shelve(db, producer, stock={"reserved": 2, "allocated": 1})
    await shelve(db, producer, on_hand=3_500, sold_by=SoldBy.GRAM, step=500, stock={"is_blocked": True})
    await shelve(db, producer, stock={"expires_on": date(2026, 11, 11)})
    statements = count_queries(house.database.engine)
    html = (await client.get("/producer/stock")).text
    assert len(statements) <= 8, statements
    for words in (
        "5 hộp",
        "3 hộp",
        "3,5\u00a0kg",
        "Đang giữ lại, chưa bán",
        "Quá hạn, không bán",
        "Đang bán",
    ):
        assert words in html, words


@pytest.mark.parametrize(
    ("sold_by", "step", "typed", "left"), [(SoldBy.PIECE, 1, "7", 7), (SoldBy.GRAM, 500, "3,5 kg", 3_500)]
)
async def test_a_recount_is_kept(client, db, producer, *, sold_by, step, typed, left):
    """What was counted is what lies there."""
    item = await shelve(db, producer, sold_by=sold_by, step=step)
    data = {"counted": typed, "reason": "đếm lại"}
    response = await client.post(f"/producer/stock/{item.id}", data=data)
    assert (response.status_code, response.headers["location"]) == (303, "/producer/stock")
    assert await on_hand(db, item) == left


async def test_a_recount_that_cannot_be_is_told(client, db, producer):
    """No number, no reason, or less than buyers hold: said in words, and nothing changes."""
    item = await shelve(db, producer, stock={"allocated": 3})
    fish = await shelve(db, producer, sold_by=SoldBy.GRAM, step=500)
    for wanted, data, status, words in (
        (item, {"counted": "nhiều", "reason": "x"}, 422, "số nguyên"),
        (fish, {"counted": "nhiều", "reason": "x"}, 422, "Cân nặng"),
        (item, {"counted": "4"}, 422, "chưa điền"),
        (item, {"counted": "2", "reason": "vỡ"}, 409, "Khách đang giữ"),
    ):
        response = await client.post(f"/producer/stock/{wanted.id}", data=data)
        assert response.status_code == status
        assert words in response.text
    assert await on_hand(db, item) == 5


async def test_stock_is_the_producers_own(client, db, producer, new_client):
    """Another producer's stock is not there, and who does not pack may not correct."""
    async with db.transaction() as session:
        theirs = await make_stock(session, await make_variant(session))
        guide = await make_person(session)
        await make_membership(session, producer_id=producer.id, person_id=guide.id, role=Role.GUIDE)
    data = {"counted": "1", "reason": "x"}
    for item_id in (theirs.id, uuid7()):
        assert (await client.post(f"/producer/stock/{item_id}", data=data)).status_code == 404
    own = await shelve(db, producer)
    async with new_client() as other:
        async with db.transaction() as session:
            await log_in(session, other, guide.id)
        assert (await other.post(f"/producer/stock/{own.id}", data=data)).status_code == 403
        assert (await other.post("/producer/delivery", data={"fee_minor": "1"})).status_code == 403


async def test_what_a_parcel_costs(client, producer):
    """The fee is said as people say money; what cannot be read is told and stays in the form."""
    assert 'value="30.000"' in (await client.get("/producer/delivery")).text
    response = await client.post("/producer/delivery", data={"fee_minor": "25k", "free_from_minor": "1tr"})
    assert response.status_code == 303
    html = (await client.get(response.headers["location"])).text
    for words in ('value="25.000"', 'value="1.000.000"', "Đã lưu"):
        assert words in html, words
    response = await client.post("/producer/delivery", data={"fee_minor": "rẻ"})
    assert response.status_code == 422
    assert 'value="rẻ"' in response.text
