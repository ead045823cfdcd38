"""Boxes counted, priced and put into a basket. Rule numbers are those of pricing/PRICING.md."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from producers.listings.models import Listing as ListingRow
from producers.listings.models import ListingState, SoldBy, Temperature, Variant
from producers.listings.schemas import MOST_OF_ONE
from producers.listings.service import Content
from storefront.bundles import service as bundles
from storefront.bundles.errors import ContentMissingError
from storefront.cart import service as carts
from storefront.checkout import service as checkout
from storefront.preorders import service as preorders
from storefront.preorders.errors import BundleOfferError
from storefront.pricing import service as pricing
from storefront.stock.service import LOW
from tests.factories.bundles import make_bundle, make_gift
from tests.factories.delivery import add_way
from tests.factories.people import make_person
from tests.factories.preorders import EXPECTED, make_offer
from tests.factories.pricelists import make_list_for
from tests.factories.storefront import NOW, make_cart, make_stock
from tests.factories.vouchers import make_voucher_for

DAY = date(2026, 11, 12)
"""NOW's day in Viet Nam."""


def inside(*pieces, prices=None):
    """What lies in a box: so many pieces of packs that nobody wrote down."""
    costs = prices or [100_000] * len(pieces)
    return [
        Content(Variant(id=uuid7(), price_minor=cost), ListingRow(), count)
        for count, cost in zip(pieces, costs, strict=True)
    ]


def left_of(contents, *counts):
    """So much of each content."""
    return {one.variant.id: count for one, count in zip(contents, counts, strict=True)}


async def quote(session, items, **how):
    """Price {variant: quantity}."""
    lines = [pricing.CartItem(variant.id, quantity) for variant, quantity in items.items()]
    return await pricing.quote(session, lines=lines, now=NOW, **how)


async def price(session, items):
    """Price a basket {variant: quantity}: (the basket, its lines by variant, the lines that are gone)."""
    cart, _token = await make_cart(session, lines={one.id: quantity for one, quantity in items.items()})
    priced = await carts.price_cart(session, cart.id, now=NOW)
    lines = {line.variant.id: line for part in priced.parts for line in part.lines}
    return cart, lines, priced


async def listing_of(session, variant):
    """The listing of a pack."""
    return await session.get_one(ListingRow, variant.listing_id)


def test_the_scarcest_content_counts():
    """H3: of each content what is left by how many lie in a box; the least is how many boxes there are."""
    contents = inside(2, 1, 3)
    count, scarce = bundles.count_left(contents, left_of(contents, 9, 5, 8))
    assert (count, scarce) == (2, contents[2])


def test_who_was_put_in_first_has_the_goods():
    """H3: lines take in their order, boxes and packs alike; one that is short takes what there is."""
    contents = inside(2, 1)
    tea, honey = (one.variant.id for one in contents)
    wanted = [
        bundles.Wanted(tea, 3),
        bundles.Wanted(uuid7(), 5, contents),
        bundles.Wanted(honey, 4),
        bundles.Wanted(tea, 1),
    ]
    shares = bundles.share_out(wanted, {tea: 8, honey: 9})
    assert [share.left for share in shares] == [8, 2, 7, 1]
    assert shares[1].scarce == contents[0] and shares[0].scarce is None


@given(st.lists(st.tuples(st.integers(1, MOST_OF_ONE), st.integers(0, 400)), min_size=1, max_size=6))
def test_a_page_tells_no_more_than_it_hears_of(given_contents):
    """H3: what a kept page tells depends on nothing but what it is rebuilt for, and is never another number than the true one."""
    contents = inside(*(pieces for pieces, _left in given_contents))
    left = left_of(contents, *(count for _pieces, count in given_contents))
    low = LOW[SoldBy.PIECE]
    exact, _scarce = bundles.count_left(contents, left)
    told = bundles.count_told(contents, left)
    assert told == exact or (told > low and exact >= 1)
    unheard = {one: count if count <= low else count + 7 for one, count in left.items()}
    assert bundles.count_told(contents, unheard) == told


