"""What is due, reckoned from the diary, the labels and the papers; and a month as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from producers.certificates.models import CertificateKind
from producers.diaries import service as diaries
from producers.diaries.models import EntryKind
from producers.diaries.schemas import DoneDay
from producers.farms.models import Crop
from producers.inputs.models import InputKind
from producers.seasons import service
from producers.seasons.due import SeasonDue
from producers.seasons.schemas import DueKind
from tests.factories.producers import (
    NOW,
    make_certificate,
    make_entry,
    make_farm,
    make_input,
    make_interval,
    make_site,
)

ON = today(NOW)
DAY = timedelta(days=1)
DETAILS = {EntryKind.WEED: {"method": "hoe"}, EntryKind.PICK: {"standard": "bud"}}


@pytest.fixture
async def farm(session):
    """A farm of one producer."""
    return await make_farm(session)


@pytest.fixture
async def plot(session, farm):
    """Its tea plot."""
    return await make_site(session, farm_id=farm.id)


@pytest.fixture
async def pond(session, farm):
    """Its raceway of salmon."""
    return await make_site(session, farm_id=farm.id, crop=Crop.SALMON)


async def do(session, site, kind, *days_ago, **given):
    """Write this work down as done so many days ago; answers the last entry."""
    for ago in days_ago:
        fields = {"quantity_g": None, "details": DETAILS.get(kind, {}), "performed_at": NOW - ago * DAY}
        entry = await make_entry(session, site_id=site.id, kind=kind, **fields | given)
    return entry


async def due(session, farm, *, on=ON, days=60, **given):
    """What is due from a day on, as (kind, day, site, work)."""
    found = await service.list_due(
        session, producer_id=farm.producer_id, on=on, until=on + days * DAY, **given
    )
    return [(one.kind, one.on, one.site.id if one.site else None, one.work) for one in found]


async def test_care_is_due_after_its_days_and_late_care_today(session, farm, plot):
    """Weeding comes round after 45 days; what is late stands on the first day, with when it was done last."""
    other = await make_site(session, farm_id=farm.id)
    await do(session, plot, EntryKind.WEED, 40)
    await do(session, other, EntryKind.WEED, 80)
    assert await due(session, farm) == [
        (DueKind.CARE, ON, other.id, EntryKind.WEED),
        (DueKind.CARE, ON + 5 * DAY, plot.id, EntryKind.WEED),
    ]
    assert await due(session, farm, days=4) == [(DueKind.CARE, ON, other.id, EntryKind.WEED)]
    [late] = await service.list_due_today(session, producer_id=farm.producer_id, on=ON)
    assert (late.site.id, late.last_on) == (other.id, ON - 80 * DAY)


async def test_a_sites_own_rhythm_is_followed(session, farm, plot):
    """Weeded every thirty days four times: due thirty days after the last."""
    await do(session, plot, EntryKind.WEED, 100, 70, 40, 10)
    assert await due(session, farm) == [(DueKind.CARE, ON + 20 * DAY, plot.id, EntryKind.WEED)]


async def test_what_was_never_done_is_not_asked_for(session, farm, plot, pond):
    """An empty diary, work that was taken back, and work of another producer make nothing due."""
    weeded = await do(session, plot, EntryKind.WEED, 60)
    await diaries.void_entry(
        session,
        id=uuid7(),
        entry_id=weeded.id,
        producer_id=farm.producer_id,
        person_id=weeded.person_id,
        now=NOW,
    )
    await do(session, await make_site(session), EntryKind.WEED, 60)
    assert await due(session, farm) == []


async def test_leaf_is_picked_in_its_season(session, farm, plot):
    """Picking that would come round in December waits for March, when it is due on whatever day one looks."""
    await do(session, plot, EntryKind.PICK, 12)
    assert await due(session, farm) == []
    march = date(2027, 3, 1)
    assert await due(session, farm, on=march) == [(DueKind.CARE, march, plot.id, EntryKind.PICK)]
    await do(session, plot, EntryKind.PICK, 30)
    assert await due(session, farm, on=date(2026, 10, 20), days=40) == [
        (DueKind.CARE, date(2026, 11, 17), plot.id, EntryKind.PICK)
    ]


async def test_fish_are_fed_and_the_water_is_measured_every_day(session, farm, pond):
    """Both are due today alone until they are written; grading comes round after a month."""
    await do(session, pond, EntryKind.FEED, 1)
    await do(session, pond, EntryKind.GRADE, 20)
    feed, water = [(DueKind.CARE, ON, pond.id, kind) for kind in (EntryKind.FEED, EntryKind.WATER)]
    grade = (DueKind.CARE, ON + 10 * DAY, pond.id, EntryKind.GRADE)
    assert await due(session, farm) == [feed, water, grade]
    await do(session, pond, EntryKind.FEED, 0)
    assert await due(session, farm) == [water, grade]
    await do(session, pond, EntryKind.WATER, 0)
    assert await due(session, farm) == [grade]


@pytest.mark.parametrize(("ago", "is_asked"), [(30, True), (31, False)])
async def test_water_in_which_nobody_worked_for_a_month_is_empty(session, farm, pond, ago, is_asked):
    """Thirty days after the last sign of fish they are still fed, after that nobody is asked to."""
    await do(session, pond, EntryKind.STOCK, ago)
    await do(session, pond, EntryKind.HARVEST, 1)
    asked = [(DueKind.CARE, ON, pond.id, kind) for kind in (EntryKind.FEED, EntryKind.WATER)]
    assert await due(session, farm) == (asked if is_asked else [])


async def test_the_end_of_a_wait_is_known_on_its_day(session, farm, plot):
    """Seven days after the spray the calendar says that one may pick; a label that asks for nothing says nothing."""
    product, harmless = await make_input(session), await make_input(session, kind=InputKind.FERTILISER)
    await make_interval(session, input_id=product.id, days=7)
    await make_interval(session, input_id=harmless.id, days=0)
    await do(session, plot, EntryKind.SPRAY, 3, 7, 9, input_id=product.id)
    await do(session, plot, EntryKind.FERTILISE, 0, input_id=harmless.id)
    waits = [(DueKind.WAIT, on, plot.id, None) for on in (ON, ON + 4 * DAY)]
    assert await due(session, farm) == waits
    assert await due(session, farm, site_ids=[]) == []
    [ended] = await service.list_due_today(session, producer_id=farm.producer_id, on=ON)
    assert (ended.hold.used_on, ended.hold.input_name) == (ON - 7 * DAY, "Abamectin 1.8EC")


async def test_a_paper_that_ends_within_a_month_is_told_every_day(session, farm):
    """Thirty days before and on its last day, no longer; one that ends later is not told yet."""
    for ago in (-31, -30, 0, 1):
        await make_certificate(session, producer_id=farm.producer_id, valid_until=ON - ago * DAY)
    found = await service.list_due_today(session, producer_id=farm.producer_id, on=ON)
    assert [(one.kind, one.on) for one in found] == [
        (DueKind.CERTIFICATE, ON),
        (DueKind.CERTIFICATE, ON + 30 * DAY),
    ]


async def test_of_one_day_care_comes_first_and_papers_last(session, farm, plot):
    """The most urgent stands above, and the page of the day takes as many as it has room for."""
    product = (await make_interval(session, days=7)).input_id
    await make_certificate(
        session, producer_id=farm.producer_id, valid_until=ON, kind=CertificateKind.VIETGAP, stars=None
    )
    await do(session, plot, EntryKind.SPRAY, 7, input_id=product)
    await do(session, plot, EntryKind.WEED, 45)
    assert [kind for kind, *_more in await due(session, farm)] == list(DueKind)
    lines = await SeasonDue().list_lines(session, producer_id=farm.producer_id, now=NOW, limit=2)
    assert [line.route for line in lines] == ["producers.diaries.new", "producers.diaries.show"]


async def read(session, farm, first, **given):
    """Read a month today."""
    return await service.read_month(session, producer_id=farm.producer_id, first=first, on=ON, **given)


async def test_a_month_shows_what_was_done_and_the_year_in_figures(session, farm, plot, pond):
    """Counted by day in Viet Nam, of all sites or of one; the year before is another year."""
    midnight = datetime(2026, 10, 31, 17, tzinfo=UTC)
    await do(session, plot, EntryKind.PICK, 0, performed_at=midnight)
    await do(session, plot, EntryKind.PICK, 0, performed_at=midnight + DAY)
    await do(session, plot, EntryKind.PICK, 0, performed_at=midnight - timedelta(seconds=1))
    await do(session, pond, EntryKind.FEED, 2)
    await do(session, plot, EntryKind.WEED, 400)
    month = await read(session, farm, date(2026, 11, 1))
    assert month.done == [
        DoneDay(site_id=plot.id, kind=EntryKind.PICK, on=date(2026, 11, 1), count=1),
        DoneDay(site_id=plot.id, kind=EntryKind.PICK, on=date(2026, 11, 2), count=1),
        DoneDay(site_id=pond.id, kind=EntryKind.FEED, on=ON - 2 * DAY, count=1),
    ]
    assert month.of_year == {EntryKind.PICK: {10: 1, 11: 2}, EntryKind.FEED: {11: 1}}
    alone = await read(session, farm, date(2026, 11, 1), site_id=pond.id)
    assert [day.site_id for day in alone.done] == [pond.id] and alone.of_year == {EntryKind.FEED: {11: 1}}
    assert {one.site.id for one in alone.due} == {pond.id}


async def test_a_month_shows_what_is_due_in_it_from_today_on(session, farm, plot):
    """A month that is over has nothing due; one to come has its own days alone."""
    await do(session, plot, EntryKind.WEED, 20)
    assert [one.on for one in (await read(session, farm, date(2026, 12, 1))).due] == [ON + 25 * DAY]
    for first in (date(2026, 10, 1), date(2026, 11, 1), date(2027, 1, 1)):
        assert (await read(session, farm, first)).due == []
