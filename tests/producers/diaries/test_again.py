"""The same work again: one tap for what is the same, a form filled in for what is weighed anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.ids import uuid7
from producers.diaries import service as diaries
from producers.diaries.errors import (
    EntryNotFoundError,
    NotRepeatableError,
    TakenBackError,
)
from producers.diaries.fields import copied_values
from producers.diaries.models import DiaryEntry, EntryKind
from producers.diaries.schemas import ANEW, REPEATED, WAITED_FOR, WORKS, NewEntry, Water, Weed
from producers.farms.models import Crop
from producers.inputs.models import InputKind, LimitUnit
from tests.factories.producers import (
    NOW,
    make_entry,
    make_farm,
    make_input,
    make_person,
    make_photo,
    make_site,
)

DAY = timedelta(days=1)


@pytest.fixture
async def fed(session):
    """A feeding of yesterday, with a note and a photo."""
    site = await make_site(session, crop=Crop.SALMON)
    feed = await make_input(session, kind=InputKind.FEED, name="Cám nổi")
    entry = await make_entry(
        session,
        site_id=site.id,
        kind=EntryKind.FEED,
        input_id=feed.id,
        quantity_g=5000,
        details={"pack_lot": "L7"},
        note="nước trong",
        performed_at=NOW - DAY,
    )
    photo = await make_photo(session)
    await diaries.attach_photo(
        session, entry_id=entry.id, person_id=entry.person_id, photo_id=photo.id, now=NOW
    )
    return entry


async def again(session, entry, **given):
    """Repeat it today."""
    fields = {
        "id": uuid7(),
        "entry_id": entry.id,
        "producer_id": entry.producer_id,
        "person_id": entry.person_id,
        "performed_on": today(NOW),
        "now": NOW,
    }
    return await diaries.repeat_entry(session, **fields | given)


async def test_the_same_work_is_written_for_today_once(session, fed):
    """The copy has the day, the product and the weight, no note and no photo; the same id again is the same entry."""
    key = uuid7()
    made = await again(session, fed, id=key)
    assert (made.kind, made.quantity_g, made.details, made.input_id) == (
        EntryKind.FEED, 5000, {"pack_lot": "L7"}, fed.input_id,
    )  # fmt: skip
    assert (made.note, made.performed_at, made.corrects_id) == ("", NOW, None)
    assert await diaries.list_photos(session, [made.id]) == {}
    assert (await again(session, fed, id=key)).id == key
    found = await diaries.list_latest(session, producer_id=fed.producer_id, limit=9)
    assert len(found) == 2
    with pytest.raises(EntryNotFoundError):
        await again(session, fed, id=key, producer_id=uuid7())


async def test_what_is_weighed_or_taken_back_is_not_repeated_blindly(session, fed):
    """Leaf is weighed each time; an entry that was taken back, or another producer's, is no pattern."""
    with pytest.raises(NotRepeatableError):
        await again(session, await make_entry(session))
    with pytest.raises(EntryNotFoundError):
        await again(session, fed, producer_id=uuid7())
    taken_back = await diaries.void_entry(
        session,
        id=uuid7(),
        entry_id=fed.id,
        producer_id=fed.producer_id,
        person_id=fed.person_id,
        now=NOW,
    )
    with pytest.raises(TakenBackError):
        await again(session, taken_back)


def test_nothing_that_asks_to_wait_is_one_tap():
    """A tap too many would hold a harvest; what is weighed anew is never the same."""
    assert REPEATED.isdisjoint(WAITED_FOR) and REPEATED.isdisjoint(ANEW)
    for kind, names in ANEW.items():
        assert names <= set(WORKS[kind].model_fields), kind


def test_a_form_like_an_earlier_one_leaves_out_what_is_weighed():
    """The standard of the leaf stays, its weight is asked anew; measured water is never copied."""
    picked = DiaryEntry(
        kind=EntryKind.PICK, quantity_g=5000, details={"standard": "bud", "buyer": "HTX", "lot_mark": "M1"}
    )
    assert copied_values(picked) == {"standard": "bud", "buyer": "HTX", "worker": ""}
    water = DiaryEntry(kind=EntryKind.WATER, details={"temperature_tenths": 145})
    assert copied_values(water) == {}
    weeded = DiaryEntry(kind=EntryKind.WEED, details={"method": "hoe", "area_m2": 1500})
    assert copied_values(weeded) == {"method": "hoe", "area_m2": "1500", "worker": ""}


