"""Prices: rule numbers are those of PRICING.md."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from producers.listings.models import ListingState, PricedBy, SoldBy, Variant
from storefront.pricing import service as pricing
from storefront.pricing.errors import NotOnSaleError, QuantityError
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_fish, make_listing, make_variant


def kilo(price_minor):
    """A pack sold by weight at so much a kilo."""
    return Variant(sold_by=SoldBy.GRAM, step=1, price_minor=price_minor)


@pytest.mark.parametrize(
    ("price", "grams", "amount"),
    [(280_000, 2_150, 602_000), (280_001, 500, 140_001), (333, 1, 0), (1_500, 1, 2), (1_499, 1, 1)],
)
def test_weight_is_priced_by_the_kilo_half_up(price, grams, amount):
    """Rule 3: grams times the kilo's price, a half đồng counts up."""
    assert pricing.price_amount(kilo(price), grams) == amount


@pytest.mark.parametrize(
    ("price", "most_g", "pieces", "ceiling"),
    [(320_000, 2_200, 2, 1_408_000), (333, 1_501, 1, 500), (1, 500, 1, 1), (1, 499, 1, 0)],
)
def test_the_ceiling_is_the_heaviest_piece_half_up(price, most_g, pieces, ceiling):
    """W1: price per kilo x the heaviest that one piece may be x pieces, rounded half up once."""
    fish = Variant(sold_by=SoldBy.PIECE, priced_by=PricedBy.GRAM, least_g=1, most_g=most_g, price_minor=price)
    assert pricing.price_amount(fish, pieces) == ceiling


@given(
    price=st.integers(1, 10_000_000),
    most_g=st.integers(1, 50_000),
    weights=st.lists(st.integers(1, 60_000), min_size=1, max_size=40),
)
def test_what_the_scale_says_is_never_above_the_ceiling(price, most_g, weights):
    """W4: any pieces, weights and prices: 0 <= final <= ceiling, whole đồng, and what is above the most is free."""
    fish = Variant(sold_by=SoldBy.PIECE, priced_by=PricedBy.GRAM, least_g=1, most_g=most_g, price_minor=price)
    ceiling = pricing.price_amount(fish, len(weights))
    final = pricing.settle_weights(price, weights, most_g)
    assert isinstance(final, int) and 0 <= final <= ceiling
    exact = Fraction(price * sum(min(weight, most_g) for weight in weights), 1_000)
    assert abs(final - exact) <= Fraction(1, 2)
    assert pricing.settle_weights(price, [most_g] * len(weights), most_g) == ceiling


async def test_goods_of_the_scale_are_quoted_at_their_ceiling(session):
    """W1: the quote carries the bounds of one piece and asks for the ceiling; other goods have no bounds."""
    fish, box = await make_fish(session), await make_variant(session)
    found = await pricing.quote(
        session, lines=[pricing.CartItem(fish.id, 3), pricing.CartItem(box.id, 1)], now=NOW
    )
    lines = [line for part in found.parts for line in part.lines]
    assert [(line.price_minor, line.amount_minor, line.bounds_g) for line in lines] == [
        (320_000, 2_112_000, (1_800, 2_200)),
        (350_000, 350_000, None),
    ]


async def test_pieces_are_priced_by_the_piece(session):
    """Rules 1 and 2: pieces times the listing's price of this moment."""
    variant = await make_variant(session, price_minor=350_000)
    asked = [pricing.CartItem(variant.id, 3)]
    first = await pricing.quote(session, lines=asked, now=NOW)
    variant.price_minor = 360_000
    await session.flush()
    second = await pricing.quote(session, lines=asked, now=NOW)
    assert (first.goods_minor, second.goods_minor) == (1_050_000, 1_080_000)
    [line] = first.parts[0].lines
    assert (line.title, line.variant_name, line.sold_by) == ("Chè Đinh", "Hộp 200 g", SoldBy.PIECE)
    assert (line.quantity, line.price_minor, line.amount_minor) == (3, 350_000, 1_050_000)


@pytest.mark.parametrize("state", [ListingState.DRAFT, ListingState.PAUSED])
async def test_what_is_not_published_is_not_priced(session, state):
    """Rule 4: a pack of a draft or paused listing refuses the quote and is named."""
    listing = await make_listing(session, state=state)
    variant = await make_variant(session, listing_id=listing.id)
    with pytest.raises(NotOnSaleError) as refused:
        await pricing.quote(session, lines=[pricing.CartItem(variant.id, 1)], now=NOW)
    assert refused.value.variant_id == variant.id


