"""What a recall means for the shop: who waits for it, who got it, and nothing more leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from producers.cooperatives.models import Role
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import LotStoppedError
from storefront.orders import service as orders
from storefront.stock import service as stock
from tests.factories.orders import make_paid_order
from tests.factories.people import make_person
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_stock, make_variant
from traceability.lots import service as lots
from traceability.recalls import service as recalls
from traceability.recalls.models import StartKind
from traceability.recalls.service import Start


async def test_a_recall_finds_every_order_of_a_lot(session: AsyncSession) -> None:
    """One order was shipped, one waits: both are found, the waiting one cannot leave, and nothing of the lot is for sale."""
    variant = await make_variant(session)
    item = await make_stock(session, variant, on_hand=10)
    other = await make_variant(session)
    await make_stock(session, other, on_hand=10)
    packer = await make_person(session)
    shipped, waiting = [await make_paid_order(session, variant, quantity=2) for _ in range(2)]
    await make_paid_order(session, other, quantity=1)
    [parcel] = await orders.list_parcels(session, shipped)
    act = {
        "consignment_id": parcel.consignment.id,
        "producer_id": parcel.consignment.producer_id,
        "person_id": packer.id,
    }
    await fulfilment.confirm(session, now=NOW, **act)
    await fulfilment.pack(session, scanned="", now=NOW, **act)
    await fulfilment.ship(
        session, carrier="Xe khách", tracking_number=None, now=NOW + timedelta(hours=1), **act
    )
    await fulfilment.deliver(session, now=NOW + timedelta(days=1), **act)
    manager = await make_membership(session, producer_id=parcel.consignment.producer_id, role=Role.MANAGER)
    recall = await recalls.open_recall(
        session,
        producer_id=parcel.consignment.producer_id,
        person_id=manager.person_id,
        start=Start(StartKind.LOT, item.lot_id),
        reason="Nghi nhiễm thuốc",
        is_mock=False,
        signer=recalls.recall_signer(b"x" * 32),
        now=NOW + timedelta(days=2),
    )
    assert recall.report["parcels"] == [str(parcel.consignment.id)]
    found = await fulfilment.list_recalled(
        session, producer_id=parcel.consignment.producer_id, lot_ids=[item.lot_id]
    )
    assert [one.order.id for one in found] == [shipped.id, waiting.id]
    assert (await stock.available(session, [variant.id], now=NOW))[variant.id] == 0
    [late] = await orders.list_parcels(session, waiting)
    act = act | {"consignment_id": late.consignment.id}
    await fulfilment.confirm(session, now=NOW, **act)
    with pytest.raises(LotStoppedError):
        await fulfilment.pack(session, scanned="", now=NOW, **act)
    assert (await lots.get_lot(session, item.lot_id)).state.value == "recalled"
