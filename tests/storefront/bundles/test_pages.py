"""Boxes over HTTP: the shop's page of one, its search, basket and checkout. Rule numbers are those of pricing/PRICING.md."""

from __future__ import annotations

import asyncio

from producers.listings import service as listings
from producers.listings.events import ListingChanged
from producers.listings.models import Listing, ListingState
from storefront.catalog import service as catalog
from storefront.stock import service as stock
from tests.factories.bundles import make_bundle, make_gift
from tests.factories.orders import FORM, make_order
from tests.factories.people import log_in, make_person
from tests.factories.pricelists import make_list
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_cart
from tests.factories.traceability import make_harvest, make_workshop


async def open_shop(session, **on_hand):
    """The box and its contents, in the catalogue: (gift, the listing of the box)."""
    gift = await make_gift(session, **on_hand)
    box = await session.get_one(Listing, gift.box.listing_id)
    box.slug = "hop-qua-tet"
    await session.flush()
    for variant in (gift.tea, gift.honey, gift.box):
        await catalog.on_listing_changed(session, ListingChanged(listing_id=variant.listing_id))
    return gift, box


async def show(client, path, *, until):
    """The page's HTML once it says so: changes are heard a moment later."""
    for _ in range(100):
        page = (await client.get(path)).text
        if until in page:
            return page
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} never said {until}: {page}")


async def test_the_page_says_what_is_in_it(client, db):
    """H3: the page of a box names its contents with the way to each, its price, and how many can be had."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session, tea=7)
        tea = await session.get_one(Listing, gift.tea.listing_id)
    page = await show(client, "/p/hop-qua-tet", until="Hộp quà Tết")
    for words in (
        "400.000",
        "Mua riêng từng món hết 500.000",
        "2 × Gói 200 g, Chè nõn tôm",
        f"/p/{tea.slug}",
        "Còn 3 hộp",
        "InStock",
    ):
        assert words in page, words


async def test_the_page_follows_its_contents(client, db):
    """H3, H4: goods that leave the shelf and a content off sale are seen on the page of the box."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session)
        person = await make_person(session)
    assert "Còn hàng" not in await show(client, "/p/hop-qua-tet", until="Còn 10 hộp")
    async with db.transaction() as session:
        await stock.adjust(
            session,
            stock_item_id=gift.honey_stock.id,
            delta=-19,
            reason="vỡ",
            person_id=person.id,
            now=NOW,
        )
    await show(client, "/p/hop-qua-tet", until="Còn 1 hộp")
    async with db.transaction() as session:
        await listings.pause_listing(session, listing_id=gift.honey.listing_id, now=NOW)
    page = await show(client, "/p/hop-qua-tet", until="có Mật ong đang ngừng bán")
    assert "OutOfStock" in page and "Cho vào giỏ" not in page
    assert "vừa hết" not in page


async def test_plenty_is_not_counted(client, db):
    """H3: where no content is low the page says that there are some."""
    async with db.transaction() as session:
        await open_shop(session, tea=44, honey=30)
    await show(client, "/p/hop-qua-tet", until="Còn hàng")


async def test_a_box_is_found_by_what_is_in_it(client, db):
    """H2: lists and search show it as any product, found by the names of its contents too, also after they change."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session)
    assert "Hộp quà Tết" in await show(client, "/search?q=mat+ong", until="400.000")
    async with db.transaction() as session:
        honey = await listings.get_listing(session, gift.honey.listing_id)
        honey.title = "Mật hoa bạc hà"
        await session.flush()
        await catalog.on_listing_changed(session, ListingChanged(listing_id=honey.id))
    await show(client, "/search?q=bac+ha", until="Hộp quà Tết")


async def test_basket_and_checkout_name_what_runs_short(client, db):
    """H3, H4: two boxes where the honey is enough for one: both pages name it, and take what is left if asked to."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session, honey=1)
        _cart, token = await make_cart(session, lines={gift.box.id: 2})
    client.cookies.set("cart", token)
    basket = (await client.get("/cart")).text
    assert "Mật ong chỉ còn đủ cho 1 hộp" in basket and "4 × Gói 200 g, Chè nõn tôm" in basket
    assert "Mật ong chỉ còn đủ cho 1 hộp" in (await client.get("/checkout")).text
    kept = (await client.post("/checkout", data={**FORM, "act": "take_left"})).text
    assert "chỉ còn đủ" not in kept and "400.000" in kept
    async with db.transaction() as session:
        await make_order(session, gift.honey)
    late = await client.post("/checkout", data={**FORM, "total": "430000"})
    assert late.status_code == 409
    assert "Mật ong không còn đủ để xếp một hộp nào" in late.text and FORM["line"] in late.text


async def test_a_box_is_bought(client, db):
    """H5: put in, ordered, and told as a box on the order's page."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session)
    put = await client.post("/cart/lines", data={"variant_id": str(gift.box.id), "quantity": "2"})
    assert put.status_code == 303
    placed = await client.post("/checkout", data={**FORM, "total": "830000"})
    assert placed.status_code == 303
    page = (await client.get(placed.headers["location"])).text
    assert "Hộp quà Tết" in page and "Mật ong: 2 × Hũ 500 g" in page


async def test_a_box_with_a_content_off_sale_stays_in_the_basket(client, db):
    """H4: basket and checkout name the content that is off sale; putting more in is refused with the same words."""
    async with db.transaction() as session:
        gift, _box = await open_shop(session)
        _cart, token = await make_cart(session, lines={gift.box.id: 1})
        honey = await session.get_one(Listing, gift.honey.listing_id)
        honey.state = ListingState.PAUSED
    client.cookies.set("cart", token)
    words = "Hộp quà Tết có Mật ong đang ngừng bán"
    assert words in (await client.get("/cart")).text
    assert words in (await client.get("/checkout")).text
    refused = await client.post("/cart/lines", data={"variant_id": str(gift.box.id), "quantity": "1"})
    assert refused.status_code == 409 and words in refused.text


async def test_a_box_is_nothing_that_is_made_or_awaited(client, db):
    """H2: the forms for a new lot and for a pre-order offer its contents and not the box; a price list offers both."""
    async with db.transaction() as session:
        shop = await make_workshop(session)
        await make_harvest(session, shop)
        await make_bundle(session, {shop.variant: 2})
        manager = await make_membership(session, producer_id=shop.producer.id)
        await make_list(session, producer_id=shop.producer.id)
        await log_in(session, client, manager.person_id)
    for path in ("/producer/lots/new", "/producer/preorders"):
        page = (await client.get(path)).text
        assert "Gói 100 g" in page and "Hộp quà Tết" not in page, path
    page = (await client.get("/producer/price-lists")).text
    assert "Gói 100 g" in page and "Hộp quà Tết" in page


async def test_a_box_that_is_dearer_says_nothing_of_it(client, db):
    """H7: the page compares with its contents only where the box is the cheaper."""
    async with db.transaction() as session:
        await open_shop(session, price_minor=500_000)
    assert "Mua riêng" not in await show(client, "/p/hop-qua-tet", until="500.000")
