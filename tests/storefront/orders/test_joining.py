"""More for a parcel that has not left: rules J1 to J5 and J9 of orders/PRICING.md."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.core.errors import ConflictError
from app.places.models import Address
from producers.listings.models import Listing, Temperature
from storefront.cart import service as carts
from storefront.checkout.errors import JoinChangedError, NoStreetError, PriceChangedError
from storefront.delivery import service as delivery
from storefront.delivery.models import Zone
from storefront.delivery.ways import Choice, Step
from storefront.fulfilment import unharvested
from storefront.orders import cancelling, joining, parcels
from storefront.orders import service as orders
from storefront.orders.errors import NotAloneError
from storefront.orders.models import Order, OrderState
from storefront.pricing import service as pricing
from storefront.pricing.errors import NotSendableError
from tests.books import list_breaches
from tests.factories.cash import allow, make_cash_order
from tests.factories.delivery import FETCHED, add_way
from tests.factories.joining import act_on, add_order, make_added_cart, parcel_of, see, submit
from tests.factories.orders import PHONE, make_order, make_paid_order, pay
from tests.factories.people import make_person
from tests.factories.preorders import EXPECTED, make_offer, order_ahead
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant
from tests.factories.vouchers import make_gift, order_with

LATER = NOW + timedelta(minutes=16)
TO_TWO_KILOS = (Step(Zone.REST, 500, 20_000), Step(Zone.REST, 2_000, 50_000))


async def make_box(session, **of_variant):
    """Boxes of 200 g at 350.000 đồng on the shelf: (variant, its producer's id)."""
    variant = await make_variant(session, **of_variant)
    await make_stock(session, variant, on_hand=50)
    return variant, (await session.get_one(Listing, variant.listing_id)).producer_id


async def is_open(session, order, *, now=NOW):
    """Whether the one parcel of an order takes more."""
    return bool((await joining.find(session, order.id, now=now)).joined.along)


async def count(session, model):
    """How many rows there are."""
    return await session.scalar(select(func.count()).select_from(model))


async def test_what_is_added_goes_along_for_nothing_more(session):
    """J1, J2, J6: same name, phone and address, no second flat fee; a code, a payment and a sale of its own."""
    box, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box, quantity=2)
    assert (added.goods_minor, added.delivery_minor, added.paid_at) == (700_000, 0, NOW)
    assert (added.buyer_name, added.buyer_phone, added.address_id) == (
        first.buyer_name,
        PHONE,
        first.address_id,
    )
    assert added.code != first.code and await count(session, Address) == 1
    assert (await parcel_of(session, added)).travels_with_id == (await parcel_of(session, first)).id
    assert await list_breaches(session, now=NOW) == []


async def test_what_is_added_to_something_added_travels_with_the_first(session):
    """J1, J2: three orders are one parcel; each pays what the weight adds, whichever page was used."""
    box, producer = await make_box(session)
    await add_way(session, producer, steps=TO_TWO_KILOS)
    first = await make_paid_order(session, box)
    second = await add_order(session, first, box, quantity=2)
    third = await add_order(session, second, box)
    assert [one.delivery_minor for one in (first, second, third)] == [20_000, 30_000, 0]
    into = (await parcel_of(session, first)).id
    assert {(await parcel_of(session, one)).travels_with_id for one in (second, third)} == {into}


async def test_day_and_way_are_those_of_the_first(session):
    """J1, J2: also by a way that is no longer offered, or has other prices; on the day, and not when it is over."""
    box, producer = await make_box(session)
    way = await add_way(session, producer, weekdays=frozenset({4}), steps=TO_TWO_KILOS)
    cart, _token = await make_cart(session, lines={box.id: 1})
    choices = {producer: Choice(way, date(2026, 11, 13))}
    first = await submit(session, cart.id, (370_000, ""), choices=choices)
    await pay(session, first)
    await delivery.end_method(session, method_id=way, producer_id=producer)
    await add_way(session, producer, name="Bưu điện")
    added = await add_order(session, first, box, quantity=3)
    parcel = await parcel_of(session, added)
    assert (parcel.method_name, parcel.deliver_on, parcel.delivery_minor) == (
        "Xe khách",
        date(2026, 11, 13),
        30_000,
    )
    assert await is_open(session, first, now=NOW + timedelta(days=1))
    assert not await is_open(session, first, now=NOW + timedelta(days=2))


