"""Margins: leaf followed from the slip to the money of its tea. The names G1 to G9 are those of margins/MARGINS.md."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.ids import uuid7
from producers.diaries.models import EntryKind
from producers.farms.models import Farm, Site
from producers.intake.models import Grade
from storefront.fees.models import FeeKind
from storefront.fulfilment import cash as refusing
from storefront.fulfilment import refunding, weighing
from storefront.fulfilment import service as fulfilment
from storefront.fulfilment.weighing import Weighing
from storefront.ledger.periods import Period
from storefront.margins import service
from storefront.margins.errors import NotWeighedInError, PeriodTooLongError
from storefront.margins.service import per_kilo
from storefront.orders import parcels
from storefront.refunds.models import RefundReason
from storefront.remittances import service as remittances
from storefront.remittances.service import Share
from storefront.stock import service as stock
from tests.factories import producers, scale, storefront
from tests.factories.cash import allow, make_cash_order, make_transfer, send
from tests.factories.margins import (
    BEFORE,
    BOTH,
    EARLIER,
    THIS,
    make_goods,
    make_pond,
    make_press,
    make_tea,
    read,
    take_fee,
)
from tests.factories.orders import make_paid_order, pay
from tests.factories.settlements import NOW, make_house, make_settlement, weigh
from tests.factories.vouchers import make_voucher, order_with
from tests.queries import count_queries
from traceability.lots import moving
from traceability.lots.moving import Hand
from traceability.lots.schemas import LotPart

KILO = 350_000 * 5
"""Five boxes of 200 g."""


async def give_back(session, press, order, *lines):
    """The buyer gets these lines' price back; the goods stay where they are."""
    [parcel] = await parcels.list_parcels(session, order)
    return await refunding.give_back(
        session,
        parcel,
        lines or parcel.lines,
        reason=RefundReason.RECALLED,
        person_id=press.house.manager_id,
        now=NOW,
    )


def act_of(press, parcel):
    """What every act on a parcel is told."""
    return {
        "consignment_id": parcel.consignment.id,
        "producer_id": press.producer_id,
        "person_id": press.house.manager_id,
        "now": NOW,
    }


async def test_from_leaf_to_money(session):
    """G2, G5, G6: twenty kilos of leaf make four of tea, one is sold, fees go off, what stands behind it is paid for."""
    press = await make_press(session)
    await take_fee(session, press, FeeKind.MARKET, 500)
    await take_fee(session, press, FeeKind.PAYMENT, 200)
    slip = await weigh(session, press.house, 10_000, 35_000)
    bud = await weigh(session, press.house, 10_000, 45_000, grade=Grade.BUD)
    await make_goods(session, press, 4_000, {slip: 10_000, bud: 10_000})
    order = await make_paid_order(session, press.variant, quantity=5)
    margin = await read(session, press)
    assert [(one.grade, one.weight_g, one.amount_minor) for one in margin.grades] == [
        (Grade.BUD, 10_000, 450_000),
        (Grade.ONE_LEAF, 10_000, 350_000),
    ]
    bought = margin.bought
    assert (bought.slips, bought.households, bought.weight_g, bought.amount_minor) == (2, 1, 20_000, 800_000)
    assert per_kilo(bought.amount_minor, bought.weight_g) == 40_000
    assert (margin.used_raw_g, margin.made_g, margin.sold_g, margin.shelf_g) == (20_000, 4_000, 1_000, 3_000)
    assert (margin.other_g, margin.waiting_g, margin.pending_g, margin.back_g) == (0, 0, 0, 0)
    [pack] = margin.made
    assert (pack.made_g, pack.sold_g, pack.shelf_g, pack.shelf_packs) == (4_000, 1_000, 3_000, 15)
    money = margin.money
    assert (money.goods_minor, money.market_fee_minor, money.payment_fee_minor) == (KILO, 87_500, 35_000)
    assert (money.tax_minor, money.sending_minor, money.delivery_minor) == (0, 0, order.delivery_minor)
    assert (margin.gone_raw_g, margin.gone_cost_minor) == (5_000, 200_000)
    assert margin.left_minor == KILO - 87_500 - 35_000 - 200_000
    assert per_kilo(margin.left_minor, margin.gone_raw_g) == 285_500


