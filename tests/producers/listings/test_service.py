"""Listings: made fast, edited without loss, addressed for ever."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from producers.farms.models import Crop
from producers.listings import service as listings
from producers.listings.errors import (
    ListingEditedError,
    ListingNotFoundError,
    NoPackError,
    VariantNotFoundError,
)
from producers.listings.models import ListingState, PricedBy, SoldBy
from producers.listings.schemas import ListingFields, NewPack, PackChange, read_changes, read_packs
from tests.factories.people import make_photo
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_fish, make_listing, make_variant

FIELDS = ListingFields(title="Chè Đinh Tân Cương", crop=Crop.TEA, shelf_life_days="365")
BOX = NewPack(name="Hộp 200 g", weight_g="200 g", price_minor="350k")
FISH = NewPack(name="Cá sống", sold_by=SoldBy.GRAM, weight_g="500 g", price_minor="280.000")


async def create(session, seller, *, packs=(BOX,), fields=FIELDS, **more):
    """A new draft of the seller."""
    return await listings.create_listing(
        session, producer_id=seller.id, fields=fields, packs=packs, now=NOW, **more
    )


async def test_a_new_listing_is_a_draft_with_gtins(session):
    """Each pack takes the producer's next GTIN-14; by weight the typed grams are the step, the price is a kilo's."""
    seller = await make_producer(session)
    listing = await create(session, seller, packs=[BOX, FISH])
    assert (listing.state, listing.slug, listing.version) == (
        ListingState.DRAFT,
        "che-dinh-tan-cuong",
        1,
    )
    box, fish = (await listings.list_variants(session, [listing.id]))[listing.id]
    assert (box.sold_by, box.step, box.net_weight_g, box.price_minor) == (SoldBy.PIECE, 1, 200, 350_000)
    assert (fish.sold_by, fish.step, fish.net_weight_g, fish.price_minor) == (
        SoldBy.GRAM,
        500,
        500,
        280_000,
    )
    assert box.gtin != fish.gtin
    for gtin in (box.gtin, fish.gtin):
        assert len(gtin) == 14
        assert seller.gs1_prefix in gtin
        assert sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(gtin)) % 10 == 0
    assert (await listings.find_variant_by_gtin(session, fish.gtin)).id == fish.id


async def test_a_title_that_is_taken_gets_another_address(session):
    """Two listings of one title have two addresses, both from the title; a title without letters still has one."""
    seller = await make_producer(session)
    first, second = await create(session, seller), await create(session, seller)
    assert second.slug.startswith("che-dinh-tan-cuong-")
    nameless = await create(session, seller, fields=FIELDS.model_copy(update={"title": "★"}))
    assert nameless.slug.startswith("mon")
    assert (await listings.find_listing_by_slug(session, first.slug)).id == first.id
    assert await listings.find_listing_by_slug(session, "khong-co") is None


async def test_a_listing_needs_a_pack(session):
    """Without a pack there is nothing to sell."""
    with pytest.raises(NoPackError):
        await create(session, await make_producer(session), packs=[])
    empty = await make_listing(session, state=ListingState.DRAFT)
    with pytest.raises(NoPackError):
        await listings.publish_listing(session, listing_id=empty.id, now=NOW)


async def test_publish_and_pause(session):
    """A draft is published, paused, and published again; each is a new version."""
    listing = await create(session, await make_producer(session))
    await listings.publish_listing(session, listing_id=listing.id, now=NOW)
    [variant] = (await listings.list_variants(session, [listing.id]))[listing.id]
    assert listings.is_on_sale(variant, listing)
    await listings.pause_listing(session, listing_id=listing.id, now=NOW)
    assert (listing.state, listing.version) == (ListingState.PAUSED, 3)
    assert not listings.is_on_sale(variant, listing)


async def test_an_edit_changes_words_prices_packs_and_photos(session):
    """An edit at the version that was shown is kept: words, prices, packs taken off and added, photos."""
    seller = await make_producer(session)
    photos = [(await make_photo(session)).id for _ in range(3)]
    listing = await create(session, seller, photos=[photos[0], photos[1], photos[0]])
    assert (await listings.photo_ids(session, [listing.id]))[listing.id] == photos[:2]
    [box] = (await listings.list_variants(session, [listing.id]))[listing.id]
    change = PackChange(variant_id=box.id, name="Hộp quà", price_minor="400k", is_active=False)
    await listings.update_listing(
        session,
        listing_id=listing.id,
        version=1,
        fields=FIELDS.model_copy(update={"title": "Chè Nõn"}),
        changes=[change],
        packs=[FISH],
        photos=[photos[1], photos[2]],
        removed_photos=[photos[0]],
        now=NOW,
    )
    assert (listing.title, listing.slug, listing.version) == ("Chè Nõn", "che-dinh-tan-cuong", 2)
    assert (box.name, box.price_minor) == ("Hộp quà", 400_000)
    offered = (await listings.list_variants(session, [listing.id]))[listing.id]
    every = (await listings.list_variants(session, [listing.id], with_inactive=True))[listing.id]
    assert [pack.name for pack in offered] == ["Cá sống"]
    assert [pack.name for pack in every] == ["Hộp quà", "Cá sống"]
    assert (await listings.photo_ids(session, [listing.id]))[listing.id] == photos[1:]


async def test_an_edit_of_an_old_version_changes_nothing(session):
    """Who edits what somebody else saved meanwhile is told the newest version, and nothing is lost."""
    listing = await create(session, await make_producer(session))
    await listings.publish_listing(session, listing_id=listing.id, now=NOW)
    with pytest.raises(ListingEditedError) as refused:
        await listings.update_listing(
            session,
            listing_id=listing.id,
            version=1,
            fields=FIELDS.model_copy(update={"title": "Khác"}),
            now=NOW,
        )
    assert refused.value.version == 2
    assert (await listings.get_listing(session, listing.id)).title == "Chè Đinh Tân Cương"


async def test_an_edit_touches_its_own_packs_only(session):
    """A pack of another listing is not there."""
    listing = await create(session, await make_producer(session))
    other = await make_variant(session)
    change = PackChange(variant_id=other.id, name="x", price_minor="1", is_active=True)
    with pytest.raises(VariantNotFoundError):
        await listings.update_listing(
            session, listing_id=listing.id, version=1, fields=FIELDS, changes=[change], now=NOW
        )


async def test_a_published_listing_keeps_a_pack(session):
    """The last pack of what is on sale cannot be taken off: pause the listing instead."""
    listing = await create(session, await make_producer(session))
    await listings.publish_listing(session, listing_id=listing.id, now=NOW)
    [box] = (await listings.list_variants(session, [listing.id]))[listing.id]
    change = PackChange(variant_id=box.id, name=box.name, price_minor="350k", is_active=False)
    with pytest.raises(NoPackError):
        await listings.update_listing(
            session, listing_id=listing.id, version=2, fields=FIELDS, changes=[change], now=NOW
        )


async def test_what_is_not_there(session):
    """Unknown ids raise, and so does another producer's listing; lists leave them out."""
    listing = await make_listing(session)
    stranger = await make_producer(session)
    with pytest.raises(ListingNotFoundError):
        await listings.get_listing(session, uuid7())
    with pytest.raises(ListingNotFoundError):
        await listings.get_own_listing(session, listing_id=listing.id, producer_id=stranger.id)
    with pytest.raises(ListingNotFoundError):
        await listings.pause_listing(session, listing_id=uuid7(), now=NOW)
    with pytest.raises(VariantNotFoundError):
        await listings.get_variant(session, uuid7())
    variant = await make_variant(session, listing_id=listing.id)
    assert (await listings.get_variant(session, variant.id)).id == variant.id
    assert set(await listings.get_listings(session, [listing.id, uuid7()])) == {listing.id}
    assert set(await listings.get_variants(session, [variant.id, uuid7()])) == {variant.id}
    own = await listings.get_own_listing(session, listing_id=listing.id, producer_id=listing.producer_id)
    assert [one.id for one in await listings.list_listings(session, own.producer_id)] == [listing.id]


