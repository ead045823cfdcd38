"""The producers' order pages: who may see and do what."""

from __future__ import annotations

import pytest

from app.core.quantity import format_grams
from producers.cooperatives.models import Role
from producers.listings.models import Listing, SoldBy
from storefront.orders import parcels
from tests.factories.orders import make_paid_order
from tests.factories.people import log_in
from tests.factories.producers import make_membership
from tests.factories.storefront import make_stock, make_variant


@pytest.fixture
async def parcel(db):
    """A paid order of three kilos of fish: (order, consignment)."""
    async with db.transaction() as session:
        fish = await make_variant(
            session, name="Cá tầm", sold_by=SoldBy.GRAM, step=500, price_minor=250_000, net_weight_g=1000
        )
        await make_stock(session, fish, on_hand=9_000)
        order = await make_paid_order(session, fish, quantity=3_000)
        [made] = await parcels.list_parcels(session, order)
        listing = await session.get_one(Listing, fish.listing_id)
        assert made.consignment.producer_id == listing.producer_id
    return order, made.consignment


async def enter(db, client, producer_id, role):
    """Log the client in as somebody with one role for the producer (a new one when None)."""
    async with db.transaction() as session:
        given = {"producer_id": producer_id} if producer_id else {}
        membership = await make_membership(session, role=role, **given)
        await log_in(session, client, membership.person_id)


async def test_who_may_enter(db, client, parcel):
    """Packers act, accountants read, others of the house and strangers stay out; another's parcel is not there."""
    order, one = parcel
    work = f"/producer/orders/{one.id}"
    assert (await client.get(work)).headers["location"].startswith("/login")
    await enter(db, client, one.producer_id, Role.GUIDE)
    assert (await client.get("/producer/orders")).status_code == 403
    await enter(db, client, one.producer_id, Role.ACCOUNTANT)
    page = await client.get(work)
    assert page.status_code == 200 and "Xác nhận đơn" not in page.text
    for act in ("confirm", "pack", "ship", "deliver", "return", "address"):
        assert (await client.post(f"{work}/{act}")).status_code == 403
    await enter(db, client, None, Role.MANAGER)
    assert (await client.get(work)).status_code == 404
    assert (await client.post(f"{work}/confirm")).status_code == 404
    assert order.code not in (await client.get("/producer/orders")).text


async def test_the_way_of_a_parcel(db, client, parcel):
    """Each step shows its own act; what is typed wrong is said and kept; a step out of turn is a conflict."""
    order, one = parcel
    work = f"/producer/orders/{one.id}"
    await enter(db, client, one.producer_id, Role.PACKER)
    listed = (await client.get("/producer/orders")).text
    assert order.code in listed and f"{format_grams(3_000)} · Cá tầm" in listed and "/picking" not in listed
    assert "Chưa có đơn nào" in (await client.get("/producer/orders?tab=packing")).text
    assert "Không có đơn nào cần lấy" in (await client.get("/producer/orders/picking")).text
    page = (await client.get(work)).text
    assert "Xem địa chỉ" not in page and "***" in page
    assert (await client.post(f"{work}/address")).status_code == 409
    await client.post(f"{work}/confirm")
    assert (await client.post(f"{work}/confirm")).status_code == 409
    assert "/picking" in (await client.get("/producer/orders?tab=packing")).text
    assert format_grams(3_000) in (await client.get("/producer/orders/picking")).text
    wrong = await client.post(f"{work}/pack", data={"serials": "SAI1"})
    assert wrong.status_code == 422 and "SAI1" in wrong.text
    assert (await client.post(f"{work}/pack", data={"serials": "x" * 20_001})).status_code == 422
    assert (await client.post(f"{work}/pack")).status_code == 303
    assert "Đã đóng gói" in (await client.get("/producer/orders?tab=packing")).text
    missing = await client.post(f"{work}/ship", data={"tracking_number": "T-1"})
    assert missing.status_code == 422 and "T-1" in missing.text
    assert (await client.post(f"{work}/ship", data={"carrier": "Xe nhà"})).status_code == 303