async def test_what_was_bought_counts_by_what_holds(session):
    """G1: corrected slips count by the correction, on its day; grams of a farm without a household stand apart."""
    press = await make_press(session)
    first = await weigh(session, press.house, 10_000)
    await weigh(session, press.house, 8_000, corrects_id=first.id)
    moved = await weigh(session, press.house, 5_000)
    await weigh(session, press.house, 5_000, corrects_id=moved.id, weighed_at=EARLIER)
    farm = await producers.make_farm(session, producer_id=press.producer_id)
    site = await producers.make_site(session, farm_id=farm.id)
    await producers.make_slip(session, site_id=site.id, weight_g=3_000)
    margin = await read(session, press)
    assert (margin.bought.slips, margin.bought.weight_g, margin.bought.amount_minor) == (1, 8_000, 280_000)
    assert (margin.nobodys_g, margin.bought.unmade_g) == (3_000, 8_000)
    assert (await read(session, press, BEFORE)).bought.weight_g == 5_000
    # A lot that took of the first record took of what stands in its place; never more than that weighs.
    await make_goods(session, press, 1_000, {first: 5_000})
    after = await read(session, press)
    assert (after.bought.unmade_g, after.used_raw_g, after.made_g) == (3_000, 5_000, 1_000)


async def test_leaf_is_never_more_than_its_slip_says_now(session):
    """G1, G3: a slip that was corrected below what lots took of it counts whole and once."""
    press = await make_press(session)
    slip = await weigh(session, press.house, 10_000)
    await make_goods(session, press, 2_000, {slip: 10_000})
    await weigh(session, press.house, 6_000, corrects_id=slip.id)
    await make_paid_order(session, press.variant, quantity=10)
    margin = await read(session, press)
    assert (margin.bought.unmade_g, margin.sold_g) == (0, 2_000)
    assert (margin.gone_raw_g, margin.gone_cost_minor) == (6_000, 210_000)


async def test_a_farm_without_a_household_has_no_part(session):
    """G1, G3: what was weighed in of nobody is no cost and brings the period nothing."""
    press = await make_press(session)
    slip = await weigh(session, press.house, 5_000)
    farm = await producers.make_farm(session, producer_id=press.producer_id)
    site = await producers.make_site(session, farm_id=farm.id)
    other = await producers.make_slip(session, site_id=site.id, weight_g=5_000)
    await make_goods(session, press, 2_000, {slip: 5_000, other: 5_000})
    margin = await read(session, press)
    assert (margin.made_g, margin.nobodys_g) == (1_000, 5_000)


async def test_only_leaf_of_nobody_is_no_margin(session):
    """G1: a period in which nothing was bought has none."""
    press = await make_press(session)
    farm = await producers.make_farm(session, producer_id=press.producer_id)
    await producers.make_slip(
        session, site_id=(await producers.make_site(session, farm_id=farm.id)).id, weight_g=5_000
    )
    found = await service.read_margins(
        session,
        producer_id=press.producer_id,
        person_id=press.house.manager_id,
        reads_all=True,
        period=THIS,
    )
    assert found.margins == []


async def test_a_mixed_lot_is_shared_by_weight(session):
    """G3: six kilos of these days and four of before, half a lot of the own garden: each period has its part, once."""
    press = await make_press(session)
    now, then = (
        await weigh(session, press.house, 6_000),
        await weigh(session, press.house, 4_000, 30_000, weighed_at=EARLIER),
    )
    own = await producers.make_site(
        session, farm_id=(await producers.make_farm(session, producer_id=press.producer_id)).id
    )
    entry = await producers.make_entry(
        session, site_id=own.id, quantity_g=10_000, kind=EntryKind.PICK, performed_at=NOW
    )
    await make_goods(session, press, 4_000, {now: 6_000, then: 4_000}, entry=(entry.id, 10_000))
    await make_paid_order(session, press.variant, quantity=20)
    parts = [await read(session, press, period) for period in (THIS, BEFORE, BOTH)]
    assert [one.made_g for one in parts] == [1_200, 800, 2_000]
    assert [one.sold_g for one in parts] == [1_200, 800, 2_000]
    assert [one.money.goods_minor for one in parts] == [2_100_000, 1_400_000, 3_500_000]
    assert [one.gone_cost_minor for one in parts] == [210_000, 120_000, 330_000]
    assert [one.gone_raw_g for one in parts] == [6_000, 4_000, 10_000]


