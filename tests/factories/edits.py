"""Unpaid orders that are edited."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import Variant
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.orders import editing
from storefront.orders.models import Order
from tests.factories.orders import SECRET, make_recipient
from tests.factories.storefront import NOW, make_cart


async def make_edit(
    session: AsyncSession, order: Order, wanted: dict[Variant, int] | None = None, *, now: datetime = NOW
) -> tuple[Any, str]:
    """A basket that edits an order, with so much of these packs, or as it was ordered: the basket and its cookie."""
    cart, token = await make_cart(session)
    assert order.cart_id is not None
    await carts.edit_order(session, cart.id, order.id, from_cart_id=order.cart_id, now=now)
    if wanted is not None:
        for line in await carts.list_lines(session, cart.id):
            await carts.change_line(session, cart_id=cart.id, line_id=line.id, quantity=0, now=now)
        for variant, quantity in wanted.items():
            await carts.add_line(session, cart_id=cart.id, variant_id=variant.id, quantity=quantity, now=now)
    return cart, token


async def see(
    session: AsyncSession, cart_id: Any, order: Order, *, code: str = "", now: datetime = NOW
) -> int:
    """What the checkout shows of such a basket: its total, in đồng."""
    own_id = (await editing.find(session, order.id, now=now)).own_id
    priced = await carts.price_cart(session, cart_id, now=now, besides=own_id)
    if not code:
        return priced.total_minor
    found = await checkout.price_voucher(session, code=code, parts=priced.parts, now=now, besides=own_id)
    return priced.total_minor - found.total_minor


async def submit(
    session: AsyncSession, cart_id: Any, seen_minor: int, *, now: datetime = NOW, **how: Any
) -> Order:
    """Order such a basket at the total that was seen."""
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart_id,
        recipient=how.pop("recipient", make_recipient()),
        seen_total_minor=seen_minor,
        now=now,
        **how,
    )


async def edit_order(
    session: AsyncSession,
    order: Order,
    wanted: dict[Variant, int] | None = None,
    *,
    code: str = "",
    now: datetime = NOW,
    **how: Any,
) -> Order:
    """The order that takes an order's place."""
    cart, _token = await make_edit(session, order, wanted, now=now)
    total_minor = await see(session, cart.id, order, code=code, now=now)
    return await submit(session, cart.id, total_minor, now=now, voucher_code=code, **how)