async def test_unknown_and_withdrawn_packs_are_not_priced(session):
    """Rule 4: nor is a pack that was taken off, nor one that never was."""
    withdrawn = await make_variant(session, is_active=False)
    for variant_id in (withdrawn.id, uuid7()):
        with pytest.raises(NotOnSaleError):
            await pricing.quote(session, lines=[pricing.CartItem(variant_id, 1)], now=NOW)


@pytest.mark.parametrize("quantity", [0, -500, 250, 750])
async def test_only_whole_steps_are_priced(session, quantity):
    """Rule 5: at least one step, and no part of one."""
    variant = await make_variant(session, sold_by=SoldBy.GRAM, step=500, net_weight_g=500)
    with pytest.raises(QuantityError) as refused:
        await pricing.quote(session, lines=[pricing.CartItem(variant.id, quantity)], now=NOW)
    assert refused.value.variant_id == variant.id


async def test_each_producer_sends_one_parcel(session):
    """Rules 6, 7 and 9: goods are summed per producer, each parcel has its fee, the total is all of it."""
    tea, fish = await make_producer(session), await make_producer(session)
    await pricing.set_rate(session, producer_id=fish.id, fee_minor=45_000, free_from_minor=None)
    box = await make_variant(session, listing_id=(await make_listing(session, producer_id=tea.id)).id)
    bag = await make_variant(
        session, listing_id=(await make_listing(session, producer_id=tea.id)).id, price_minor=50_000
    )
    sturgeon = await make_variant(
        session,
        listing_id=(await make_listing(session, producer_id=fish.id)).id,
        sold_by=SoldBy.GRAM,
        step=500,
        price_minor=280_000,
    )
    lines = [
        pricing.CartItem(box.id, 1),
        pricing.CartItem(sturgeon.id, 1_500),
        pricing.CartItem(bag.id, 2),
    ]
    found = await pricing.quote(session, lines=lines, now=NOW)
    assert [(part.producer_id, part.goods_minor, part.delivery_minor) for part in found.parts] == [
        (tea.id, 450_000, pricing.DEFAULT_DELIVERY_MINOR),
        (fish.id, 420_000, 45_000),
    ]
    assert [line.variant_id for line in found.parts[0].lines] == [box.id, bag.id]
    assert (found.goods_minor, found.delivery_minor, found.total_minor) == (870_000, 75_000, 945_000)


async def test_a_parcel_travels_free_from_its_own_sum_on(session):
    """Rule 8: from `free_from` of that producer's goods on there is no fee; saying it again replaces it."""
    seller = await make_producer(session)
    variant = await make_variant(
        session, listing_id=(await make_listing(session, producer_id=seller.id)).id, price_minor=100_000
    )
    await pricing.set_rate(session, producer_id=seller.id, fee_minor=1, free_from_minor=None)
    await pricing.set_rate(session, producer_id=seller.id, fee_minor=20_000, free_from_minor=300_000)
    fees = [
        (await pricing.quote(session, lines=[pricing.CartItem(variant.id, pieces)], now=NOW)).delivery_minor
        for pieces in (2, 3, 4)
    ]
    assert fees == [20_000, 0, 0]


async def test_nothing_costs_nothing(session):
    """Rule 9: an empty basket has no parcel and no fee."""
    assert await pricing.quote(session, lines=[], now=NOW) == pricing.Quote((), 0, 0, 0)


@given(
    amounts=st.lists(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), min_size=1, max_size=4),
    share=st.fractions(0, 1),
)
def test_v8_a_voucher_lowers_goods_and_never_delivery(amounts, share):
    """V8: every line less its part, every parcel and the whole their sums; what is paid and taken off is the price before."""
    parts = tuple(
        pricing.QuotePart(
            uuid7(),
            tuple(pricing.QuoteLine(uuid7(), "", "", SoldBy.PIECE, 1, minor, minor) for minor in minors),
            sum(minors),
            30_000,
        )
        for minors in amounts
    )
    goods = sum(part.goods_minor for part in parts)
    delivery = 30_000 * len(parts)
    off = [int(line.amount_minor * share) for part in parts for line in part.lines]
    lowered = pricing.take_off(pricing.Quote(parts, goods, delivery, goods + delivery), off)
    assert (lowered.goods_minor, lowered.discount_minor) == (goods - sum(off), sum(off))
    assert (lowered.delivery_minor, lowered.total_minor) == (delivery, goods - sum(off) + delivery)
    for before, after in zip(parts, lowered.parts, strict=True):
        assert after.goods_minor == sum(line.amount_minor for line in after.lines)
        assert after.goods_minor + after.discount_minor == before.goods_minor
        assert after.delivery_minor == before.delivery_minor
    assert [line.discount_minor for part in lowered.parts for line in part.lines] == off