def test_rows_of_packs_are_read_and_empty_ones_ignored():
    """Three rows on the form: the filled are packs, the empty are nothing, the half-filled are told what is missing."""
    typed = {
        "pack_1_name": "Hộp 200 g",
        "pack_1_weight_g": "0,2",
        "pack_1_price_minor": "350k",
        "pack_1_sold_by": "piece",
        "pack_2_name": " ",
        "pack_2_sold_by": "piece",
        "pack_3_name": "Gói",
        "pack_3_weight_g": "0",
        "pack_3_price_minor": "0",
    }
    packs, errors = read_packs(typed, [1, 2, 3])
    assert packs == [BOX]
    assert set(errors) == {"pack_3_weight_g", "pack_3_price_minor"}


def test_a_piece_that_the_scale_settles_is_asked_from_and_to():
    """Sold by the piece and paid by weight: the lightest and the heaviest piece are told, the pack's weight is not."""
    typed = {
        "pack_1_name": "Con to",
        "pack_1_sold_by": "piece_gram",
        "pack_1_least_g": "1,8",
        "pack_1_most_g": "2,2 kg",
        "pack_1_price_minor": "320k",
        "pack_2_name": "Con nhỏ",
        "pack_2_sold_by": "piece_gram",
        "pack_2_least_g": "1,8",
        "pack_2_most_g": "1,7",
        "pack_2_price_minor": "300k",
        "pack_3_sold_by": "piece_gram",
    }
    packs, errors = read_packs(typed, [1, 2, 3])
    assert packs == [
        NewPack(name="Con to", priced_by=PricedBy.GRAM, weight_g=2_200, least_g=1_800, price_minor=320_000)
    ]
    assert errors.keys() == {"pack_2_most_g"} and "Con nặng nhất" in errors["pack_2_most_g"].msgid


