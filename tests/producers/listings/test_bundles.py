"""Boxes are put together by their producer. Rules H1 and H2 of storefront/pricing/PRICING.md."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.farms.models import Crop
from producers.listings import bundling, service
from producers.listings.errors import BundleContentError
from producers.listings.models import BundleContent, Listing, ListingState, SoldBy, Temperature
from producers.listings.schemas import BundleFields, read_contents
from storefront.stock.service import LOW
from tests.factories.bundles import make_bundle
from tests.factories.outbox import make_phone
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import NOW, make_membership, make_producer
from tests.factories.storefront import make_fish, make_listing, make_variant

FIELDS = BundleFields(title="Hộp quà Tết", name="Hộp quà", price_minor=400_000)
PATH = "/producer/listings/bundles/new"


async def pantry(session, **of_producer):
    """A producer with tea and chilled fish by the pack: (producer, tea, fish)."""
    producer = await make_producer(session, **of_producer)
    return producer, *await stock_up(session, producer.id)


async def stock_up(session, producer_id):
    """Tea and chilled fish by the pack."""
    leaf = await make_listing(session, producer_id=producer_id, title="Chè nõn tôm", shelf_life_days=365)
    cold = await make_listing(
        session,
        producer_id=producer_id,
        title="Cá hồi",
        crop=Crop.SALMON,
        shelf_life_days=6,
        storage="Giữ lạnh.",
        temperature=Temperature.CHILLED,
    )
    tea = await make_variant(session, listing_id=leaf.id, name="Gói 200 g", price_minor=150_000)
    fish = await make_variant(session, listing_id=cold.id, name="Khay 300 g", net_weight_g=300)
    return tea, fish


async def make(session, producer, contents, **how):
    """Put a box together."""
    return await bundling.create_bundle(
        session,
        producer_id=producer.id,
        fields=FIELDS,
        contents={variant.id: pieces for variant, pieces in contents.items()},
        now=NOW,
        **how,
    )


async def only_box(session):
    """The one box that there is, with its listing and what lies in it."""
    listing = (await session.scalars(select(Listing).where(Listing.title == FIELDS.title))).one()
    [box] = (await service.list_variants(session, [listing.id]))[listing.id]
    return listing, box, (await service.list_contents(session, [box]))[box.id]


async def test_a_box_is_a_pack_with_a_gtin_of_its_own(session):
    """H2: it is made as a draft with a GTIN and the weight of its contents, and keeps as they do, all of them."""
    producer, tea, fish = await pantry(session)
    await make(session, producer, {tea: 2, fish: 1})
    listing, box, inside = await only_box(session)
    assert (listing.state, listing.crop, listing.shelf_life_days) == (ListingState.DRAFT, Crop.TEA, 6)
    assert (listing.temperature, listing.storage) == (
        Temperature.CHILLED,
        "Để nơi khô, tránh nắng. Giữ lạnh.",
    )
    assert box.is_bundle and box.gtin not in {tea.gtin, fish.gtin}
    assert (box.net_weight_g, box.price_minor, box.sold_by) == (700, 400_000, SoldBy.PIECE)
    assert [(one.variant.id, one.quantity, one.listing.title) for one in inside] == [
        (tea.id, 2, "Chè nõn tôm"),
        (fish.id, 1, "Cá hồi"),
    ]


async def test_what_may_lie_in_a_box(session):
    """H1: own packs on sale by the piece at a fixed price, and no other box."""
    producer, tea, fish = await pantry(session)
    own = await make_listing(session, producer_id=producer.id)
    await make_variant(session, listing_id=own.id, sold_by=SoldBy.GRAM, step=500)
    await make_variant(session, listing_id=own.id, is_active=False)
    await make_fish(session, listing_id=own.id)
    await make_bundle(session, {tea: 2})
    await make_variant(session)
    choices = await bundling.list_choices(session, producer.id)
    assert {one.variant.id for one in choices} == {tea.id, fish.id}


async def test_what_makes_no_box(session):
    """H1: nothing, one piece, too much of one, too many kinds, too heavy, or somebody else's pack."""
    producer, tea, fish = await pantry(session)
    strange = await make_variant(session)
    heavy = await make_variant(session, listing_id=tea.listing_id, net_weight_g=600_000)
    many = [await make_variant(session, listing_id=tea.listing_id) for _ in range(11)]
    for contents in (
        {},
        {tea: 1},
        {tea: 21},
        dict.fromkeys(many, 1),
        {heavy: 2},
        {strange: 2},
        {tea: 3, fish: -1},
    ):
        with pytest.raises(BundleContentError) as refused:
            await make(session, producer, contents)
        assert set(refused.value.fields) == {"contents"}
    assert await session.scalar(select(Listing.id).where(Listing.title == FIELDS.title)) is None


