"""A member sells: listings over HTTP, without script."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.listings import service as listings
from producers.listings.models import Listing, ListingState
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import make_membership, make_person, make_producer
from tests.factories.storefront import make_listing, make_photo, make_variant
from tests.queries import count_queries

FORM = {
    "title": "Chè Đinh",
    "crop": "tea",
    "shelf_life_days": "365",
    "description": "Một tôm",
    "storage": "Nơi khô",
    "pack_1_name": "Hộp 200 g",
    "pack_1_weight_g": "200 g",
    "pack_1_price_minor": "350k",
    "pack_1_sold_by": "piece",
    "pack_2_sold_by": "piece",
    "pack_3_sold_by": "piece",
}


@pytest.fixture
async def producer(db, client):
    """The producer for which `client` is logged in as manager."""
    async with db.transaction() as session:
        producer = await make_producer(session)
        person = await make_person(session)
        await make_membership(session, producer_id=producer.id, person_id=person.id)
        await log_in(session, client, person.id)
    return producer


async def only_listing(db):
    """The one listing that there is, with its packs and photos."""
    async with db.transaction() as session:
        listing = (await session.scalars(select(Listing))).one()
        packs = (await listings.list_variants(session, [listing.id], with_inactive=True))[listing.id]
        photos = (await listings.photo_ids(session, [listing.id]))[listing.id]
    return listing, packs, photos


async def test_a_fish_is_offered_by_the_piece_and_the_scale(client, db, producer):
    """The form asks from which weight to which; what is missing is said there, and the edit page says the bounds."""
    page = (await client.get("/producer/listings/new")).text
    assert "Một con nặng từ" in page and "Bán từng con, tính tiền theo cân" in page
    fish = {"pack_1_sold_by": "piece_gram", "pack_1_name": "Con to", "pack_1_price_minor": "320k"}
    typed = {**FORM, **fish, "pack_1_weight_g": "", "pack_1_least_g": "1,8"}
    missing = await client.post("/producer/listings/new", data=typed)
    assert missing.status_code == 422 and 'id="e-pack_1_most_g"' in missing.text
    made = await client.post("/producer/listings/new", data={**typed, "pack_1_most_g": "2,2"})
    assert made.status_code == 303
    listing, [pack], _photos = await only_listing(db)
    assert (pack.sold_by, pack.priced_by, pack.bounds_g, pack.step) == ("piece", "gram", (1_800, 2_200), 1)
    page = (await client.get(f"/producer/listings/{listing.id}")).text
    assert "Một con nặng từ 1,8\u00a0kg đến 2,2\u00a0kg" in page and "/ ký" in page


@pytest.mark.parametrize(
    ("crop", "said", "kept"),
    [
        ("tea", "", "ambient"),
        ("salmon", "", "chilled"),
        ("sturgeon", "live", "live"),
        ("tea", None, "ambient"),
    ],
)
async def test_how_it_is_kept_on_its_way_is_said_or_follows_the_crop(client, db, producer, crop, said, kept):
    """Fish is chilled unless it is said otherwise; an older form that does not ask leaves it as it stands."""
    typed = {**FORM, "crop": crop} | ({} if said is None else {"temperature": said})
    assert (await client.post("/producer/listings/new", data=typed)).status_code == 303
    listing, packs, _photos = await only_listing(db)
    assert listing.temperature == kept
    edit = edit_form(listing, packs[0], crop=crop, title="Món khác")
    assert (await client.post(f"/producer/listings/{listing.id}", data=edit)).status_code == 303
    listing, packs, _photos = await only_listing(db)
    assert (listing.title, listing.temperature) == ("Món khác", kept)
    edit = edit_form(listing, packs[0], crop=crop, temperature="live")
    assert (await client.post(f"/producer/listings/{listing.id}", data=edit)).status_code == 303
    assert (await only_listing(db))[0].temperature == "live"


async def test_what_it_is_to_the_tax_office_is_goods_unless_it_is_said(client, db, producer):
    """A listing is goods; its producer says otherwise on its page, an older form leaves it, another word is refused."""
    assert (await client.post("/producer/listings/new", data=FORM)).status_code == 303
    listing, packs, _photos = await only_listing(db)
    assert listing.tax_kind == "goods"
    page = (await client.get(f"/producer/listings/{listing.id}")).text
    assert "Dịch vụ (ví dụ: sao chè thuê)" in page
    edit = edit_form(listing, packs[0], tax_kind="services")
    assert (await client.post(f"/producer/listings/{listing.id}", data=edit)).status_code == 303
    listing, packs, _photos = await only_listing(db)
    assert listing.tax_kind == "services"
    edit = edit_form(listing, packs[0], title="Sao chè thuê")
    assert (await client.post(f"/producer/listings/{listing.id}", data=edit)).status_code == 303
    listing, packs, _photos = await only_listing(db)
    assert (listing.title, listing.tax_kind) == ("Sao chè thuê", "services")
    stale = edit_form(listing, packs[0], version="1", was_tax_kind="goods", tax_kind="transport")
    refused = await client.post(f"/producer/listings/{listing.id}", data=stale)
    assert refused.status_code == 409 and "Chở thuê, hoặc làm thuê" in refused.text
    edit = edit_form(listing, packs[0], tax_kind="gift")
    assert (await client.post(f"/producer/listings/{listing.id}", data=edit)).status_code == 422


def edit_form(listing, pack, **changes):
    """The edit form as the page showed it, with changes."""
    return {
        "version": str(listing.version),
        "title": listing.title,
        "crop": "tea",
        "shelf_life_days": "365",
        "description": listing.description,
        "storage": listing.storage,
        f"pack_{pack.id}_name": pack.name,
        f"pack_{pack.id}_price_minor": "350.000",
        f"pack_{pack.id}_is_active": "1",
    } | changes


async def test_make_and_publish_with_one_form(client, db, producer):
    """Photos, a title, a pack and its price: one form, and it stands in the shop."""
    assert "Chưa có món nào" in (await client.get("/producer/listings")).text
    html = (await client.get("/producer/listings/new")).text
    assert 'name="pack_3_name"' in html
    files = [("photos", (f"{color}.jpg", picture_bytes(color=color))) for color in ("green", "red")]
    response = await client.post("/producer/listings/new", data=FORM | {"publish": "1"}, files=files)
    assert (response.status_code, response.headers["location"]) == (303, "/producer/listings")
    listing, [pack], photos = await only_listing(db)
    assert (listing.state, pack.price_minor, len(photos)) == (ListingState.PUBLISHED, 350_000, 2)
    html = (await client.get("/producer/listings")).text
    for words in ("Chè Đinh", "Đang bán", "350.000", f"/media/{photos[0]}/320.webp"):
        assert words in html, words
    assert "Chè Đinh" in (await client.get("/p/che-dinh")).text


async def test_save_as_draft(client, db, producer):
    """Without `publish` it is kept as a draft."""
    await client.post("/producer/listings/new", data=FORM)
    listing, _packs, _photos = await only_listing(db)
    assert listing.state is ListingState.DRAFT


async def test_a_refused_form_loses_nothing(client, db, producer):
    """What is wrong is said beside its field; words stay, and photos that were sent need not be sent again."""
    wrong = FORM | {"pack_1_price_minor": "rẻ", "title": ""}
    files = [("photos", ("a.jpg", picture_bytes()))]
    response = await client.post("/producer/listings/new", data=wrong, files=files)
    assert response.status_code == 422
    assert 'id="e-pack_1_price_minor"' in response.text and 'id="e-title"' in response.text
    assert 'value="rẻ"' in response.text
    kept = response.text.split('name="kept_photo" value="')[1].split('"')[0]
    await client.post("/producer/listings/new", data=FORM | {"kept_photo": [kept, "?"]})
    _listing, _packs, photos = await only_listing(db)
    assert [str(photo) for photo in photos] == [kept]


async def test_no_pack_and_bad_photos_are_told(client, producer):
    """A listing without a pack, and a file that is no picture, are refused in words."""
    bare = {name: value for name, value in FORM.items() if not name.startswith("pack_1")}
    response = await client.post("/producer/listings/new", data=bare)
    assert response.status_code == 422
    assert "chưa có gói nào" in response.text
    files = [("photos", ("a.jpg", b"no picture"))]
    response = await client.post("/producer/listings/new", data=FORM, files=files)
    assert response.status_code == 422
    assert 'id="e-photos"' in response.text


async def test_somebody_elses_photo_is_not_taken(client, db, producer):
    """A photo of another person cannot be slipped in by its id."""
    async with db.transaction() as session:
        photo = await make_photo(session)
    await client.post("/producer/listings/new", data=FORM | {"kept_photo": str(photo.id)})
    _listing, _packs, photos = await only_listing(db)
    assert photos == []


async def test_edit(client, db, producer):
    """An edit keeps words and prices, adds a pack and photos, takes photos away."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id, photos=2)
        pack = await make_variant(session, listing_id=listing.id)
        photos = (await listings.photo_ids(session, [listing.id]))[listing.id]
    path = f"/producer/listings/{listing.id}"
    html = (await client.get(path)).text
    for words in ('value="350.000"', pack.gtin, 'name="version" value="1"', "Tạm ngừng bán"):
        assert words in html, words
    extra = {"title": "Chè Nõn", "pack_1_name": "Gói", "pack_1_weight_g": "0,1", "pack_1_price_minor": "180k"}
    form = edit_form(listing, pack, removed_photo=str(photos[0]), **extra)
    response = await client.post(path, data=form, files=[("photos", ("a.jpg", picture_bytes()))])
    assert response.status_code == 303
    saved, packs, now = await only_listing(db)
    assert (saved.title, saved.version, [one.name for one in packs]) == ("Chè Nõn", 2, ["Hộp 200 g", "Gói"])
    assert now[0] == photos[1] and len(now) == 2


