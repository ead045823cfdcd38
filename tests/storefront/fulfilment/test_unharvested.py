"""A harvest that did not come: rule O14 of orders/PRICING.md."""

from __future__ import annotations

import pytest

from producers.cooperatives.models import Role
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment import unharvested
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.orders.errors import WrongStateError
from storefront.orders.models import OrderState
from tests.books import list_breaches
from tests.factories.orders import make_paid_order, pay
from tests.factories.people import log_in, make_person
from tests.factories.preorders import harvest, make_offer, order_ahead, places, taken
from tests.factories.producers import make_membership
from tests.factories.storefront import NOW, make_listing, make_stock, make_variant


async def waiting_order(session, *, with_ready):
    """A paid order on a harvest, with a box from the shelf or without: (order, offer, how its parcel is named)."""
    listing = await make_listing(session)
    ready, ahead = [await make_variant(session, listing_id=listing.id) for _ in range(2)]
    await make_stock(session, ready)
    offer = await make_offer(session, ahead)
    order = await order_ahead(session, *([ready] if with_ready else []), ahead, quantity=2)
    await pay(session, order)
    [parcel] = await parcels.list_parcels(session, order)
    who = {"consignment_id": parcel.consignment.id, "producer_id": listing.producer_id}
    return order, offer, who | {"person_id": (await make_person(session)).id, "now": NOW}


async def test_the_price_of_what_waits_goes_back_and_the_rest_is_sent(session):
    """O14: once, without the delivery; the cap is free again, and the parcel is packed without the line."""
    order, offer, who = await waiting_order(session, with_ready=True)
    refund = await unharvested.give_back(session, **who)
    assert refund is not None and refund.amount_minor == 700_000
    assert await unharvested.give_back(session, **who) is None
    assert (await places(session, order), await taken(session, offer)) == ([("released", 2)], 0)
    await fulfilment.confirm(session, **who)
    await fulfilment.pack(session, scanned="", **who)
    await fulfilment.ship(session, carrier="GHN", tracking_number=None, **who)
    with pytest.raises(WrongStateError):
        await unharvested.give_back(session, **who)
    assert await list_breaches(session, now=NOW) == []


async def test_a_parcel_of_which_nothing_remains_is_cancelled(session):
    """O14: its delivery goes back too, and a lot that comes afterwards serves others."""
    order, offer, who = await waiting_order(session, with_ready=False)
    refund = await unharvested.give_back(session, **who)
    assert refund is not None and refund.amount_minor == order.total_minor
    assert (await orders.get_order(session, order.id)).state is OrderState.CANCELLED
    [parcel] = await parcels.list_parcels(session, order)
    variant = await session.get_one(type(await make_variant(session)), parcel.lines[0].variant_id)
    item = await harvest(session, variant, 5)
    await session.refresh(item)
    assert (item.reserved, item.allocated, await taken(session, offer)) == (0, 0, 0)
    assert await list_breaches(session, now=NOW) == []


async def test_goods_that_are_here_are_not_given_back(session):
    """O14: an order without a pre-order, or whose harvest came, has nothing that waits."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    order = await make_paid_order(session, variant)
    [parcel] = await parcels.list_parcels(session, order)
    one = parcel.consignment
    who = {"consignment_id": one.id, "producer_id": one.producer_id}
    who |= {"person_id": (await make_person(session)).id, "now": NOW}
    assert await unharvested.give_back(session, **who) is None


async def test_a_manager_gives_back_on_the_parcels_page(db, client):
    """O14: one button where something waits; afterwards the line says not to be sent, and the button is gone."""
    async with db.transaction() as session:
        _order, _offer, who = await waiting_order(session, with_ready=True)
        manager = await make_membership(session, producer_id=who["producer_id"], role=Role.MANAGER)
        await log_in(session, client, manager.person_id)
    door = f"/producer/orders/{who['consignment_id']}"
    assert "Trả tiền món chưa có hàng" in (await client.get(door)).text
    assert (await client.post(f"{door}/unharvested")).status_code == 303
    page = (await client.get(door)).text
    assert "Tiền trả lại khách, đừng gửi" in page and "Trả tiền món chưa có hàng" not in page