@given(
    st.integers(0, 10_000_000),
    st.lists(st.tuples(st.integers(1, MOST_OF_ONE), st.integers(1, 5_000_000)), min_size=1, max_size=8),
)
def test_a_box_is_divided_to_the_last_dong(amount, given_contents):
    """H5: the parts add up to what is divided, none is negative, and each is within one đồng of its exact share."""
    contents = inside(
        *(pieces for pieces, _price in given_contents), prices=[price for _pieces, price in given_contents]
    )
    parts = bundles.divide(amount, contents)
    whole = sum(pieces * price for pieces, price in given_contents)
    assert sum(parts) == amount and min(parts) >= 0
    for part, (pieces, cost) in zip(parts, given_contents, strict=True):
        assert abs(part * whole - amount * pieces * cost) < whole


async def test_a_box_is_quoted_as_one_pack(session):
    """H7, H8: one line at the box's own price, with the weight of its contents; what they cost alone does not count."""
    gift = await make_gift(session)
    whole = await quote(session, {gift.box: 3})
    [line] = whole.parts[0].lines
    assert (line.title, line.quantity, line.amount_minor) == ("Hộp quà Tết", 3, 1_200_000)
    assert [(one.variant.id, one.quantity) for one in line.contents] == [(gift.tea.id, 2), (gift.honey.id, 1)]
    assert pricing.weigh(gift.box, 3) == 3 * (2 * 200 + 500)


async def test_lists_are_of_the_box(session):
    """H7: a list of the box lowers its price from its quantity on; a list of its contents does not."""
    gift = await make_gift(session)
    await make_list_for(session, gift.box, {5: 350_000})
    await make_list_for(session, gift.tea, {1: 10_000}, name="Giá chè")
    assert (await quote(session, {gift.box: 4})).goods_minor == 1_600_000
    assert (await quote(session, {gift.box: 5})).goods_minor == 1_750_000


async def test_vouchers_are_of_the_box(session):
    """H7: a percentage is of what the boxes cost."""
    gift = await make_gift(session)
    await make_voucher_for(session, gift.box, amount_minor=None, percent=10)
    whole = await quote(session, {gift.box: 2, gift.tea: 1})
    discount = await checkout.price_voucher(session, code="tet2027", parts=whole.parts, now=NOW)
    assert discount.parts_minor == (80_000, 15_000)


async def test_a_box_needs_what_its_contents_need(session):
    """H8: with one chilled content the whole box goes by a way that is cold, or not at all."""
    gift = await make_gift(session)
    bees = await listing_of(session, gift.honey)
    await add_way(session, bees.producer_id, carries=frozenset({Temperature.AMBIENT}))
    whole = await quote(session, {gift.box: 1})
    assert whole.parts[0].sending.refusal is None
    bees.temperature = Temperature.CHILLED
    await session.flush()
    whole = await quote(session, {gift.box: 1})
    assert whole.parts[0].sending.refusal is not None


OBSTACLES = [
    ({"state": ListingState.PAUSED}, "Hộp quà Tết có Mật ong đang ngừng bán, nên chưa mua được."),
    (
        {"sold_from": DAY + timedelta(days=3)},
        "Hộp quà Tết có Mật ong bán từ ngày 15/11/2026, nên bây giờ chưa mua được.",
    ),
    (
        {"sold_until": DAY - timedelta(days=1)},
        "Hộp quà Tết có Mật ong hết mùa bán rồi, nên không mua được nữa.",
    ),
]


