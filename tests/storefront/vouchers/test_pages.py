"""Vouchers on the pages: the checkout, the order, the parcel, and where a manager makes them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from producers.listings.models import Listing
from storefront.orders import parcels
from storefront.orders.models import Order
from storefront.vouchers.models import Voucher
from tests.factories.orders import FORM, pay
from tests.factories.people import log_in
from tests.factories.producers import make_membership, make_producer
from tests.factories.storefront import make_cart, make_stock, make_variant
from tests.factories.vouchers import make_voucher, make_voucher_for

NEW = {
    "code": "Tết 2027",
    "percent": "10",
    "most_minor": "50k",
    "minimum_minor": "100k",
    "uses_most": "20",
    "first_day": "2026-11-12",
    "last_day": "2026-11-30",
}


@pytest.fixture
async def basket(db, client):
    """A visitor with two boxes at 350.000 in the basket, and a voucher of their producer for 20.000."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant, on_hand=9)
        voucher = await make_voucher_for(session, variant)
        _cart, token = await make_cart(session, lines={variant.id: 2})
    client.cookies.set("cart", token)
    return variant, voucher


async def enter(db, client, producer_id, role=Role.MANAGER):
    """Log the client in as somebody of this producer."""
    async with db.transaction() as session:
        membership = await make_membership(session, producer_id=producer_id, role=role)
        await log_in(session, client, membership.person_id)


async def test_a_code_is_shown_then_ordered_with(db, client, basket):
    """V10: the button shows what the code takes off with every word kept; the order's page tells it again."""
    page = await client.post("/checkout", data={**FORM, "voucher": "tet 2027", "act": "use_voucher"})
    assert page.status_code == 200 and "-20.000" in page.text and FORM["note"] in page.text
    assert 'name="total" value="710000"' in page.text and 'value="tet 2027"' in page.text
    typed = {**FORM, "voucher": "tet 2027"}
    early = await client.post("/checkout", data={**typed, "total": "730000"})
    assert early.status_code == 409 and "Đã trừ mã giảm giá" in early.text and "710.000" in early.text
    placed = await client.post("/checkout", data={**typed, "total": "710000"})
    assert placed.status_code == 303
    page = (await client.get(placed.headers["location"])).text
    for said in ("700.000", "Mã giảm giá bớt 20.000", "-20.000", "710.000"):
        assert said in page, said


async def test_enter_without_a_code_orders(client, basket):
    """The first button of the form without a code is the order itself."""
    placed = await client.post(
        "/checkout", data={**FORM, "voucher": " ", "act": "use_voucher", "total": "730000"}
    )
    assert placed.status_code == 303


@pytest.mark.parametrize("act", ["", "use_voucher"])
@pytest.mark.parametrize(
    ("terms", "status", "said"),
    [
        ({"code": "khac"}, 422, "không dùng được cho giỏ hàng này"),
        ({"uses_taken": 10}, 409, "đã hết lượt dùng"),
        ({"minimum_minor": 800_000}, 422, "mua từ 800.000"),
    ],
)
async def test_a_code_that_does_not_count_is_said_beside_it(db, client, basket, act, terms, status, said):
    """A wrong, spent or too small code answers in words, loses nothing typed, and shows the total without it."""
    async with db.transaction() as session:
        voucher = (await session.scalars(select(Voucher))).one()
        for name, value in terms.items():
            setattr(voucher, name, value)
    answer = await client.post(
        "/checkout", data={**FORM, "voucher": "TET2027", "act": act, "total": "730000"}
    )
    assert answer.status_code == status
    for kept in (said, FORM["line"], FORM["note"], 'value="TET2027"', 'name="total" value="730000"'):
        assert kept in answer.text, kept


async def test_a_code_that_is_over_is_said(house, client, basket):
    """V2: out of its days a code says so, also beside other fields that are wrong."""
    house.clock.advance(minutes=60 * 24)
    answer = await client.post("/checkout", data={**FORM, "name": "", "voucher": "TET2027"})
    assert answer.status_code == 422
    assert "đã hết hạn" in answer.text and "Chỗ này chưa điền" in answer.text


async def test_a_phone_that_had_its_share_is_told(db, client, basket, new_client):
    """V5: the second order of a phone number with a code for one is refused in words; without the code it goes."""
    variant, _voucher = basket
    typed = {**FORM, "voucher": "TET2027"}
    assert (await client.post("/checkout", data={**typed, "total": "710000"})).status_code == 303
    async with db.transaction() as session:
        _cart, token = await make_cart(session, lines={variant.id: 1})
    client.cookies.set("cart", token)
    answer = await client.post("/checkout", data={**typed, "total": "360000"})
    assert answer.status_code == 409 and "đã hết lượt dùng" in answer.text and FORM["line"] in answer.text
    assert 'name="total" value="380000"' in answer.text
    assert (await client.post("/checkout", data={**FORM, "total": "380000"})).status_code == 303


