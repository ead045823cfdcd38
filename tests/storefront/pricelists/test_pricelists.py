"""Price lists: rule numbers are those of pricing/PRICING.md."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.clock import VN
from producers.listings.errors import ListingNotFoundError
from producers.listings.models import Listing, SoldBy
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import PriceChangedError
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.pricelists import service as pricelists
from storefront.pricelists.errors import (
    GroupNameError,
    GroupNotFoundError,
    ListWindowError,
    PriceListNotFoundError,
    StepQuantityError,
)
from storefront.pricelists.service import Offer
from storefront.pricing import service as pricing
from tests.factories.orders import PHONE, SECRET, make_recipient, pay
from tests.factories.people import make_person
from tests.factories.pricelists import make_group, make_list, make_list_for
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_cart, make_fish, make_stock, make_variant
from tests.factories.vouchers import make_voucher_for, order_with

DAY = date(2026, 11, 12)
"""NOW's day in Viet Nam."""
DEALER = "+84912345678"


async def ask(session, variant, quantity, *, phone=None, now=NOW):
    """The quote's one line for so much of a pack."""
    items = [pricing.CartItem(variant.id, quantity)]
    found = await pricing.quote(session, lines=items, now=now, phone=phone)
    return found.parts[0].lines[0]


@pytest.mark.parametrize(
    ("quantity", "amount", "from_quantity"),
    [(9, 3_150_000, None), (10, 3_200_000, 10), (49, 15_680_000, 10), (50, 15_000_000, 50)],
)
async def test_a_step_holds_from_its_quantity_on(session, quantity, amount, from_quantity):
    """L1: below the first step the retail price counts, from a step on its own for all packs of the line."""
    variant = await make_variant(session)
    await make_list_for(session, variant, {10: 320_000, 50: 300_000})
    line = await ask(session, variant, quantity)
    assert line.amount_minor == amount
    assert (line.offer and line.offer.from_quantity) == from_quantity
    assert line.price_minor * quantity == amount


async def test_the_lowest_price_that_holds_counts(session):
    """L2: of two lists and the retail price the lowest; none that is not below the retail price is told of."""
    variant = await make_variant(session)
    await make_list_for(session, variant, {5: 330_000}, name="Giá sỉ")
    await make_list_for(session, variant, {2: 340_000, 10: 310_000}, name="Ngày hội")
    told = [(await ask(session, variant, n)).offer for n in (1, 2, 5, 10)]
    assert told == [
        None,
        Offer("Ngày hội", 2, 340_000),
        Offer("Giá sỉ", 5, 330_000),
        Offer("Ngày hội", 10, 310_000),
    ]
    variant.price_minor = 310_000
    await session.flush()
    assert (await ask(session, variant, 10)).offer is None


def test_of_one_price_the_earlier_step_is_told():
    """L2: whoever buys ten at the price that five cost reads "from five on"."""
    early, late = Offer("A", 5, 300), Offer("B", 10, 300)
    assert pricelists.find_best([late, early], quantity=10, retail_minor=350) is early
    assert pricelists.find_best([], quantity=10, retail_minor=350) is None


async def test_a_list_counts_in_its_days(session):
    """L3: from its first instant on, no longer at its last; a list without an end until somebody ends it."""
    variant = await make_variant(session)
    made = await make_list_for(
        session, variant, {1: 300_000}, valid_from=NOW, valid_until=NOW + timedelta(hours=2)
    )
    hours = [timedelta(seconds=-1), timedelta(0), timedelta(hours=2, seconds=-1), timedelta(hours=2)]
    prices = [(await ask(session, variant, 1, now=NOW + after)).price_minor for after in hours]
    assert prices == [350_000, 300_000, 300_000, 350_000]
    endless = await make_list_for(session, variant, {1: 290_000})
    assert (await ask(session, variant, 1, now=NOW + timedelta(days=900))).price_minor == 290_000
    for one in (made, endless):
        await pricelists.end_list(session, list_id=one.id, producer_id=one.producer_id, now=NOW)
    assert (await ask(session, variant, 1)).price_minor == 350_000
    await pricelists.end_list(
        session, list_id=made.id, producer_id=made.producer_id, now=NOW + timedelta(hours=1)
    )
    assert (await ask(session, variant, 1, now=NOW)).price_minor == 350_000


