"""Pre-orders: rule numbers are those of PREORDERS.md."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.clock import VN
from app.core.ids import uuid7
from producers.listings.errors import ListingNotFoundError
from producers.listings.models import Listing, SoldBy
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.checkout.errors import WaitChangedError
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.errors import NotHarvestedError
from storefront.orders import cancelling, parcels
from storefront.orders import service as orders
from storefront.orders.models import OrderState
from storefront.preorders import service as preorders
from storefront.preorders.errors import (
    CapError,
    ExpectedDayError,
    InStockError,
    OfferNotFoundError,
    OfferOpenError,
)
from storefront.stock import service as stock
from storefront.stock.errors import HoldOverError, SoldOutError
from tests.books import list_breaches
from tests.factories.orders import SECRET, counters, get_payment, make_recipient, pay
from tests.factories.people import make_person
from tests.factories.preorders import EXPECTED, harvest, make_offer, order_ahead, places, taken
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_cart, make_listing, make_stock, make_variant

LAST_MINUTE = datetime.combine(EXPECTED, time(23, 59), VN)
MIDNIGHT = datetime.combine(EXPECTED + timedelta(days=1), time(), VN)


async def coming(session, variant, now=NOW):
    """What the shop offers of a coming harvest: (day, left), or None."""
    found = (await preorders.list_coming(session, [variant.id], now=now)).get(variant.id)
    return found and (found.expected_on, found.left)


async def opened(session, variant, **how):
    """An offer as the form makes it, by the variant's own producer."""
    listing = await session.get_one(Listing, variant.listing_id)
    given = {"producer_id": listing.producer_id, "cap": 10, "expected_on": EXPECTED, "now": NOW} | how
    person = await make_person(session)
    return await preorders.open_offer(session, variant_id=variant.id, person_id=person.id, **given)


async def own(session, order):
    """(consignment, producer) ids of an order's one parcel, as packers name it."""
    [parcel] = await parcels.list_parcels(session, order)
    return {"consignment_id": parcel.consignment.id, "producer_id": parcel.consignment.producer_id}