async def test_the_producer_sees_the_discount_and_the_use(db, client, basket):
    """V8: the parcel's page tells what the own voucher took off; the vouchers' page lists the order."""
    _variant, voucher = basket
    await client.post("/checkout", data={**FORM, "voucher": "TET2027", "total": "710000"})
    async with db.transaction() as session:
        order = (await session.scalars(select(Order))).one()
        await pay(session, order)
        [parcel] = await parcels.list_parcels(session, order)
    await enter(db, client, voucher.producer_id)
    page = (await client.get(f"/producer/orders/{parcel.consignment.id}")).text
    assert "Đã trừ mã giảm giá của nhà mình" in page and "680.000" in page and "20.000" in page
    page = (await client.get("/producer/vouchers")).text
    assert "TET2027" in page and "Đã dùng 1 trong 10 lượt" in page and order.code in page


async def test_a_given_back_use_is_told(db, client, basket):
    """V6: an order that was given up stands in the list as given back."""
    _variant, voucher = basket
    typed = {**FORM, "voucher": "TET2027", "total": "710000"}
    link = (await client.post("/checkout", data=typed)).headers["location"]
    await client.post(f"{link}/cancel")
    await enter(db, client, voucher.producer_id)
    page = (await client.get("/producer/vouchers")).text
    assert "Đã dùng 0 trong 10 lượt" in page and "Đơn đã hủy, lượt trả lại" in page


async def test_a_manager_makes_and_ends_a_voucher(db, house, client):
    """The page is linked from the goods; a voucher is made in short spelling, told in words, and ended by a press."""
    async with db.transaction() as session:
        listing = await session.get_one(Listing, (await make_variant(session)).listing_id)
    await enter(db, client, listing.producer_id)
    assert 'href="/producer/vouchers"' in (await client.get("/producer/listings")).text
    assert "Nhà mình chưa có mã nào" in (await client.get("/producer/vouchers")).text
    made = await client.post("/producer/vouchers", data=NEW)
    assert made.status_code == 303
    page = (await client.get(made.headers["location"])).text
    for said in ("Đã lưu", "TET2027", "Giảm 10 %, nhiều nhất 50.000", "Khi mua từ 100.000", "Đang dùng được"):
        assert said in page, said
    async with db.transaction() as session:
        voucher = (await session.scalars(select(Voucher))).one()
    house.clock.advance(minutes=1)
    assert (await client.post(f"/producer/vouchers/{voucher.id}/end")).status_code == 303
    page = (await client.get("/producer/vouchers")).text
    assert "Đã hết hạn" in page and "Dừng mã này" not in page


async def test_each_kind_of_voucher_has_its_words(db, client):
    """An amount, a percentage without a most; one that comes, one that is used up."""
    async with db.transaction() as session:
        used = await make_voucher(session, uses_most=1, uses_taken=1)
    await enter(db, client, used.producer_id)
    coming = NEW | {"code": "hè 2027", "most_minor": "", "minimum_minor": "", "first_day": "2026-11-20"}
    assert (await client.post("/producer/vouchers", data=coming)).status_code == 303
    page = (await client.get("/producer/vouchers")).text
    for said in ("Giảm 20.000", "Đã hết lượt", "HE2027", "Giảm 10 %", "Sắp tới"):
        assert said in page, said
    assert "Khi mua từ" not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "ab"}, "Mã dài từ 4 đến 20"),
        ({"amount_minor": "20k"}, "một trong hai"),
        ({"percent": ""}, "một trong hai"),
        ({"percent": "91"}, "từ 1 đến 90"),
        ({"uses_most": "0"}, "Bạn điền từ 1 trở lên"),
        ({"last_day": "2026-11-11"}, "Ngày cuối phải"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_made(db, client, change, said):
    """Terms that cannot be are told in words; what was typed stays."""
    async with db.transaction() as session:
        producer_id = (await make_membership(session)).producer_id
    await enter(db, client, producer_id)
    answer = await client.post("/producer/vouchers", data=NEW | change)
    assert answer.status_code == 422 and said in answer.text and 'value="2026-11-12"' in answer.text
    async with db.transaction() as session:
        assert await session.scalar(select(Voucher.id)) is None


async def test_a_practice_farm_takes_no_code(db, client):
    """On a practice farm the press ends at the fence: codes are for real shops."""
    async with db.transaction() as session:
        producer = await make_producer(session, is_practice=True)
    await enter(db, client, producer.id)
    client.cookies.set("producer", str(producer.id))
    answer = await client.post("/producer/vouchers", data=NEW)
    assert answer.status_code == 409 and "Đây là vườn tập" in answer.text


async def test_only_a_manager_makes_vouchers(db, client):
    """Packers and accountants stay out; another producer's press ends nothing."""
    async with db.transaction() as session:
        voucher = await make_voucher(session)
        stranger = (await make_membership(session)).producer_id
    await enter(db, client, voucher.producer_id, Role.ACCOUNTANT)
    assert (await client.get("/producer/vouchers")).status_code == 403
    assert (await client.post("/producer/vouchers", data=NEW)).status_code == 403
    assert (await client.post(f"/producer/vouchers/{voucher.id}/end")).status_code == 403
    await enter(db, client, stranger)
    assert (await client.post(f"/producer/vouchers/{voucher.id}/end")).status_code == 404
    assert "TET2027" not in (await client.get("/producer/vouchers")).text
    async with db.transaction() as session:
        assert (await session.get_one(Voucher, voucher.id)).valid_until == voucher.valid_until
