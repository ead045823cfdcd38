"""The checkout's rules. Line numbers are those of orders/PRICING.md."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.core.errors import InvalidError
from app.places.models import Address
from producers.listings.models import SoldBy
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import EmptyCartError, PriceChangedError
from storefront.orders.models import Order
from storefront.pricing.errors import NotOnSaleError
from storefront.stock.errors import SoldOutError
from tests.factories.orders import SECRET, counters, make_recipient, place
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant


async def submit(session, cart, total, **of_recipient):
    """Place the basket's order with a total that the buyer saw."""
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(**of_recipient),
        seen_total_minor=total,
        now=NOW,
    )


async def count(session, model):
    """How many rows there are."""
    return await session.scalar(select(func.count()).select_from(model))


async def test_a_basket_becomes_one_order(session):
    """O3: the second submit answers the first one's order, whatever it says."""
    variant = await make_variant(session)
    item = await make_stock(session, variant)
    cart, token = await make_cart(session, lines={variant.id: 1})
    order = await submit(session, cart, 380_000)
    assert await submit(session, cart, 1, name="Ai đó") is order
    assert await counters(session, item) == (20, 1, 0)
    found = await carts.find_cart(session, token)
    assert found is not None and found.ordered_at == NOW


async def test_an_empty_basket_is_no_order(session):
    """There is nothing to order in an empty basket, nor in one that was closed otherwise."""
    cart, _token = await make_cart(session)
    with pytest.raises(EmptyCartError):
        await submit(session, cart, 0)
    await carts.mark_ordered(session, cart.id, NOW)
    with pytest.raises(EmptyCartError):
        await submit(session, cart, 0)


async def test_another_price_is_asked_again(session):
    """O2: when the total is not the one that was shown, nothing is placed and the new one is named."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    cart, _token = await make_cart(session, lines={variant.id: 1})
    variant.price_minor = 360_000
    with pytest.raises(PriceChangedError) as refused:
        await submit(session, cart, 380_000)
    assert refused.value.total_minor == 390_000
    assert "390.000" in str(refused.value.message)
    assert await count(session, Order) == 0
    assert (await submit(session, cart, 390_000)).total_minor == 390_000


async def test_a_refused_checkout_leaves_nothing_behind(session):
    """O5: when one line is short there is no order, no address, no hold on the others, and the basket stays open."""
    plenty, scarce = await make_variant(session), await make_variant(session)
    item = await make_stock(session, plenty)
    await make_stock(session, scarce, on_hand=1)
    cart, _token = await make_cart(session, lines={plenty.id: 1, scarce.id: 2})
    with pytest.raises(SoldOutError) as refused:
        await place(session, cart.id)
    assert (refused.value.variant_id, refused.value.available) == (scarce.id, 1)
    assert (await count(session, Order), await count(session, Address)) == (0, 0)
    assert await counters(session, item) == (20, 0, 0)
    await session.refresh(cart)
    assert cart.ordered_at is None


async def test_an_unknown_commune_is_refused(session):
    """A parcel needs a commune that there is."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    cart, _token = await make_cart(session, lines={variant.id: 1})
    with pytest.raises(InvalidError):
        await submit(session, cart, 380_000, commune_code="00000")


async def test_taking_what_is_left(session):
    """Short lines shrink to whole steps of what is left, lines that cannot be bought go out, the others stay."""
    fine, few = await make_variant(session), await make_variant(session)
    fish = await make_variant(session, sold_by=SoldBy.GRAM, step=500, name="Cá tầm")
    gone, empty = await make_variant(session, is_active=False), await make_variant(session)
    await make_stock(session, fine)
    await make_stock(session, few, on_hand=2)
    await make_stock(session, fish, on_hand=1_700)
    wanted = {fine.id: 1, few.id: 5, fish.id: 3_000, gone.id: 1, empty.id: 1}
    cart, _token = await make_cart(session, lines=wanted)
    with pytest.raises(NotOnSaleError):
        await submit(session, cart, 0)
    await checkout.take_what_is_left(session, cart_id=cart.id, now=NOW)
    lines = {line.variant_id: line.quantity for line in await carts.list_lines(session, cart.id)}
    assert lines == {fine.id: 1, few.id: 2, fish.id: 1_500}
    assert (await place(session, cart.id)).cart_id == cart.id