async def test_a_group_is_known_by_its_numbers(session):
    """L4: the group's price is for its own numbers alone, and for them no longer once they are struck off."""
    variant = await make_variant(session)
    listing = await session.get_one(Listing, variant.listing_id)
    group = await make_group(session, DEALER, producer_id=listing.producer_id)
    await make_list_for(session, variant, {1: 280_000}, group_id=group.id)
    prices = [(await ask(session, variant, 1, phone=phone)).price_minor for phone in (None, PHONE, DEALER)]
    assert prices == [350_000, 350_000, 280_000]
    await pricelists.set_phones(
        session, group_id=group.id, producer_id=group.producer_id, phones=[PHONE, PHONE]
    )
    prices = [(await ask(session, variant, 1, phone=phone)).price_minor for phone in (PHONE, DEALER)]
    assert prices == [280_000, 350_000]
    await pricelists.set_phones(session, group_id=group.id, producer_id=group.producer_id, phones=[])
    assert (await pricelists.list_phones(session, [group.id])) == {}


async def test_a_typed_number_opens_nothing(session):
    """L4: whoever types the dealer's number at the checkout without having logged in with it pays the retail price."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    listing = await session.get_one(Listing, variant.listing_id)
    group = await make_group(session, DEALER, producer_id=listing.producer_id)
    await make_list_for(session, variant, {1: 280_000}, group_id=group.id)
    cart, _token = await make_cart(session, lines={variant.id: 1})

    async def submit(total, proven):
        return await checkout.place_order(
            session,
            secret=SECRET,
            cart_id=cart.id,
            recipient=make_recipient(phone=DEALER),
            seen_total_minor=total,
            now=NOW,
            proven_phone=proven,
        )

    with pytest.raises(PriceChangedError) as refused:
        await submit(310_000, None)
    assert refused.value.total_minor == 380_000
    with pytest.raises(PriceChangedError):
        await submit(310_000, PHONE)
    assert (await submit(310_000, DEALER)).total_minor == 310_000


async def test_the_basket_and_the_order_name_the_list(session):
    """L5: the basket's line knows its step; the order keeps the list's name when the list is long over."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    made = await make_list_for(session, variant, {10: 320_000})
    cart, _token = await make_cart(session, lines={variant.id: 10})
    priced = await carts.price_cart(session, cart.id, now=NOW)
    [line] = priced.parts[0].lines
    assert (line.offer, line.amount_minor) == (Offer("Giá sỉ", 10, 320_000), 3_200_000)
    order = await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(),
        seen_total_minor=priced.total_minor,
        now=NOW,
    )
    await pricelists.end_list(session, list_id=made.id, producer_id=made.producer_id, now=NOW)
    [parcel] = await parcels.list_parcels(session, order)
    [kept] = parcel.lines
    assert (kept.price_list, kept.price_minor, kept.amount_minor) == ("Giá sỉ", 320_000, 3_200_000)


async def test_weight_and_ceilings_are_of_the_lists_price(session):
    """L6: a list's price of a kilo is rounded as the listing's is, and asks for the heaviest piece."""
    cut = await make_variant(session, sold_by=SoldBy.GRAM, step=500, price_minor=280_000)
    fish = await make_fish(session)
    await make_list_for(session, cut, {5_000: 250_001})
    await make_list_for(session, fish, {10: 300_000})
    assert [(await ask(session, cut, grams)).amount_minor for grams in (4_500, 5_500)] == [
        1_260_000,
        1_375_006,
    ]
    assert [(await ask(session, fish, n)).amount_minor for n in (9, 10)] == [6_336_000, 6_600_000]


async def test_delivery_and_vouchers_come_after_the_list(session):
    """L6: what is free from 3.400.000 on is not free at the list's price, and a code takes off what is left."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    listing = await session.get_one(Listing, variant.listing_id)
    await pricing.set_rate(
        session, producer_id=listing.producer_id, fee_minor=40_000, free_from_minor=3_400_000
    )
    await make_list_for(session, variant, {10: 320_000})
    await make_voucher_for(session, variant)
    order = await order_with(session, variant, quantity=10)
    assert (order.goods_minor, order.discount_minor, order.delivery_minor) == (3_180_000, 20_000, 40_000)


async def test_an_order_at_a_list_that_ends_is_served(session):
    """O13: ordered before the list's end, paid after it, at the price that was asked; the next one asks again."""
    variant = await make_variant(session)
    await make_stock(session, variant)
    ends = NOW + timedelta(minutes=5)
    await make_list_for(session, variant, {1: 300_000}, valid_until=ends)
    carts_ = [(await make_cart(session, lines={variant.id: 1}))[0] for _ in range(2)]

    async def submit(cart, now):
        return await checkout.place_order(
            session,
            secret=SECRET,
            cart_id=cart.id,
            recipient=make_recipient(),
            seen_total_minor=330_000,
            now=now,
        )

    order = await submit(carts_[0], ends - timedelta(seconds=1))
    with pytest.raises(PriceChangedError) as refused:
        await submit(carts_[1], ends)
    assert refused.value.total_minor == 380_000
    assert len(await carts.list_lines(session, carts_[1].id)) == 1
    await pay(session, order, now=ends + timedelta(minutes=1))
    assert (await orders.get_order(session, order.id)).paid_at == ends + timedelta(minutes=1)


