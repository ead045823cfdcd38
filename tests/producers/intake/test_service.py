"""Weigh slips: once, corrected, and added up."""

import asyncio
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import uuid7
from producers.farms.models import Crop
from producers.intake import service
from producers.intake.errors import InFutureError, SlipCorrectedError, SlipNotFoundError, WrongGradeError
from producers.intake.models import Grade
from producers.intake.schemas import NewSlip
from tests.factories.producers import (
    NOW,
    make_farm,
    make_person,
    make_photo,
    make_producer,
    make_site,
    make_slip,
)
from tests.instants import look_too_early

DAY = timedelta(days=1)


def weigh(site, **changes):
    """Twelve and a half kilos at 35,000."""
    values = {
        "id": uuid7(),
        "site_id": site.id,
        "weight_g": 12_500,
        "grade": Grade.ONE_LEAF,
        "price_per_kg_minor": 35_000,
        "weighed_at": NOW,
    }
    return NewSlip(**values | changes)


async def record(session, slip, person):
    """Record as this person."""
    return await service.record_slip(session, slip=slip, person_id=person.id, now=NOW)


@given(st.integers(1, 20_000_000), st.integers(1, 100_000_000))
def test_amounts_are_rounded_half_up(weight_g, price):
    """The amount is the whole đồng nearest to weight times price, half a đồng going up."""
    amount = service.amount_of(weight_g, price)
    assert -500 <= weight_g * price - 1000 * amount < 500 or 1000 * amount - weight_g * price == 500


def test_amounts_of_worked_examples():
    """12.5 kg at 35,000 is 437,500; half a đồng is one."""
    assert service.amount_of(12_500, 35_000) == 437_500
    assert (service.amount_of(1, 500), service.amount_of(1, 499)) == (1, 0)


async def test_record_slip_answers_a_repeat_with_the_first(session):
    """The same id again changes nothing; from another producer it is not there."""
    site, person = await make_site(session), await make_person(session)
    slip = weigh(site)
    first = await record(session, slip, person)
    assert (first.amount_minor, first.farm_id) == (437_500, site.farm_id)
    assert (await record(session, weigh(site, id=slip.id, weight_g=1), person)).weight_g == 12_500
    with pytest.raises(SlipNotFoundError):
        await record(session, weigh(await make_site(session), id=slip.id), person)


async def test_record_slip_twice_at_the_same_instant_is_once(db):
    """Ten sendings of one id at once make one slip."""
    async with db.transaction() as session:
        site, person = await make_site(session), await make_person(session)
    slip = weigh(site)

    async def send():
        async with db.transaction() as session:
            made = await record(session, slip, person)
            return made.id, made.producer_id

    [(_, producer_id)] = set(await asyncio.gather(*(send() for _ in range(10))))
    async with db.transaction() as session:
        assert len(await service.list_slips(session, producer_id=producer_id, limit=99)) == 1


async def test_a_second_correction_at_the_same_instant_is_refused(db):
    """Of several corrections one stands; a repeat of that very one is answered with it."""
    async with db.transaction() as session:
        site, person = await make_site(session), await make_person(session)
        original = await make_slip(session, site_id=site.id)

    async def correct(id_):
        try:
            async with db.transaction() as session:
                return (await record(session, weigh(site, id=id_, corrects_id=original.id), person)).id
        except SlipCorrectedError as error:
            return error

    ids = [uuid7(), uuid7()]
    answers = await asyncio.gather(*(correct(id_) for id_ in ids * 3))
    refused = [answer for answer in answers if isinstance(answer, SlipCorrectedError)]
    made = {answer for answer in answers if not isinstance(answer, SlipCorrectedError)}
    assert len(made) == 1 and made < set(ids)
    assert len(refused) == 3 and {error.newer_id for error in refused} == made


async def test_a_correction_that_came_in_since_is_not_refused_to_itself(session, monkeypatch):
    """A repeat that looked for itself a moment too early finds its own first sending, and is answered with it."""
    site, person = await make_site(session), await make_person(session)
    slip = weigh(site, corrects_id=(await make_slip(session, site_id=site.id)).id)
    first = await record(session, slip, person)
    look_too_early(monkeypatch, service.repository, "find_slip")
    assert (await record(session, slip, person)).id == first.id
    with pytest.raises(SlipCorrectedError):
        await record(session, weigh(site, corrects_id=slip.corrects_id), person)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grade": Grade.FISH}, WrongGradeError),
        ({"weighed_at": NOW + 2 * DAY}, InFutureError),
        ({"corrects_id": uuid7()}, SlipNotFoundError),
    ],
)
async def test_record_slip_refuses_what_cannot_be(session, changes, error):
    """Leaf is no fish, tomorrow is not weighed, and an unknown slip is not corrected."""
    site, person = await make_site(session), await make_person(session)
    with pytest.raises(error):
        await record(session, weigh(site, **changes), person)
    with pytest.raises(WrongGradeError):
        await record(session, weigh(await make_site(session, crop=Crop.SALMON)), person)


