"""Waiting times: days on the label, degree-days of cold water, and what they forbid."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import VN
from app.core.ids import uuid7
from producers.diaries import intervals
from producers.diaries import service as diaries
from producers.diaries.models import EntryKind
from producers.diaries.when import hour_said, performed_at
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from tests.factories.producers import NOW, make_entry, make_input, make_interval, make_person, make_site

DAY = date(2026, 11, 1)
SPRAYED = {"dose_tenths": 15, "dose_unit": "ml_per_litre", "water_l": 40, "pest": "rầy xanh", "area_m2": 2000}
TREATED = {"dose_tenths": 20, "dose_unit": "g_per_kg_feed", "reason": "nấm mang"}


def at(day, hour=9):
    """An hour of a day in Viet Nam."""
    return datetime.combine(day, time(hour), VN)


async def use(session, site, product, day=DAY, kind=EntryKind.SPRAY, **given_fields):
    """A spray (or treatment, or fertiliser) of this product on a day."""
    details = {EntryKind.SPRAY: SPRAYED, EntryKind.TREAT: TREATED}.get(kind, {"method": "root"})
    fields = {"performed_at": at(day), "quantity_g": None, "input_id": product.id, "details": details}
    return await make_entry(session, site_id=site.id, kind=kind, **fields | given_fields)


async def measure(session, site, day, tenths):
    """The water's temperature on a day, or another measurement without it."""
    details = {"temperature_tenths": tenths, "oxygen_tenths": 70, "ph_hundredths": None}
    return await make_entry(
        session, site_id=site.id, kind=EntryKind.WATER, performed_at=at(day), quantity_g=None, details=details
    )


async def hold_on(session, site, day):
    """What forbids a harvest on a day."""
    return await diaries.find_hold(session, site_id=site.id, harvested_at=at(day, 17))


@pytest.fixture
async def plot(session):
    """A tea plot."""
    return await make_site(session)


@pytest.fixture
async def pond(session):
    """A raceway of salmon."""
    return await make_site(session, crop=Crop.SALMON)


async def test_seven_days_after_the_first_is_the_eighth(session, plot):
    """The first clear day is the day of use plus the label's days; the hold names the product and the day."""
    product = await make_input(session, name="Abamectin 1.8EC")
    await make_interval(session, input_id=product.id, days=7)
    entry = await use(session, plot, product)
    assert await hold_on(session, plot, DAY - timedelta(days=1)) is None
    hold = await hold_on(session, plot, DAY + timedelta(days=6))
    assert hold == diaries.Hold(
        entry_id=entry.id,
        input_name="Abamectin 1.8EC",
        used_on=DAY,
        clear_on=date(2026, 11, 8),
        kind=EntryKind.SPRAY,
    )
    assert await hold_on(session, plot, DAY + timedelta(days=7)) is None


async def test_of_several_waits_the_last_to_clear_is_answered(session, plot):
    """Two sprays and a fertiliser: the one whose wait ends last is what holds the harvest."""
    short, long, manure = [await make_input(session) for _ in range(3)]
    await make_interval(session, input_id=short.id, days=3)
    await make_interval(session, input_id=long.id, days=20)
    await make_interval(session, input_id=manure.id, days=1)
    await use(session, plot, short, DAY + timedelta(days=1))
    slow = await use(session, plot, long)
    await use(session, plot, manure, DAY + timedelta(days=1), kind=EntryKind.FERTILISE, quantity_g=5000)
    assert (await hold_on(session, plot, DAY + timedelta(days=1))).entry_id == slow.id


async def test_what_asks_for_no_wait_holds_nothing(session, plot, pond):
    """No days on the label, none for this crop, another site, or a spray that was taken back: harvest is clear."""
    none, zero, fish_only = [await make_input(session) for _ in range(3)]
    await make_interval(session, input_id=zero.id, days=0)
    await make_interval(session, input_id=fish_only.id, crop=Crop.SALMON, days=30)
    entries = [await use(session, plot, product) for product in (none, zero, fish_only)]
    assert await hold_on(session, plot, DAY) is None
    assert [await diaries.find_wait(session, entry) for entry in entries] == [None, None, None]
    product = await make_input(session)
    await make_interval(session, input_id=product.id, days=30)
    sprayed = await use(session, plot, product)
    assert (await diaries.find_wait(session, sprayed)).clear_on == date(2026, 12, 1)
    assert await hold_on(session, pond, DAY) is None
    writer = await make_person(session)
    await diaries.void_entry(
        session,
        id=uuid7(),
        entry_id=sprayed.id,
        producer_id=sprayed.producer_id,
        person_id=sprayed.person_id,
        now=NOW,
    )
    assert writer and await hold_on(session, plot, DAY) is None


