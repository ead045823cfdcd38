"""The market's codes on the pages: checkout, order, parcel, and where an administrator makes them (PRICING.md, V12 to V16)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts.models import StaffRole
from producers.cooperatives.models import Role
from storefront.orders import parcels
from storefront.orders.models import Order
from storefront.vouchers import service as vouchers
from tests.factories.orders import FORM, pay
from tests.factories.people import log_in, make_staff
from tests.factories.producers import make_membership
from tests.factories.storefront import make_cart
from tests.factories.vouchers import CODE, make_gift, order_with
from tests.storefront.vouchers.test_gifts import make_seller
from tests.storefront.vouchers.test_pages import NEW


async def test_buyer_and_producer_read_who_gave_it(db, client, new_client):
    """V13: checkout and order tell the market's gift, the parcel's page the full price and who pays the rest."""
    async with db.transaction() as session:
        seller, box = await make_seller(session)
        await make_gift(session)
        _cart, token = await make_cart(session, lines={box.id: 1})
        packer = await make_membership(session, producer_id=seller.id, role=Role.PACKER)
    client.cookies.set("cart", token)
    typed_in = {**FORM, "voucher": CODE}
    page = await client.post("/checkout", data={**typed_in, "act": "use_voucher"})
    assert "Chợ tặng bạn" in page.text and 'name="total" value="210000"' in page.text
    placed = await client.post("/checkout", data={**typed_in, "total": "210000"})
    page = (await client.get(placed.headers["location"])).text
    for said in ("Chợ tặng bạn 20.000", "200.000", "-20.000", "210.000"):
        assert said in page, said
    assert "Mã giảm giá" not in page
    async with db.transaction() as session:
        order = await session.scalar(select(Order))
        await pay(session, order)
        [parcel] = await parcels.list_parcels(session, order)
        farmer = new_client()
        await log_in(session, farmer, packer.person_id)
    page = (await farmer.get(f"/producer/orders/{parcel.consignment.id}")).text
    assert "Trong đó chợ trả hộ khách" in page and "200.000" in page


MARKET = NEW | {"percent": "", "amount_minor": "20k", "budget_minor": "1tr"}


async def test_an_administrator_makes_one(db, client):
    """V12, V16: with a budget, for some producers or all; the page tells what was given, and it can be ended."""
    async with db.transaction() as session:
        seller, box = await make_seller(session)
        boss = await make_staff(session)
        await log_in(session, client, boss.person_id)
    assert 'href="/admin/vouchers"' in (await client.get("/admin/ledger")).text
    assert "Chợ chưa có mã nào" in (await client.get("/admin/vouchers")).text
    saved = await client.post("/admin/vouchers", data=MARKET | {"producer_ids": str(seller.id)})
    assert saved.status_code == 303
    page = (await client.get(saved.headers["location"])).text
    assert "Đã lưu" in page and "TET2027" in page and "1.000.000" in page and seller.name in page
    async with db.transaction() as session:
        order = await order_with(session, box)
        [voucher] = await vouchers.list_vouchers(session, None)
        assert (voucher.producer_id, voucher.budget_minor) == (None, 1_000_000)
        assert await vouchers.list_producers(session, [voucher.id]) == {voucher.id: [seller.id]}
    page = (await client.get("/admin/vouchers")).text
    assert "Chợ đã tặng 20.000" in page and order.code in page
    assert (await client.post(f"/admin/vouchers/{voucher.id}/end")).status_code == 303
    assert "Đã hết hạn" in (await client.get("/admin/vouchers")).text
    assert (await client.post("/admin/vouchers", data=MARKET | {"code": "CHUNG"})).status_code == 303


@pytest.mark.parametrize(
    ("given", "is_over"),
    [
        ({"minimum_minor": 100_000, "budget_taken_minor": 180_001}, True),
        ({"minimum_minor": 100_000, "budget_taken_minor": 180_000}, False),
        ({"minimum_minor": 0, "budget_taken_minor": 199_999}, False),
        ({"minimum_minor": 0, "budget_taken_minor": 200_000}, True),
        (
            {"amount_minor": None, "percent": 10, "minimum_minor": 50_000, "budget_taken_minor": 195_001},
            True,
        ),
    ],
)
async def test_a_budget_that_pays_no_basket_any_more_is_told(db, client, given, is_over):
    """V16: the administrator reads that the money is given away, as soon as what is left pays not even the smallest basket."""
    async with db.transaction() as session:
        await make_gift(session, **given)
        boss = await make_staff(session)
        await log_in(session, client, boss.person_id)
    page = (await client.get("/admin/vouchers")).text
    assert ("Đã hết tiền tặng" in page) is is_over and ("Đang dùng được" in page) is not is_over


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget_minor": ""}, "chưa điền"),
        ({"budget_minor": "0"}, "từ 1 trở lên"),
        ({"budget_minor": "19k"}, "đủ cho ít nhất một lượt"),
        ({"last_day": "2026-11-11"}, "Ngày cuối phải"),
        ({"producer_ids": "nobody"}, "các ô có sẵn"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(db, client, change, said):
    """V16: nothing is made, and what was typed stays, the chosen producers too."""
    async with db.transaction() as session:
        seller, _box = await make_seller(session)
        boss = await make_staff(session)
        await log_in(session, client, boss.person_id)
    answer = await client.post("/admin/vouchers", data=MARKET | {"producer_ids": str(seller.id)} | change)
    assert answer.status_code == 422 and said in answer.text and 'value="20k"' in answer.text
    assert (f'value="{seller.id}" checked' in answer.text) is ("producer_ids" not in change)
    async with db.transaction() as session:
        assert await vouchers.list_vouchers(session, None) == []


async def test_an_accountant_sees_no_way_to_it(db, client):
    """V12: the books of an accountant name no page that would turn them away."""
    async with db.transaction() as session:
        clerk = await make_staff(session, role=StaffRole.ACCOUNTANT)
        await log_in(session, client, clerk.person_id)
    assert "/admin/vouchers" not in (await client.get("/admin/ledger")).text
    assert (await client.get("/admin/vouchers")).status_code == 403
