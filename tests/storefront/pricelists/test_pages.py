"""Price lists on the pages: where a manager writes them, and where buyers read them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from producers.cooperatives.models import Role
from producers.listings.models import Listing, SoldBy
from storefront.pricelists.models import BuyerGroup, GroupPhone, PriceList, PriceStep
from tests.factories.orders import FORM
from tests.factories.people import log_in, make_person
from tests.factories.pricelists import make_group, make_list_for
from tests.factories.producers import make_membership
from tests.factories.storefront import make_cart, make_listing, make_stock, make_variant

DEALER = "+84912345678"
LISTS = "/producer/price-lists"
GROUPS = "/producer/buyer-groups"


@pytest.fixture
async def box(db, client):
    """A box whose producer's manager is logged in."""
    async with db.transaction() as session:
        variant = await make_variant(session)
        await make_stock(session, variant)
        listing = await session.get_one(Listing, variant.listing_id)
        manager = await make_membership(session, producer_id=listing.producer_id, role=Role.MANAGER)
        await log_in(session, client, manager.person_id)
    return variant


async def only(db, model):
    """The one row there is."""
    async with db.transaction() as session:
        return (await session.scalars(select(model))).one()


async def test_a_manager_writes_a_list_for_a_group(db, client, box):
    """L1, L4: a group, its numbers in any spelling, a list for it, its steps, and the end, all by plain forms."""
    assert "chưa có nhóm nào" in (await client.get(GROUPS)).text
    assert "chưa có bảng giá nào" in (await client.get(LISTS)).text
    assert (await client.post(GROUPS, data={"name": "Đại lý"})).status_code == 303
    again = await client.post(GROUPS, data={"name": "Đại lý"})
    assert again.status_code == 422 and "có nhóm tên này rồi" in again.text
    group = await only(db, BuyerGroup)
    phones = f"{GROUPS}/{group.id}/phones"
    assert (await client.post(phones, data={"phones": "0912 345.678\n"})).status_code == 303
    assert (await only(db, GroupPhone)).phone == DEALER
    assert "0912 345 678" in (await client.get(GROUPS)).text
    made = await client.post(
        LISTS, data={"name": "Giá sỉ", "group_id": str(group.id), "first_day": "2026-11-12"}
    )
    assert made.status_code == 303
    kept = await only(db, PriceList)
    step = {"variant_id": str(box.id), "from_quantity": "10", "price_minor": "300k"}
    assert (await client.post(f"{LISTS}/{kept.id}/steps", data=step)).status_code == 303
    page = (await client.get(f"{LISTS}?saved=1")).text
    for said in ("Giá sỉ", "Cho nhóm: Đại lý", "10 hộp", "300.000", "350.000", "Đang dùng được", "Đã lưu"):
        assert said in page, said
    removed = await client.post(f"{LISTS}/{kept.id}/steps/remove", data=step)
    assert removed.status_code == 303 and "300.000" not in (await client.get(LISTS)).text
    assert (await client.post(f"{LISTS}/{kept.id}/steps/remove", data={})).status_code == 303
    assert (await client.post(f"{LISTS}/{kept.id}/end")).status_code == 303
    assert "Đã hết hạn" in (await client.get(LISTS)).text


