"""The basket: filled without an account, priced as it stands, started anew after an order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import hash_token, uuid7
from producers.listings.models import ListingState, SoldBy
from storefront.cart import service as cart
from storefront.cart.errors import CartLineNotFoundError, FullCartError, NotOfferedError, StepError
from storefront.cart.jobs import forget_carts
from storefront.cart.models import Cart
from storefront.cart.schemas import read_quantity
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant


async def quantities(session, cart_id):
    """What lies in a basket: [(variant id, quantity)]."""
    return [(line.variant_id, line.quantity) for line in await cart.list_lines(session, cart_id)]


async def test_a_basket_is_known_by_its_cookie_alone(session):
    """The table keeps only the hash of the cookie; another cookie finds nothing."""
    opened, token = await cart.open_cart(session, None, now=NOW)
    assert opened.token_hash == hash_token(token)
    assert (await cart.find_cart(session, token)).id == opened.id
    assert await cart.find_cart(session, "another") is None
    assert await cart.find_cart(session, None) is None
    again, same = await cart.open_cart(session, token, now=NOW)
    assert (again.id, same) == (opened.id, token)


async def test_an_ordered_basket_starts_anew(session):
    """After the order the cookie still finds the old basket, and opening makes a new one with a new cookie."""
    variant = await make_variant(session)
    old, token = await make_cart(session, lines={variant.id: 1})
    assert await cart.mark_ordered(session, old.id, NOW) == (None, None)
    assert await cart.mark_ordered(session, old.id, NOW) is None
    await session.refresh(old)
    assert old.ordered_at == NOW
    assert await cart.look_into(session, token) == (0, None)
    new, other = await cart.open_cart(session, token, now=NOW)
    assert new.id != old.id
    assert other != token
    with pytest.raises(CartLineNotFoundError):
        await cart.add_line(session, cart_id=old.id, variant_id=variant.id, quantity=1, now=NOW)


async def test_adding_twice_adds_up(session):
    """The same pack put in twice is one line."""
    variant = await make_variant(session)
    opened, token = await make_cart(session)
    for quantity in (2, 3):
        await cart.add_line(session, cart_id=opened.id, variant_id=variant.id, quantity=quantity, now=NOW)
    assert await quantities(session, opened.id) == [(variant.id, 5)]
    assert await cart.look_into(session, token) == (1, None)


@pytest.mark.parametrize(
    ("sold_by", "step", "most"),
    [(SoldBy.PIECE, 1, 999), (SoldBy.GRAM, 500, 999_000), (SoldBy.GRAM, 2_000, 998_000)],
)
async def test_one_pack_has_a_most(session, sold_by, step, most):
    """No more than 999 pieces or 999 kilos, in whole steps, however it is asked for."""
    variant = await make_variant(session, sold_by=sold_by, step=step)
    opened, _token = await make_cart(session)
    for _ in range(2):
        await cart.add_line(
            session, cart_id=opened.id, variant_id=variant.id, quantity=most + 10 * step, now=NOW
        )
    assert await quantities(session, opened.id) == [(variant.id, most)]
    [line] = await cart.list_lines(session, opened.id)
    await cart.change_line(session, cart_id=opened.id, line_id=line.id, quantity=most + 10 * step, now=NOW)
    assert await quantities(session, opened.id) == [(variant.id, most)]


async def test_only_what_is_offered_goes_in(session):
    """Unknown, withdrawn and unpublished packs are refused."""
    opened, _token = await make_cart(session)
    withdrawn = await make_variant(session, is_active=False)
    listing = await make_listing(session, state=ListingState.PAUSED)
    paused = await make_variant(session, listing_id=listing.id)
    for variant_id in (uuid7(), withdrawn.id, paused.id):
        with pytest.raises(NotOfferedError):
            await cart.add_line(session, cart_id=opened.id, variant_id=variant_id, quantity=1, now=NOW)


@pytest.mark.parametrize("quantity", [0, -500, 700])
async def test_only_whole_steps_go_in(session, quantity):
    """A quantity between two steps is refused, when adding and when changing (where nothing takes it out)."""
    variant = await make_variant(session, sold_by=SoldBy.GRAM, step=500)
    opened, _token = await make_cart(session, lines={variant.id: 500})
    with pytest.raises(StepError):
        await cart.add_line(session, cart_id=opened.id, variant_id=variant.id, quantity=quantity, now=NOW)
    [line] = await cart.list_lines(session, opened.id)
    if quantity > 0:
        with pytest.raises(StepError):
            await cart.change_line(session, cart_id=opened.id, line_id=line.id, quantity=quantity, now=NOW)
    else:
        await cart.change_line(session, cart_id=opened.id, line_id=line.id, quantity=quantity, now=NOW)
        assert await quantities(session, opened.id) == []


async def test_a_basket_has_fifty_lines_at_most(session):
    """The 51st different pack is refused; more of one that is in is not."""
    listing = await make_listing(session)
    packs = [await make_variant(session, listing_id=listing.id) for _ in range(51)]
    opened, _token = await make_cart(session, lines={pack.id: 1 for pack in packs[:50]})
    with pytest.raises(FullCartError):
        await cart.add_line(session, cart_id=opened.id, variant_id=packs[50].id, quantity=1, now=NOW)
    await cart.add_line(session, cart_id=opened.id, variant_id=packs[0].id, quantity=1, now=NOW)
    assert (packs[0].id, 2) in await quantities(session, opened.id)


async def test_a_line_of_another_basket_is_not_there(session):
    """Nobody changes a line of somebody else's basket."""
    variant = await make_variant(session)
    theirs, _token = await make_cart(session, lines={variant.id: 1})
    mine, _token = await make_cart(session)
    [line] = await cart.list_lines(session, theirs.id)
    with pytest.raises(CartLineNotFoundError):
        await cart.change_line(session, cart_id=mine.id, line_id=line.id, quantity=0, now=NOW)
    assert await quantities(session, theirs.id) == [(variant.id, 1)]