async def test_a_corrected_slip_gives_way(session):
    """The newer slip stands with the photo of the first; the first says which replaced it."""
    site, person = await make_site(session), await make_person(session)
    photo = await make_photo(session)
    first = await record(session, weigh(site, photo_id=photo.id), person)
    second = await record(session, weigh(site, weight_g=10_000, corrects_id=first.id), person)
    assert second.photo_id == photo.id
    assert await service.find_correction(session, first.id) is second
    assert await service.list_slips(session, producer_id=first.producer_id, limit=9) == [second]
    assert set(await service.get_slips(session, [first.id, second.id])) == {first.id, second.id}
    with pytest.raises(SlipCorrectedError) as caught:
        await record(session, weigh(site, corrects_id=first.id), person)
    assert "350.000" in str(caught.value.message)


async def test_slips_are_listed_by_day_and_household(session):
    """A household sees its own; days are bounded; totals add up."""
    owner = await make_person(session)
    farm = await make_farm(session, owner_id=owner.id)
    site = await make_site(session, farm_id=farm.id)
    other_farm = await make_farm(session, producer_id=farm.producer_id)
    other = await make_site(session, farm_id=other_farm.id)
    mine = await make_slip(session, site_id=site.id)
    theirs = await make_slip(session, site_id=other.id, weighed_at=NOW - DAY)
    given = {"producer_id": farm.producer_id, "limit": 9}
    both = await service.list_slips(session, **given)
    assert both == [mine, theirs]
    assert await service.list_slips(session, **given, owner_id=owner.id) == [mine]
    assert await service.list_slips(session, **given, since=NOW) == [mine]
    assert await service.list_slips(session, **given, before=NOW) == [theirs]
    assert service.total(both) == service.Totals(2, 20_000, 700_000)
    own = {"producer_id": farm.producer_id, "person_id": owner.id, "weighs": False}
    assert await service.get_slip_of(session, slip_id=mine.id, **own) is mine
    with pytest.raises(SlipNotFoundError):
        await service.get_slip_of(session, slip_id=theirs.id, **own)
    days = {"limit": 9, "since": NOW - DAY, "before": NOW + DAY}
    assert await service.list_slips_of(session, **own, **days) == [mine]
    assert await service.list_slips(session, **given, written_by_id=theirs.recorded_by_id) == [theirs]
    assert await service.find_slip(session, slip_id=mine.id, producer_id=farm.producer_id) is mine
    assert await service.find_slip(session, slip_id=mine.id, producer_id=uuid7()) is None
    assert await service.find_slip(session, slip_id=uuid7(), producer_id=farm.producer_id) is None


async def test_who_weighs_reads_their_chain_of_corrections(session):
    """N3: the own slip and whatever took its place, however often, and the own household's; never another's."""
    site = await make_site(session)
    first = await make_slip(session, site_id=site.id)
    second = await make_slip(session, site_id=site.id, corrects_id=first.id)
    third = await make_slip(session, site_id=site.id, corrects_id=second.id)
    other = await make_slip(session, site_id=site.id)
    fourth = await make_slip(session, site_id=site.id, corrects_id=other.id)
    asked = {"producer_id": first.producer_id, "weighs": True}
    days = {"limit": 9, "since": NOW - DAY, "before": NOW + DAY}
    for person_id, seen in (
        (first.recorded_by_id, {first, second, third}),
        (second.recorded_by_id, {second, third}),
        (fourth.recorded_by_id, {fourth}),
    ):
        own = asked | {"person_id": person_id}
        for slip in (first, second, third, other, fourth):
            if slip in seen:
                assert await service.get_slip_of(session, slip_id=slip.id, **own) is slip
            else:
                with pytest.raises(SlipNotFoundError):
                    await service.get_slip_of(session, slip_id=slip.id, **own)
        assert set(await service.list_slips_of(session, **own, **days)) == seen & {third, fourth}


async def test_prices_of_some_days_begin_with_what_held(session):
    """The price that held when the days began, and each that was set in them; neither older ones nor later."""
    producer = await make_producer(session)
    person = await make_person(session)
    first, last = date(2026, 10, 10), date(2026, 10, 20)
    assert await service.list_prices_in(session, producer_id=producer.id, since=first, until=last) == {}
    days = {Grade.BUD: (1, 5, 12, 20, 21), Grade.ONE_LEAF: (10, 11), Grade.FISH: (25,)}
    for grade, set_on in days.items():
        for day in set_on:
            await service.set_price(
                session,
                producer_id=producer.id,
                grade=grade,
                price_per_kg_minor=day * 1_000,
                valid_from=date(2026, 10, day),
                person_id=person.id,
                now=NOW,
            )
    found = await service.list_prices_in(session, producer_id=producer.id, since=first, until=last)
    assert found == {
        Grade.BUD: [(date(2026, 10, day), day * 1_000) for day in (5, 12, 20)],
        Grade.ONE_LEAF: [(date(2026, 10, day), day * 1_000) for day in (10, 11)],
    }