async def test_free_from_and_the_minimum_count_for_both(session):
    """J2: with the first goods it is free, and more than the producer's least; what was paid does not go back."""
    box, producer = await make_box(session)
    small, _producer = await make_box(session, listing_id=box.listing_id, price_minor=20_000)
    await pricing.set_rate(
        session, producer_id=producer, fee_minor=30_000, free_from_minor=360_000, minimum_minor=300_000
    )
    first = await make_paid_order(session, box)
    assert first.delivery_minor == 30_000
    assert (await add_order(session, first, small)).total_minor == 20_000


async def test_the_goods_count_before_what_the_market_paid_of_them(session):
    """J2, V8: free from so much, and the producer's least, are of the first goods' price, whoever paid it."""
    box, producer = await make_box(session)
    small, _producer = await make_box(session, listing_id=box.listing_id, price_minor=5_000)
    await pricing.set_rate(
        session, producer_id=producer, fee_minor=30_000, free_from_minor=None, minimum_minor=340_000
    )
    await add_way(session, producer, steps=TO_TWO_KILOS, free_from_minor=700_000)
    await make_gift(session)
    first = await order_with(session, box)
    await pay(session, first)
    assert (first.goods_minor, first.gift_minor, first.delivery_minor) == (330_000, 20_000, 20_000)
    assert (await add_order(session, first, small)).total_minor == 5_000
    # 700.000 in all go for nothing: three boxes that weigh more than the first step holds.
    assert (await add_order(session, first, box, quantity=2)).delivery_minor == 0


async def test_what_went_back_does_not_count(session):
    """J2: neither the weight nor the worth of a line whose price was given back."""
    box, producer = await make_box(session)
    ahead = await make_variant(session, listing_id=box.listing_id, net_weight_g=1_500)
    await make_offer(session, ahead)
    await add_way(session, producer, steps=TO_TWO_KILOS)
    first = await order_ahead(session, box, ahead)
    await pay(session, first)
    one = await parcel_of(session, first)
    await unharvested.give_back(
        session,
        consignment_id=one.id,
        producer_id=producer,
        person_id=(await make_person(session)).id,
        now=NOW,
    )
    [along] = (await joining.find(session, first.id, now=NOW)).joined.along.values()
    assert (along.load.goods_minor, along.load.weight_g, along.paid_minor) == (350_000, 200, 50_000)


async def test_what_the_way_cannot_carry_together_is_refused(session):
    """J3: too heavy with the first goods, or too warm, or too late for the parcel; the words say which."""
    box, producer = await make_box(session)
    await add_way(session, producer, steps=TO_TWO_KILOS, carries=frozenset({Temperature.AMBIENT}))
    first = await make_paid_order(session, box, quantity=9)
    live = await make_listing(session, producer_id=producer, temperature=Temperature.LIVE)
    fish, _producer = await make_box(session, listing_id=live.id)
    ahead = await make_variant(session, listing_id=box.listing_id, net_weight_g=10)
    await make_offer(session, ahead)
    for variant, quantity, words in ((box, 2, "2,2\u00a0kg"), (fish, 1, "cá sống"), (ahead, 1, "đặt trước")):
        cart, _token = await make_added_cart(session, first, variant, quantity=quantity)
        with pytest.raises(NotSendableError) as refused:
            await submit(session, cart.id, await see(session, cart.id, first))
        assert words in str(refused.value.message)
    assert await count(session, Order) == 1


async def test_a_harvest_of_the_same_day_goes_along(session):
    """J3: what comes with the first goods, which wait for a harvest too, is no later than they are."""
    ahead = await make_variant(session)
    await make_offer(session, ahead)
    first = await order_ahead(session, ahead)
    await pay(session, first)
    added = await add_order(session, first, ahead, seen_expected_on=EXPECTED)
    assert added.delivery_minor == 0


