"""Practice farms: one for each person, furnished, made anew, never come to by chance."""

import pytest

from app.accounts.models import Person
from producers.cooperatives import service as cooperatives
from producers.cooperatives.errors import PracticeOnlyError
from producers.cooperatives.models import Role
from producers.farms import service as farms
from producers.farms.models import Crop, SiteKind
from producers.inputs import service as inputs
from producers.listings import service as listings
from producers.listings.models import ListingState
from producers.practice import service
from tests.factories.producers import NOW, make_membership, make_person, make_producer


@pytest.fixture
async def learner(session) -> Person:
    """Somebody who belongs to nobody."""
    return await make_person(session)


async def test_a_practice_farm_has_everything_to_begin_with(session, learner):
    """A tea plot, a pond, two products that ask to wait, a draft with a price."""
    producer = await service.enter(session, person_id=learner.id, now=NOW)
    assert producer.is_practice and producer.phone == learner.phone
    sites = await farms.list_sites(session, producer.id)
    assert {(site.kind, site.crop) for site in sites} == {
        (SiteKind.PLOT, Crop.TEA),
        (SiteKind.POND, Crop.STURGEON),
    }
    own = [one for one in await inputs.list_inputs(session, producer_id=producer.id) if one.producer_id]
    waits = await inputs.list_intervals(session, [one.id for one in own])
    assert sorted(wait.days for found in waits.values() for wait in found) == [10, 30]
    [goods] = await listings.list_listings(session, producer.id)
    [pack] = (await listings.list_variants(session, [goods.id]))[goods.id]
    assert (goods.state, pack.price_minor) == (ListingState.DRAFT, 50_000)
    assert pack.gtin.startswith("020"), "a number that never leaves a house"


async def test_everybody_has_one_of_their_own(session, learner):
    """Entered again it is the same one; another person has another, with other numbers; someone without a phone too."""
    first = await service.enter(session, person_id=learner.id, now=NOW)
    assert await service.enter(session, person_id=learner.id, now=NOW) is first
    other = await make_person(session, phone=None)
    second = await service.enter(session, person_id=other.id, now=NOW)
    assert second.id != first.id and second.gs1_prefix != first.gs1_prefix
    assert await service.find(session, learner.id) == first.id
    assert await service.find_owner(session, second.id) == other.id
    stranger = await make_person(session)
    assert await service.find(session, stranger.id) is None


async def test_a_fresh_one_takes_the_place_of_the_last(session, learner):
    """The last one belongs to nobody any more; the fresh one is entered from now on."""
    first = await service.enter(session, person_id=learner.id, now=NOW)
    fresh = await service.reset(session, person_id=learner.id, now=NOW)
    assert fresh.id != first.id
    assert (await service.enter(session, person_id=learner.id, now=NOW)).id == fresh.id
    assert await cooperatives.list_roles(session, producer_id=first.id, person_id=learner.id) == frozenset()
    assert await service.find_owner(session, first.id) is None
    roles = await cooperatives.list_roles(session, producer_id=fresh.id, person_id=learner.id)
    assert roles == {Role.MANAGER}


async def test_a_fresh_one_needs_no_last_one(session, learner):
    """Whoever begins with "anew" simply begins."""
    assert (await service.reset(session, person_id=learner.id, now=NOW)).is_practice


async def test_a_practice_farm_is_no_workplace(session, learner):
    """It is not among the producers that one belongs to, but on request."""
    await service.enter(session, person_id=learner.id, now=NOW)
    real = await make_membership(session, person_id=learner.id)
    found = await cooperatives.list_belongings(session, learner.id)
    assert [one.producer.id for one in found] == [real.producer_id]
    assert len(await cooperatives.list_belongings(session, learner.id, with_practice=True)) == 2


async def test_nobody_else_is_let_in(session, learner):
    """A second member is refused; closing as a practice farm leaves a real producer alone."""
    producer = await service.enter(session, person_id=learner.id, now=NOW)
    other = await make_person(session)
    with pytest.raises(PracticeOnlyError):
        await cooperatives.add_member(
            session, producer_id=producer.id, person_id=other.id, role=Role.MEMBER, now=NOW
        )
    real = await make_producer(session)
    await make_membership(session, producer_id=real.id, person_id=other.id)
    await cooperatives.close_practice(session, producer_id=real.id, now=NOW)
    assert await cooperatives.list_roles(session, producer_id=real.id, person_id=other.id)