async def test_two_edits_at_once_show_both(client, db, producer):
    """When somebody saved meanwhile, both values are shown, mine stay in the form, and saving again is my choice."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id)
        pack = await make_variant(session, listing_id=listing.id)
    path = f"/producer/listings/{listing.id}"
    await client.post(path, data=edit_form(listing, pack, title="Của người kia"))
    mine = edit_form(listing, pack, title="Của tôi", **{f"pack_{pack.id}_price_minor": "400k"})
    response = await client.post(path, data=mine)
    assert response.status_code == 409
    for words in ("Của người kia", 'value="Của tôi"', "400k", "350.000", 'name="version" value="2"'):
        assert words in response.text, words
    assert (await client.post(path, data=mine | {"version": "2"})).status_code == 303
    saved, _packs, _photos = await only_listing(db)
    assert (saved.title, saved.version) == ("Của tôi", 3)


async def test_a_refused_edit_keeps_what_was_typed(client, db, producer):
    """A price that cannot be read, or taking off the last pack of what is on sale, is refused and nothing changes."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id)
        pack = await make_variant(session, listing_id=listing.id)
    path = f"/producer/listings/{listing.id}"
    wrong = edit_form(listing, pack, title="Mới", **{f"pack_{pack.id}_price_minor": "rẻ"})
    response = await client.post(path, data=wrong)
    assert response.status_code == 422
    assert 'value="Mới"' in response.text
    bare = edit_form(listing, pack, title="Mới", version="x")
    assert (await client.post(path, data=bare)).status_code == 409
    bare = edit_form(listing, pack, title="Mới")
    del bare[f"pack_{pack.id}_is_active"]
    response = await client.post(path, data=bare)
    assert response.status_code == 422
    assert "chưa có gói nào" in response.text
    saved, [kept], _photos = await only_listing(db)
    assert (saved.title, saved.version, kept.is_active) == ("Chè Đinh", 1, True)


