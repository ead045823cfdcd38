"""Farms and sites: a household's place belongs to one producer, positions are in Viet Nam, sizes fit the kind."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.core.fields import explain
from app.core.ids import uuid7
from producers.farms import service as farms
from producers.farms.errors import FarmNotFoundError, NotAMembersFarmError, SiteNotFoundError
from producers.farms.models import Crop, SiteKind
from producers.farms.schemas import NewFarm, NewSite
from tests.factories.people import LA_BANG
from tests.factories.producers import NOW, make_farm, make_membership, make_person, make_site

PLOT = {"name": "Đồi trên", "kind": "plot", "crop": "tea", "area_m2": "2.000"}
POND = {"name": "Ao 1", "kind": "pond", "crop": "salmon", "volume_m3": "120"}
FARM = {"name": "Vườn ông Páo", "hamlet": "Bản Khoang", "commune_code": LA_BANG}


def refusal(schema, typed):
    """The one thing that is said of a form: (field, words)."""
    with pytest.raises(ValidationError) as caught:
        schema.model_validate(typed)
    [(name, words)] = explain(caught.value).items()
    return name, str(words)


async def test_a_farm_belongs_to_a_member_or_to_all(session):
    """Its household must be a member of this producer, when it is made and when it is changed."""
    member, stranger = await make_membership(session), await make_person(session)
    own = NewFarm.model_validate(FARM | {"owner_id": member.person_id})
    foreign = NewFarm.model_validate(FARM | {"owner_id": stranger.id})
    common = NewFarm.model_validate(FARM)
    producer_id = member.producer_id
    farm = await farms.create_farm(session, producer_id=producer_id, farm=own, now=NOW)
    assert (farm.owner_id, farm.hamlet) == (member.person_id, "Bản Khoang")
    with pytest.raises(NotAMembersFarmError):
        await farms.create_farm(session, producer_id=producer_id, farm=foreign, now=NOW)
    with pytest.raises(NotAMembersFarmError):
        await farms.update_farm(session, farm_id=farm.id, producer_id=producer_id, farm=foreign)
    changed = await farms.update_farm(session, farm_id=farm.id, producer_id=producer_id, farm=common)
    assert changed.id == farm.id and changed.owner_id is None
    with pytest.raises(FarmNotFoundError):
        await farms.update_farm(session, farm_id=farm.id, producer_id=uuid7(), farm=common)


async def test_a_site_stands_on_its_farm(session):
    """A site is made on a farm that is there, and changed by its own producer alone."""
    farm = await make_farm(session)
    site = await farms.create_site(session, farm_id=farm.id, site=NewSite.model_validate(PLOT), now=NOW)
    assert (site.kind, site.area_m2) == (SiteKind.PLOT, 2_000)
    pond = NewSite.model_validate(POND)
    kept = await farms.update_site(session, site_id=site.id, producer_id=farm.producer_id, site=pond)
    assert (kept.id, kept.crop, kept.area_m2, kept.volume_m3) == (site.id, Crop.SALMON, None, 120)
    with pytest.raises(SiteNotFoundError):
        await farms.update_site(session, site_id=site.id, producer_id=uuid7(), site=pond)
    with pytest.raises(FarmNotFoundError):
        await farms.create_site(session, farm_id=uuid7(), site=pond, now=NOW)


async def test_farms_and_sites_are_found_by_their_own_producer(session):
    """What is unknown or another's is not found; of several the unknown are left out."""
    site, other = await make_site(session), await make_site(session)
    farm = await farms.get_farm(session, site.farm_id)
    assert [one.id for one in await farms.list_farms(session, farm.producer_id)] == [farm.id]
    assert [one.id for one in await farms.list_sites(session, farm.producer_id)] == [site.id]
    assert set(await farms.get_farms(session, [farm.id, uuid7()])) == {farm.id}
    assert set(await farms.get_sites(session, [site.id, other.id, uuid7()])) == {site.id, other.id}
    own = {"producer_id": farm.producer_id}
    assert (await farms.get_own_site(session, site_id=site.id, **own)).id == site.id
    assert (await farms.get_own_farm(session, farm_id=farm.id, **own)).id == farm.id
    for site_id in (other.id, uuid7()):
        with pytest.raises(SiteNotFoundError):
            await farms.get_own_site(session, site_id=site_id, **own)
    for farm_id in (other.farm_id, uuid7()):
        with pytest.raises(FarmNotFoundError):
            await farms.get_own_farm(session, farm_id=farm_id, **own)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"latitude_e6": "22,3364"}, "", "cần đủ cả vĩ độ và kinh độ"),
        ({"latitude_e6": "48,8", "longitude_e6": "103,8"}, "latitude_e6", "ngoài Việt Nam"),
        ({"latitude_e6": "22,3", "longitude_e6": "2,3"}, "longitude_e6", "ngoài Việt Nam"),
        ({"latitude_e6": "bắc", "longitude_e6": "103,8"}, "latitude_e6", "gõ vĩ độ như 22,3364"),
        ({"latitude_e6": "22,3", "longitude_e6": "đông"}, "longitude_e6", "gõ kinh độ như 103,8440"),
    ],
)
def test_a_position_is_whole_and_in_viet_nam(typed, field, words):
    """Both figures or none, and no farm of ours lies elsewhere."""
    said = refusal(NewFarm, FARM | typed)
    assert said[0] == field and words in said[1]


def test_a_position_is_kept_in_millionths():
    """Degrees with a decimal comma are kept exactly; a whole number is in millionths already."""
    typed = NewFarm.model_validate(FARM | {"latitude_e6": "22,3364", "longitude_e6": "103.844"})
    assert (typed.latitude_e6, typed.longitude_e6) == (22_336_400, 103_844_000)
    assert NewFarm.model_validate(FARM | {"latitude_e6": 22_000_000, "longitude_e6": 103_000_000})


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (PLOT | {"crop": "salmon"}, "Chè trồng trên lô vườn"),
        (POND | {"crop": "tea"}, "Chè trồng trên lô vườn"),
        (PLOT | {"area_m2": None}, "cần diện tích"),
        (PLOT | {"volume_m3": "3"}, "cần diện tích"),
        (POND | {"volume_m3": None}, "cần thể tích"),
        (POND | {"area_m2": "3"}, "cần thể tích"),
    ],
)
def test_plots_have_an_area_and_waters_a_volume(typed, words):
    """Tea grows on plots that have an area, fish live in water that has a volume."""
    assert words in refusal(NewSite, typed)[1]