async def test_parts_and_blends_bring_their_leaf_along(session):
    """G4: split, merged with older tea and sold out, every box is told once, and the money is shared by the leaf behind it."""
    press = await make_press(session)
    lot = await make_tea(session, press, 10)
    old = await make_tea(session, press, 10, price=30_000, weighed_at=EARLIER)
    hand = Hand(press.producer_id, press.house.manager_id, NOW)
    part, rest = await moving.split_lot(session, lot_id=lot.id, parts=[1_000, 400], hand=hand)
    blend = await moving.merge_lots(
        session, parts=[LotPart(part.id, 1_000), LotPart(old.id, 1_000)], hand=hand
    )
    await moving.merge_lots(session, parts=[LotPart(blend.id, 1_000), LotPart(rest.id, 400)], hand=hand)
    here, there = await read(session, press), await read(session, press, BEFORE)
    assert (here.made_g, here.shelf_g, there.made_g, there.shelf_g) == (2_000, 2_000, 2_000, 2_000)
    await make_paid_order(session, press.variant, quantity=20)
    here, there = await read(session, press), await read(session, press, BEFORE)
    assert (here.sold_g, there.sold_g, here.shelf_g, there.shelf_g) == (2_000, 2_000, 0, 0)
    assert (here.money.goods_minor, there.money.goods_minor) == (3_500_000, 3_500_000)
    assert (here.gone_cost_minor, there.gone_cost_minor) == (350_000, 300_000)
    assert (here.gone_raw_g, there.gone_raw_g) == (10_000, 10_000)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 7), st.integers(0, 9_999))
async def test_all_periods_make_the_whole(session, tenths, sold, basis_points):
    """G3 to G6: however lots are mixed, what the periods have of an order is the order, its fees, and its leaf, to the đồng."""
    press = await make_press(session)
    if basis_points:
        await take_fee(session, press, FeeKind.MARKET, basis_points)
    for tenth in tenths:
        new = await weigh(session, press.house, tenth * 1_000 + 7, 33_333)
        old = await weigh(session, press.house, (10 - tenth) * 1_000, 31_111, weighed_at=EARLIER)
        await make_goods(session, press, 2_000, {new: new.weight_g, old: old.weight_g})
    await make_paid_order(session, press.variant, quantity=min(sold, 10 * len(tenths)))
    here, there, both = [await read(session, press, period) for period in (THIS, BEFORE, BOTH)]
    for name in ("made_g", "sold_g", "shelf_g", "gone_raw_g", "gone_cost_minor"):
        assert abs(getattr(here, name) + getattr(there, name) - getattr(both, name)) <= 1, name
    assert both.money.goods_minor == 350_000 * sold
    assert abs(here.money.goods_minor + there.money.goods_minor - both.money.goods_minor) <= 1
    fees = [one.money.market_fee_minor for one in (here, there, both)]
    assert abs(fees[0] + fees[1] - fees[2]) <= 1
    assert both.other_g == 0