async def test_ordering_takes_from_the_cap(session):
    """P1: what is ordered is taken; more than is left is refused with what is left, and nothing has changed."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    order = await order_ahead(session, variant, quantity=7)
    assert (await places(session, order), await coming(session, variant)) == ([("taken", 7)], (EXPECTED, 3))
    with pytest.raises(SoldOutError) as refused:
        await order_ahead(session, variant, quantity=4)
    assert (refused.value.variant_id, refused.value.available) == (variant.id, 3)
    assert await taken(session, offer) == 7
    [parcel] = await parcels.list_parcels(session, order)
    assert parcel.lines[0].expected_on == EXPECTED
    assert await list_breaches(session, now=NOW) == []


async def test_all_lines_or_none(session):
    """P1: an order of two harvests takes nothing of the one when the other is short."""
    listing = await make_listing(session)
    plenty, scarce = [await make_variant(session, listing_id=listing.id) for _ in range(2)]
    offers = [await make_offer(session, plenty), await make_offer(session, scarce, cap=1)]
    with pytest.raises(SoldOutError):
        await order_ahead(session, plenty, scarce, quantity=2)
    assert [await taken(session, offer) for offer in offers] == [0, 0]


async def test_the_table_refuses_more_than_the_cap(session):
    """P1: the CHECK stands behind the program."""
    offer = await make_offer(session, await make_variant(session))
    offer.taken = 11
    with pytest.raises(IntegrityError, match="taken_within_cap"):
        await session.flush()


async def test_a_pack_has_one_offer_and_no_stock(session):
    """P2: neither beside another open offer, nor while the pack lies on the shelf; after an end another may be opened."""
    variant = await make_variant(session)
    first = await opened(session, variant)
    with pytest.raises(OfferOpenError):
        await opened(session, variant)
    listing = await session.get_one(Listing, variant.listing_id)
    for _ in range(2):
        await preorders.end_offer(session, offer_id=first.id, producer_id=listing.producer_id, now=NOW)
    assert await coming(session, variant) is None
    again = await opened(session, variant, cap=4)
    assert [one.id for one in await preorders.list_offers(session, [variant.id])] == [again.id, first.id]
    stocked = await make_variant(session)
    await make_stock(session, stocked)
    with pytest.raises(InStockError):
        await opened(session, stocked)


async def test_an_offer_is_what_can_be_sold_and_the_producers_own(session):
    """P2: whole steps, no day that is over, no pack and no offer of somebody else."""
    fish = await make_variant(session, sold_by=SoldBy.GRAM, step=500)
    stranger = await make_producer(session)
    for cap in (0, -500, 750):
        with pytest.raises(CapError):
            await opened(session, fish, cap=cap)
    with pytest.raises(ExpectedDayError):
        await opened(session, fish, cap=500, expected_on=date(2026, 11, 11))
    with pytest.raises(ListingNotFoundError):
        await opened(session, fish, cap=500, producer_id=stranger.id)
    offer = await opened(session, fish, cap=500, expected_on=date(2026, 11, 12))
    for offer_id in (offer.id, uuid7()):
        with pytest.raises(OfferNotFoundError):
            await preorders.end_offer(session, offer_id=offer_id, producer_id=stranger.id, now=NOW)


async def test_a_window_that_closes_strands_nobody(session):
    """P3, O13: ordered in the last minute, paid after midnight: the place is kept; a basket is told, and stays."""
    variant = await make_variant(session)
    await make_offer(session, variant)
    cart, _token = await make_cart(session, lines={variant.id: 1})
    order = await order_ahead(session, variant, quantity=2, now=LAST_MINUTE)
    await pay(session, order, now=MIDNIGHT + timedelta(minutes=5))
    assert await places(session, order) == [("paid", 2)]
    assert (await orders.get_order(session, order.id)).state is OrderState.AWAITING_CONFIRMATION
    assert await coming(session, variant, now=MIDNIGHT) is None
    with pytest.raises(WaitChangedError) as refused:
        await submit(session, cart, EXPECTED, now=MIDNIGHT)
    assert refused.value.expected_on is None
    [line] = (await carts.price_cart(session, cart.id, now=MIDNIGHT)).parts[0].lines
    assert (line.is_short, line.coming) == (True, None)
    item = await harvest(session, variant, 5, now=MIDNIGHT + timedelta(days=3))
    assert await counters(session, item) == (5, 0, 2)
    assert (await submit(session, cart, None, now=MIDNIGHT + timedelta(days=3))).total_minor == 380_000


async def submit(session, cart, seen, *, now=NOW):
    """Place a basket's order with the day that the buyer saw."""
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(),
        seen_total_minor=380_000,
        seen_expected_on=seen,
        now=now,
    )


async def test_another_day_is_asked_again(session):
    """P10: whoever saw no day, or another, is asked once more before anything is taken."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    cart, _token = await make_cart(session, lines={variant.id: 1})
    priced = await carts.price_cart(session, cart.id, now=NOW)
    assert priced.expected_on == EXPECTED and priced.can_be_ordered
    for seen in (None, EXPECTED - timedelta(days=1)):
        with pytest.raises(WaitChangedError) as refused:
            await submit(session, cart, seen)
        assert refused.value.expected_on == EXPECTED and "20/12/2026" in str(refused.value.message)
    assert await taken(session, offer) == 0
    await submit(session, cart, EXPECTED)
    assert await taken(session, offer) == 1


async def test_time_gives_back_on_read_and_on_write(session):
    """P4: past its time a taking counts as free and the next order takes it, before any sweep came by."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    late = await order_ahead(session, variant, quantity=10)
    assert await coming(session, variant) == (EXPECTED, 0)
    after = late.expires_at
    assert await coming(session, variant, now=after) == (EXPECTED, 10)
    await order_ahead(session, variant, quantity=10, now=after)
    assert (await places(session, late), await taken(session, offer)) == ([("released", 10)], 10)
    assert await cancelling.expire_order(session, order_id=late.id, now=after)
    assert await taken(session, offer) == 10


