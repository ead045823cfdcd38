"""Farms and sites over HTTP."""

import pytest

from producers.farms import service

FARM = {"name": "Vườn ông Bảy", "hamlet": "Xóm 2", "commune_text": "Xã Tân Cương, Tỉnh Thái Nguyên"}
SITE = {"name": "Đồi chùa", "crop": "tea", "kind": "plot", "area_m2": "3.000"}


async def test_farms_are_made_and_saved(db, client, coop):
    """A new farm and a changed one are in the list, with the household it belongs to."""
    form = FARM | {"owner_id": str(coop.owner_id), "latitude_e6": "21,55", "longitude_e6": "105,75"}
    assert (await client.post("/producer/farms/new", data=form)).status_code == 303
    async with db.transaction() as session:
        made = (await service.list_farms(session, coop.producer_id))[-1]
    assert (made.owner_id, made.latitude_e6) == (coop.owner_id, 21_550_000)
    shown = (await client.get(f"/producer/farms/{made.id}")).text
    assert 'value="21,55"' in shown
    saved = await client.post(f"/producer/farms/{made.id}", data=FARM | {"name": "Vườn mới"})
    assert saved.status_code == 303
    assert "Vườn mới" in (await client.get("/producer/farms")).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Chỗ này chưa điền."),
        ({"commune_text": "Không Đâu Cả"}, "Chưa tìm thấy xã, phường này"),
        ({"latitude_e6": "21,5"}, "đủ cả vĩ độ và kinh độ"),
        ({"latitude_e6": "x", "longitude_e6": "105"}, "Bạn gõ vĩ độ như"),
        ({"latitude_e6": "1", "longitude_e6": "105"}, "nằm ngoài Việt Nam"),
        ({"owner_id": "01935a00-0000-7000-8000-000000000000"}, "chưa phải là thành viên"),
    ],
)
async def test_farm_forms_keep_what_was_typed(client, coop, changes, words):
    """Each mistake has its words, new farm or old."""
    for path in ("/producer/farms/new", f"/producer/farms/{coop.farm_id}"):
        answer = await client.post(path, data=FARM | changes)
        assert answer.status_code == 422
        assert words in answer.text and "Xóm 2" in answer.text


async def test_sites_are_made_and_saved(db, client, coop):
    """A new site and a changed one."""
    assert (await client.post(f"/producer/farms/{coop.farm_id}/sites/new", data=SITE)).status_code == 303
    async with db.transaction() as session:
        made = (await service.list_sites(session, coop.producer_id))[-1]
    assert (made.name, made.area_m2) == ("Đồi chùa", 3000)
    saved = await client.post(f"/producer/sites/{made.id}", data=SITE | {"name": "Đồi miếu"})
    assert saved.status_code == 303 and "Đồi miếu" in (await client.get("/producer/farms")).text


async def test_site_forms_keep_what_was_typed(client, coop):
    """A plot without an area is asked for it; the name stays."""
    for path in (f"/producer/farms/{coop.farm_id}/sites/new", f"/producer/sites/{coop.plot_id}"):
        answer = await client.post(path, data=SITE | {"area_m2": ""})
        assert answer.status_code == 422
        assert "thì ghi diện tích" in answer.text and "Đồi chùa" in answer.text


async def test_farms_are_changed_by_managers_of_their_own(coop, log_in_as):
    """A member may look; another producer's manager finds nothing to change."""
    member, other = await log_in_as(coop.producer_id, "member"), await log_in_as(None, "manager")
    assert (await member.get("/producer/farms")).status_code == 200
    for path, form in (
        (f"/producer/farms/{coop.farm_id}", FARM),
        (f"/producer/farms/{coop.farm_id}/sites/new", SITE),
        (f"/producer/sites/{coop.plot_id}", SITE),
    ):
        assert (await member.post(path, data=form)).status_code == 403
        assert (await other.post(path, data=form)).status_code == 404