async def test_nothing_more_is_added_while_something_waits_for_its_money(session):
    """J4: paid, given up or over, the next may be added; until then the words name the order that waits."""
    box, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    waits = await add_order(session, first, box, is_paid=False)
    cart, _token = await make_added_cart(session, first, box)
    with pytest.raises(NotSendableError) as refused:
        await submit(session, cart.id, await see(session, cart.id, first))
    assert waits.code in str(refused.value.message)
    seen = await see(session, cart.id, first, now=LATER)
    assert (await submit(session, cart.id, seen, now=LATER)).delivery_minor == 0


async def test_an_order_that_nobody_paid_takes_nothing(session):
    """J1: an unpaid order is paid first; one that is packed, sent or over takes nothing more either."""
    box, _producer = await make_box(session)
    first = await make_order(session, box)
    assert not await is_open(session, first)
    await pay(session, first)
    assert await is_open(session, first)
    await act_on(session, first, "confirm")
    assert await is_open(session, first)
    for step in ("pack", "ship", "deliver"):
        await act_on(session, first, step)
        assert not await is_open(session, first)


async def test_packed_in_the_meantime_the_buyer_is_told(session):
    """J5, O2: nothing is placed, the new total is told; placed after that it is sent alone to the same address."""
    box, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    cart, _token = await make_added_cart(session, first, box)
    seen = await see(session, cart.id, first)
    await act_on(session, first, "confirm", "pack")
    with pytest.raises(JoinChangedError) as refused:
        await submit(session, cart.id, seen)
    assert refused.value.total_minor == 380_000 and "380.000" in str(refused.value.message)
    assert await count(session, Order) == 1
    alone = await submit(session, cart.id, await see(session, cart.id, first))
    assert (await parcel_of(session, alone)).travels_with_id is None
    assert (alone.address_id, alone.delivery_minor) == (first.address_id, 30_000)


async def test_another_price_is_asked_again_here_too(session):
    """O2: joined as seen, and dearer than seen."""
    box, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    cart, _token = await make_added_cart(session, first, box)
    _total, along = await see(session, cart.id, first)
    with pytest.raises(PriceChangedError):
        await submit(session, cart.id, (1, along))


async def test_other_producers_send_theirs_to_the_same_address(session):
    """J1: they take their own fee, and the whole is one order."""
    box, _producer = await make_box(session)
    other, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    added = await add_order(session, first, box, other)
    assert (added.delivery_minor, added.address_id) == (30_000, first.address_id)
    with_it = [one.consignment.travels_with_id for one in await parcels.list_parcels(session, added)]
    assert sorted(with_it, key=str) == sorted([(await parcel_of(session, first)).id, None], key=str)


async def test_what_is_fetched_knows_no_street(session):
    """J1: who adds what is sent to an order that is fetched is asked to order it by itself."""
    box, producer = await make_box(session)
    other, _producer = await make_box(session)
    await add_way(session, producer, **FETCHED)
    first = await make_paid_order(session, box, line="")
    assert (await add_order(session, first, box)).total_minor == 350_000
    cart, _token = await make_added_cart(session, first, other)
    with pytest.raises(NoStreetError):
        await submit(session, cart.id, await see(session, cart.id, first))


async def test_a_basket_that_is_sent_alone_after_all(session):
    """J1: undone, it is an order as any other."""
    box, _producer = await make_box(session)
    first = await make_paid_order(session, box)
    cart, _token = await make_added_cart(session, first, box)
    await carts.join_order(session, cart.id, None, now=NOW)
    alone = await submit(session, cart.id, (380_000, ""))
    assert alone.address_id != first.address_id and alone.buyer_name == "Ai đó"


async def test_an_order_on_delivery_is_not_given_up_while_others_travel_by_it(session):
    """J9: neither for one that is paid nor for one that may be; when that is over it is given up as ever."""
    box, _producer = await make_box(session)
    await allow(session, box)
    first = await make_cash_order(session, box)
    waits = await add_order(session, first, box, is_paid=False)
    with pytest.raises(NotAloneError) as refused:
        await cancelling.cancel_order(session, order_id=first.id, now=NOW)
    assert isinstance(refused.value, ConflictError) and waits.code in str(refused.value.message)
    await cancelling.cancel_order(session, order_id=waits.id, now=NOW)
    await cancelling.cancel_order(session, order_id=first.id, now=NOW)
    assert (await orders.get_order(session, first.id)).state is OrderState.CANCELLED
    assert (await parcel_of(session, waits)).travels_with_id is None