async def test_vouchers_and_refunds_are_taken_off(session):
    """G5, G6: the books' sum after a voucher; a line given back is gone for nothing, and its part of the fee came back."""
    press = await make_press(session)
    await take_fee(session, press, FeeKind.MARKET, 500)
    await make_tea(session, press, 10)
    listing = await storefront.make_listing(session, producer_id=press.producer_id, title="Chè vụn")
    dust = await storefront.make_variant(session, listing_id=listing.id, price_minor=50_000)
    slip = await weigh(session, press.house, 5_000, 10_000)
    await make_goods(session, press, 1_000, {slip: 5_000}, variant_id=dust.id)
    await make_voucher(session, producer_id=press.producer_id, amount_minor=40_000)
    order = await order_with(session, press.variant, dust)
    await pay(session, order)
    before = await read(session, press)
    assert before.money.goods_minor == 360_000 and before.money.market_fee_minor == 18_000
    assert (before.sold_g, before.gone_raw_g, before.gone_cost_minor) == (400, 2_000, 45_000)
    [parcel] = await parcels.list_parcels(session, order)
    [line] = [one for one in parcel.lines if one.variant_id == dust.id]
    await give_back(session, press, order, line)
    after = await read(session, press)
    assert after.money.goods_minor == 360_000 - line.amount_minor
    assert after.money.market_fee_minor == (360_000 - line.amount_minor) // 20
    assert (after.sold_g, after.back_g) == (200, 200)
    assert (after.gone_raw_g, after.gone_cost_minor) == (2_000, 45_000)
    await give_back(session, press, order)
    none = await read(session, press)
    assert (none.money.goods_minor, none.money.market_fee_minor) == (0, 0)
    assert (none.sold_g, none.back_g, none.left_minor) == (0, 400, -45_000)


async def test_goods_that_came_back_lie_on_the_shelf(session):
    """G6: neither sold nor gone, with no leaf to pay for out of the sale."""
    press = await make_press(session)
    await make_tea(session, press, 10)
    order = await make_paid_order(session, press.variant, quantity=3)
    await give_back(session, press, order)
    await stock.release(session, order_id=order.id, now=NOW)
    margin = await read(session, press)
    assert (margin.sold_g, margin.back_g, margin.shelf_g, margin.gone_raw_g) == (0, 0, 2_000, 0)
    assert (margin.left_minor, margin.other_g) == (0, 0)


async def test_the_scale_settles_what_was_sold(session):
    """G5: fish count by what the scale said and by the price that it settled."""
    pond = await make_pond(session)
    slip = await weigh(session, pond.house, 22_000, 200_000, grade=Grade.FISH)
    await make_goods(session, pond, 22_000, {slip: 22_000})
    order = await make_paid_order(session, pond.variant, quantity=2)
    [parcel] = await parcels.list_parcels(session, order)
    await fulfilment.confirm(session, **act_of(pond, parcel))
    said = Weighing(
        id=uuid7(),
        line_id=parcel.lines[0].id,
        weights_g=(1_900, 2_000),
        photo_id=await scale.show_scale(session),
    )
    await weighing.weigh(session, **act_of(pond, parcel), weighing=said)
    margin = await read(session, pond)
    assert (margin.sold_g, margin.money.goods_minor) == (3_900, 3_900 * 320)
    assert (margin.gone_raw_g, margin.gone_cost_minor) == (3_900, 780_000)
    # The shelf counts pieces of their heaviest: what they lacked of it is told as missing.
    assert (margin.shelf_g, margin.other_g) == (17_600, 500)


async def test_what_was_weighed_again_counts_once(session):
    """G5, W10: the last weighing counts, and so do the fee and what goes back by it."""
    pond = await make_pond(session)
    slip = await weigh(session, pond.house, 22_000, 200_000, grade=Grade.FISH)
    await make_goods(session, pond, 22_000, {slip: 22_000})
    await take_fee(session, pond, FeeKind.MARKET, 500)
    await take_fee(session, pond, FeeKind.PAYMENT, 100)
    order = await make_paid_order(session, pond.variant, quantity=2)
    work = await scale.start(session, order, 1_900, 2_000)
    for weights in ((1_800, 2_000), (2_000, 2_000)):
        await work.again(session, *weights)
    margin = await read(session, pond)
    assert (margin.sold_g, margin.money.goods_minor) == (4_000, 1_280_000)
    assert (margin.money.market_fee_minor, margin.money.payment_fee_minor) == (64_000, 12_800)


