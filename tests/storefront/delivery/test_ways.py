"""What a way costs and when it goes: rule numbers are those of pricing/PRICING.md."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.listings.models import Temperature
from storefront.delivery.models import MethodKind, Zone
from storefront.delivery.ways import (
    Choice,
    Home,
    Load,
    Step,
    choose,
    cutoff_of,
    flat,
    list_days,
    list_zones,
    look_at,
)
from storefront.delivery.words import CANNOT_CARRY, GONE, GONE_DAY, TOO_FAR
from tests.factories.delivery import FETCHED, HA_NOI, HERE, SAI_GON, SAME_PROVINCE, make_way

HOME = Home(HERE, "19", frozenset({"01", "24"}))
TEA = frozenset({Temperature.AMBIENT})
THURSDAY = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)  # 9 o'clock in Vietnam
steps_of = st.lists(
    st.builds(
        Step,
        st.sampled_from(Zone),
        st.one_of(st.none(), st.integers(1, 5_000)),
        st.integers(0, 200_000),
    ),
    min_size=1,
    max_size=8,
)


def parcel(weight_g=500, goods_minor=100_000, temperatures=TEA):
    """Half a kilo of tea."""
    return Load(goods_minor, weight_g, temperatures)


@pytest.mark.parametrize(
    ("weight_g", "fee"), [(1, 40_000), (2_000, 40_000), (2_001, 70_000), (900_000, 70_000)]
)
def test_the_smallest_step_that_holds_the_weight_is_paid(weight_g, fee):
    """D2: up to and with a step's weight; the step without a weight holds everything."""
    assert look_at(make_way(), parcel(weight_g), None, now=None).fee_minor == fee


def test_what_is_heavier_than_every_step_is_refused():
    """D2: the words say the weight."""
    way = look_at(make_way(steps=(Step(Zone.REST, 2_000, 40_000),)), parcel(2_500), None, now=None)
    assert way.refusal is not None and "2,5\u00a0kg" in str(way.refusal)


@pytest.mark.parametrize(
    ("commune", "province", "zones"),
    [
        (HERE, "19", [Zone.COMMUNE, Zone.PROVINCE, Zone.REGION, Zone.REST]),
        (SAME_PROVINCE, "19", [Zone.PROVINCE, Zone.REGION, Zone.REST]),
        (HA_NOI, "01", [Zone.REGION, Zone.REST]),
        (SAI_GON, "79", [Zone.REST]),
    ],
)
def test_zones_are_seen_from_the_producer(commune, province, zones):
    """D3: the nearest first."""
    assert list_zones(HOME, commune, province) == zones


def test_the_nearest_zone_that_has_prices_counts():
    """D3: an empty zone costs as the next wider one; where none has prices the way does not go."""
    near = make_way(steps=(Step(Zone.PROVINCE, None, 15_000), Step(Zone.REGION, None, 35_000)))
    fees = [
        look_at(near, parcel(), list_zones(HOME, *place), now=None)
        for place in ((HERE, "19"), (SAME_PROVINCE, "19"), (HA_NOI, "01"), (SAI_GON, "79"))
    ]
    assert [(way.fee_minor, way.refusal) for way in fees] == [
        (15_000, None),
        (15_000, None),
        (35_000, None),
        (0, TOO_FAR),
    ]


@given(
    steps=steps_of,
    weight_g=st.integers(1, 6_000),
    place=st.sampled_from([(HERE, "19"), (HA_NOI, "01"), (SAI_GON, "79")]),
)
def test_it_never_costs_more_than_was_told_before_the_commune(steps, weight_g, place):
    """D4: any prices, weight and place: what is told without a commune is never less than with it."""
    method = make_way(steps=tuple(steps))
    before = look_at(method, parcel(weight_g), None, now=None)
    after = look_at(method, parcel(weight_g), list_zones(HOME, *place), now=None)
    assert after.refusal is not None or (before.refusal is None and after.fee_minor <= before.fee_minor)


