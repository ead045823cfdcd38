"""Farms and sites over HTTP, without script."""

from __future__ import annotations

import pytest

from producers.farms import service as farms
from tests.factories.people import LA_BANG, log_in
from tests.factories.producers import make_farm, make_membership, make_person, make_site

FARM = {
    "name": "Vườn ông Páo",
    "hamlet": "Bản Khoang",
    "commune_text": "Xã La Bằng, Tỉnh Thái Nguyên",
    "latitude_e6": "22,3364",
    "longitude_e6": "103,844",
    "altitude_m": "1.200",
}
PLOT = {"name": "Đồi trên", "kind": "plot", "crop": "tea", "area_m2": "2.000"}


@pytest.fixture
async def manager(db, client):
    """The manager as whom `client` is logged in."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        await log_in(session, client, membership.person_id)
        return membership


async def only_farm(db, manager):
    """The producer's one farm, with its sites."""
    async with db.transaction() as session:
        [farm] = await farms.list_farms(session, manager.producer_id)
        return farm, await farms.list_sites(session, manager.producer_id)


async def test_a_farm_is_made_shown_and_changed(client, db, manager):
    """What was saved stands in the form again, and saved unchanged it stays the same."""
    assert "Chưa có nhà vườn nào" in (await client.get("/producer/farms")).text
    form = FARM | {"owner_id": str(manager.person_id)}
    assert (await client.post("/producer/farms/new", data=form)).status_code == 303
    farm, _sites = await only_farm(db, manager)
    assert (farm.commune_code, farm.latitude_e6, farm.longitude_e6, farm.altitude_m) == (
        LA_BANG,
        22_336_400,
        103_844_000,
        1_200,
    )
    assert "Bản Khoang, Xã La Bằng" in (await client.get("/producer/farms")).text
    html = (await client.get(f"/producer/farms/{farm.id}")).text
    for value in ("22,3364", "103,844", "1200", "Xã La Bằng, Tỉnh Thái Nguyên"):
        assert f'value="{value}"' in html, value
    saved = form | {"altitude_m": "1200", "name": "Vườn mới"}
    assert (await client.post(f"/producer/farms/{farm.id}", data=saved)).status_code == 303
    farm, _sites = await only_farm(db, manager)
    assert (farm.name, farm.altitude_m, farm.owner_id) == ("Vườn mới", 1_200, manager.person_id)


MISTAKES = [
    ({"name": ""}, "Chỗ này chưa điền"),
    ({"commune_text": "Xã Không Có Đâu"}, "Chưa tìm thấy xã, phường này"),
    ({"commune_text": "Tân Hòa"}, "Chọn đúng nơi"),
    ({"latitude_e6": "bắc"}, "gõ vĩ độ như"),
    ({"longitude_e6": ""}, "cần đủ cả vĩ độ và kinh độ"),
    ({"altitude_m": "cao"}, "Bạn điền một số nguyên"),
    ({"owner_id": "stranger"}, "Người này chưa phải là thành viên"),
]


@pytest.mark.parametrize("is_new", [True, False])
@pytest.mark.parametrize(("typed", "words"), MISTAKES)
async def test_a_farm_with_a_mistake_keeps_what_was_typed(client, db, manager, is_new, typed, words):
    """What is wrong is said, what was typed stays, and nothing is made or changed."""
    async with db.transaction() as session:
        farm = await make_farm(session, producer_id=manager.producer_id)
        if "owner_id" in typed:
            typed = {"owner_id": str((await make_person(session)).id)}
    path = "/producer/farms/new" if is_new else f"/producer/farms/{farm.id}"
    answer = await client.post(path, data=FARM | typed)
    assert answer.status_code == 422 and words in answer.text
    assert 'value="Bản Khoang"' in answer.text
    kept, _sites = await only_farm(db, manager)
    assert kept.name == "Vườn bà Mận"


async def test_a_site_is_made_shown_and_changed(client, db, manager):
    """A plot with its area; its form shows what stands there."""
    async with db.transaction() as session:
        farm = await make_farm(session, producer_id=manager.producer_id)
    path = f"/producer/farms/{farm.id}/sites/new"
    assert (await client.post(path, data=PLOT)).status_code == 303
    _farm, [site] = await only_farm(db, manager)
    html = (await client.get(f"/producer/sites/{site.id}")).text
    assert 'value="Đồi trên"' in html and 'value="2000"' in html
    saved = await client.post(f"/producer/sites/{site.id}", data=PLOT | {"area_m2": "2500"})
    assert saved.status_code == 303
    _farm, [site] = await only_farm(db, manager)
    assert site.area_m2 == 2_500
    assert "Lô vườn, Chè" in (await client.get("/producer/farms")).text
    for target in (path, f"/producer/sites/{site.id}"):
        refused = await client.post(target, data=PLOT | {"area_m2": "", "variety": "Trung du"})
        assert refused.status_code == 422 and "thì ghi diện tích" in refused.text
        assert 'value="Trung du"' in refused.text


async def test_another_producers_farms_take_nothing(client, db, manager):
    """Nobody changes another producer's farm or site, nor adds to it."""
    async with db.transaction() as session:
        other = await make_site(session)
    for path, form in [
        (f"/producer/farms/{other.farm_id}", FARM),
        (f"/producer/farms/{other.farm_id}/sites/new", PLOT),
        (f"/producer/sites/{other.id}", PLOT),
    ]:
        assert (await client.post(path, data=form)).status_code == 404
