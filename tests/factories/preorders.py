"""Pre-orders for tests: offers, and orders that wait for a harvest."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from producers.listings.models import Variant
from storefront.checkout import service as checkout
from storefront.orders.models import Order
from storefront.preorders.models import Preorder, PreorderOffer
from storefront.pricing import service as pricing
from storefront.stock.models import StockItem
from tests.factories.orders import SECRET, make_recipient
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_cart, make_stock
from traceability.lots.events import LotReleased
from traceability.lots.models import Lot

EXPECTED = date(2026, 12, 20)


async def make_offer(session: AsyncSession, variant: Variant, **overrides: Any) -> PreorderOffer:
    """Ten of this variant on a harvest that is expected on EXPECTED."""
    given = {
        "variant_id": variant.id,
        "cap": 10,
        "expected_on": EXPECTED,
        "made_by_id": (await make_person(session)).id,
        "created_at": NOW,
    }
    offer = PreorderOffer(**given | overrides)
    session.add(offer)
    await session.flush()
    return offer


async def order_ahead(
    session: AsyncSession, *variants: Variant, quantity: int = 1, now: datetime = NOW, **of_recipient: Any
) -> Order:
    """An order of so much of each variant with the day and total that the checkout shows, not paid."""
    cart, _token = await make_cart(session, lines={variant.id: quantity for variant in variants})
    items = [pricing.CartItem(variant.id, quantity) for variant in variants]
    quote = await pricing.quote(session, lines=items, now=now)
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(**of_recipient),
        seen_total_minor=quote.total_minor,
        seen_expected_on=quote.expected_on,
        now=now,
    )


async def harvest(
    session: AsyncSession, variant: Variant, quantity: int, *, now: datetime = NOW
) -> StockItem:
    """Release a lot of so many packs, and let those who listen hear of it."""
    item = await make_stock(session, variant, on_hand=quantity)
    lot = await session.get_one(Lot, item.lot_id)
    lot.released_at = now
    await emit(
        session,
        LotReleased(
            lot_id=lot.id, variant_id=variant.id, quantity_g=lot.quantity_g, expires_on=lot.expires_on
        ),
    )
    return item


async def places(session: AsyncSession, order: Order) -> list[tuple[str, int]]:
    """(state, quantity) of what an order takes of caps, as the table says."""
    statement = select(Preorder).where(Preorder.order_id == order.id).order_by(Preorder.line_id)
    rows = await session.scalars(statement.execution_options(populate_existing=True))
    return [(str(row.state), row.quantity) for row in rows]


async def taken(session: AsyncSession, offer: PreorderOffer) -> int:
    """How much of a cap is taken, as the table says."""
    return (await session.get_one(PreorderOffer, offer.id, populate_existing=True)).taken