async def test_a_priced_basket_says_what_falls_short(session):
    """Lines that are short or gone are named with what is left, and the basket cannot be ordered as it is."""
    plenty, scarce = await make_variant(session), await make_variant(session)
    gone = await make_variant(session, is_active=False)
    await make_stock(session, plenty, on_hand=5)
    await make_stock(session, scarce, on_hand=2)
    opened, _token = await make_cart(session, lines={plenty.id: 2, scarce.id: 3, gone.id: 1})
    priced = await cart.price_cart(session, opened.id, now=NOW)
    lines = {line.variant.id: line for part in priced.parts for line in part.lines}
    assert (lines[plenty.id].is_short, lines[scarce.id].is_short, lines[scarce.id].left) == (False, True, 2)
    assert [line.variant.id for line in priced.gone] == [gone.id]
    assert priced.total_minor == 5 * 350_000 + 2 * 30_000
    assert not priced.is_empty
    assert not priced.can_be_ordered


async def test_a_basket_that_is_whole_can_be_ordered(session):
    """With everything there the basket can be ordered; an empty one cannot."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=5)
    full, _token = await make_cart(session, lines={variant.id: 5})
    empty, _token = await make_cart(session)
    assert (await cart.price_cart(session, full.id, now=NOW)).can_be_ordered
    assert await cart.price_cart(session, empty.id, now=NOW) == cart.EMPTY
    assert cart.EMPTY.is_empty
    assert not cart.EMPTY.can_be_ordered


async def test_forgotten_baskets_are_deleted_and_orders_kept(session):
    """A basket left for 30 days goes, with its lines; one that was touched or ordered stays."""
    variant = await make_variant(session)
    left, _token = await make_cart(session, lines={variant.id: 1})
    touched, _token = await make_cart(session)
    ordered, _token = await make_cart(session)
    await cart.mark_ordered(session, ordered.id, NOW)
    later = NOW + timedelta(days=31)
    await cart.add_line(session, cart_id=touched.id, variant_id=variant.id, quantity=1, now=later)
    await forget_carts(session, now=later)
    kept = set(await session.scalars(select(Cart.id).where(Cart.id.in_([left.id, touched.id, ordered.id]))))
    assert kept == {touched.id, ordered.id}


@pytest.mark.parametrize(
    ("sold_by", "text", "quantity"),
    [
        (SoldBy.PIECE, "3", 3),
        (SoldBy.GRAM, "1,5", 1_500),
        (SoldBy.GRAM, "0.5", 500),
        (SoldBy.GRAM, "500 g", 500),
    ],
)
def test_quantities_are_read_as_typed(sold_by, text, quantity):
    """Pieces are whole numbers; weight is kilos unless another unit is named."""
    assert read_quantity(sold_by, text) == quantity


@pytest.mark.parametrize(
    ("sold_by", "text"), [(SoldBy.PIECE, "1,5"), (SoldBy.PIECE, "1234567"), (SoldBy.GRAM, "nhiều")]
)
def test_quantities_that_make_no_sense_are_refused(sold_by, text):
    """What cannot be read is refused beside the field."""
    with pytest.raises(StepError) as refused:
        read_quantity(sold_by, text)
    assert "quantity" in refused.value.fields
