"""The shop's pages over HTTP: what a buyer sees, from the cache, until it changes."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date, timedelta

import pytest

from app.core.ids import uuid7
from producers.cooperatives.events import ProducerChanged
from producers.listings import service as listings
from producers.listings.events import ListingChanged
from producers.listings.models import ListingState, SoldBy
from storefront.catalog import service as catalog
from storefront.catalog.models import EntryKind
from storefront.pricing import service as pricing
from storefront.stock import service as stock
from tests.factories.people import make_photo
from tests.factories.producers import make_certificate, make_producer
from tests.factories.storefront import NOW, make_listing, make_stock, make_variant
from tests.queries import count_queries
from traceability.lots.models import Lot


async def open_shop(session, *, on_hand=12, **overrides):
    """A cooperative with one listing of one pack, on the shelf and in the catalogue."""
    producer = await make_producer(
        session, photo_id=(await make_photo(session)).id, about="Làm chè ba đời.", slug="htx-tan-cuong"
    )
    values = {"slug": "che-dinh", "photos": 2} | overrides
    listing = await make_listing(session, producer_id=producer.id, **values)
    variant = await make_variant(session, listing_id=listing.id)
    item = await make_stock(session, variant, on_hand=on_hand)
    await catalog.on_producer_changed(session, ProducerChanged(producer_id=producer.id))
    return producer, listing, variant, item


async def show(client, path, *, until=None):
    """The page's HTML; with `until` it is asked for again until it says so (changes are heard a moment later)."""
    for _ in range(100):
        response = await client.get(path)
        assert response.status_code == 200, response.text[:2000]
        if until is None or until in response.text:
            return response.text
        await asyncio.sleep(0.02)
    raise AssertionError(f"{path} never said {until}")


async def test_home_shows_goods_and_people(client, db):
    """The front page shows the place, a card of each thing with its price, and who made it."""
    async with db.transaction() as session:
        producer, _listing, _variant, _item = await open_shop(session)
        await catalog.upsert_entry(
            session,
            ref_id=uuid7(),
            kind=EntryKind.PRODUCER,
            slug="ho-ba-do",
            producer_id=producer.id,
            title="Hộ bà Dợ",
            subtitle="",
            words="",
            price_minor=None,
            price_unit="",
            photo_id=None,
            is_visible=True,
            now=NOW - timedelta(days=1),
        )
    html = await show(client, "/")
    for words in ("Chè Đinh", "350.000", "hộp 200 g", "HTX Chè Tân Cương", "Hộ bà Dợ", 'href="/p/che-dinh"'):
        assert words in html
    assert html.count('fetchpriority="high"') == 1
    assert 'srcset="' in html and "320w" in html and 'loading="lazy"' in html
    assert len(html.encode()) <= 30_000


async def test_an_empty_market_says_so(client):
    """With nothing to sell the front page says what comes."""
    assert "Chợ chưa có hàng" in await show(client, "/")


async def test_pages_come_from_the_cache_until_their_facts_change(client, db, house):
    """A page asked for twice costs no query; a new listing is seen at once."""
    async with db.transaction() as session:
        await open_shop(session)
    await show(client, "/", until="Chè Đinh")
    statements = count_queries(house.database.engine)
    for _again in range(
        20
    ):  # each of the facts that were written is heard by itself, the last one maybe only now
        statements.clear()
        await show(client, "/")
        if not statements:
            break
    assert statements == []
    async with db.transaction() as session:
        producer = await make_producer(session)
        listing = await make_listing(session, producer_id=producer.id, title="Chè Nõn")
        await make_variant(session, listing_id=listing.id)
        await catalog.on_listing_changed(session, ListingChanged(listing_id=listing.id))
    assert "Chè Nõn" in await show(client, "/", until="Chè Nõn")


async def test_search_finds_pages_and_teaches(client, db):
    """The search lists hits, turns pages, narrows by kind, and says what to do when there is nothing."""
    async with db.transaction() as session:
        producer, *_rest = await open_shop(session)
        for number in range(21):
            listing = await make_listing(session, producer_id=producer.id, title=f"Cá tầm {number}")
            await make_variant(session, listing_id=listing.id)
            await catalog.on_listing_changed(session, ListingChanged(listing_id=listing.id))
    assert "Chè Đinh" in await show(client, "/search?q=che+dinh")
    first = await show(client, "/search?q=ca+tam&kind=listing")
    assert first.count("<article") == 20
    assert "/search?q=ca+tam&amp;kind=listing&amp;page=2" in first
    second = await show(client, "/search?q=ca+tam&kind=listing&page=2")
    assert second.count("<article") == 1
    assert "Trang trước" in second
    assert "Chưa thấy gì" in await show(client, "/search?q=xe+may")
    assert "Ở đây chưa có gì" in await show(client, "/search?kind=tour")
    assert "HTX Chè Tân Cương" in await show(client, "/search?kind=producer")
    assert (await client.get("/search?page=0")).status_code == 422


