"""Ways of delivery from the producer's word to the parcel: rule numbers are those of pricing/PRICING.md."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.core.ids import uuid7
from producers.listings.models import Temperature
from storefront.checkout import service as checkout
from storefront.checkout.errors import PriceChangedError, StreetMissingError
from storefront.delivery import service as delivery
from storefront.delivery.errors import MethodNotFoundError, TooManyMethodsError
from storefront.delivery.models import Zone
from storefront.delivery.ways import Choice, Destination, Step
from storefront.delivery.words import CANNOT_CARRY, GONE, GONE_DAY
from storefront.fulfilment import picking
from storefront.fulfilment import service as fulfilment
from storefront.orders import parcels
from storefront.orders import service as orders
from storefront.pricing import service as pricing
from storefront.pricing.errors import NotSendableError, way_field
from tests.factories.delivery import FETCHED, HA_NOI, HERE, SAI_GON, SAME_PROVINCE, add_way, make_terms
from tests.factories.orders import SECRET, make_recipient, pay
from tests.factories.people import make_person
from tests.factories.preorders import EXPECTED, make_offer
from tests.factories.producers import make_producer
from tests.factories.storefront import NOW, make_cart, make_fish, make_listing, make_stock, make_variant
from tests.instants import look_too_early


@pytest.fixture
async def seller(session):
    """A producer of Tân Cương, Thái Nguyên."""
    return await make_producer(session)


@pytest.fixture
async def box(session, seller):
    """A box of 200 g at 100.000 đồng on their shelf."""
    listing = await make_listing(session, producer_id=seller.id)
    variant = await make_variant(session, listing_id=listing.id, price_minor=100_000)
    await make_stock(session, variant)
    return variant


async def ask(session, *variants, quantity=1, now=NOW, commune=None, choice=None, seller=None):
    """The parcel of one producer, as it is quoted."""
    items = [pricing.CartItem(variant.id, quantity) for variant in variants]
    choices = {seller.id: choice} if choice else {}
    to = Destination(commune_code=commune, choices=choices, now=now)
    [part] = (await pricing.quote(session, lines=items, now=NOW, to=to)).parts
    return part


async def order(session, variant, *, total, choices=None, now=NOW, quantity=1, **who):
    """Place an order of a new basket."""
    cart, _token = await make_cart(session, lines={variant.id: quantity})
    return await checkout.place_order(
        session,
        secret=SECRET,
        cart_id=cart.id,
        recipient=make_recipient(**who),
        seen_total_minor=total,
        now=now,
        choices=choices or {},
    )


async def test_a_parcel_is_priced_where_it_goes(session, seller, box):
    """D3, D4: by the buyer's commune; without one at the dearest zone."""
    prices = {Zone.COMMUNE: 0, Zone.PROVINCE: 15_000, Zone.REGION: 35_000, Zone.REST: 60_000}
    await add_way(session, seller.id, steps=tuple(Step(zone, None, fee) for zone, fee in prices.items()))
    fees = [
        (await ask(session, box, commune=commune)).delivery_minor
        for commune in (HERE, SAME_PROVINCE, HA_NOI, SAI_GON, None)
    ]
    assert fees == [0, 15_000, 35_000, 60_000, 60_000]


async def test_a_producer_says_what_is_near(session, seller, box):
    """D3: the named provinces in place of the neighbours, until none is named."""
    steps = (Step(Zone.REGION, None, 35_000), Step(Zone.REST, None, 60_000))
    await add_way(session, seller.id, steps=steps)
    assert (await delivery.get_home(session, seller.id)).region == {"01", "04", "08", "20", "24", "25"}
    fees = []
    for named in (["79", "no such"], []):
        await delivery.set_region(session, producer_id=seller.id, province_codes=named)
        fees += [(await ask(session, box, commune=one)).delivery_minor for one in (HERE, HA_NOI, SAI_GON)]
    assert fees == [35_000, 60_000, 35_000, 35_000, 35_000, 60_000]


async def test_a_parcel_weighs_what_its_goods_weigh(session, seller, box):
    """D2: net weights, pieces of the scale at their heaviest, grams as grams."""
    listing = await make_listing(session, producer_id=seller.id)
    fish = await make_fish(session, listing_id=listing.id)
    part = await ask(session, box, fish, quantity=3)
    assert part.sending.weight_g == 3 * 200 + 3 * 2_200


