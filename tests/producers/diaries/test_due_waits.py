"""Every wait that runs on a producer's sites: the label's, counted from the last day, or what the vet asks beyond."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from app.core.clock import VN
from app.core.ids import uuid7
from producers.diaries import service as diaries
from producers.diaries.models import EntryKind
from producers.diaries.schemas import Treat
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from tests.factories.producers import NOW, make_entry, make_farm, make_input, make_interval, make_site

FIRST = date(2026, 11, 1)
DAY = timedelta(days=1)
LONG_AGO = datetime(2025, 1, 1, tzinfo=VN)
TREATED = {"dose_tenths": 20, "dose_unit": "g_per_kg_feed", "reason": "nấm mang"}


@pytest.fixture
async def pond(session):
    """A raceway of salmon."""
    return await make_site(session, crop=Crop.SALMON)


@pytest.fixture
async def drug(session):
    """A drug whose label is not written down."""
    return await make_input(session, kind=InputKind.DRUG, name="Florfenicol")


async def treat(session, pond, drug, day=FIRST, **details):
    """Fish treated from a day on."""
    return await make_entry(
        session,
        site_id=pond.id,
        kind=EntryKind.TREAT,
        quantity_g=None,
        input_id=drug.id,
        details=TREATED | details,
        performed_at=datetime.combine(day, time(9), VN),
    )


async def clear_on(session, entry):
    """After how many days from the first harvest is clear, or None."""
    wait = await diaries.find_wait(session, entry)
    return None if wait is None else (wait.clear_on - FIRST).days


@pytest.mark.parametrize(
    ("label", "treated", "asked", "after"),
    [
        (10, None, None, 10),
        (10, 1, None, 10),
        (10, 5, None, 14),
        (0, 5, None, 4),
        (0, None, None, None),
        (10, 5, 12, 16),
        (10, 5, 7, 14),
        (10, None, 0, 10),
        (None, None, 6, 6),
        (None, 3, 6, 8),
        (None, 3, 0, None),
        (None, 3, None, None),
    ],
)
async def test_the_longer_wait_holds_from_the_last_day_on(session, pond, drug, label, treated, asked, after):
    """Days of treatment put the wait off, the vet's days hold where they are longer, and alone without a label."""
    if label is not None:
        await make_interval(session, input_id=drug.id, crop=Crop.SALMON, days=label)
    entry = await treat(session, pond, drug, treatment_days=treated, withdrawal_days=asked)
    assert await clear_on(session, entry) == after


@pytest.mark.parametrize(
    ("treated", "asked", "after", "figure"),
    [(None, None, 7, 50), (3, None, 9, 50), (None, 6, 7, 50), (None, 7, 7, None), (3, 30, 32, None)],
)
async def test_degree_days_hold_unless_the_vet_asks_for_longer(
    session, pond, drug, treated, asked, after, figure
):
    """Fifty degree-days of unmeasured water are seven days; whose wait holds is what the page explains."""
    await make_interval(session, input_id=drug.id, crop=Crop.SALMON, degree_days=50)
    entry = await treat(session, pond, drug, treatment_days=treated, withdrawal_days=asked)
    wait = await diaries.find_wait(session, entry)
    assert ((wait.clear_on - FIRST).days, wait.degree_days, wait.measured_on) == (after, figure, None)


async def test_the_day_of_the_last_measurement_is_known(session, pond, drug):
    """What was reckoned from the water says when it was measured last; what the vet asks does not."""
    await make_interval(session, input_id=drug.id, crop=Crop.SALMON, degree_days=50)
    for back in (3, 1):
        await make_entry(
            session,
            site_id=pond.id,
            kind=EntryKind.WATER,
            quantity_g=None,
            details={"temperature_tenths": 100},
            performed_at=datetime.combine(FIRST - back * DAY, time(9), VN),
        )
    wait = await diaries.find_wait(session, await treat(session, pond, drug))
    assert (wait.clear_on, wait.measured_on) == (FIRST + 5 * DAY, FIRST - DAY)
    asked = await diaries.find_wait(session, await treat(session, pond, drug, withdrawal_days=30))
    assert (asked.clear_on, asked.measured_on) == (FIRST + 30 * DAY, None)


async def test_a_harvest_while_fish_are_treated_is_held(session, pond, drug):
    """On the second of five days of treatment nobody harvests, though the label asks for no day beyond."""
    await make_interval(session, input_id=drug.id, crop=Crop.SALMON, days=0)
    entry = await treat(session, pond, drug, treatment_days=5)

    async def hold(days):
        at = datetime.combine(FIRST + days * DAY, time(17), VN)
        return await diaries.find_hold(session, site_id=pond.id, harvested_at=at)

    assert (await hold(1)).entry_id == entry.id
    assert await hold(4) is None


async def test_waits_of_all_sites_stand_by_their_first_clear_day(session):
    """Sprays and treatments that hold since a day, of the sites asked for; over or not, the first to clear first."""
    farm = await make_farm(session)
    plot, idle = [await make_site(session, farm_id=farm.id) for _one in range(2)]
    pond, other = [await make_site(session, farm_id=farm.id, crop=Crop.SALMON) for _one in range(2)]
    product, drug = await make_input(session), await make_input(session, kind=InputKind.DRUG)
    await make_interval(session, input_id=product.id, days=7)

    async def spray(days):
        details = {"dose_tenths": 1, "dose_unit": "ml_per_litre", "water_l": 30, "pest": "rầy", "area_m2": 9}
        return await make_entry(
            session,
            site_id=plot.id,
            kind=EntryKind.SPRAY,
            quantity_g=None,
            input_id=product.id,
            details=details,
            performed_at=datetime.combine(FIRST + days * DAY, time(9), VN),
        )

    await spray(-400)
    last, first = await spray(10), await spray(0)
    treated = await treat(session, pond, drug, withdrawal_days=9)
    await treat(session, other, drug, withdrawal_days=8)
    await treat(session, pond, drug)
    taken_back = await spray(1)
    await diaries.void_entry(
        session,
        id=uuid7(),
        entry_id=taken_back.id,
        producer_id=farm.producer_id,
        person_id=taken_back.person_id,
        now=NOW,
    )
    since = datetime.combine(FIRST - 30 * DAY, time(), VN)
    waits = await diaries.list_due_waits(session, sites=[plot, pond, idle], since=since)
    assert [(one.entry_id, (one.clear_on - FIRST).days) for one in waits] == [
        (first.id, 7),
        (treated.id, 9),
        (last.id, 17),
    ]
    assert await diaries.list_due_waits(session, sites=[], since=since) == []
    assert len(await diaries.list_due_waits(session, sites=[plot], since=LONG_AGO)) == 3


def test_a_treatment_lasts_days_that_one_can_mean():
    """Sixty days of treatment and a year of waiting at most; typed as words or figures."""
    given = TREATED | {"input_id": uuid7()}
    work = Treat.model_validate(given | {"treatment_days": "5", "withdrawal_days": "0"})
    assert (work.treatment_days, work.withdrawal_days) == (5, 0)
    for wrong in ({"treatment_days": "0"}, {"treatment_days": "61"}, {"withdrawal_days": "366"}):
        with pytest.raises(ValueError, match="phải từ"):
            Treat.model_validate(given | wrong)