async def test_a_box_sent_again_is_made_once(session):
    """H2: the same id again answers the first box, with its contents once."""
    producer, tea, _fish = await pantry(session)
    known = uuid7()
    first = await make(session, producer, {tea: 2}, listing_id=known)
    again = await make(session, producer, {tea: 3}, listing_id=known)
    assert again.id == first.id == known
    _listing, _box, [inside] = await only_box(session)
    assert inside.quantity == 2


async def test_long_words_on_storage_are_left_out(session):
    """H2: how each content is kept stands on its own label; on the box only what fits."""
    producer, tea, fish = await pantry(session)
    (await session.get_one(Listing, tea.listing_id)).storage = "x" * 299
    await make(session, producer, {tea: 1, fish: 1})
    listing, _box, _inside = await only_box(session)
    assert listing.storage == ""


async def test_the_table_refuses_boxes_that_cannot_be(session):
    """H1: a box is by the piece, does not hold itself, and holds something of each content."""
    producer, tea, _fish = await pantry(session)
    await make(session, producer, {tea: 2})
    _listing, box, _inside = await only_box(session)
    for row in (
        BundleContent(bundle_variant_id=box.id, variant_id=box.id, quantity=1, position=1),
        BundleContent(bundle_variant_id=tea.id, variant_id=box.id, quantity=0, position=1),
    ):
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                session.add(row)
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await make_variant(session, listing_id=tea.listing_id, sold_by=SoldBy.GRAM, is_bundle=True)


def test_a_page_can_say_how_many_boxes_are_left():
    """H3: a pack that is not low always fills a box, so that a kept page never says that there are some when there are none."""
    assert LOW[SoldBy.PIECE] >= bundling.MOST_OF_ONE


def test_contents_are_read_as_typed():
    """H1: empty and 0 leave a pack out; what is no number, or too many, is said beside its field; other fields are passed over."""
    one, two, three, four = (uuid7() for _ in range(4))
    typed = {
        f"content_{one}": " 2 ",
        f"content_{two}": "",
        f"content_{three}": "0",
        f"content_{four}": "nhiều",
        "content_of": "3",
        "title": "Hộp",
    }
    contents, errors = read_contents(typed)
    assert contents == {one: 2} and set(errors) == {f"content_{four}"}
    _contents, errors = read_contents({f"content_{one}": "21"})
    assert "nhiều nhất 20" in str(errors[f"content_{one}"])


@pytest.fixture
async def phone(db, client):
    """A manager's phone, and what the house sells: (phone, tea, fish)."""
    async with db.transaction() as session:
        made = await make_phone(session, client)
        return made, *await stock_up(session, made.producer_id)


def typed(tea, fish, **fields):
    """The form as it is filled in."""
    return {
        "id": str(uuid7()),
        "title": FIELDS.title,
        "name": "Hộp quà",
        "price_minor": "400k",
        f"content_{tea.id}": "2",
        f"content_{fish.id}": "1",
    } | fields


async def test_a_box_is_made_on_a_phone(client, db, phone):
    """H1: the form lists the own packs; filled in it becomes a box on sale, with its photo; sent twice it is one."""
    _phone, tea, fish = phone
    page = (await client.get(PATH)).text
    assert "Chè nõn tôm · Gói 200 g" in page and "150.000" in page
    form = typed(tea, fish, publish="1")
    photo = [("photos", ("hop.jpg", picture_bytes(), "image/jpeg"))]
    for _ in range(2):
        made = await client.post(PATH, data=form, files=photo)
        assert (made.status_code, made.headers["location"]) == (303, "/producer/listings")
    async with db.transaction() as session:
        listing, _box, inside = await only_box(session)
        assert listing.state is ListingState.PUBLISHED and len(inside) == 2
        assert len((await service.photo_ids(session, [listing.id]))[listing.id]) == 1
    assert "Ghép hộp quà" in (await client.get("/producer/listings")).text