async def test_a_fish_goes_only_where_it_is_kept_cold(session, seller, box):
    """D5: the temperatures of all goods of the parcel count."""
    listing = await make_listing(session, producer_id=seller.id, temperature=Temperature.CHILLED)
    fish = await make_variant(session, listing_id=listing.id)
    await add_way(session, seller.id, carries=frozenset({Temperature.AMBIENT}))
    assert (await ask(session, box)).sending.refusal is None
    assert (await ask(session, box, fish)).sending.refusal == CANNOT_CARRY[Temperature.CHILLED]


async def test_no_day_before_the_harvest(session, seller, box):
    """D8: what is ordered ahead goes on no day before it is expected, and takes what is there already along."""
    await add_way(session, seller.id, weekdays=frozenset({1, 4}))
    listing = await make_listing(session, producer_id=seller.id)
    ahead = await make_variant(session, listing_id=listing.id)
    await make_offer(session, ahead)
    [way] = (await ask(session, box)).sending.ways
    [later] = (await ask(session, box, ahead)).sending.ways
    assert way.days[0] < EXPECTED <= later.days[0] and len(later.days) == len(way.days)
    early = Choice(later.method.id, way.days[0])
    assert (await ask(session, box, ahead, seller=seller, choice=early)).sending.refusal == GONE_DAY


async def test_what_was_chosen_is_copied_and_kept(session, seller, box):
    """D8, D9: name, place, price and day stand on the parcel, whatever the producer changes later."""
    await add_way(session, seller.id)
    stall = await add_way(
        session, seller.id, **FETCHED | {"steps": (Step(Zone.REST, None, 5_000),)}, weekdays=frozenset({5})
    )
    saturday = date(2026, 11, 21)
    placed = await order(
        session,
        box,
        total=105_000,
        choices={seller.id: Choice(stall, saturday)},
        line="",
        gift_note="Chúc mừng sinh nhật",
    )
    await delivery.change_method(
        session, method_id=stall, producer_id=seller.id, terms=make_terms(name="Khác"), now=NOW
    )
    await delivery.end_method(session, method_id=stall, producer_id=seller.id)
    [parcel] = await parcels.list_parcels(session, placed)
    one = parcel.consignment
    assert (one.method_name, one.is_fetched, one.fetched_at_place) == ("Lấy ở chợ", True, FETCHED["place"])
    assert (one.delivery_minor, one.deliver_on, placed.total_minor) == (5_000, saturday, 105_000)
    assert placed.gift_note == "Chúc mừng sinh nhật"
    assert (await orders.get_address(session, placed)).line == ""


async def test_the_total_shown_is_the_total_placed(session, seller, box):
    """D4, O2: with the commune another zone is asked for again, and nothing was placed."""
    await add_way(
        session, seller.id, steps=(Step(Zone.PROVINCE, None, 15_000), Step(Zone.REST, None, 60_000))
    )
    with pytest.raises(PriceChangedError) as again:
        await order(session, box, total=160_000)
    assert again.value.total_minor == 115_000
    assert (await order(session, box, total=115_000)).delivery_minor == 15_000


async def test_a_street_is_asked_for_unless_all_is_fetched(session, seller, box):
    """D7: a parcel that is sent needs a house."""
    await add_way(session, seller.id, **FETCHED)
    assert (await order(session, box, total=100_000, line=" ")).delivery_minor == 0
    bus = await add_way(session, seller.id)
    with pytest.raises(StreetMissingError) as refused:
        await order(session, box, total=140_000, line=" ", choices={seller.id: Choice(bus)})
    assert set(refused.value.fields) == {"line"}


@pytest.mark.parametrize("what", ["ended", "of another", "day over"])
async def test_what_cannot_be_as_chosen_is_refused(session, seller, box, what):
    """D8, D11: a way that is gone, another producer's, or a day that is over places nothing, and says so."""
    other = await make_producer(session)
    way = await add_way(session, seller.id, weekdays=frozenset({4}))
    await add_way(session, seller.id)
    choice, words = Choice(way, date(2026, 11, 13)), GONE_DAY
    now = NOW
    if what == "ended":
        await delivery.end_method(session, method_id=way, producer_id=seller.id)
        words = GONE
    elif what == "of another":
        choice, words = Choice(await add_way(session, other.id)), GONE
    else:
        now = NOW + timedelta(days=1)
    with pytest.raises(NotSendableError) as refused:
        await order(session, box, total=140_000, choices={seller.id: choice}, now=now)
    assert refused.value.fields == {way_field(seller.id): words}


