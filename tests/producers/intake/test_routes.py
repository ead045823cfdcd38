"""Weigh slips over HTTP."""

import asyncio

import pytest

from app.core.ids import uuid7
from producers.intake import service
from tests.factories.people import picture_bytes
from tests.factories.producers import make_site, make_slip

JPEG = ("photo", ("scale.jpg", picture_bytes(), "image/jpeg"))


def slip(coop, **changes):
    """The form of a slip weighed today."""
    values = {
        "id": str(uuid7()),
        "site_id": str(coop.plot_id),
        "weight_g": "12,5 kg",
        "grade": "one_leaf",
        "price_per_kg_minor": "35k",
        "weighed_on": "2026-11-12",
        "place": "Nhà văn hóa",
    }
    return values | changes


async def slips(db, coop):
    """The slips that stand."""
    async with db.transaction() as session:
        return await service.list_slips(session, producer_id=coop.producer_id, limit=99)


async def test_a_slip_is_weighed_once(db, client, coop):
    """Amount by the scale, photo kept private, and a repeat is the first."""
    form = slip(coop)
    first = await client.post("/producer/intake/new", data=form, files=[JPEG])
    again = await client.post("/producer/intake/new", data=form | {"weight_g": "x"})
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    [made] = await slips(db, coop)
    assert (made.amount_minor, made.recorded_by_id) == (437_500, coop.manager_id)
    page = (await client.get(first.headers["location"])).text
    assert "437.500\u00a0₫" in page and "data:image/webp" in page
    listed = (await client.get("/producer/intake")).text
    assert "437.500\u00a0₫" in listed and "12,5\u00a0kg" in listed
    ready = (await client.get("/producer/intake/new")).text
    assert 'value="35000"' in ready and "Nhà văn hóa" in ready


async def test_a_slip_sent_twice_at_the_same_instant_is_one(db, client, coop):
    """Six requests at once make one slip, and all are answered."""
    form = slip(coop)
    answers = await asyncio.gather(
        *(client.post("/producer/intake/new", data=form, files=[JPEG]) for _ in range(6))
    )
    assert {answer.status_code for answer in answers} == {303}
    assert len(await slips(db, coop)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight_g": "nặng"}, "Cân nặng này chưa đọc được"),
        ({"weight_g": "0"}, "Cân nặng phải lớn hơn 0"),
        ({"price_per_kg_minor": "rẻ"}, "Số tiền này chưa đọc được"),
        ({"price_per_kg_minor": "0"}, "Giá một cân phải lớn hơn 0"),
        ({"grade": "fish"}, "không hợp với nơi đã chọn"),
        ({"weighed_on": "2026-11-15"}, "Ngày này chưa tới"),
        ({"site_id": ""}, "Chỗ này chưa điền"),
    ],
)
async def test_the_slip_keeps_what_was_typed(db, client, coop, changes, words):
    """Each mistake has its words; place, id and photo stay."""
    form = slip(coop, **changes)
    answer = await client.post("/producer/intake/new", data=form, files=[JPEG])
    assert answer.status_code == 422
    assert words in answer.text and "Nhà văn hóa" in answer.text
    assert f'value="{form["id"]}"' in answer.text and 'name="kept_photo"' in answer.text
    assert await slips(db, coop) == []


async def test_correcting_writes_a_new_slip(db, client, coop):
    """Filled in as it stands; the new slip stands at the same hour; the old one points to it, once."""
    path = (await client.post("/producer/intake/new", data=slip(coop))).headers["location"].split("?")[0]
    form = (await client.get(f"{path}/correct")).text
    assert 'value="12,5 kg"' in form and 'value="35000"' in form
    bad = await client.post(f"{path}/correct", data=slip(coop, weight_g="x"))
    assert bad.status_code == 422
    [before] = await slips(db, coop)
    second = (await client.post(f"{path}/correct", data=slip(coop, weight_g="10"))).headers["location"]
    [after] = await slips(db, coop)
    assert (after.weight_g, after.weighed_at) == (10_000, before.weighed_at)
    assert second.split("?")[0] in (await client.get(path)).text
    late = await client.post(f"{path}/correct", data=slip(coop))
    assert late.status_code == 409 and second.split("?")[0] in late.text


async def test_a_household_sees_its_own_slips_alone(db, coop, log_in_as):
    """N2, N3: a household's list and slips are its own, a packer's what they wrote; weighing is the packer's."""
    async with db.transaction() as session:
        mine = await make_slip(session, site_id=coop.plot_id)
        from tests.factories.producers import make_farm

        farm = await make_farm(session, producer_id=coop.producer_id, name="Vườn nhà khác")
        theirs = await make_slip(session, site_id=(await make_site(session, farm_id=farm.id)).id)
    owner = await log_in_as(person_id=coop.owner_id)
    listed = (await owner.get("/producer/intake")).text
    assert str(mine.id) in listed and str(theirs.id) not in listed and "Cân mới" not in listed
    assert (await owner.get(f"/producer/intake/{mine.id}")).status_code == 200
    assert (await owner.get(f"/producer/intake/{theirs.id}")).status_code == 404
    assert (await owner.post("/producer/intake/new", data=slip(coop))).status_code == 403
    assert (await owner.get(f"/producer/intake/{mine.id}/correct")).status_code == 403
    packer = await log_in_as(coop.producer_id, "packer")
    assert str(theirs.id) not in (await packer.get("/producer/intake")).text
    written = await packer.post("/producer/intake/new", data=slip(coop))
    assert written.headers["location"].partition("?")[0] in (await packer.get("/producer/intake")).text
    accountant = await log_in_as(coop.producer_id, "accountant")
    assert (await accountant.get(f"/producer/intake/{theirs.id}")).status_code == 200
    assert (await accountant.get("/producer/intake/new")).status_code == 403


async def test_slips_of_another_producer_do_not_exist(db, client, coop, log_in_as):
    """Neither to read nor to correct, nor to weigh for its sites."""
    async with db.transaction() as session:
        foreign = await make_slip(session)
    for answer in (
        await client.get(f"/producer/intake/{foreign.id}"),
        await client.post(f"/producer/intake/{foreign.id}/correct", data=slip(coop)),
        await client.post("/producer/intake/new", data=slip(coop, site_id=str(foreign.site_id))),
        await client.post("/producer/intake/new", data=slip(coop, id=str(foreign.id))),
    ):
        assert answer.status_code == 404
    assert await slips(db, coop) == []


async def test_days_are_turned(db, client, coop):
    """A slip of another day is on that day's page; nonsense is today."""
    await client.post("/producer/intake/new", data=slip(coop, weighed_on="2026-11-10"))
    assert "437.500" in (await client.get("/producer/intake?on=2026-11-10")).text
    assert "Ngày này chưa có phiếu cân" in (await client.get("/producer/intake?on=x")).text


async def test_weighing_without_a_site_is_taught(log_in_as):
    """Without a farm one is led to make one."""
    newcomer = await log_in_as(None, "manager")
    assert "Thêm nhà vườn, ao cá" in (await newcomer.get("/producer/intake/new")).text
