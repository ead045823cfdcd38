"""Orders that are added to a parcel that has not left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import Variant
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.fulfilment import service as fulfilment
from storefront.orders import joining, parcels
from storefront.orders import service as orders
from storefront.orders.models import Consignment, Order
from storefront.orders.parcels import Parcel
from tests.factories.orders import SECRET, make_recipient, pay
from tests.factories.people import make_person
from tests.factories.storefront import NOW, make_cart


async def make_added_cart(
    session: AsyncSession, first: Order, *variants: Variant, quantity: int = 1
) -> tuple[Any, str]:
    """A basket of so much of each variant that is added to an order: the basket and its cookie."""
    cart, token = await make_cart(session, lines={one.id: quantity for one in variants})
    await carts.join_order(session, cart.id, first.id, now=NOW)
    return cart, token


async def see(session: AsyncSession, cart_id: Any, first: Order, *, now: datetime = NOW) -> tuple[int, str]:
    """What the checkout shows of such a basket: its total, and which parcels take it along."""
    found = await joining.find(session, first.id, now=now)
    priced = await carts.price_cart(session, cart_id, now=now, to=found.joined.to(now))
    return priced.total_minor, checkout.say_along(priced.parts)


async def submit(
    session: AsyncSession, cart_id: Any, seen: tuple[int, str], *, now: datetime = NOW, **how: Any
) -> Order:
    """Order such a basket with what was seen of it."""
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart_id,
        recipient=make_recipient(name="Ai đó", phone="+84900000001"),
        seen_total_minor=seen[0],
        seen_along=seen[1],
        now=now,
        **how,
    )


async def add_order(
    session: AsyncSession,
    first: Order,
    *variants: Variant,
    quantity: int = 1,
    now: datetime = NOW,
    is_paid: bool = True,
    **how: Any,
) -> Order:
    """An order that was added to another, paid unless that is not wanted."""
    cart, _token = await make_added_cart(session, first, *variants, quantity=quantity)
    order = await submit(session, cart.id, await see(session, cart.id, first, now=now), now=now, **how)
    if is_paid and not how.get("is_cash"):
        await pay(session, order, now=now)
    return await orders.get_order(session, order.id)


async def parcel_of(session: AsyncSession, order: Order) -> Consignment:
    """The one parcel of an order, as it stands now."""
    return (await whole_of(session, order)).consignment


async def whole_of(session: AsyncSession, order: Order) -> Parcel:
    """The same with its lines."""
    [parcel] = await parcels.list_parcels(session, order)
    await session.refresh(parcel.consignment)
    return parcel


async def act_on(session: AsyncSession, order: Order, *steps: str, now: datetime = NOW) -> Consignment:
    """Let an order's one parcel go through `confirm`, `pack`, `ship`, `deliver`, as far as they are named."""
    parcel = await parcel_of(session, order)
    act: dict[str, Any] = {
        "consignment_id": parcel.id,
        "producer_id": parcel.producer_id,
        "person_id": (await make_person(session)).id,
        "now": now,
    }
    more: dict[str, dict[str, Any]] = {
        "pack": {"scanned": ""},
        "ship": {"carrier": "Xe khách Hà Giang", "tracking_number": "HG12"},
    }
    for step in steps:
        await getattr(fulfilment, step)(session, **act, **more.get(step, {}))
    return await parcel_of(session, order)
