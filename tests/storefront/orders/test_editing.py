"""Unpaid orders that are edited: rules E1 to E9 of PRICING.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from storefront.cart import service as carts
from storefront.cart.errors import CartLineNotFoundError, FullCartError
from storefront.checkout import service as checkout
from storefront.checkout.errors import OpenCashError, PriceChangedError
from storefront.orders import cancelling, editing, parcels
from storefront.orders import service as orders
from storefront.orders.errors import NotEditableError
from storefront.orders.models import CancelReason, Order, OrderState
from storefront.payments.models import PaymentState
from storefront.preorders import service as preorders
from storefront.pricing.errors import NotOnSaleError
from storefront.stock.errors import SoldOutError
from storefront.vouchers.errors import VoucherUsedUpError
from tests.books import list_breaches
from tests.factories.bundles import make_gift as make_box
from tests.factories.cash import make_cash_order, make_cash_variant
from tests.factories.credits import make_credit, order_with_credit
from tests.factories.edits import edit_order, make_edit, see, submit
from tests.factories.joining import add_order
from tests.factories.orders import (
    counters,
    get_payment,
    make_order,
    make_paid_order,
    make_recipient,
    pay,
)
from tests.factories.people import make_person
from tests.factories.preorders import harvest, make_offer, order_ahead, places, taken
from tests.factories.storefront import NOW, make_cart, make_stock, make_variant
from tests.factories.vouchers import CODE, make_gift, make_voucher_for, order_with

LATER = NOW + timedelta(minutes=5)
OVER = NOW + timedelta(minutes=15)


async def stand(session, order):
    """(state, reason) of an order, as the table says."""
    await session.refresh(order)
    return order.state, order.cancel_reason


REPLACED = (OrderState.CANCELLED, CancelReason.REPLACED)
UNTOUCHED = (OrderState.AWAITING_PAYMENT, None)


@pytest.fixture
async def shelf(session):
    """Three boxes on the shelf: (variant, stock item)."""
    variant = await make_variant(session)
    return variant, await make_stock(session, variant, on_hand=3)


async def test_its_own_hold_counts_first(session, shelf):
    """E1, E2, E3: with three on the shelf and two held by oneself three are ordered, and never four."""
    variant, item = shelf
    old = await make_order(session, variant, quantity=2)
    cart, _token = await make_edit(session, old, {variant: 4})
    assert await see(session, cart.id, old) == 1_430_000
    with pytest.raises(SoldOutError) as refused:
        await submit(session, cart.id, 1_430_000)
    assert refused.value.available == 3
    assert await stand(session, old) == UNTOUCHED
    new = await edit_order(session, old, {variant: 3}, now=LATER)
    assert await stand(session, old) == REPLACED
    assert (new.replaces_id, new.total_minor, new.expires_at) == (
        old.id,
        1_080_000,
        LATER + timedelta(minutes=15),
    )
    assert (await get_payment(session, old)).state is PaymentState.EXPIRED
    assert await counters(session, item) == (3, 3, 0)
    [*_before, step] = await orders.list_steps(session, old.id)
    assert (step.state, step.note) == (OrderState.CANCELLED, f"replaced_by:{new.code}")
    await pay(session, new, now=LATER)
    assert await counters(session, item) == (3, 0, 3)
    assert await list_breaches(session, now=LATER) == []


async def test_another_buyer_sees_no_more_than_before(session, shelf):
    """E3: what the old one holds is free for the edit alone."""
    variant, _item = shelf
    old = await make_order(session, variant, quantity=2)
    cart, _token = await make_cart(session, lines={variant.id: 2})
    [line] = (await carts.price_cart(session, cart.id, now=NOW)).parts[0].lines
    assert (line.left, line.is_short) == (1, True)
    [own] = (await carts.price_cart(session, cart.id, now=NOW, besides=old.id)).parts[0].lines
    assert (own.left, own.is_short) == (3, False)


async def test_boxes_are_edited_as_boxes(session):
    """E2, E3: a box comes back into the basket as a box, and its contents count as free for the edit."""
    gift = await make_box(session, tea=4, honey=2)
    old = await make_order(session, gift.box)
    new = await edit_order(session, old, {gift.box: 2})
    assert await stand(session, old) == REPLACED
    assert [
        line.bundle_quantity for parcel in await parcels.list_parcels(session, new) for line in parcel.lines
    ] == [2, 2]
    assert await counters(session, gift.tea_stock) == (4, 4, 0)
    assert await counters(session, gift.honey_stock) == (2, 2, 0)


async def test_edited_as_it_was_it_is_an_order_again(session, shelf):
    """E2: the basket holds what was ordered; with other packs the old ones are free."""
    variant, item = shelf
    old = await make_order(session, variant, quantity=2)
    again = await edit_order(session, old)
    assert (again.total_minor, await counters(session, item)) == (730_000, (3, 2, 0))
    other = await make_variant(session)
    other_item = await make_stock(session, other, on_hand=1)
    await edit_order(session, again, {other: 1})
    assert await counters(session, item) == (3, 0, 0)
    assert await counters(session, other_item) == (1, 1, 0)


async def test_the_last_use_of_a_voucher_is_kept(session, shelf):
    """E3: the one use of a code, and of a phone number, goes over to the new order."""
    variant, _item = shelf
    voucher = await make_voucher_for(session, variant, uses_most=1)
    old = await order_with(session, variant)
    new = await edit_order(session, old, {variant: 2}, code=CODE)
    assert (new.discount_minor, await stand(session, old)) == (20_000, REPLACED)
    await session.refresh(voucher)
    assert voucher.uses_taken == 1
    without = await edit_order(session, new, {variant: 1})
    await session.refresh(voucher)
    assert (without.discount_minor, voucher.uses_taken) == (0, 0)


async def test_a_code_of_the_market_counts_its_own_part_of_the_budget_first(session, shelf):
    """E3: with 20.000 left of a budget and 20.000 of it used by oneself, an edit uses them again; another code is another's."""
    variant, _item = shelf
    gift = await make_gift(session, budget_minor=20_000)
    old = await order_with(session, variant)
    new = await edit_order(session, old, {variant: 2}, code=CODE)
    await session.refresh(gift)
    assert (new.gift_minor, gift.budget_taken_minor, gift.uses_taken) == (20_000, 20_000, 1)
    await make_voucher_for(session, variant, code="khac2027", uses_most=1, uses_taken=1)
    with pytest.raises(VoucherUsedUpError):
        await edit_order(session, new, code="KHAC 2027")