async def test_search_escapes_what_was_typed(client):
    """What is typed is shown as text."""
    html = await show(client, "/search?q=%22%3E%3Cscript%3E")
    assert "<script>" not in html.replace('<script type="module"', "")


async def test_product_page_says_what_a_buyer_asks(client, db):
    """Photos, packs with prices, how much is left, who made it, papers, the lot's story, delivery, a share link."""
    async with db.transaction() as session:
        producer, listing, variant, item = await open_shop(session)
        await make_certificate(session, producer_id=producer.id)
        await make_certificate(
            session,
            producer_id=producer.id,
            number="CU-1",
            valid_from=date(2020, 1, 1),
            valid_until=date(2026, 11, 11),
        )
        await pricing.set_rate(session, producer_id=producer.id, fee_minor=25_000, free_from_minor=500_000)
        lot = await session.get_one(Lot, item.lot_id)
    html = await show(client, "/p/che-dinh")
    for words in (
        "Hộp 200 g",
        "350.000",
        "Còn 12 hộp",
        "Cho vào giỏ",
        "OCOP 4 sao",
        "25.000",
        "500.000",
        "Để nơi khô",
        f'href="/01/{lot.gtin}/10/{lot.code}"',
        'href="/producers/htx-tan-cuong"',
        'property="og:image"',
        'action="/cart/lines"',
        f'value="{variant.id}"',
    ):
        assert words in html, words
    assert html.count("OCOP") == 1
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', html)[1])
    assert (data["@type"], data["offers"][0]["price"], data["name"]) == ("Product", 350_000, listing.title)
    assert len(html.encode()) <= 30_000


async def test_product_page_in_english(client, db):
    """The frame speaks English to who wants it."""
    async with db.transaction() as session:
        await open_shop(session)
    html = await show(client, "/p/che-dinh?lang=en")
    assert "12 boxes left" in html
    assert "Add to basket" in html


async def test_stock_in_words_follows_the_shelf(client, db):
    """Plenty is only said to be there; the last ones are counted; none is said at once."""
    async with db.transaction() as session:
        _producer, _listing, variant, item = await open_shop(session, on_hand=25)
    assert "Còn hàng" in await show(client, "/p/che-dinh")
    order_id = uuid7()

    async def take(quantity):
        async with db.transaction() as session:
            lines = [stock.StockLine(uuid7(), variant.id, quantity)]
            until = NOW + timedelta(minutes=15)
            await stock.reserve(session, order_id=order_id, lines=lines, expires_at=until, now=NOW)

    await take(6)
    assert "Còn 19 hộp" in await show(client, "/p/che-dinh", until="Còn 19 hộp")
    await take(19)
    html = await show(client, "/p/che-dinh", until="Món này vừa hết")
    assert "Hết hàng" in html and "Cho vào giỏ" not in html and "OutOfStock" in html
    async with db.transaction() as session:
        await stock.release(session, order_id=order_id, now=NOW)
    await show(client, "/p/che-dinh", until="Còn hàng")
    async with db.transaction() as session:
        await stock.block_lot(session, lot_id=item.lot_id)
    await show(client, "/p/che-dinh", until="Hết hàng")