async def test_goods_by_the_gram(session):
    """G5: loose tea is sold and lies there in grams."""
    press = await make_press(session)
    listing = await storefront.make_listing(session, producer_id=press.producer_id, title="Chè rời")
    loose = await storefront.make_variant(
        session, listing_id=listing.id, sold_by="gram", step=100, price_minor=900_000
    )
    slip = await weigh(session, press.house, 5_000)
    await make_goods(session, press, 1_000, {slip: 5_000}, variant_id=loose.id)
    await make_paid_order(session, loose, quantity=300)
    margin = await read(session, press)
    [pack] = margin.made
    assert (pack.sold_g, pack.shelf_g, pack.shelf_packs) == (300, 700, None)
    assert margin.money.goods_minor == 270_000


async def test_money_on_delivery_is_said_as_on_its_way(session):
    """G7: not sold before the money is here; what the courier kept beyond the delivery is taken off then."""
    press = await make_press(session)
    await make_tea(session, press, 10)
    await allow(session, press.variant)
    order = await make_cash_order(session, press.variant)
    await send(session, order)
    waiting = await read(session, press)
    assert (waiting.pending_g, waiting.sold_g, waiting.shelf_g, waiting.gone_raw_g) == (200, 0, 1_800, 0)
    kept = order.delivery_minor + 7_000
    transfer = await make_transfer(session, order.total_minor - kept)
    await remittances.divide_transfer(
        session,
        receipt_id=transfer.id,
        shares=[Share(order.id, order.total_minor - kept, kept)],
        person_id=press.house.manager_id,
        now=NOW,
    )
    here = await read(session, press)
    assert (here.pending_g, here.sold_g, here.money.goods_minor) == (0, 200, 350_000)
    assert (here.money.sending_minor, here.money.left_minor) == (7_000, 343_000)


async def test_what_nobody_took_and_was_spoilt_is_on_no_way(session):
    """G7: a parcel on delivery that came back and was written off waits for nobody's money: it left without an order."""
    press = await make_press(session)
    await make_tea(session, press, 10)
    await allow(session, press.variant)
    parcel = await send(session, await make_cash_order(session, press.variant))
    await refusing.take_refused(
        session,
        consignment_id=parcel.id,
        producer_id=press.producer_id,
        is_good=False,
        person_id=press.house.manager_id,
        now=NOW,
    )
    margin = await read(session, press)
    assert (margin.pending_g, margin.sold_g, margin.shelf_g, margin.other_g) == (0, 0, 1_800, 200)


async def test_money_in_the_own_hand_is_no_cost(session):
    """G7: what the cooperative took from the buyer itself was not kept by a courier."""
    press = await make_press(session)
    await make_tea(session, press, 10)
    await allow(session, press.variant)
    order = await make_cash_order(session, press.variant)
    await send(session, order)
    await remittances.keep_cash(
        session,
        remittance_id=uuid7(),
        producer_id=press.producer_id,
        order_ids=[order.id],
        person_id=press.house.manager_id,
        now=NOW,
    )
    margin = await read(session, press)
    assert (margin.money.goods_minor, margin.money.sending_minor) == (350_000, 0)


async def test_gaps_are_said_in_kilos(session):
    """G7: leaf in no lot, slips not settled, what is held, and what left the shelf without an order."""
    press = await make_press(session)
    lot = await make_tea(session, press, 10)
    await weigh(session, press.house, 4_000)
    margin = await read(session, press)
    assert (margin.bought.unmade_g, margin.bought.unsettled_minor) == (4_000, 490_000)
    await make_settlement(session, press.house)
    settled = await read(session, press)
    assert settled.bought.unsettled_minor == 0
    [item] = await stock.list_items(session, [press.variant.id])
    how = {
        "stock_item_id": item.id,
        "reason": "biếu",
        "person_id": press.house.manager_id,
        "now": NOW,
    }
    await stock.adjust(session, delta=-2, **how)
    assert (await read(session, press)).other_g == 400
    await stock.adjust(session, delta=3, **how)
    assert (await read(session, press)).other_g == -200
    await stock.block_lot(session, lot_id=lot.id)
    held = await read(session, press)
    assert (held.shelf_g, held.waiting_g) == (0, 2_200)