async def test_repeats_are_the_last_of_each_kind_on_each_site_of_the_writer(session):
    """Newest first; another's work, what was corrected, another site and what is long ago are left out."""
    farm, person = await make_farm(session), await make_person(session)
    site, other = [await make_site(session, farm_id=farm.id) for _ in range(2)]

    async def weed(place, ago, **more):
        fields = {"kind": EntryKind.WEED, "quantity_g": None, "details": {"method": "hoe"}}
        return await make_entry(
            session, site_id=place.id, person_id=person.id, performed_at=NOW - ago, **fields | more
        )

    await weed(site, 3 * DAY)
    last = await weed(site, 2 * DAY)
    elsewhere = await weed(other, 1 * DAY)
    picked = await weed(site, 4 * DAY, kind=EntryKind.PICK, quantity_g=1000, details={"standard": "bud"})
    await weed(site, 40 * DAY, kind=EntryKind.PRUNE, details={"style": "light"})
    await make_entry(session, site_id=site.id)
    query = {"producer_id": farm.producer_id, "person_id": person.id, "since": NOW - 21 * DAY}
    found = await diaries.list_repeats(session, **query, limit=9)
    assert found == [elsewhere, last, picked]
    assert await diaries.list_repeats(session, **query, limit=1) == [elsewhere]
    assert await diaries.list_repeats(session, **query, limit=9, site_id=site.id) == [last, picked]


async def test_work_with_doubtful_figures_is_recorded_with_its_warnings(session):
    """More area than the plot and a third use of a product allowed twice: it stands there, marked; a correction is judged anew."""
    site, person = await make_site(session), await make_person(session)
    product = await make_input(session, max_dose_tenths=10, max_dose_unit=LimitUnit.ML_PER_LITRE, max_uses=2)
    fields = {"dose_tenths": 15, "dose_unit": "ml_per_litre", "water_l": 60, "pest": "rầy", "area_m2": 2500}

    async def spray(ago, **more):
        changes = {key: more.pop(key) for key in tuple(more) if key in fields}
        work = WORKS[EntryKind.SPRAY].model_validate(fields | changes | {"input_id": product.id})
        entry = NewEntry(id=uuid7(), site_id=site.id, work=work, performed_at=NOW - ago, **more)
        return await diaries.record_entry(session, entry=entry, person_id=person.id, now=NOW)

    await make_entry(
        session, site_id=site.id, kind=EntryKind.PURCHASE, input_id=product.id, quantity_g=None,
        details={"amount": "1", "seller": "x"}, performed_at=NOW - 2 * DAY,
    )  # fmt: skip
    old = await spray(400 * DAY)
    first, second = await spray(30 * DAY), await spray(20 * DAY)
    assert old.warnings == first.warnings == second.warnings == ["dose_over_label", "area_over_site"]
    third = await spray(1 * DAY)
    assert third.warnings == ["dose_over_label", "area_over_site", "used_too_often"]
    mended = await spray(20 * DAY, corrects_id=second.id, dose_tenths=10, area_m2=2000)
    assert mended.warnings == []


async def test_what_was_recorded_is_read_back_as_it_was_typed(session):
    """An entry's details and columns make the same work again; fields nobody filled in are not kept at all."""
    site, person = await make_site(session, crop=Crop.SALMON), await make_person(session)
    water = Water.model_validate({"temperature_tenths": "14,5", "nitrite_hundredths": "0,05"})
    entry = NewEntry(id=uuid7(), site_id=site.id, work=water, performed_at=NOW)
    kept = await diaries.record_entry(session, entry=entry, person_id=person.id, now=NOW)
    assert kept.details == {"temperature_tenths": 145, "nitrite_hundredths": 5}
    assert diaries.read_work(kept) == water
    plot = await make_site(session)
    weeded = Weed.model_validate({"method": "hoe", "worker": "bà Mận"})
    entry = NewEntry(id=uuid7(), site_id=plot.id, work=weeded, performed_at=NOW)
    kept = await diaries.record_entry(session, entry=entry, person_id=person.id, now=NOW)
    assert diaries.read_work(kept) == weeded
