"""Farms and sites."""

import pytest
from pydantic import ValidationError

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.farms import service
from producers.farms.errors import FarmNotFoundError, NotAMembersFarmError, SiteNotFoundError
from producers.farms.models import Crop, SiteKind
from producers.farms.schemas import NewFarm, NewSite
from tests.factories.producers import (
    COMMUNE,
    NOW,
    make_farm,
    make_membership,
    make_person,
    make_producer,
    make_site,
)

PLOT = NewSite(name="Đồi sau", kind=SiteKind.PLOT, crop=Crop.TEA, area_m2="2.000")


def farm(**changes):
    """A farm as the form sends it."""
    return NewFarm.model_validate(
        {"name": "Vườn bà Mận", "commune_code": COMMUNE, "hamlet": "Xóm 1"} | changes
    )


async def test_farms_and_sites_are_made_and_changed(session):
    """What was made is listed, found by id, and changed by its own producer."""
    producer = await make_producer(session)
    made = await service.create_farm(session, producer_id=producer.id, farm=farm(), now=NOW)
    site = await service.create_site(session, farm_id=made.id, site=PLOT, now=NOW)
    assert await service.list_farms(session, producer.id) == [made]
    assert await service.list_sites(session, producer.id) == [site]
    assert await service.get_farms(session, [made.id, uuid7()]) == {made.id: made}
    assert await service.get_sites(session, [site.id, uuid7()]) == {site.id: site}
    assert site.area_m2 == 2000
    changed = farm(name="Vườn mới", latitude_e6="21,5", longitude_e6="105.75")
    await service.update_farm(session, farm_id=made.id, producer_id=producer.id, farm=changed)
    assert (made.name, made.latitude_e6, made.longitude_e6) == ("Vườn mới", 21_500_000, 105_750_000)
    await service.update_site(
        session, site_id=site.id, producer_id=producer.id, site=PLOT.model_copy(update={"name": "Đồi trước"})
    )
    assert site.name == "Đồi trước"


async def test_what_is_anothers_does_not_exist(session):
    """Another producer's farm and site are not found, and neither are unknown ids."""
    mine, site = await make_producer(session), await make_site(session)
    with pytest.raises(FarmNotFoundError):
        await service.get_own_farm(session, farm_id=site.farm_id, producer_id=mine.id)
    with pytest.raises(SiteNotFoundError):
        await service.get_own_site(session, site_id=site.id, producer_id=mine.id)
    with pytest.raises(FarmNotFoundError):
        await service.create_site(session, farm_id=uuid7(), site=PLOT, now=NOW)
    with pytest.raises(SiteNotFoundError):
        await service.get_site(session, uuid7())


async def test_a_household_must_be_a_member(session):
    """A farm belongs to a member's household, or to all."""
    membership = await make_membership(session, role=Role.MEMBER)
    made = await service.create_farm(
        session, producer_id=membership.producer_id, farm=farm(owner_id=membership.person_id), now=NOW
    )
    stranger = (await make_person(session)).id
    with pytest.raises(NotAMembersFarmError):
        await service.update_farm(
            session, farm_id=made.id, producer_id=membership.producer_id, farm=farm(owner_id=stranger)
        )
    assert (await make_farm(session)).owner_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"latitude_e6": "21,5"},
        {"latitude_e6": "51,5", "longitude_e6": "0,1"},
        {"latitude_e6": "ở kia", "longitude_e6": "105"},
        {"altitude_m": "9000"},
        {"name": ""},
    ],
)
def test_farms_refuse_positions_that_cannot_be(changes):
    """A position is whole, a figure, and in Viet Nam."""
    with pytest.raises(ValidationError):
        farm(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"area_m2": None},
        {"volume_m3": 5},
        {"crop": Crop.SALMON},
        {"kind": SiteKind.POND},
        {"kind": SiteKind.POND, "crop": Crop.SALMON},
        {"planted_year": 20},
    ],
)
def test_sites_have_the_size_of_their_kind(changes):
    """Plots have an area and tea, waters a volume and fish."""
    with pytest.raises(ValidationError):
        NewSite.model_validate(PLOT.model_dump() | changes)
