"""Price lists and groups of buyers for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import Listing, Variant
from storefront.pricelists.models import BuyerGroup, GroupPhone, PriceList, PriceStep
from tests.factories.people import make_person
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW


async def make_list(session: AsyncSession, **overrides: Any) -> PriceList:
    """A list for everybody since yesterday, without an end; of a new producer unless `producer_id` is given."""
    if "producer_id" not in overrides:
        overrides["producer_id"] = (await make_producer(session)).id
    given = {
        "name": "Giá sỉ",
        "group_id": None,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": None,
        "made_by_id": (await make_person(session)).id,
        "created_at": NOW,
    }
    made = PriceList(**given | overrides)
    session.add(made)
    await session.flush()
    return made


async def make_list_for(
    session: AsyncSession, variant: Variant, steps: dict[int, int], **overrides: Any
) -> PriceList:
    """The same of the producer who sells this variant, with steps {from which quantity: price}."""
    listing = await session.get_one(Listing, variant.listing_id)
    made = await make_list(session, producer_id=listing.producer_id, **overrides)
    session.add_all(
        PriceStep(price_list_id=made.id, variant_id=variant.id, from_quantity=quantity, price_minor=price)
        for quantity, price in steps.items()
    )
    await session.flush()
    return made


async def make_group(session: AsyncSession, *phones: str, **overrides: Any) -> BuyerGroup:
    """A group with these numbers (E.164); of a new producer unless `producer_id` is given."""
    if "producer_id" not in overrides:
        overrides["producer_id"] = (await make_producer(session)).id
    group = BuyerGroup(**{"name": "Đại lý", "created_at": NOW} | overrides)
    session.add(group)
    await session.flush()
    session.add_all(GroupPhone(group_id=group.id, phone=phone) for phone in phones)
    await session.flush()
    return group