def test_a_way_must_carry_all_that_is_in_the_parcel():
    """D5: tea and live fish together need a way for both."""
    both = frozenset({Temperature.AMBIENT, Temperature.LIVE})
    asked = parcel(temperatures=both)
    assert look_at(make_way(carries=TEA), asked, None, now=None).refusal == CANNOT_CARRY[Temperature.LIVE]
    assert look_at(make_way(carries=both), asked, None, now=None).refusal is None


@pytest.mark.parametrize(("goods_minor", "fee"), [(499_999, 40_000), (500_000, 0)])
def test_a_way_is_free_from_its_own_sum_on(goods_minor, fee):
    """D6: from `free_from` of goods on."""
    way = look_at(make_way(free_from_minor=500_000), parcel(goods_minor=goods_minor), None, now=None)
    assert (way.fee_minor, way.refusal) == (fee, None)


def test_what_is_fetched_costs_the_same_from_anywhere():
    """D7: one price for any weight and place."""
    stall = make_way(**FETCHED | {"steps": (Step(Zone.REST, None, 5_000),)})
    fees = {
        look_at(stall, parcel(90_000), list_zones(HOME, *at), now=None).fee_minor
        for at in ((HERE, "19"), (SAI_GON, "79"))
    }
    assert fees == {5_000} and stall.is_fetched and not make_way().is_fetched


def test_the_next_days_are_offered_until_their_cutoff():
    """D8: six days of the weekdays, each until the hour of the day before, on Vietnam's clock, and no longer at it."""
    method = make_way(weekdays=frozenset({1, 4}), cutoff_days=1, cutoff_hour=17)  # Tuesdays and Fridays
    friday = date(2026, 11, 13)
    assert list_days(method, THURSDAY) == tuple(
        friday + timedelta(days=ahead) for ahead in (0, 4, 7, 11, 14, 18)
    )
    at = cutoff_of(method, friday)
    assert at == datetime(2026, 11, 12, 10, 0, tzinfo=UTC)
    assert list_days(method, at - timedelta(microseconds=1))[0] == friday
    assert list_days(method, at)[0] == date(2026, 11, 17)
    assert list_days(make_way(), THURSDAY) == ()


@given(
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    cutoff_days=st.integers(0, 14),
    cutoff_hour=st.integers(0, 23),
    minutes=st.integers(0, 60 * 24 * 400),
)
def test_there_are_always_six_days(weekdays, cutoff_days, cutoff_hour, minutes):
    """D8: whatever the weekdays and the cut-off, six days are offered, in order, none of them over."""
    now = THURSDAY + timedelta(minutes=minutes)
    method = make_way(weekdays=weekdays, cutoff_days=cutoff_days, cutoff_hour=cutoff_hour)
    days = list_days(method, now)
    assert len(days) == 6 and list(days) == sorted(set(days))
    assert all(now < cutoff_of(method, day) and day.weekday() in weekdays for day in days)


def test_who_chose_nothing_gets_the_first_way_that_can():
    """D11: the first that takes the parcel, on its next day; when none can, the first says why."""
    cold = frozenset({Temperature.CHILLED})
    methods = [make_way(carries=cold), make_way(name="Bưu điện", weekdays=frozenset({4}))]
    ways = [look_at(one, parcel(), None, now=THURSDAY) for one in methods]
    found = choose(ways, Choice(), weight_g=500)
    assert found.way == ways[1] and found.day == date(2026, 11, 13)
    assert (found.fee_minor, found.refusal) == (40_000, None)
    none = choose(ways[:1], Choice(), weight_g=500)
    assert none.refusal == CANNOT_CARRY[Temperature.AMBIENT] and none.fee_minor == 0


def test_flat_takes_everything_everywhere():
    """D1: the flat fee of rules 7 and 8 as a way."""
    way = look_at(flat(30_000, 200_000), parcel(99_000, 199_999, frozenset(Temperature)), None, now=THURSDAY)
    assert (way.fee_minor, way.days, way.refusal) == (30_000, (), None)
    assert look_at(flat(30_000, 200_000), parcel(goods_minor=200_000), [Zone.REST], now=None).fee_minor == 0
    assert way.method.kind is MethodKind.SENT
    assert choose([way], Choice(day=date(2026, 1, 1)), weight_g=1).refusal is None
    assert GONE != GONE_DAY