async def test_without_a_look_at_its_own_use_the_last_one_is_refused(session, shelf):
    """Negative control: who prices the code as for anybody else is told that it is used up."""
    variant, _item = shelf
    await make_voucher_for(session, variant, uses_most=1)
    old = await order_with(session, variant)
    cart, _token = await make_edit(session, old)
    priced = await carts.price_cart(session, cart.id, now=NOW)
    with pytest.raises(VoucherUsedUpError):
        await checkout.price_voucher(session, code=CODE, parts=priced.parts, now=NOW)


async def test_a_cap_counts_its_own_part_first_and_the_place_is_kept(session):
    """E3, E4: of a cap of ten with nine taken the eight of oneself become nine less; who wants no more stays first in the row."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    old = await order_ahead(session, variant, quantity=8)
    second = await order_ahead(session, variant, quantity=1, now=LATER)
    coming = (await preorders.list_coming(session, [variant.id], now=LATER, besides=old.id))[variant.id]
    assert coming.left == 9
    new = await edit_order(session, old, {variant: 2}, now=LATER, seen_expected_on=offer.expected_on)
    assert (await places(session, old), await places(session, new)) == ([("released", 8)], [("taken", 2)])
    assert await taken(session, offer) == 3
    await harvest(session, variant, 2, now=LATER)
    assert await places(session, new) == [("filled", 2)]
    assert await places(session, second) == [("taken", 1)]


async def test_who_wants_more_of_a_harvest_begins_anew(session):
    """E4: more than before stands at the end of the row."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    old = await order_ahead(session, variant, quantity=1)
    second = await order_ahead(session, variant, quantity=2, now=LATER)
    new = await edit_order(session, old, {variant: 8}, now=LATER, seen_expected_on=offer.expected_on)
    assert await taken(session, offer) == 10
    await harvest(session, variant, 2, now=LATER)
    assert (await places(session, second), await places(session, new)) == ([("filled", 2)], [("taken", 8)])


