"""Who pays for an order, as the desk of payments asks."""

from app.core.ids import uuid7
from storefront.orders.payers import OrderPayers
from storefront.payments.ports import Payer
from tests.factories import orders as ordering
from tests.factories import storefront
from tests.factories.edits import edit_order


async def test_an_orders_payer_is_its_buyer(session):
    """The buyer's name and phone are told; an order that is not there is left out."""
    variant = await storefront.make_variant(session)
    await storefront.make_stock(session, variant)
    order = await ordering.make_order(session, variant)
    assert await OrderPayers().list_payers(session, [order.id, uuid7()]) == {
        order.id: Payer(name=order.buyer_name, phone=order.buyer_phone)
    }


async def test_the_order_that_took_the_place_of_an_edited_one(session):
    """E6, P25: the last of several edits is the one that money for the first code is meant for."""
    variant = await storefront.make_variant(session)
    await storefront.make_stock(session, variant)
    old = await ordering.make_order(session, variant)
    assert await OrderPayers().find_successor(session, old.id) is None
    last = await edit_order(session, await edit_order(session, old))
    assert await OrderPayers().find_successor(session, old.id) == last.id