def test_bounds_are_ignored_for_packs_of_one_weight():
    """Bounds that stand on the form from another way of selling make no pack of the scale."""
    typed = {
        "pack_1_name": "Hộp 200 g",
        "pack_1_weight_g": "200 g",
        "pack_1_price_minor": "350k",
        "pack_1_sold_by": "piece",
        "pack_1_least_g": "1,8",
        "pack_1_priced_by": "gram",
    }
    assert read_packs(typed, [1]) == ([BOX], {})


@pytest.mark.parametrize(
    "wrong",
    [
        {"least_g": None},
        {"most_g": None},
        {"least_g": 0},
        {"least_g": 2_300},
        {"net_weight_g": 2_000},
        {"priced_by": PricedBy.PIECE},
        {"sold_by": SoldBy.GRAM},
    ],
)
async def test_only_goods_of_the_scale_have_bounds(session, wrong):
    """The table holds least and most for goods sold by the piece and priced by weight, in order, and for no others."""
    with pytest.raises(IntegrityError):
        await make_fish(session, **wrong)


def test_changes_of_packs_are_read():
    """A pack whose box is not ticked is taken off; a price that cannot be read is told beside its field."""
    one, two = uuid7(), uuid7()
    typed = {
        f"pack_{one}_name": "Hộp",
        f"pack_{one}_price_minor": "1tr2",
        f"pack_{two}_name": "Gói",
        f"pack_{two}_price_minor": "rẻ",
        f"pack_{two}_is_active": "1",
    }
    changes, errors = read_changes(typed, [one, two])
    assert changes == [PackChange(variant_id=one, name="Hộp", price_minor=1_200_000, is_active=False)]
    assert set(errors) == {f"pack_{two}_price_minor"}


@pytest.mark.parametrize("days", ["0", "4000"])
def test_shelf_life_has_bounds(days):
    """A shelf life is 1 to 3650 days."""
    with pytest.raises(ValueError, match="shelf_life_days"):
        ListingFields(title="x", crop=Crop.TEA, shelf_life_days=days)