async def test_what_an_edit_leaves_of_a_harvest_goes_to_who_waits(session):
    """E2: goods that the old one had of the harvest and the new one does not want are shared out at once."""
    variant, other = await make_variant(session), await make_variant(session)
    await make_stock(session, other, on_hand=1)
    await make_offer(session, variant)
    old = await order_ahead(session, variant, quantity=2)
    second = await order_ahead(session, variant, quantity=2, now=LATER)
    await harvest(session, variant, 2, now=LATER)
    assert (await places(session, old), await places(session, second)) == ([("filled", 2)], [("taken", 2)])
    await edit_order(session, old, {other: 1}, now=LATER)
    assert await places(session, second) == [("filled", 2)]
    assert await list_breaches(session, now=LATER) == []


async def test_who_refuses_leaves_the_old_one_as_it_was(session, shelf):
    """E5: another total than was seen, a pack that is sold out or off sale: the old order keeps its goods and its use."""
    variant, item = shelf
    voucher = await make_voucher_for(session, variant, uses_most=1)
    old = await order_with(session, variant, quantity=2)
    bare = await make_variant(session)
    cart, _token = await make_edit(session, old)
    with pytest.raises(PriceChangedError):
        await submit(session, cart.id, 1)
    await session.refresh(old)
    cart, _token = await make_edit(session, old, {bare: 1})
    with pytest.raises(SoldOutError):
        await submit(session, cart.id, 380_000)
    bare.is_active = False
    await session.flush()
    with pytest.raises(NotOnSaleError):
        await submit(session, cart.id, 380_000)
    assert await stand(session, old) == UNTOUCHED
    await session.refresh(voucher)
    assert (voucher.uses_taken, await counters(session, item)) == (1, (3, 2, 0))
    assert [step.note for step in await orders.list_steps(session, old.id)] == [""]
    await pay(session, old)
    assert (await stand(session, old))[0] is OrderState.AWAITING_CONFIRMATION
    assert await list_breaches(session, now=NOW) == []


async def refuse(session, order, *, now=NOW):
    """Why an order is not edited, in words; the basket was begun while it still could be."""
    found = await editing.find(session, order.id, now=now)
    assert found.own_id is None
    with pytest.raises(NotEditableError) as refused:
        await editing.lock(session, order.id, now=now)
    assert str(refused.value.message) == str(found.refusal)
    return str(found.refusal)


async def test_money_that_came_first_is_not_edited_away(session, shelf):
    """E6: a part of the money, or all of it: the order stands, and the words say that its money is here."""
    variant, _item = shelf
    old = await make_order(session, variant)
    cart, _token = await make_edit(session, old)
    await pay(session, old, amount_minor=1_000)
    assert "đã tới" in await refuse(session, old)
    with pytest.raises(NotEditableError):
        await submit(session, cart.id, 380_000)
    await pay(session, old, amount_minor=379_000)
    assert "đã tới" in await refuse(session, old)
    assert (await stand(session, old))[0] is OrderState.AWAITING_CONFIRMATION


async def test_money_for_the_old_code_wakes_nothing(session, shelf):
    """E6: it waits for a human, though the old one's goods would be there; the new order stands."""
    variant, item = shelf
    old = await make_order(session, variant)
    new = await edit_order(session, old)
    await pay(session, old, now=LATER)
    assert (await get_payment(session, old)).state is PaymentState.PAID_LATE
    assert (await stand(session, old), await stand(session, new)) == (REPLACED, UNTOUCHED)
    assert await counters(session, item) == (3, 1, 0)
    assert await list_breaches(session, now=LATER) == []


async def test_what_is_over_is_not_edited(session, shelf):
    """E7: past its hold, swept or not, given up, or replaced: words say which."""
    variant, _item = shelf
    old = await make_order(session, variant)
    cart, _token = await make_edit(session, old)
    assert "hết giờ" in await refuse(session, old, now=OVER)
    with pytest.raises(NotEditableError):
        await submit(session, cart.id, 380_000, now=OVER)
    await cancelling.expire_order(session, order_id=old.id, now=OVER)
    assert "hết giờ" in await refuse(session, old, now=OVER)