@pytest.mark.parametrize(("changes", "words"), OBSTACLES)
async def test_a_content_that_is_not_sold_stops_the_box(session, changes, words):
    """H4: quote and basket refuse the box and name what is not sold; a basket that holds it says so."""
    gift = await make_gift(session)
    bees = await listing_of(session, gift.honey)
    for name, value in changes.items():
        setattr(bees, name, value)
    await session.flush()
    with pytest.raises(ContentMissingError) as refused:
        await quote(session, {gift.box: 1})
    assert (str(refused.value.message), refused.value.variant_id) == (words, gift.box.id)
    cart, lines, priced = await price(session, {gift.box: 1, gift.tea: 1})
    assert list(lines) == [gift.tea.id]
    [gone] = priced.gone
    assert gone.variant.id == gift.box.id and gone.obstacle is not None and not priced.can_be_ordered
    with pytest.raises(ContentMissingError):
        await carts.add_line(session, cart_id=cart.id, variant_id=gift.box.id, quantity=1, now=NOW)


async def test_a_content_that_is_ordered_ahead_stops_the_box(session):
    """H4: while a content waits for its harvest no box of it is sold, whatever lies there."""
    gift = await make_gift(session)
    await make_offer(session, gift.tea)
    with pytest.raises(ContentMissingError) as refused:
        await quote(session, {gift.box: 1})
    assert "còn chờ mẻ mới" in str(refused.value.message)


async def test_a_box_is_not_ordered_ahead(session):
    """H2: nobody opens a pre-order on a box."""
    gift = await make_gift(session)
    person = await make_person(session)
    with pytest.raises(BundleOfferError):
        await preorders.open_offer(
            session,
            producer_id=(await listing_of(session, gift.box)).producer_id,
            variant_id=gift.box.id,
            cap=10,
            expected_on=EXPECTED,
            person_id=person.id,
            now=NOW,
        )


async def test_a_basket_counts_what_its_other_lines_want(session):
    """H3: tea that was put in first is missing from the box; the words name it, and the shelf decides together."""
    gift = await make_gift(session, tea=5, honey=9)
    _cart, lines, priced = await price(session, {gift.tea: 2, gift.box: 2})
    box = lines[gift.box.id]
    assert (box.left, box.is_short, box.scarce.variant.id) == (1, True, gift.tea.id)
    assert not lines[gift.tea.id].is_short and not priced.can_be_ordered


async def test_taking_what_is_left_leaves_a_basket_that_can_be_ordered(session):
    """H3: lowered to what is there, box and pack fit together; a box that cannot be filled goes out."""
    gift = await make_gift(session, tea=5, honey=9)
    cart, _lines, _priced = await price(session, {gift.tea: 2, gift.box: 2})
    await checkout.take_what_is_left(session, cart_id=cart.id, now=NOW)
    again = await carts.price_cart(session, cart.id, now=NOW)
    assert again.can_be_ordered and again.goods_minor == 2 * 150_000 + 400_000
    all_tea, _lines, _priced = await price(session, {gift.tea: 4, gift.box: 1})
    await checkout.take_what_is_left(session, cart_id=all_tea.id, now=NOW)
    again = await carts.price_cart(session, all_tea.id, now=NOW)
    assert again.can_be_ordered and again.goods_minor == 4 * 150_000


async def test_two_kinds_of_box_share_a_content(session):
    """H3: boxes that hold the same tea take it one after the other."""
    gift = await make_gift(session, tea=7, honey=9)
    other = await make_bundle(session, {gift.tea: 3}, name="Túi chè")
    _cart, lines, _priced = await price(session, {gift.box: 2, other: 1})
    assert (lines[gift.box.id].left, lines[other.id].left) == (3, 1)


async def test_blocked_goods_fill_no_box(session):
    """H4: what is held or recalled is not there, and is named."""
    gift = await make_gift(session)
    gift.honey_stock.is_blocked = True
    await session.flush()
    _cart, lines, _priced = await price(session, {gift.box: 1})
    assert (lines[gift.box.id].left, lines[gift.box.id].scarce.listing.title) == (0, "Mật ong")
    await make_stock(session, gift.honey, on_hand=1)
    _cart, lines, _priced = await price(session, {gift.box: 1})
    assert lines[gift.box.id].left == 1