async def test_publish_and_pause(client, db, producer):
    """One button puts it into the shop, one takes it out."""
    async with db.transaction() as session:
        listing = await make_listing(session, producer_id=producer.id, state=ListingState.DRAFT)
        await make_variant(session, listing_id=listing.id)
    for act, state in (("publish", ListingState.PUBLISHED), ("pause", ListingState.PAUSED)):
        assert (await client.post(f"/producer/listings/{listing.id}/{act}")).status_code == 303
        assert (await only_listing(db))[0].state is state
    assert "Bày bán" in (await client.get(f"/producer/listings/{listing.id}")).text


async def test_only_members_who_sell_may(client, db, producer, new_client):
    """A stranger is sent to the log-in, a packer may look but not change, another producer's listing is not there."""
    async with db.transaction() as session:
        listing = await make_listing(session)
        packer = await make_person(session)
        await make_membership(session, producer_id=producer.id, person_id=packer.id, role=Role.PACKER)
        async with new_client() as stranger, new_client() as helper:
            assert (await stranger.get("/producer/listings")).status_code == 303
            await log_in(session, helper, packer.id)
            await session.commit()
            assert (await helper.get("/producer/listings")).status_code == 200
            assert (await helper.post("/producer/listings/new", data=FORM)).status_code == 403
    for path in (f"/producer/listings/{listing.id}", f"/producer/listings/{uuid7()}"):
        assert (await client.get(path)).status_code == 404
        assert (await client.post(path, data=FORM)).status_code == 404


async def test_the_list_costs_a_fixed_number_of_queries(client, db, producer, house):
    """However many listings, the list is drawn with the same few queries."""
    async with db.transaction() as session:
        for _ in range(6):
            listing = await make_listing(session, producer_id=producer.id, photos=1)
            await make_variant(session, listing_id=listing.id)
    statements = count_queries(house.database.engine)
    assert (await client.get("/producer/listings")).text.count("350.000") == 6
    assert len(statements) <= 8, statements
