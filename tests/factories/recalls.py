"""A producer with a lot that is recalled, and orders of it on their way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.models import Role
from producers.listings.models import Listing, Variant
from storefront.orders import parcels
from storefront.orders.models import Consignment, Order
from storefront.stock.models import StockItem
from tests.factories.orders import walk
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_listing, make_stock, make_variant
from traceability.recalls import service as recalls
from traceability.recalls.models import Recall, StartKind
from traceability.recalls.service import Start

LATER = NOW + timedelta(days=2)
REASON = "Nghi nhiễm thuốc."


@dataclass
class Shop:
    """A producer with two products, its manager and its packer; the lot of `bad` is the one that is recalled."""

    producer_id: UUID
    bad: Variant
    good: Variant
    bad_item: StockItem
    good_item: StockItem
    manager_id: UUID
    packer_id: UUID


async def make_shop(session: AsyncSession) -> Shop:
    """See `Shop`; tea at 350.000 a box and 100.000 a bag."""
    listing = await make_listing(session)
    bad = await make_variant(session, listing_id=listing.id)
    good = await make_variant(session, listing_id=listing.id, name="Gói nhỏ", price_minor=100_000)
    producer_id = (await session.get_one(Listing, bad.listing_id)).producer_id
    manager = await make_membership(session, producer_id=producer_id, role=Role.MANAGER)
    packer = await make_membership(session, producer_id=producer_id, role=Role.PACKER)
    return Shop(
        producer_id,
        bad,
        good,
        await make_stock(session, bad, on_hand=20),
        await make_stock(session, good, on_hand=20),
        manager.person_id,
        packer.person_id,
    )


async def parcel_of(session: AsyncSession, order: Order) -> Consignment:
    """The one consignment of an order."""
    [parcel] = await parcels.list_parcels(session, order)
    return parcel.consignment


async def send(session: AsyncSession, shop: Shop, order: Order, *, until: str = "ship") -> Consignment:
    """Walk an order to a step: confirm, pack, ship, deliver."""
    return await walk(session, await parcel_of(session, order), person_id=shop.packer_id, until=until)


async def open_recall(
    session: AsyncSession, shop: Shop, *, is_mock: bool = False, reason: str = REASON
) -> Recall:
    """Recall the bad lot, or practise it."""
    return await recalls.open_recall(
        session,
        producer_id=shop.producer_id,
        person_id=shop.manager_id,
        start=Start(StartKind.LOT, shop.bad_item.lot_id),
        reason=reason,
        is_mock=is_mock,
        signer=recalls.recall_signer(b"x" * 32),
        now=LATER,
    )