async def test_the_end_moves_with_the_card_page(session):
    """P4: the hold is moved while it holds, and not once it was given back; an order without a pre-order is passed over."""
    variant = await make_variant(session)
    await make_offer(session, variant)
    order = await order_ahead(session, variant, quantity=10)
    later = order.expires_at + timedelta(minutes=30)
    await preorders.extend(session, order_id=order.id, expires_at=later)
    assert await coming(session, variant, now=order.expires_at) == (EXPECTED, 0)
    await order_ahead(session, variant, now=later)
    with pytest.raises(HoldOverError):
        await preorders.extend(session, order_id=order.id, expires_at=later)
    await preorders.extend(session, order_id=uuid7(), expires_at=later)


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_the_cap_is_given_back_once(session, how):
    """P5: by the buyer or by the clock, and not a second time by the other."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    order = await order_ahead(session, variant, quantity=3)
    await order_ahead(session, variant, quantity=2, now=NOW + timedelta(minutes=1))
    for _ in range(2):
        if how == "cancelled":
            await cancelling.cancel_order(session, order_id=order.id, now=NOW)
        await cancelling.expire_order(session, order_id=order.id, now=order.expires_at)
        await preorders.release(session, order_id=order.id)
        assert await taken(session, offer) == 2
    assert await list_breaches(session, now=NOW) == []


async def test_late_money_takes_its_place_anew(session):
    """P6: while the cap has it, whatever the day; when another has it the money waits, and nothing has changed."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    lucky, unlucky = [await order_ahead(session, variant, quantity=5, now=LAST_MINUTE) for _ in range(2)]
    for order in (lucky, unlucky):
        await cancelling.expire_order(session, order_id=order.id, now=order.expires_at)
    await pay(session, lucky, now=MIDNIGHT + timedelta(hours=1))
    assert (await places(session, lucky), await taken(session, offer)) == ([("paid", 5)], 5)
    offer.cap = 9
    await session.flush()
    await pay(session, unlucky, now=MIDNIGHT + timedelta(hours=2))
    assert (await places(session, unlucky), await taken(session, offer)) == ([("released", 5)], 5)
    assert (await orders.get_order(session, unlucky.id)).paid_at is None
    assert (await get_payment(session, unlucky)).state == "paid_late"
    assert await list_breaches(session, now=MIDNIGHT + timedelta(hours=2)) == []


