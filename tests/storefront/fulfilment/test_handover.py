"""To whom a parcel is handed: K1 to K4 of orders/PRICING.md."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.fulfilment import handover
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import CallerMissingError, CarrierMissingError, TwoCarriersError
from storefront.fulfilment.handover import BUS, Taker
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.models import Consignment
from tests.factories.orders import SECRET, make_paid_order
from tests.factories.outbox import make_phone
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_stock, make_variant

PHONE = "+84912345678"


@pytest.fixture
async def shop(db, client):
    """A packer who is logged in, and goods."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        producer_id = (await session.get_one(Listing, variant.listing_id)).producer_id
        packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
        await log_in(session, client, packer.person_id)
    return variant, producer_id, packer.person_id


async def packed(db, shop):
    """A parcel that waits for its carrier: (order, where it is worked on)."""
    variant, producer_id, packer_id = shop
    async with db.transaction() as session:
        order = await make_paid_order(session, variant)
        [parcel] = await parcels.list_parcels(session, order)
        act = {
            "consignment_id": parcel.consignment.id,
            "producer_id": producer_id,
            "person_id": packer_id,
            "now": NOW,
        }
        await fulfilment.confirm(session, **act)
        await fulfilment.pack(session, **act, scanned="")
    return order, parcel.consignment.id, f"/producer/orders/{parcel.consignment.id}"


def chosen(page):
    """Which carrier the form proposes."""
    return re.findall(r'<option value="([^"]*)" selected', page)


async def test_the_way_of_a_parcel_with_a_carrier(db, client, house, run_jobs, shop):
    """K1 to K4: chosen from a list, an odd number is asked about once, page and message lead to the parcel."""
    order, parcel_id, work = await packed(db, shop)
    page = (await client.get(work)).text
    assert chosen(page) == [] and "Giao Hàng Nhanh" in page and "Nhà xe, người nhà chở" in page
    form = {"by": "ghn", "tracking_number": "GY 8X"}
    odd = await client.post(f"{work}/ship", data=form)
    assert odd.status_code == 422 and "trông không giống mã của Giao Hàng Nhanh" in odd.text
    assert chosen(odd.text) == ["ghn"] and "đúng như phiếu gửi" in odd.text
    assert (await client.post(f"{work}/ship", data=form | {"is_sure": "1"})).status_code == 303
    async with db.transaction() as session:
        one = await session.get_one(Consignment, parcel_id)
        assert (one.carrier, one.tracking_number, one.carrier_phone) == ("Giao Hàng Nhanh", "GY8X", None)
    link = "https://donhang.ghn.vn/?order_code=GY8X"
    shown = (await client.get(f"/orders/{orders.make_token(SECRET, order.id)}")).text
    assert f'href="{link}"' in shown and "Gọi hỏi hàng" not in shown
    await run_jobs()
    assert link in house.sms.last_to(order.buyer_phone)
    _order, _id, next_work = await packed(db, shop)
    assert chosen((await client.get(next_work)).text) == ["ghn"]


async def test_the_way_of_a_parcel_with_a_bus(db, client, house, run_jobs, shop):
    """K1, K3, K4: a bus has a phone to call instead of a page; the next parcel proposes it, and another choice outweighs it."""
    order, parcel_id, work = await packed(db, shop)
    form = {"by": BUS, "carrier": "Nhà xe Hải Yến"}
    silent = await client.post(f"{work}/ship", data=form)
    assert silent.status_code == 422 and 'id="e-phone"' in silent.text and "Hải Yến" in silent.text
    wrong = await client.post(f"{work}/ship", data=form | {"phone": "12"})
    assert wrong.status_code == 422 and 'id="e-phone"' in wrong.text
    assert (await client.post(f"{work}/ship", data=form | {"phone": "0912 345 678"})).status_code == 303
    shown = (await client.get(f"/orders/{orders.make_token(SECRET, order.id)}")).text
    assert f'href="tel:{PHONE}"' in shown and "0912 345 678" in shown and "Xem hàng tới đâu" not in shown
    assert "0912 345 678" in (await client.get(work)).text
    await run_jobs()
    message = house.sms.last_to(order.buyer_phone)
    assert "Nhà xe Hải Yến, gọi 0912 345 678" in message and "http" not in message
    _order, parcel_id, work = await packed(db, shop)
    page = (await client.get(work)).text
    assert chosen(page) == [BUS] and "Nhà xe Hải Yến" in page and "0912 345 678" in page
    stays = {"by": "spx", "carrier": "Nhà xe Hải Yến", "phone": "0912 345 678"}
    other = await client.post(f"{work}/ship", data=stays | {"carrier": "Xe anh Páo"})
    assert other.status_code == 422 and "mà ghi tên Xe anh Páo" in other.text
    assert (await client.post(f"{work}/ship", data=stays)).status_code == 303
    async with db.transaction() as session:
        one = await session.get_one(Consignment, parcel_id)
        assert (one.carrier, one.carrier_phone) == ("SPX Express", None)


