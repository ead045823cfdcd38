"""What left of a lot, as the authority's papers ask for it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import SoldBy
from storefront.fulfilment import service
from storefront.fulfilment.sales import LotSales
from storefront.orders import parcels
from tests.factories import orders as ordering
from tests.factories import storefront as made

NOW = made.NOW


async def test_only_what_was_sent_has_left(session: AsyncSession) -> None:
    """A parcel counts once it is handed over, in grams where goods are weighed, and names no buyer."""
    listing = await made.make_listing(session)
    variant = await made.make_variant(
        session, listing_id=listing.id, sold_by=SoldBy.GRAM, step=100, net_weight_g=1_000
    )
    item = await made.make_stock(session, variant, on_hand=5_000)
    order = await ordering.make_paid_order(session, variant, quantity=300)
    [parcel] = await parcels.list_parcels(session, order)
    how = {
        "consignment_id": parcel.consignment.id,
        "producer_id": listing.producer_id,
        "person_id": (await made.make_person(session)).id,
    }
    await service.confirm(session, now=NOW, **how)
    await service.pack(session, scanned="", now=NOW, **how)
    assert await LotSales().list_left(session, [item.lot_id]) == []
    await service.ship(session, carrier="Xe khách", tracking_number="", now=NOW, **how)
    [left] = await LotSales().list_left(session, [item.lot_id])
    assert (left.order_id, left.parcel_id, left.shipped_at) == (order.id, parcel.consignment.id, NOW)
    assert left.is_weight and left.quantity == 300
    assert not {"Trần Thị Lan", ordering.PHONE} & {str(value) for value in vars(left).values()}