async def test_what_is_wrong_is_said_and_kept(client, phone):
    """H1: each mistake is said beside its field, and what was typed and sent stays."""
    _phone, tea, fish = phone
    photo = [("photos", ("hop.jpg", picture_bytes(), "image/jpeg"))]
    wrong = typed(tea, fish, **{"price_minor": "", f"content_{fish.id}": "99"})
    page = await client.post(PATH, data=wrong, files=photo)
    assert page.status_code == 422 and "kept_photo" in page.text
    assert "e-price_minor" in page.text and f"e-content_{fish.id}" in page.text
    few = await client.post(PATH, data=typed(tea, fish, **{f"content_{tea.id}": "", "id": "none"}))
    assert few.status_code == 422 and "từ 2 gói trở lên" in few.text and 'value="400k"' in few.text


async def test_a_box_may_wait(client, db, phone):
    """H2: saved for later it is a draft, which the shop does not show."""
    _phone, tea, fish = phone
    assert (await client.post(PATH, data=typed(tea, fish))).status_code == 303
    async with db.transaction() as session:
        listing, _box, _inside = await only_box(session)
    assert listing.state is ListingState.DRAFT
    assert (await client.get(f"/p/{listing.slug}")).status_code == 404


async def test_the_code_of_a_box_has_its_page(client, db, phone):
    """H2: the GTIN of a box opens the page of origin as that of any pack, without a lot."""
    _phone, tea, fish = phone
    await client.post(PATH, data=typed(tea, fish, publish="1"))
    async with db.transaction() as session:
        _listing, box, _inside = await only_box(session)
    page = await client.get(f"/01/{box.gtin}", headers={"Accept": "text/html"})
    assert page.status_code == 200 and FIELDS.title in page.text


async def test_its_producer_sees_why_a_box_is_not_sold(client, db, phone):
    """H4: the page on which the box is kept names a content that is off sale."""
    _phone, tea, fish = phone
    await client.post(PATH, data=typed(tea, fish, publish="1"))
    async with db.transaction() as session:
        listing, _box, _inside = await only_box(session)
        await service.pause_listing(session, listing_id=fish.listing_id, now=NOW)
    page = (await client.get(f"/producer/listings/{listing.id}")).text
    assert page.count("đang ngừng bán nên hộp chưa bán được") == 1


async def test_a_house_without_packs_is_led_on(client, db):
    """H1: without anything to put into a box the page says what comes first."""
    async with db.transaction() as session:
        membership = await make_membership(session, role=Role.MEMBER)
        await log_in(session, client, membership.person_id)
    assert "Chưa có gói nào để ghép" in (await client.get(PATH)).text


async def test_a_box_changes_price_and_is_put_away(client, db, phone):
    """H2: its page is that of any listing with its contents told and fixed; price and sale change there."""
    _phone, tea, fish = phone
    await client.post(PATH, data=typed(tea, fish, publish="1"))
    async with db.transaction() as session:
        listing, box, _inside = await only_box(session)
    path = f"/producer/listings/{listing.id}"
    page = (await client.get(path)).text
    assert "2 × Gói 200 g, Chè nõn tôm" in page and "Thêm một gói" not in page
    edit = {
        "version": str(listing.version),
        "title": listing.title,
        "crop": listing.crop.value,
        "shelf_life_days": str(listing.shelf_life_days),
        "temperature": listing.temperature.value,
        "storage": listing.storage,
        f"pack_{box.id}_name": box.name,
        f"pack_{box.id}_price_minor": "450k",
        f"pack_{box.id}_is_active": "1",
    }
    wrong = await client.post(path, data={**edit, f"pack_{box.id}_price_minor": "x"})
    assert wrong.status_code == 422 and "2 × Gói 200 g, Chè nõn tôm" in wrong.text
    assert (await client.post(path, data=edit)).status_code == 303
    assert (await client.post(f"{path}/pause")).status_code == 303
    async with db.transaction() as session:
        listing, box, inside = await only_box(session)
        assert (box.price_minor, listing.state, len(inside)) == (450_000, ListingState.PAUSED, 2)


async def test_a_box_is_made_without_signal(db, phone):
    """H1: the form is written where there is no signal, and travels later as the same submission, once."""
    made, tea, fish = phone
    fields = {name: value for name, value in typed(tea, fish, publish="1").items() if name != "id"}
    record = made.write(PATH, fields=fields)
    for _ in range(2):
        [result] = await made.send(record)
        assert result["state"] == "stored"
    async with db.transaction() as session:
        listing, _box, inside = await only_box(session)
        assert listing.state is ListingState.PUBLISHED and len(inside) == 2