async def test_a_held_lot_waits_though_it_never_lay_on_the_shelf(session):
    """G7: tea of leaf that was picked too early is told as held."""
    press = await make_press(session)
    site = await session.get_one(Site, press.house.site_id)
    product = await producers.make_input(session, producer_id=press.producer_id)
    await producers.make_interval(session, input_id=product.id)
    await producers.make_entry(
        session,
        site_id=site.id,
        kind=EntryKind.SPRAY,
        performed_at=NOW - timedelta(days=1),
        input_id=product.id,
        quantity_g=None,
        details={},
    )
    await make_tea(session, press, 5)
    margin = await read(session, press)
    assert (margin.made_g, margin.shelf_g, margin.waiting_g) == (1_000, 0, 1_000)


async def test_a_correction_after_the_settlement_leaves_the_difference_open(session):
    """G7: what the books do not hold yet of a slip is its difference."""
    press = await make_press(session)
    slip = await weigh(session, press.house, 10_000)
    await make_settlement(session, press.house)
    await weigh(session, press.house, 12_000, corrects_id=slip.id)
    assert (await read(session, press)).bought.unsettled_minor == 70_000


async def test_a_household_reads_the_periods_in_which_it_sold(session):
    """G8: whoever has no office reads what they had a part in; another cooperative's slips are not seen."""
    press = await make_press(session)
    await weigh(session, press.house, 4_000)
    other = await make_house(session)
    await weigh(session, other, 4_000)
    asked = {"producer_id": press.producer_id, "reads_all": False}
    found = await service.read_margins(session, person_id=press.house.person_id, period=THIS, **asked)
    assert [one.bought.weight_g for one in found.margins] == [4_000]
    for person_id, period in ((press.house.person_id, BEFORE), (other.person_id, THIS)):
        with pytest.raises(NotWeighedInError):
            await service.read_margins(session, person_id=person_id, period=period, **asked)
    farm = await session.get_one(Farm, (await session.get_one(Site, press.house.site_id)).farm_id)
    assert farm.owner_id == press.house.person_id


async def test_the_same_few_queries_for_any_size(db):
    """G9: four, whether one box was sold or many of many lots; two while nothing was made."""
    async with db.transaction() as session:
        press = await make_press(session)
        await weigh(session, press.house, 1_000)
    async with db.transaction() as session:
        statements = count_queries(db.engine)
        await read(session, press)
        assert len(statements) == 2
    for boxes in (1, 6):
        async with db.transaction() as session:
            for _lot in range(boxes):
                await make_tea(session, press, 5)
                await make_paid_order(session, press.variant, quantity=2)
        async with db.transaction() as session:
            statements = count_queries(db.engine)
            margin = await read(session, press)
            assert len(statements) == 4
    assert margin.sold_g == 7 * 400


async def test_a_period_has_an_end(session):
    """G9: more than a year and a day is asked for in parts."""
    press = await make_press(session)
    long = Period(since=THIS.until - timedelta(days=366), until=THIS.until)
    with pytest.raises(PeriodTooLongError):
        await read(session, press, long)


@pytest.mark.parametrize(
    ("day", "first", "last", "before"),
    [
        (date(2026, 11, 12), date(2026, 10, 1), date(2026, 12, 31), date(2026, 7, 1)),
        (date(2027, 1, 1), date(2027, 1, 1), date(2027, 3, 31), date(2026, 10, 1)),
    ],
)
def test_quarters(day, first, last, before):
    """A quarter is three whole months, also across the new year."""
    assert Period.of_quarter(day) == Period(since=first, until=last)
    assert Period.quarter_until(day) == Period(since=first, until=day)
    assert Period.quarter_before(day) == Period(since=before, until=first - timedelta(days=1))