async def test_a_harvest_goes_to_the_oldest_first(session):
    """P7: paid or not, whole lines in the order of their orders; who cannot be served stops the row; nobody gets in between."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant, cap=20)
    ahead = [
        await order_ahead(session, variant, quantity=quantity, now=NOW + timedelta(minutes=minute))
        for minute, quantity in enumerate((3, 4, 5, 1))
    ]
    await pay(session, ahead[0], now=NOW + timedelta(minutes=5))
    await pay(session, ahead[2], now=NOW + timedelta(minutes=5))
    item = await harvest(session, variant, 9, now=NOW + timedelta(minutes=6))
    assert [await places(session, order) for order in ahead] == [
        [("filled", 3)],
        [("filled", 4)],
        [("paid", 5)],
        [("taken", 1)],
    ]
    assert await counters(session, item) == (9, 4, 3)
    assert await coming(session, variant, now=NOW + timedelta(minutes=6)) == (EXPECTED, 7)
    more = await harvest(session, variant, 30, now=NOW + timedelta(minutes=8))
    assert [await places(session, order) for order in ahead[2:]] == [[("filled", 5)], [("filled", 1)]]
    assert (await counters(session, item), await counters(session, more)) == ((9, 4, 5), (30, 1, 3))
    await session.refresh(offer)
    assert offer.ended_at == NOW + timedelta(minutes=8)  # P9: the rest is sold from the shelf
    assert (await stock.available(session, [variant.id], now=NOW + timedelta(minutes=9)))[variant.id] == 26
    await pay(session, ahead[1], now=NOW + timedelta(minutes=9))
    assert await counters(session, item) == (9, 0, 9)
    assert await list_breaches(session, now=NOW + timedelta(minutes=9)) == []


async def test_what_is_left_over_serves_the_next(session):
    """P7: what came onto the shelf otherwise, or came back, is shared out by the next order and by a cancelled one."""
    variant = await make_variant(session)
    await make_offer(session, variant)
    first, second = [await order_ahead(session, variant, quantity=4) for _ in range(2)]
    await pay(session, second)
    await harvest(session, variant, 5)
    assert [await places(session, one) for one in (first, second)] == [[("filled", 4)], [("paid", 4)]]
    await cancelling.cancel_order(session, order_id=first.id, now=NOW)
    assert await places(session, second) == [("filled", 4)]
    third = await order_ahead(session, variant)
    assert await places(session, third) == [("filled", 1)]
    assert await list_breaches(session, now=NOW) == []


async def test_late_money_looks_on_the_shelf_for_what_lay_there(session):
    """P6, P8: an order that had its goods and lost them by the clock gets them anew with late money."""
    variant = await make_variant(session)
    await make_offer(session, variant)
    order = await order_ahead(session, variant, quantity=4)
    item = await harvest(session, variant, 4)
    assert await counters(session, item) == (4, 4, 0)
    await cancelling.expire_order(session, order_id=order.id, now=order.expires_at)
    assert await counters(session, item) == (4, 0, 0)
    await pay(session, order, now=order.expires_at + timedelta(minutes=1))
    assert (await places(session, order), await counters(session, item)) == ([("filled", 4)], (4, 0, 4))


async def test_a_parcel_waits_for_all_its_lines(session):
    """P8: what lies on the shelf is the buyer's at once, the parcel is packed when the harvest is there, and leaves."""
    listing = await make_listing(session)
    ready, ahead = [await make_variant(session, listing_id=listing.id) for _ in range(2)]
    item = await make_stock(session, ready)
    await make_offer(session, ahead)
    order = await order_ahead(session, ready, ahead, quantity=2)
    await pay(session, order)
    assert (await counters(session, item), await places(session, order)) == ((20, 0, 2), [("paid", 2)])
    who = await own(session, order) | {"person_id": (await make_person(session)).id, "now": NOW}
    await fulfilment.confirm(session, **who)
    with pytest.raises(NotHarvestedError):
        await fulfilment.pack(session, scanned="", **who)
    shelf = await make_stock(session, ahead, on_hand=2)  # by a correction: nobody was told of a lot
    await fulfilment.pack(session, scanned="", **who)
    await fulfilment.ship(session, carrier="GHN", tracking_number=None, **who)
    assert (await counters(session, item), await counters(session, shelf)) == ((18, 0, 0), (0, 0, 0))
    assert await list_breaches(session, now=NOW) == []


async def test_what_became_of_a_cap_is_counted(session):
    """P1: the producer reads how much nobody paid yet, how much waits and how much got its goods."""
    variant = await make_variant(session)
    offer = await make_offer(session, variant)
    early = await order_ahead(session, variant, quantity=3)
    await pay(session, early)
    await harvest(session, variant, 3)
    await pay(session, await order_ahead(session, variant, quantity=2))
    await order_ahead(session, variant)
    assert (await preorders.count(session, [offer.id]))[offer.id] == preorders.Counts(1, 2, 3)


async def test_an_order_without_lines_ahead_has_nothing_to_wait_for(session):
    """It is asked at every payment, and changes nothing."""
    assert await preorders.settle(session, order_id=uuid7(), now=NOW) == set()
