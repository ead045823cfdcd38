"""The shop's smallest valid objects."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import tables as _tables  # noqa: F401 - a foreign key is resolved only when its table is known
from app.core.clock import today
from app.core.ids import hash_token, new_token, uuid7
from producers.farms.models import Crop
from producers.listings.models import Listing, ListingPhoto, ListingState, PricedBy, SoldBy, Variant
from storefront.cart.models import Cart, CartLine
from storefront.stock.models import StockItem
from tests.factories.people import make_person, make_photo
from tests.factories.producers import make_producer
from traceability.lots.models import Lot, LotState

T = TypeVar("T")
NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)


async def make_listing(session: AsyncSession, *, photos: int = 0, **overrides: object) -> Listing:
    """A published listing without packs; of a new cooperative unless `producer_id` is given."""
    if "producer_id" not in overrides:
        overrides["producer_id"] = (await make_producer(session)).id
    values: dict[str, object] = {
        "slug": f"che-dinh-{uuid7().int % 10**9}",
        "title": "Chè Đinh",
        "description": "Một tôm, sao tay.",
        "crop": Crop.TEA,
        "state": ListingState.PUBLISHED,
        "storage": "Để nơi khô, tránh nắng.",
        "shelf_life_days": 365,
        "updated_at": NOW,
        "created_at": NOW,
    }
    listing = await _add(session, Listing(**values | overrides))
    for position in range(photos):
        photo = await make_photo(session)
        await _add(
            session,
            ListingPhoto(listing_id=listing.id, photo_id=photo.id, position=position, created_at=NOW),
        )
    return listing


async def make_variant(session: AsyncSession, **overrides: object) -> Variant:
    """A box of 200 g at 350.000 đồng; of a new listing unless `listing_id` is given."""
    if "listing_id" not in overrides:
        overrides["listing_id"] = (await make_listing(session)).id
    values: dict[str, object] = {
        "name": "Hộp 200 g",
        "gtin": f"{uuid7().int % 10**14:014}",
        "sold_by": SoldBy.PIECE,
        "step": 1,
        "net_weight_g": 200,
        "price_minor": 350_000,
        "position": 0,
        "is_active": True,
        "created_at": NOW,
    }
    return await _add(session, Variant(**values | overrides))


async def make_fish(session: AsyncSession, **overrides: object) -> Variant:
    """A fish of 1,8 to 2,2 kg at 320.000 đồng a kilo: ordered by the piece, settled by the scale."""
    if "listing_id" not in overrides:
        listing = await make_listing(session, title="Cá tầm sống", crop=Crop.STURGEON, shelf_life_days=3)
        overrides["listing_id"] = listing.id
    values: dict[str, object] = {
        "name": "Con 1,8-2,2 kg",
        "priced_by": PricedBy.GRAM,
        "least_g": 1_800,
        "most_g": 2_200,
        "net_weight_g": 2_200,
        "price_minor": 320_000,
    }
    return await make_variant(session, **values | overrides)


async def make_stock(
    session: AsyncSession, variant: Variant, *, on_hand: int = 20, **overrides: object
) -> StockItem:
    """So much of a variant on the shelf, of a released lot of its own, good for a year unless `expires_on` is given."""
    listing = await session.get_one(Listing, variant.listing_id)
    expires_on = overrides.pop("expires_on", today(NOW) + timedelta(days=365))
    assert isinstance(expires_on, date)
    person = await make_person(session)
    lot = await _add(
        session,
        Lot(
            producer_id=listing.producer_id,
            variant_id=variant.id,
            gtin=variant.gtin,
            code=f"L{uuid7().hex[-10:].upper()}",
            quantity_g=max(on_hand, 1) * (variant.net_weight_g if variant.sold_by is SoldBy.PIECE else 1),
            produced_on=min(expires_on, today(NOW)) - timedelta(days=1),
            expires_on=expires_on,
            state=LotState.RELEASED,
            created_by_id=person.id,
            released_at=NOW,
            created_at=NOW,
        ),
    )
    values: dict[str, object] = {
        "lot_id": lot.id,
        "variant_id": variant.id,
        "expires_on": expires_on,
        "on_hand": on_hand,
        "created_at": NOW,
    }
    return await _add(session, StockItem(**values | overrides))


async def make_cart(session: AsyncSession, *, lines: dict[UUID, int] | None = None) -> tuple[Cart, str]:
    """A basket with lines {variant id: quantity}, and the value of its cookie `cart`."""
    token = new_token()
    cart = await _add(session, Cart(token_hash=hash_token(token), touched_at=NOW, created_at=NOW))
    for variant_id, quantity in (lines or {}).items():
        await _add(
            session, CartLine(cart_id=cart.id, variant_id=variant_id, quantity=quantity, created_at=NOW)
        )
    return cart, token


async def _add(session: AsyncSession, row: T) -> T:
    session.add(row)
    await session.flush()
    return row
