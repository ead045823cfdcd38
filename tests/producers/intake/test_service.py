"""Intake's rules: a slip is money owed to a household, so it stands once and is right to the đồng."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from app.core.ids import uuid7
from producers.farms.errors import SiteNotFoundError
from producers.farms.models import Crop
from producers.intake import service as intake
from producers.intake.errors import InFutureError, SlipCorrectedError, SlipNotFoundError, WrongGradeError
from producers.intake.models import Grade
from producers.intake.schemas import NewSlip
from tests.factories.producers import NOW, make_farm, make_person, make_photo, make_site, make_slip


@pytest.fixture
async def site(session):
    """A tea plot."""
    return await make_site(session)


@pytest.fixture
async def packer(session):
    """Who weighs."""
    return await make_person(session)


def new_slip(site, **given_fields):
    """12.345 kg of leaf at 35,000 đồng."""
    fields = {
        "id": uuid7(),
        "site_id": site.id,
        "weight_g": 12_345,
        "grade": Grade.BUD,
        "price_per_kg_minor": 35_000,
        "weighed_at": NOW,
    }
    return NewSlip(**fields | given_fields)


async def record(session, slip, person):
    """Record by this person."""
    return await intake.record_slip(session, slip=slip, person_id=person.id, now=NOW)


@given(st.integers(1, 20_000_000), st.integers(1, 100_000_000))
def test_the_amount_is_rounded_half_up_to_the_dong(weight_g, price):
    """Weight times price per kilo, and never more than half a đồng away from it, half upwards."""
    thousandths = weight_g * price - 1000 * intake.amount_of(weight_g, price)
    assert -500 <= thousandths < 500


async def test_a_slip_is_kept_as_it_was_weighed(session, site, packer):
    """Household, site, weigher, grade, place, photo and amount stand in the slip."""
    photo = await make_photo(session)
    slip = await record(session, new_slip(site, place="Nhà văn hóa", photo_id=photo.id), packer)
    assert (slip.farm_id, slip.site_id, slip.recorded_by_id) == (site.farm_id, site.id, packer.id)
    assert (slip.weight_g, slip.amount_minor, slip.place, slip.photo_id) == (
        12_345,
        432_075,
        "Nhà văn hóa",
        photo.id,
    )
    assert (slip.recorded_at, slip.received_at) == (NOW, NOW)
    slips = [slip, await record(session, new_slip(site, weight_g=1_000), packer)]
    assert intake.total(slips) == intake.Totals(2, 13_345, 467_075)


async def test_a_repeat_finds_the_first_slip(session, site, packer):
    """The same form again pays nobody twice, whatever it says by then."""
    slip = new_slip(site)
    first = await record(session, slip, packer)
    again = await record(session, new_slip(site, id=slip.id, weight_g=99_000), packer)
    assert (again.id, again.weight_g) == (first.id, 12_345)
    assert len(await intake.list_slips(session, producer_id=first.producer_id, limit=9)) == 1


async def test_what_cannot_be_is_not_weighed(session, site, packer):
    """Leaf has a leaf's grade, fish are fish, the day has come, the site is there."""
    pond = await make_site(session, crop=Crop.SALMON)
    for place, grade in [(site, Grade.FISH), (pond, Grade.BUD)]:
        with pytest.raises(WrongGradeError):
            await record(session, new_slip(place, grade=grade), packer)
    assert (await record(session, new_slip(pond, grade=Grade.FISH), packer)).grade is Grade.FISH
    with pytest.raises(InFutureError):
        await record(session, new_slip(site, weighed_at=NOW + timedelta(days=1, seconds=1)), packer)
    with pytest.raises(SiteNotFoundError):
        await record(session, new_slip(site, site_id=uuid7()), packer)
    with pytest.raises(IntegrityError):
        async with session.begin_nested():
            await record(session, new_slip(site, weight_g=0), packer)


async def test_a_correction_takes_the_place_once(session, site, packer):
    """The new slip counts instead of the old, keeps its photo unless it brings one; a second is told what it says."""
    old, new = await make_photo(session), await make_photo(session)
    first = await record(session, new_slip(site, photo_id=old.id), packer)
    second = await record(session, new_slip(site, weight_g=10_000, corrects_id=first.id), packer)
    assert second.photo_id == old.id
    assert (await intake.find_correction(session, first.id)).id == second.id
    assert await intake.find_correction(session, second.id) is None
    with pytest.raises(SlipCorrectedError, match=r"10\xa0kg, 350\.000") as refused:
        await record(session, new_slip(site, corrects_id=first.id), packer)
    assert refused.value.newer_id == second.id
    third = await record(session, new_slip(site, corrects_id=second.id, photo_id=new.id), packer)
    assert third.photo_id == new.id
    held = await intake.list_slips(session, producer_id=first.producer_id, limit=9)
    assert [slip.id for slip in held] == [third.id]
    assert set(await intake.get_slips(session, [first.id, third.id, uuid7()])) == {first.id, third.id}


async def test_slips_of_another_producer_or_household_are_not_found(session, packer):
    """A producer finds its own slips, a household those of its own farm, and nobody learns of others."""
    owner = await make_person(session)
    farm = await make_farm(session, owner_id=owner.id)
    plot = await make_site(session, farm_id=farm.id)
    own, other = await make_slip(session, site_id=plot.id), await make_slip(session)
    mine = {"slip_id": own.id, "producer_id": own.producer_id}
    assert (await intake.get_slip_of_household(session, **mine, person_id=owner.id)).id == own.id
    with pytest.raises(SlipNotFoundError):
        await intake.get_slip_of_household(session, **mine, person_id=packer.id)
    assert (await intake.find_slip(session, **mine)).id == own.id
    for slip_id in (other.id, uuid7()):
        assert await intake.find_slip(session, slip_id=slip_id, producer_id=own.producer_id) is None
        with pytest.raises(SlipNotFoundError):
            await intake.get_slip(session, slip_id=slip_id, producer_id=own.producer_id)
    for slip in (new_slip(plot, id=other.id), new_slip(plot, corrects_id=other.id)):
        with pytest.raises(SlipNotFoundError):
            await record(session, slip, packer)


async def test_lists_are_bounded_by_household_and_time(session, packer):
    """Newest first; of one household; since an instant included, before an instant not."""
    owner = await make_person(session)
    farm = await make_farm(session, owner_id=owner.id)
    plot = await make_site(session, farm_id=farm.id)
    common = await make_site(session, farm_id=(await make_farm(session, producer_id=farm.producer_id)).id)
    early = await make_slip(session, site_id=plot.id, weighed_at=NOW - timedelta(days=1))
    late = await make_slip(session, site_id=plot.id)
    shared = await make_slip(session, site_id=common.id, weighed_at=NOW + timedelta(hours=1))

    async def ids(**bounds):
        found = await intake.list_slips(session, **{"producer_id": farm.producer_id, "limit": 9} | bounds)
        return [slip.id for slip in found]

    assert await ids() == [shared.id, late.id, early.id]
    assert await ids(limit=1) == [shared.id]
    assert await ids(owner_id=owner.id) == [late.id, early.id]
    assert await ids(since=NOW) == [shared.id, late.id]
    assert await ids(before=NOW) == [early.id]