async def test_goods_by_weight_are_asked_for_in_kilos(client, db):
    """Fish are sold by the kilo, in steps, with a field for kilos; what is odd in the text cannot break the page."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        listing = await make_listing(
            session, producer_id=producer.id, slug="ca-tam", description="</script><b>&", storage=""
        )
        variant = await make_variant(
            session, listing_id=listing.id, sold_by=SoldBy.GRAM, step=500, name="Cá sống", price_minor=280_000
        )
        await make_stock(session, variant, on_hand=3_500)
        await pricing.set_rate(session, producer_id=producer.id, fee_minor=0, free_from_minor=None)
    html = await show(client, "/p/ca-tam")
    for words in (
        "Bạn lấy bao nhiêu cân?",
        'value="0,5"',
        "Còn 3,5\u00a0kg",
        "/ kg",
        "Gửi hàng không mất tiền",
    ):
        assert words in html, words
    assert "</script><b>" not in html


@pytest.mark.parametrize(
    ("state", "has_pack", "status"),
    [
        (ListingState.DRAFT, True, 404),
        (ListingState.PAUSED, True, 200),
        (ListingState.PUBLISHED, False, 200),
    ],
)
async def test_what_is_not_offered_cannot_be_bought(client, db, state, has_pack, status):
    """A draft has no page; a paused listing keeps its address (labels lead there) and says that it is not sold now."""
    async with db.transaction() as session:
        listing = await make_listing(session, slug="cu", state=state, description="")
        if has_pack:
            await make_variant(session, listing_id=listing.id)
    response = await client.get("/p/cu")
    assert response.status_code == status
    assert "Cho vào giỏ" not in response.text
    assert ("Món này đang ngừng bán" in response.text) == (status == 200)


async def test_unknown_addresses_are_not_found(client):
    """What is not there is 404, kindly."""
    for path in ("/p/khong-co", "/producers/khong-co"):
        response = await client.get(path)
        assert response.status_code == 404
        assert "Không tìm thấy" in response.text


async def test_producer_page(client, db):
    """Who they are, where, with papers that are still valid, and what they sell; a new name is seen at once."""
    async with db.transaction() as session:
        producer, *_rest = await open_shop(session)
        await make_certificate(session, producer_id=producer.id)
        bare = await make_producer(session, slug="ho-moi", name="Hộ mới")
    html = await show(client, "/producers/htx-tan-cuong")
    for words in ("Làm chè ba đời.", "OCOP 4 sao", 'href="/p/che-dinh"', "Xã", 'property="og:image"'):
        assert words in html, words
    assert "Nhà này chưa bày hàng" in await show(client, "/producers/ho-moi")
    async with db.transaction() as session:
        (await session.merge(bare)).name = "Hộ Sông Gâm"
        await session.flush()
        await catalog.on_producer_changed(session, ProducerChanged(producer_id=bare.id))
    await show(client, "/producers/ho-moi", until="Hộ Sông Gâm")


async def test_building_a_page_costs_a_fixed_number_of_queries(client, db, house):
    """Whatever the number of cards or packs, a page is built with the same few queries."""
    async with db.transaction() as session:
        producer, listing, _variant, _item = await open_shop(session)
        for number in range(5):
            await make_variant(session, listing_id=listing.id, position=number + 1)
            other = await make_listing(session, producer_id=producer.id)
            await make_variant(session, listing_id=other.id)
            await catalog.on_listing_changed(session, ListingChanged(listing_id=other.id))
    await asyncio.sleep(0.1)
    figures = {}
    for path in ("/", "/search?q=che", "/p/che-dinh", "/producers/htx-tan-cuong"):
        house.cache.drop("*")
        statements = count_queries(house.database.engine)
        await show(client, path)
        figures[path] = len(statements)
        if path == "/p/che-dinh":
            assert figures[path] <= 13, statements
    assert figures["/"] == 3
    assert figures["/search?q=che"] == 1
    assert figures["/producers/htx-tan-cuong"] <= 6


async def test_sitemap_and_robots(client, db):
    """Search engines find every public address, and are kept from private ones."""
    async with db.transaction() as session:
        await open_shop(session)
    sitemap = (await client.get("/sitemap.xml")).text
    for path in ("/", "/p/che-dinh", "/producers/htx-tan-cuong"):
        assert f"<loc>http://127.0.0.1:8000{path}</loc>" in sitemap
    robots = (await client.get("/robots.txt")).text
    assert "Disallow: /orders/" in robots
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in robots


async def test_a_listing_reaches_the_market_by_itself(client, db):
    """What a member publishes stands in the shop; what is paused leaves it: the rooms hear of it."""
    async with db.transaction() as session:
        listing = await make_listing(session, state=ListingState.DRAFT, title="Chè Bạng")
        await make_variant(session, listing_id=listing.id)
        await listings.publish_listing(session, listing_id=listing.id, now=NOW)
    await show(client, "/search?q=bang", until="Chè Bạng")
    async with db.transaction() as session:
        await listings.pause_listing(session, listing_id=listing.id, now=NOW)
    await show(client, "/search?q=bang", until="Chưa thấy gì")


@pytest.mark.parametrize(
    ("kind", "stars", "words"),
    [("vietgap", None, "VietGAP"), ("organic", None, "Hữu cơ"), ("food_safety", None, "An toàn thực phẩm")],
)
async def test_papers_are_named(client, db, kind, stars, words):
    """Each kind of paper has its name on the badge."""
    async with db.transaction() as session:
        producer, *_rest = await open_shop(session)
        await make_certificate(session, producer_id=producer.id, kind=kind, stars=stars)
    assert words in await show(client, "/p/che-dinh")


async def test_one_search_never_answers_another(client, house):
    """A question that spells another one's address has a page of its own in the cache."""
    async with asyncio.timeout(10):
        while not house.cache.is_listening:
            await asyncio.sleep(0.01)
    forged = await client.get("/search", params={"kind": "listing&q=che"})
    real = await client.get("/search", params={"q": "che", "kind": "listing"})
    assert 'value="che"' in real.text and 'value="che"' not in forged.text