async def test_the_second_edit_is_told_of_the_first(session, shelf):
    """E8: a basket that was begun before is refused with the code of the order that took the place."""
    variant, _item = shelf
    old = await make_order(session, variant)
    cart, _token = await make_edit(session, old)
    new = await edit_order(session, old)
    assert new.code in await refuse(session, old)
    with pytest.raises(NotEditableError):
        await submit(session, cart.id, 380_000)
    found = (await session.scalars(select(Order.id).where(Order.replaces_id.is_not(None)))).all()
    assert found == [new.id]


async def test_what_is_joined_or_paid_otherwise_is_not_edited(session, shelf):
    """E1: an order in another's parcel, one on delivery, one paid with credit, and one without a basket."""
    variant, _item = shelf
    first = await make_paid_order(session, variant)
    added = await add_order(session, first, variant, is_paid=False)
    assert "không sửa được" in await refuse(session, added)
    person, box = await make_person(session), await stocked(session)
    await make_credit(session, person, box, 10_000)
    assert "không sửa được" in await refuse(session, await order_with_credit(session, box, person, 10_000))
    bare = await make_order(session, box)
    bare.cart_id = None
    await session.flush()
    assert "không sửa được" in await refuse(session, bare)
    on_delivery = await make_cash_order(session, await make_cash_variant(session))
    assert "không sửa được" in await refuse(session, on_delivery)


async def stocked(session):
    """Another pack with ten on the shelf."""
    variant = await make_variant(session)
    await make_stock(session, variant, on_hand=10)
    return variant


async def test_into_an_order_on_delivery(session):
    """E2, M1: an edit may choose to pay on delivery; whose number has three such orders open is refused, and the old one stands."""
    variant = await make_cash_variant(session)
    old = await make_order(session, variant)
    new = await edit_order(session, old, {variant: 2}, is_cash=True)
    assert (new.is_cash, new.state) == (True, OrderState.AWAITING_CONFIRMATION)
    for _number in range(2):
        await make_cash_order(session, variant)
    fourth = await make_order(session, variant)
    with pytest.raises(OpenCashError):
        await edit_order(session, fourth, is_cash=True)
    assert await stand(session, fourth) == UNTOUCHED


async def test_whose_it_was_it_stays(session, shelf):
    """E2: an order of somebody who is logged in stays theirs when somebody with the link alone edits it."""
    variant, _item = shelf
    person, other = await make_person(session), await make_person(session)
    old = await make_order(session, variant, person_id=person.id)
    new = await edit_order(session, old)
    assert new.person_id == person.id
    assert (
        await edit_order(session, new, recipient=make_recipient(person_id=other.id))
    ).person_id == other.id


async def test_a_basket_that_edits_keeps_what_lay_in_it(session, shelf):
    """E9: the order's packs come besides; leaving takes them out, or keeps them; twice changes nothing."""
    variant, _item = shelf
    other = await stocked(session)
    old = await make_order(session, variant, quantity=2)
    cart, _token = await make_cart(session, lines={other.id: 1})
    for _press in range(2):
        await carts.edit_order(session, cart.id, old.id, from_cart_id=old.cart_id, now=NOW)
    assert await lie(session, cart) == [(other.id, 1), (variant.id, 2)]
    await carts.leave_order(session, cart.id, without_cart_id=old.cart_id, now=NOW)
    assert await lie(session, cart) == [(other.id, 1)]
    await carts.edit_order(session, cart.id, old.id, from_cart_id=old.cart_id, now=NOW)
    await carts.leave_order(session, cart.id, without_cart_id=None, now=NOW)
    assert await lie(session, cart) == [(other.id, 1), (variant.id, 2)]
    await session.refresh(cart)
    assert cart.edits_order_id is None


async def lie(session, cart):
    """[(variant, quantity)] of a basket."""
    return [(line.variant_id, line.quantity) for line in await carts.list_lines(session, cart.id)]


async def test_a_full_or_ordered_basket_edits_nothing(session, shelf):
    """E9: too many packs in one basket are refused in words, and a basket that became an order is none any more."""
    variant, _item = shelf
    old = await make_order(session, variant)
    full, _token = await make_cart(
        session, lines={(await make_variant(session)).id: 1 for _ in range(carts.MOST_LINES)}
    )
    with pytest.raises(FullCartError):
        await carts.edit_order(session, full.id, old.id, from_cart_id=old.cart_id, now=NOW)
    with pytest.raises(CartLineNotFoundError):
        await carts.edit_order(session, old.cart_id, old.id, from_cart_id=old.cart_id, now=NOW)
