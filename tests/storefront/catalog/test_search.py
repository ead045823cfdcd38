"""The search: found as people type, best first."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import timedelta
from functools import partial

import pytest

from app.core.driver import fetch_rows
from app.core.ids import uuid7
from producers.listings.models import ListingState, SoldBy
from storefront.catalog import service as catalog
from storefront.catalog.jobs import turn_day
from storefront.catalog.models import EntryKind
from storefront.catalog.words import read_query
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_listing, make_variant


async def put(
    session, title, *, kind=EntryKind.LISTING, subtitle="", words="", age=0, is_visible=True, seller=None
):
    """An entry of the catalogue."""
    seller = seller or await make_producer(session)
    ref_id = uuid7()
    await catalog.upsert_entry(
        session,
        ref_id=ref_id,
        kind=kind,
        slug=f"x-{ref_id}",
        producer_id=seller.id,
        title=title,
        subtitle=subtitle,
        words=words,
        price_minor=1,
        price_unit="kg",
        photo_id=None,
        is_visible=is_visible,
        now=NOW - timedelta(days=age),
    )
    return ref_id


async def titles(session, text, **more):
    """Titles that a search finds, best first."""
    return [
        entry.title
        for entry in (await catalog.search(partial(fetch_rows, session), text=text, **more)).entries
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Chè Đinh",
        "che dinh",
        "CHÈ ĐINH",
        "chè đin",
        "dinh",
        "Đinh chè",
        "trà đinh",
        "tra",
        unicodedata.normalize("NFD", "chè đinh"),
        "htx",
        "hợp tác xã",
        "  chè,  (đinh)! ",
        "ngon & lạ",
    ],
)
async def test_found_as_people_type(session, text):
    """With marks, without, in capitals, in halves, decomposed, by the other word: it is found."""
    await put(session, "Chè Đinh", subtitle="HTX Tân Cương", words="ngon và lạ: ngon lạ")
    await put(session, "Cá tầm sông Gâm", subtitle="Hợp tác xã Lâm Bình", words="ngon lạ")
    assert "Chè Đinh" in await titles(session, text)


@pytest.mark.parametrize(
    ("text", "found"), [("ca tam", ["Cá tầm"]), ("cá tầm", ["Cá tầm"]), ("cà phê", []), ("he", [])]
)
async def test_every_word_must_begin_a_word(session, text, found):
    """All words are needed, and each is the beginning of a word, not its middle."""
    await put(session, "Cá tầm")
    await put(session, "Chè Shan")
    assert await titles(session, text) == found


async def test_marks_as_typed_come_first_then_titles(session):
    """Who types marks sees the exact word first; then what has it in the title; then the rest, newest first."""
    await put(session, "Ổi ruột đỏ", words="dính tay", age=0)
    await put(session, "Gạo nếp", words="dinh dưỡng", age=1)
    await put(session, "Món dinh dưỡng", age=2)
    await put(session, "Chè Đinh", age=3)
    assert await titles(session, "đinh") == ["Chè Đinh", "Món dinh dưỡng", "Ổi ruột đỏ", "Gạo nếp"]
    assert await titles(session, "dinh") == ["Món dinh dưỡng", "Gạo nếp", "Chè Đinh", "Ổi ruột đỏ"]


async def test_pages_of_twenty(session):
    """A page holds 20 and says whether there are more; nothing is shown twice or left out."""
    seller = await make_producer(session)
    for number in range(21):
        await put(session, f"Chè {number}", age=number, seller=seller)
    first = await catalog.search(partial(fetch_rows, session), text="chè")
    second = await catalog.search(partial(fetch_rows, session), text="chè", page=2)
    assert (len(first.entries), first.has_more) == (20, True)
    assert ([entry.title for entry in second.entries], second.has_more) == (["Chè 20"], False)


async def test_narrowed_by_kind_and_hidden(session):
    """A search may be narrowed to goods, visits or people; what is hidden is never found."""
    await put(session, "Chè")
    await put(session, "Thăm đồi chè", kind=EntryKind.TOUR)
    await put(session, "Chè cũ", is_visible=False)
    assert await titles(session, "chè", kind=EntryKind.TOUR) == ["Thăm đồi chè"]
    assert sorted(await titles(session, "")) == ["Chè", "Thăm đồi chè"]
    assert [entry.title for entry in await catalog.list_entries(session, EntryKind.LISTING)] == ["Chè"]


def test_a_query_of_signs_is_empty():
    """Signs alone are no words, and no more than eight words count."""
    assert read_query("?! & | ( ) : * '").tsquery == ""
    assert len(read_query("a " * 50).folded) == 8


async def test_an_entry_follows_its_listing(session):
    """The card shows the lowest price and its pack; a listing that is paused or has no pack is not shown."""
    seller = await make_producer(session, slug="htx", name="HTX Tân Cương")
    listing = await make_listing(session, producer_id=seller.id, title="Chè Nõn")
    event = type("Changed", (), {"listing_id": listing.id})
    await catalog.on_listing_changed(session, event)
    assert await titles(session, "nõn") == []
    await make_variant(session, listing_id=listing.id, price_minor=400_000, name="Hộp")
    await make_variant(session, listing_id=listing.id, price_minor=300_000, sold_by=SoldBy.GRAM, step=100)
    await catalog.on_listing_changed(session, event)
    [entry] = (
        await catalog.search(partial(fetch_rows, session), text="tra non tan cuong thai nguyen")
    ).entries
    assert (entry.price_minor, entry.price_unit, entry.subtitle) == (300_000, "kg", "HTX Tân Cương")
    listing.state = ListingState.PAUSED
    await session.flush()
    await catalog.on_listing_changed(session, event)
    assert await titles(session, "nõn") == []


async def test_entries_follow_their_producer(session):
    """A producer that changes its name is found by it, and so are its goods."""
    seller = await make_producer(session, name="HTX Sông Gâm")
    listing = await make_listing(session, producer_id=seller.id)
    await make_variant(session, listing_id=listing.id)
    await catalog.on_producer_changed(session, type("Changed", (), {"producer_id": seller.id}))
    found = await catalog.search(partial(fetch_rows, session), text="song gam")
    assert {(entry.kind, entry.title) for entry in found.entries} == {
        (EntryKind.PRODUCER, "HTX Sông Gâm"),
        (EntryKind.LISTING, "Chè Đinh"),
    }
    [goods] = await catalog.list_entries(session, EntryKind.LISTING, producer_id=seller.id)
    assert goods.price_unit == "Hộp 200 g"
    assert (EntryKind.PRODUCER, seller.slug) in await catalog.list_addresses(session)


async def test_the_day_turns(house, db):
    """At midnight in Viet Nam every page is built anew: papers and goods end with the day."""
    house.cache.store(("/", "", "vi"), b"old", ["catalog"], house.cache.generation)
    before = house.cache.generation
    async with db.transaction() as session:
        await turn_day(session, now=NOW)
    for _ in range(100):
        if house.cache.generation > before:
            break
        await asyncio.sleep(0.02)
    assert house.cache.find(("/", "", "vi")) is None