async def test_what_is_wrong_stands_beside_its_field(db, client, box):
    """Nothing that was typed is lost: days, numbers, quantities and prices that cannot be are told of in place."""
    answer = await client.post(LISTS, data={"name": "", "first_day": "2026-11-12"})
    assert answer.status_code == 422 and "Chỗ này chưa điền" in answer.text
    early = {"name": "Sắp Tết", "first_day": "2026-11-20", "last_day": "2026-11-13"}
    answer = await client.post(LISTS, data=early)
    assert answer.status_code == 422 and "Ngày cuối phải" in answer.text and "Sắp Tết" in answer.text
    assert (await client.post(GROUPS, data={"name": ""})).status_code == 422
    async with db.transaction() as session:
        listing = await session.get_one(Listing, box.listing_id)
        group = await make_group(session, DEALER, producer_id=listing.producer_id)
        coming = await make_list_for(session, box, {10: 300_000})
        fish = await make_variant(session, listing_id=listing.id, sold_by=SoldBy.GRAM, step=500, name="Cá")
        foreign = await make_variant(session, listing_id=(await make_listing(session)).id)
    answer = await client.post(f"{GROUPS}/{group.id}/phones", data={"phones": "0912 345 678\n09x"})
    assert answer.status_code == 422 and "Số này chưa đúng: 09x" in answer.text
    many = "\n".join(f"0912 34{n:04d}" for n in range(501))
    assert (
        "nhiều nhất 500 số" in (await client.post(f"{GROUPS}/{group.id}/phones", data={"phones": many})).text
    )
    assert (await only(db, GroupPhone)).phone == DEALER
    door = f"{LISTS}/{coming.id}/steps"
    for wrong, words in (
        ({"from_quantity": "mười"}, "số nguyên"),
        ({"from_quantity": "0"}, "Số lượng này chưa đúng"),
        ({"price_minor": "0"}, "Giá phải lớn hơn 0"),
        ({"variant_id": str(fish.id), "from_quantity": "0,7 kg"}, "Số lượng này chưa đúng"),
    ):
        step = {"variant_id": str(box.id), "from_quantity": "12", "price_minor": "299.000"} | wrong
        answer = await client.post(door, data=step)
        assert answer.status_code == 422 and words in answer.text, words
        assert f'value="{step["from_quantity"]}"' in answer.text
    step = {"variant_id": str(foreign.id), "from_quantity": "12", "price_minor": "299.000"}
    assert (await client.post(door, data=step)).status_code == 404
    assert (await only(db, PriceStep)).from_quantity == 10
    step = {"variant_id": str(fish.id), "from_quantity": "1,5 kg", "price_minor": "299.000"}
    assert (await client.post(door, data=step)).status_code == 303


async def test_a_list_of_later_days_is_coming(db, client, box):
    """L3: the page says which days, and that nobody gets it yet."""
    days = {"name": "Giá Tết", "first_day": "2026-12-01", "last_day": "2026-12-31"}
    assert (await client.post(LISTS, data=days)).status_code == 303
    page = (await client.get(LISTS)).text
    assert (
        "Sắp tới" in page
        and "thứ Ba 1/12" in page
        and "thứ Năm 31/12" in page
        and "Cho tất cả mọi người" in page
    )


async def test_a_dealer_sees_the_groups_price_once_logged_in(db, new_client, box):
    """L4, L5: the same basket costs less for the dealer, who reads why; a stranger who types the number reads nothing."""
    dealer, stranger = new_client(), new_client()
    async with db.transaction() as session:
        listing = await session.get_one(Listing, box.listing_id)
        group = await make_group(session, DEALER, producer_id=listing.producer_id)
        await make_list_for(session, box, {2: 280_000}, group_id=group.id, name="Giá đại lý")
        for one in (dealer, stranger):
            _cart, token = await make_cart(session, lines={box.id: 2})
            one.cookies.set("cart", token)
        await log_in(session, dealer, (await make_person(session, phone=DEALER)).id)
    words = "Giá đại lý: từ 2 hộp trở lên, giá 280.000"
    for path in ("/cart", "/checkout"):
        seen, other = (await dealer.get(path)).text, (await stranger.get(path)).text
        assert words in seen and "560.000" in seen, path
        assert "Giá đại lý" not in other and "700.000" in other, path
    typed = FORM | {"phone": "0912 345 678", "total": "590000"}
    refused = await stranger.post("/checkout", data=typed)
    assert refused.status_code == 409 and 'name="total" value="730000"' in refused.text
    placed = await dealer.post("/checkout", data=typed)
    assert placed.status_code == 303
    assert "Theo bảng giá: Giá đại lý" in (await dealer.get(placed.headers["location"])).text
    assert "Giá đại lý" not in (await dealer.get(f"/p/{listing.slug}")).text


async def test_the_shop_tells_the_steps_for_everybody(db, client, box):
    """L5: the product's page names the steps of public lists that are below the retail price, and hears of changes."""
    async with db.transaction() as session:
        made = await make_list_for(session, box, {5: 330_000, 9: 360_000})
        slug = (await session.get_one(Listing, box.listing_id)).slug
    page = (await client.get(f"/p/{slug}")).text
    assert "Giá sỉ: từ 5 hộp trở lên, giá 330.000" in page and "360.000" not in page
    await client.post(f"{LISTS}/{made.id}/end")
    async with db.transaction() as session:
        ended = await session.get_one(PriceList, made.id)
    assert ended.valid_until is not None
