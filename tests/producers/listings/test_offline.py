"""Listings that are written and changed where there is no signal."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.farms.models import Crop
from producers.listings import merging, service
from producers.listings.errors import ListingNotFoundError
from producers.listings.models import Listing, ListingState, SoldBy
from producers.listings.schemas import ListingFields, NewPack
from tests.factories.outbox import make_phone
from tests.factories.producers import NOW, make_producer
from tests.factories.storefront import make_listing, make_variant

NEW = {
    "title": "Chè Đinh",
    "crop": "tea",
    "shelf_life_days": "365",
    "pack_1_name": "Hộp 200 g",
    "pack_1_weight_g": "200 g",
    "pack_1_price_minor": "350k",
    "pack_1_sold_by": "piece",
}


@pytest.fixture
async def phone(db, client):
    """A manager's phone."""
    async with db.transaction() as session:
        return await make_phone(session, client)


@pytest.fixture
async def tea(db, phone):
    """A listing with one pack: (listing, pack)."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=phone.producer_id)
        return listing, await make_variant(session, listing_id=listing.id)


def edit(phone, tea, *, base=None, **typed):
    """An edit as the page showed it, with its base; `typed` changes fields (`price` and `active` the pack's)."""
    listing, pack = tea
    shown = merging.say_listing(listing, [pack]) | (base or {})
    names = {"price": f"pack_{pack.id}_price_minor", "active": f"pack_{pack.id}_is_active"}
    fields = shown | {names.get(name, name): value for name, value in typed.items()}
    fields |= {f"was_{name}": value for name, value in shown.items()} | {"version": str(listing.version)}
    return phone.write(f"/producer/listings/{listing.id}", fields=fields)


async def stands(db, tea):
    """(title, price, description, version) as they stand."""
    async with db.transaction() as session:
        listing = await service.get_listing(session, tea[0].id)
        pack = await service.get_variant(session, tea[1].id)
        return listing.title, pack.price_minor, listing.description, listing.version


async def test_different_fields_merge(db, phone, tea):
    """One changed the price, the other the words, both from the same base: both stand."""
    results = await phone.send(edit(phone, tea, price="400k"), edit(phone, tea, description="Hái\r\nsớm"))
    assert [one["state"] for one in results] == ["stored", "stored"]
    title, price, description, version = await stands(db, tea)
    assert (title, price, version) == ("Chè Đinh", 400_000, 3)
    assert description.replace("\r\n", "\n") == "Hái\nsớm"


async def test_the_same_field_asks_with_both_values_and_saves_nothing(db, phone, tea):
    """Both changed the price: refused with both values, the other field of the same edit is not saved either."""
    await phone.send(edit(phone, tea, price="400k"))
    record = edit(phone, tea, price="450k", title="Chè Nõn")
    [result] = await phone.send(record)
    assert (result["state"], result["status"]) == ("refused", 409)
    [conflict] = result["details"]["conflicts"]
    assert (conflict["field"], conflict["mine"], conflict["theirs"]) == (
        f"pack_{tea[1].id}_price_minor",
        "450k",
        "400.000",
    )
    assert "Giá của" in conflict["label"] and result["details"]["version"] == 2
    assert (await stands(db, tea))[:2] == ("Chè Đinh", 400_000)
    # The choice "mine" goes again under the same id, from what stands now.
    name = conflict["field"]
    fields = {**dict(record["fields"]), "version": "2", f"was_{name}": conflict["theirs"]}
    again = {**record, "fields": [list(pair) for pair in fields.items()]}
    for _twice in range(2):
        assert (await phone.send(again))[0]["state"] == "stored"
    assert (await stands(db, tea))[:2] == ("Chè Nõn", 450_000)


async def test_the_same_value_on_both_sides_is_no_question(db, phone, tea):
    """Both wrote the same price, each in their own spelling."""
    results = await phone.send(edit(phone, tea, price="400k"), edit(phone, tea, price="400.000"))
    assert [one["state"] for one in results] == ["stored", "stored"]


async def test_values_of_choices_are_said_in_words(db, phone, tea):
    """A crop and a tick are told as words, an emptied field as empty."""
    async with db.transaction() as session:
        await make_variant(session, listing_id=tea[0].id)
    await phone.send(edit(phone, tea, crop="salmon", active="", storage="Tủ lạnh"))
    wrong = {"crop": "sturgeon", f"pack_{tea[1].id}_is_active": "x", "storage": "cũ"}
    [result] = await phone.send(edit(phone, tea, base=wrong, crop="tea", active="1", storage=""))
    said = {one["field"]: one for one in result["details"]["conflicts"]}
    assert (said["crop"]["mine_words"], said["crop"]["theirs_words"]) == ("Chè", "Cá hồi")
    assert said["storage"]["mine_words"] == "(để trống)"
    assert said[f"pack_{tea[1].id}_is_active"]["theirs_words"] == "Ngừng bán"
    assert said[f"pack_{tea[1].id}_is_active"]["mine_words"] == "Còn bán"


async def test_without_script_saving_again_undoes_nothing_of_the_other(db, client, phone, tea):
    """After a conflict the page holds the other one's other changes, and saving again keeps both."""
    await phone.send(edit(phone, tea, price="400k", description="Của người kia"))
    data = dict(edit(phone, tea, price="450k")["fields"])
    page = await client.post(f"/producer/listings/{tea[0].id}", data=data)
    assert page.status_code == 409
    assert ">Của người kia</textarea>" in page.text and 'value="450k"' in page.text
    assert f'name="was_pack_{tea[1].id}_price_minor" value="400.000"' in page.text


async def test_a_new_listing_is_made_once(db, client, phone):
    """By the outbox twice and by the ordinary form: one listing, with the record's id, published as wished."""
    record = phone.write("/producer/listings/new", fields=NEW | {"publish": "1"})
    for _again in range(2):
        assert (await phone.send(record))[0]["state"] == "stored"
    assert (await client.post("/producer/listings/new", data=dict(record["fields"]))).status_code == 303
    async with db.transaction() as session:
        [listing] = await session.scalars(select(Listing))
    assert (str(listing.id), listing.state) == (record["id"], ListingState.PUBLISHED)


async def test_one_id_at_one_instant_is_one_listing_of_one_producer(db, phone):
    """Three that bring one new id make one listing; another producer finds none under it."""
    listing_id = uuid7()
    words = ListingFields(title="Chè", crop=Crop.TEA, shelf_life_days="30")
    packs = [NewPack(name="Gói", sold_by=SoldBy.PIECE, weight_g="100 g", price_minor="90k")]

    async def make(producer_id):
        async with db.transaction() as session:
            made = await service.create_listing(
                session, listing_id=listing_id, producer_id=producer_id, fields=words, packs=packs, now=NOW
            )
            return made.id

    assert await asyncio.gather(*(make(phone.producer_id) for _ in range(3))) == [listing_id] * 3
    async with db.transaction() as session:
        other = await make_producer(session)
    with pytest.raises(ListingNotFoundError):
        await make(other.id)


async def test_refused_words_and_wrong_books(db, client, phone, tea):
    """A price that cannot be read is told beside its field; books that are not one's own stay closed."""
    record = edit(phone, tea, price="rẻ")
    foreign = edit(phone, tea, title="X") | {"context": {"producer": str(uuid7())}}
    first, second = await phone.send(record, foreign)
    assert f"pack_{tea[1].id}_price_minor" in first["errors"] and not first["details"]
    assert second["status"] == 403


async def test_the_phone_keeps_forms_with_their_base(client, phone, tea):
    """List, empty form and the listing's own form lie on the phone."""
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    assert {"/producer/listings", "/producer/listings/new"} <= pages.keys()
    assert 'name="was_title" value="Chè Đinh"' in pages[f"/producer/listings/{tea[0].id}"]