async def test_work_without_a_product_asks_for_no_wait(session, plot):
    """Leaf that was picked asks nobody to wait."""
    assert await diaries.find_wait(session, await make_entry(session, site_id=plot.id)) is None


async def test_cold_water_makes_the_wait_longer(session, pond):
    """Fifty degree-days are five days at 10 °C; measured water counts, of this pond alone, mean by day."""
    drug = await make_input(session, kind=InputKind.DRUG)
    await make_interval(session, input_id=drug.id, crop=Crop.SALMON, degree_days=50)
    treated = await use(session, pond, drug, kind=EntryKind.TREAT)
    assert (await diaries.find_wait(session, treated)).clear_on == DAY + timedelta(days=7)  # 8 °C unmeasured
    await measure(session, pond, DAY, 90)
    await measure(session, pond, DAY, 110)
    await measure(session, pond, DAY, None)
    elsewhere = await make_site(session, farm_id=pond.farm_id, crop=Crop.SALMON)
    await measure(session, elsewhere, DAY, 300)
    hold = await hold_on(session, pond, DAY + timedelta(days=4))
    assert (hold.clear_on, hold.kind) == (DAY + timedelta(days=5), EntryKind.TREAT)
    assert await hold_on(session, pond, DAY + timedelta(days=5)) is None


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@given(days, st.integers(0, 365))
def test_days_are_calendar_days(used_on, label):
    """The wait by days is the label's days, neither more nor fewer."""
    assert (intervals.clear_after_days(used_on, label) - used_on).days == label


@given(
    used_on=st.dates(DAY, DAY + timedelta(days=20)),
    label=st.integers(1, 600),
    means=st.dictionaries(st.dates(DAY, DAY + timedelta(days=40)), st.integers(0, 250), max_size=30),
)
def test_degree_days_sum_up_to_the_label(used_on, label, means):
    """The day before the first clear day is the first on which the summed daily means reach the label's figure."""

    def counted(day):
        if day in means:
            return means[day]
        known = [one for one in means if one < day]
        return (
            max(means[max(known)], intervals.LEAST_UNMEASURED_TENTHS) if known else intervals.UNKNOWN_TENTHS
        )

    clear_on = intervals.clear_after_degree_days(used_on, label, means)
    length = (clear_on - used_on).days
    sums = [sum(counted(used_on + timedelta(days=n)) for n in range(until)) for until in (length, length - 1)]
    assert length >= 1 and sums[0] >= label * 10 > sums[1]


@given(
    used_on=st.dates(DAY, DAY + timedelta(days=20)),
    label=st.integers(1, 300),
    means=st.dictionaries(st.dates(DAY, DAY + timedelta(days=30)), st.integers(0, 250), max_size=20),
    warmer=st.integers(0, 50),
)
def test_warmer_water_never_waits_longer(used_on, label, means, warmer):
    """Where every measured day is warmer, the fish are clear no later."""
    heated = {day: mean + warmer for day, mean in means.items()}
    assert intervals.clear_after_degree_days(used_on, label, heated) <= intervals.clear_after_degree_days(
        used_on, label, means
    )


@given(st.lists(st.tuples(days, st.integers(0, 350)), max_size=20))
def test_a_days_mean_lies_between_its_figures(measured):
    """Each measured day has one mean, between its coldest and its warmest figure, and no other day has any."""
    means = intervals.daily_means(measured)
    assert set(means) == {day for day, _tenths in measured}
    for day, mean in means.items():
        figures = [tenths for one, tenths in measured if one == day]
        assert min(figures) <= mean <= max(figures)


def test_of_one_day_the_harvest_came_after_the_spray():
    """An earlier day without an hour: a spray counts from its beginning, a harvest at its end, other work at noon."""
    kinds = (EntryKind.SPRAY, EntryKind.PICK, EntryKind.WEED)
    instants = [performed_at(kind, DAY, None, NOW) for kind in kinds]
    assert [f"{one.astimezone(VN):%d %H:%M}" for one in instants] == ["01 00:00", "01 23:59", "01 12:00"]
    assert [hour_said(kind, one) for kind, one in zip(kinds, instants, strict=True)] == ["", "", ""]


def test_a_named_hour_is_kept_and_said():
    """Seven in the morning is seven in the morning in Viet Nam; today without an hour is now."""
    seven = performed_at(EntryKind.PICK, DAY, 7 * 60, NOW)
    assert seven == at(DAY, 7) and hour_said(EntryKind.PICK, seven) == "07:00"
    assert performed_at(EntryKind.PICK, NOW.astimezone(VN).date(), None, NOW) == NOW
