"""Stock that is corrected where there is no signal: differences travel."""

from __future__ import annotations

import pytest

from producers.listings.models import Listing, SoldBy, Variant
from storefront.stock.models import StockItem
from tests.factories.outbox import make_phone
from tests.factories.people import log_in, make_person
from tests.factories.storefront import make_stock, make_variant


@pytest.fixture
async def shelf(db, client):
    """A manager's phone and twenty boxes, three of them ordered: (phone, item)."""
    async with db.transaction() as session:
        tea = await make_variant(session)
        item = await make_stock(session, tea, on_hand=20, allocated=3)
        producer_id = (await session.get_one(Listing, tea.listing_id)).producer_id
        phone = await make_phone(session, client, producer_id=producer_id)
    return phone, item


async def lies(db, item):
    """What lies there."""
    async with db.transaction() as session:
        return (await session.get_one(StockItem, item.id)).on_hand


def change(phone, item, direction, amount, **changes):
    """So much more or less, as the phone keeps it."""
    fields = {"direction": direction, "amount": amount, "reason": "vỡ"}
    return phone.write(f"/producer/stock/{item.id}/change", fields=fields, **changes)


async def test_differences_add_up_whoever_comes_first(db, shelf):
    """Two phones that each took some away: both count, each once, however often it is sent."""
    phone, item = shelf
    records = [
        change(phone, item, "less", "2"),
        change(phone, item, "more", "5"),
        phone.write(f"/producer/stock/{item.id}", fields={"counted": "19", "was": "20", "reason": "đếm"}),
    ]
    for _again in range(2):
        assert [one["state"] for one in await phone.send(*records)] == ["stored"] * 3
    assert await lies(db, item) == 20 - 2 + 5 - 1


async def test_less_than_buyers_hold_is_refused_with_the_figures(db, shelf):
    """What cannot be taken away is told with what lies there now and what buyers hold."""
    phone, item = shelf
    [result] = await phone.send(change(phone, item, "less", "18"))
    assert (result["state"], result["status"]) == ("refused", 409)
    assert "có 20 hộp" in result["message"] and "giữ 3 hộp" in result["message"]
    assert await lies(db, item) == 20


async def test_what_cannot_be_read_is_told_beside_its_field(shelf):
    """No number and no direction: the words beside the field travel back."""
    phone, item = shelf
    amount, direction = await phone.send(change(phone, item, "less", "nhiều"), change(phone, item, "", "2"))
    assert "số nguyên" in amount["errors"]["amount"]
    assert "direction" in direction["errors"]


async def test_the_form_works_without_script(db, client, shelf):
    """The same form over the ordinary way, and fish by the kilo."""
    phone, item = shelf
    async with db.transaction() as session:
        fish = await make_variant(
            session, listing_id=(await _listing(session, item)).id, sold_by=SoldBy.GRAM, step=500
        )
        ponds = await make_stock(session, fish, on_hand=3_000)
        await log_in(session, client, phone.owner)
    data = {"direction": "more", "amount": "1,5 kg", "reason": "vớt thêm"}
    answer = await client.post(f"/producer/stock/{ponds.id}/change", data=data)
    assert answer.status_code == 303
    assert await lies(db, ponds) == 4_500


async def test_another_producers_shelf_is_not_there(db, client, shelf):
    """Stock of somebody else does not exist; a record for books that are not one's own is refused."""
    phone, item = shelf
    async with db.transaction() as session:
        stranger = await make_phone(session, client)
    own, foreign = await stranger.send(
        change(stranger, item, "more", "1"),
        change(stranger, item, "more", "1", context={"producer": str(phone.producer_id)}),
    )
    assert (own["status"], foreign["status"]) == (404, 403)
    assert await lies(db, item) == 20


async def test_the_phone_keeps_the_page(client, shelf):
    """The stock page lies on the phone, with the figure that a count is compared to."""
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    assert 'name="was" value="20"' in pages["/producer/stock"]
    assert {"/producer/farms", "/producer/inputs"} <= pages.keys()


async def _listing(session, item):
    return await session.get_one(Listing, (await session.get_one(Variant, item.variant_id)).listing_id)


async def test_a_buyer_keeps_no_books(db, client):
    """Somebody who works for nobody keeps no page of any producer's rooms."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    pages = [page["path"] for page in (await client.get("/offline/bundle")).json()["pages"]]
    assert set(pages) <= {"/producer/outbox", "/producer/no-signal", "/producer/phone", "/producer/phone/pin"}