async def test_what_a_producer_writes_is_their_own(session):
    """A list, a group or a pack of another producer does not exist for them."""
    variant = await make_variant(session)
    mine, theirs = await make_list_for(session, variant, {10: 320_000}), await make_list(session)
    group = await make_group(session, DEALER)
    step = {"variant_id": variant.id, "from_quantity": 10}
    own = {"list_id": mine.id, "producer_id": mine.producer_id}
    await pricelists.set_step(session, **own, **step, price_minor=310_000)
    assert [one.price_minor for one in await pricelists.list_steps(session, [mine.id])] == [310_000]
    with pytest.raises(ListingNotFoundError):
        await pricelists.set_step(
            session, list_id=theirs.id, producer_id=theirs.producer_id, **step, price_minor=1
        )
    strange = {"list_id": mine.id, "producer_id": theirs.producer_id}
    with pytest.raises(PriceListNotFoundError):
        await pricelists.set_step(session, **strange, **step, price_minor=1)
    with pytest.raises(PriceListNotFoundError):
        await pricelists.remove_step(session, **strange, **step)
    with pytest.raises(PriceListNotFoundError):
        await pricelists.end_list(session, **strange, now=NOW)
    with pytest.raises(GroupNotFoundError):
        await pricelists.set_phones(session, group_id=group.id, producer_id=mine.producer_id, phones=[])
    with pytest.raises(GroupNotFoundError):
        await make_named(session, mine.producer_id, group_id=group.id)
    for _ in range(2):
        await pricelists.remove_step(session, **own, **step)
    assert await pricelists.list_steps(session, [mine.id]) == []


@pytest.mark.parametrize("quantity", [0, -500, 750])
async def test_a_step_begins_at_a_quantity_that_is_sold(session, quantity):
    """L1: nothing, or between two steps of the pack, is no quantity to begin at."""
    cut = await make_variant(session, sold_by=SoldBy.GRAM, step=500)
    made = await make_list_for(session, cut, {})
    with pytest.raises(StepQuantityError):
        await pricelists.set_step(
            session,
            list_id=made.id,
            producer_id=made.producer_id,
            variant_id=cut.id,
            from_quantity=quantity,
            price_minor=1,
        )


async def make_named(session, producer_id, **how):
    """A list as the form makes it, from DAY on."""
    given = {"name": "Giá sỉ", "group_id": None, "first_day": DAY, "last_day": None} | how
    person = await make_person(session)
    return await pricelists.make_list(session, producer_id=producer_id, person_id=person.id, now=NOW, **given)


async def test_days_become_instants_of_vietnam(session):
    """L3: a list of one day begins at its midnight and ends at the next; one that is over or upside down is refused."""
    producer = await make_producer(session)
    made = await make_named(session, producer.id, last_day=DAY)
    assert (made.valid_until - made.valid_from, made.valid_from.astimezone(VN).isoformat()) == (
        timedelta(days=1),
        "2026-11-12T00:00:00+07:00",
    )
    endless = await make_named(session, producer.id, first_day=DAY + timedelta(days=3))
    assert endless.valid_until is None
    assert {one.id for one in await pricelists.list_lists(session, producer.id)} == {made.id, endless.id}
    with pytest.raises(ListWindowError):
        await make_named(
            session, producer.id, first_day=DAY - timedelta(days=9), last_day=DAY - timedelta(days=1)
        )
    with pytest.raises(ListWindowError):
        await make_named(session, producer.id, first_day=DAY + timedelta(days=2), last_day=DAY)


async def test_a_group_has_a_name_of_its_own(session):
    """One producer's two groups of one name would be taken for each other; another producer may have it too."""
    producer, other = await make_producer(session), await make_producer(session)
    await pricelists.make_group(session, producer_id=producer.id, name="Đại lý", now=NOW)
    with pytest.raises(GroupNameError):
        await pricelists.make_group(session, producer_id=producer.id, name="Đại lý", now=NOW)
    await pricelists.make_group(session, producer_id=other.id, name="Đại lý", now=NOW)
    assert [one.name for one in await pricelists.list_groups(session, producer.id)] == ["Đại lý"]
