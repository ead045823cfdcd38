"""Boxes of several packs for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import BundleContent, Listing, Variant
from storefront.stock.models import StockItem
from tests.factories.storefront import make_listing, make_stock, make_variant


@dataclass
class Gift:
    """A box of two packs of tea and one jar of honey at 400.000; alone they cost 150.000 and 200.000."""

    tea: Variant
    honey: Variant
    box: Variant
    tea_stock: StockItem
    honey_stock: StockItem


async def make_bundle(session: AsyncSession, contents: dict[Variant, int], **overrides: Any) -> Variant:
    """A box on sale with so many pieces of each pack, of the producer who sells them; at 400.000."""
    listing = await session.get_one(Listing, next(iter(contents)).listing_id)
    if "listing_id" not in overrides:
        made = await make_listing(session, producer_id=listing.producer_id, title="Hộp quà Tết")
        overrides["listing_id"] = made.id
    given = {
        "name": "Hộp quà",
        "price_minor": 400_000,
        "net_weight_g": sum(variant.net_weight_g * pieces for variant, pieces in contents.items()),
        "is_bundle": True,
    }
    bundle = await make_variant(session, **given | overrides)
    session.add_all(
        BundleContent(bundle_variant_id=bundle.id, variant_id=variant.id, quantity=pieces, position=position)
        for position, (variant, pieces) in enumerate(contents.items())
    )
    await session.flush()
    return bundle


async def make_gift(session: AsyncSession, *, tea: int = 20, honey: int = 20, **of_box: Any) -> Gift:
    """The box with so much of its contents on the shelf."""
    leaf = await make_listing(session, title="Chè nõn tôm")
    bees = await make_listing(session, producer_id=leaf.producer_id, title="Mật ong")
    one = await make_variant(session, listing_id=leaf.id, name="Gói 200 g", price_minor=150_000)
    other = await make_variant(
        session, listing_id=bees.id, name="Hũ 500 g", net_weight_g=500, price_minor=200_000
    )
    stocks = [await make_stock(session, one, on_hand=tea), await make_stock(session, other, on_hand=honey)]
    box = await make_bundle(session, {one: 2, other: 1}, **of_box)
    return Gift(one, other, box, *stocks)