async def test_whoever_else_is_named_is_remembered_too(db, client, shop):
    """K1: one's own car is somebody else; what a buyer came for is not proposed for the next parcel."""
    _order, _id, work = await packed(db, shop)
    assert (await client.post(f"{work}/ship", data={"by": "other"})).status_code == 422
    assert (await client.post(f"{work}/ship", data={"carrier": "Xe nhà"})).status_code == 303
    _order, fetched_id, fetched_work = await packed(db, shop)
    async with db.transaction() as session:
        (await session.get_one(Consignment, fetched_id)).is_fetched = True
    page = (await client.get(fetched_work)).text
    assert chosen(page) == ["other"] and 'value="Khách tới lấy"' in page
    await client.post(f"{fetched_work}/ship", data={"by": "other", "carrier": "Khách tới lấy"})
    _order, _id, work = await packed(db, shop)
    page = (await client.get(work)).text
    assert chosen(page) == ["other"] and 'value="Xe nhà"' in page


async def test_a_form_that_waited_on_a_phone_is_not_asked(db, client, shop):
    """K2: with signal the question comes at once; later, where nobody can answer, an odd number goes as it was written."""
    _order, parcel_id, work = await packed(db, shop)
    async with db.transaction() as session:
        phone = await make_phone(session, client, role=Role.PACKER, producer_id=shop[1])
    fields = {"carrier": "viettel post", "tracking_number": "12"}
    [asked] = await phone.send(phone.write(f"{work}/ship", fields=fields, captured_at=NOW.isoformat()))
    assert asked["state"] == "refused" and "tracking_number" in asked["errors"]
    before = (NOW - timedelta(minutes=2)).isoformat()
    [result] = await phone.send(phone.write(f"{work}/ship", fields=fields, captured_at=before))
    assert result["state"] == "stored"
    async with db.transaction() as session:
        one = await session.get_one(Consignment, parcel_id)
        assert (one.carrier, one.tracking_number) == ("Viettel Post", "12")


def test_who_takes_it_along_is_named():
    """K1: nobody, a bus that nobody can call, and two at once are refused; a bus needs no name."""
    said = {"number": "", "phone": None}
    with pytest.raises(CarrierMissingError):
        handover.name_taker(by="", name="", **said)
    with pytest.raises(CallerMissingError):
        handover.name_taker(by=BUS, name="Xe khách", **said)
    with pytest.raises(TwoCarriersError):
        handover.name_taker(by="ghn", name="GHTK", **said)
    assert handover.name_taker(by="ghn", name="Giao hàng nhanh", **said) == Taker(name="Giao Hàng Nhanh")
    bus = handover.name_taker(by=BUS, name="", number="", phone=PHONE)
    assert bus == Taker(name="Nhà xe, người nhà chở", phone=PHONE)


@pytest.mark.parametrize(
    ("taker", "collect", "words"),
    [
        (Taker(name="Xe nhà"), 0, "đã gửi qua Xe nhà. Tiền đã trả đủ"),
        (Taker(name="Viettel Post", number="VTP1"), 0, "Viettel Post, mã vận đơn VTP1. Tiền đã trả đủ"),
        (Taker(name="Giao Hàng Nhanh", number="GY8X37DK"), 0, "xem hàng tới đâu: https://donhang.ghn.vn/?order_code=GY8X37DK . Tiền"),
        (Taker(name="Giao Hàng Nhanh", number="GY8X37DK"), 380_000, "qua Giao Hàng Nhanh GY8X37DK. Nhận hàng bạn trả"),
        (Taker(name="Xe khách", phone=PHONE), 380_000, "qua Xe khách, gọi 0912 345 678. Nhận hàng bạn trả"),
    ],
)  # fmt: skip
def test_a_message_about_money_holds_no_link(taker, collect, words):
    """K4: a link stands in a message only when nothing is to be paid, and only one that leads straight to the parcel."""
    said = str(handover.say_sent("DH4K7P", taker, collect))
    assert words in said and ("http" in said) == ("http" in words)