async def test_below_the_least_nothing_is_sent(session, seller, box):
    """D10: the words say from what on and how much is missing; at the minimum it goes."""
    await pricing.set_rate(
        session, producer_id=seller.id, fee_minor=20_000, free_from_minor=None, minimum_minor=200_000
    )
    with pytest.raises(NotSendableError) as refused:
        await order(session, box, total=100_000)
    assert "200.000" in str(refused.value.message) and "100.000" in str(refused.value.message)
    assert (await order(session, box, total=220_000, quantity=2)).delivery_minor == 20_000


async def test_a_way_is_read_back_as_it_was_said(session, seller):
    """A way keeps its words, days and prices; a change replaces them all; an ended one is gone for its producer."""
    terms = make_terms(weekdays=frozenset({0, 6}), cutoff_days=2, cutoff_hour=9, free_from_minor=1)
    way = await delivery.make_method(session, producer_id=seller.id, terms=terms, now=NOW)
    found = await delivery.get_method(session, method_id=way, producer_id=seller.id)
    assert all(getattr(found, name) == getattr(terms, name) for name in terms.__dataclass_fields__)
    other = make_terms(name="Bưu điện", steps=(Step(Zone.REST, None, 9_000),))
    await delivery.change_method(session, method_id=way, producer_id=seller.id, terms=other, now=NOW)
    found = await delivery.get_method(session, method_id=way, producer_id=seller.id)
    assert (found.name, found.steps, found.weekdays) == ("Bưu điện", other.steps, frozenset())
    await delivery.end_method(session, method_id=way, producer_id=seller.id)
    with pytest.raises(MethodNotFoundError):
        await delivery.get_method(session, method_id=way, producer_id=seller.id)


async def test_a_way_belongs_to_its_producer(session, seller):
    """Nobody changes or ends another's way, or one that never was."""
    other = await make_producer(session)
    way = await add_way(session, seller.id)
    for producer_id, method_id in ((other.id, way), (seller.id, uuid7())):
        with pytest.raises(MethodNotFoundError):
            await delivery.change_method(
                session, method_id=method_id, producer_id=producer_id, terms=make_terms(), now=NOW
            )
        with pytest.raises(MethodNotFoundError):
            await delivery.end_method(session, method_id=method_id, producer_id=producer_id)


async def test_ways_are_not_endless(session, seller):
    """Eight are offered at most; an ended one makes room."""
    ways = [await add_way(session, seller.id) for _ in range(delivery.MOST_METHODS)]
    with pytest.raises(TooManyMethodsError):
        await add_way(session, seller.id)
    await delivery.end_method(session, method_id=ways[0], producer_id=seller.id)
    assert await add_way(session, seller.id)


async def test_the_last_way_does_not_stand_in_its_own_way(session, seller, monkeypatch):
    """A repeat that looked for itself a moment too early is answered with its first sending."""
    for _ in range(delivery.MOST_METHODS - 1):
        await add_way(session, seller.id)
    last = {"producer_id": seller.id, "terms": make_terms(), "now": NOW, "method_id": uuid7()}
    await delivery.make_method(session, **last)
    look_too_early(monkeypatch, delivery.repository, "find_method")
    assert await delivery.make_method(session, **last) == last["method_id"]
    assert len((await delivery.list_methods(session, [seller.id]))[seller.id]) == delivery.MOST_METHODS


async def test_packers_see_what_is_fetched_after_what_is_sent(session, seller, box):
    """D7: the pick list goes province by province; what is fetched stands last, by its place, with its day."""
    stall = await add_way(session, seller.id, **FETCHED, weekdays=frozenset({5}))
    bus = await add_way(session, seller.id)
    person = await make_person(session)
    for way, total in ((stall, 100_000), (bus, 140_000)):
        placed = await order(session, box, total=total, choices={seller.id: Choice(way)})
        await pay(session, placed)
        [parcel] = await parcels.list_parcels(session, placed)
        await fulfilment.confirm(
            session,
            consignment_id=parcel.consignment.id,
            producer_id=seller.id,
            person_id=person.id,
            now=NOW,
        )
    found = await picking.make_pick_list(session, producer_id=seller.id, now=NOW)
    assert [(stop.province, stop.commune) for stop in found.stops] == [
        ("Tỉnh Thái Nguyên", "Xã Đại Phúc"),
        ("", FETCHED["place"]),
    ]
    assert [stop.parcels[0].parcel.consignment.deliver_on for stop in found.stops] == [
        None,
        date(2026, 11, 14),
    ]
