"""Settings, members and the choice of the producer over HTTP."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives import service as cooperatives
from producers.cooperatives.models import Membership, Role
from tests.factories.people import LA_BANG, log_in, picture_bytes
from tests.factories.producers import make_entry, make_farm, make_membership, make_site

SETTINGS = {
    "name": "HTX Mới",
    "phone": "0987 654 321",
    "about": "Chè làm tay",
    "commune_text": "Xã La Bằng, Tỉnh Thái Nguyên",
    "address_line": "Xóm Đồng Tiến",
    "payout_bank_bin": "970436",
    "payout_account": "0123 456 789",
    "payout_account_name": "Hợp tác xã Chè",
}


@pytest.fixture
async def manager(db, client):
    """The manager as whom `client` is logged in."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        await log_in(session, client, membership.person_id)
        return membership


async def producer_of(db, membership):
    """The producer as committed."""
    async with db.transaction() as session:
        return await cooperatives.get_producer(session, membership.producer_id)


async def test_settings_are_saved_and_shown(client, db, manager):
    """Name, commune, photo and account: one form, and the page says that it is saved."""
    files = [("photo", ("nhà.jpg", picture_bytes()))]
    answer = await client.post("/producer/settings", data=SETTINGS, files=files)
    assert answer.headers["location"] == "/producer/settings?saved=1"
    producer = await producer_of(db, manager)
    assert (producer.name, producer.commune_code, producer.payout_account) == (
        "HTX Mới",
        LA_BANG,
        "0123456789",
    )
    html = (await client.get(answer.headers["location"])).text
    for words in (
        "Đã lưu.",
        "Xã La Bằng, Tỉnh Thái Nguyên",
        "HOP TAC XA CHE",
        f"/media/{producer.photo_id}/",
    ):
        assert words in html, words


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Chỗ này chưa điền"),
        ({"phone": "123"}, "Số điện thoại này chưa đúng"),
        ({"commune_text": "Xã Không Có Đâu"}, "Chưa tìm thấy xã, phường này"),
        ({"commune_text": "Tân Hòa"}, "Chọn đúng nơi"),
        ({"payout_account": ""}, "cần đủ ba ô"),
        ({"payout_account": "số này"}, "Số tài khoản chỉ có chữ và số"),
        ({"payout_account_name": "☕"}, "tên chủ tài khoản như trong sổ"),
        ({"payout_bank_bin": "000000"}, "Bạn chọn một ngân hàng trong danh sách"),
    ],
)
async def test_settings_with_a_mistake_keep_what_was_typed(client, db, manager, typed, words):
    """What is wrong is said, what was typed stays, the photo too, and nothing is changed."""
    files = [("photo", ("nhà.jpg", picture_bytes()))]
    answer = await client.post("/producer/settings", data=SETTINGS | typed, files=files)
    assert answer.status_code == 422
    for kept in (words, "Chè làm tay", 'value="Xóm Đồng Tiến"', 'name="kept_photo"'):
        assert kept in answer.text, kept
    assert (await producer_of(db, manager)).name != "HTX Mới"


async def test_a_photo_kept_by_an_earlier_try_is_used(client, db, manager):
    """A photo need not be sent twice; a file that is no photo is said so beside its field."""
    files = [("photo", ("nhà.jpg", picture_bytes()))]
    html = (await client.post("/producer/settings", data=SETTINGS | {"name": ""}, files=files)).text
    kept = html.split('name="kept_photo" value="')[1].split('"')[0]
    bad = [("photo", ("x.jpg", b"no picture"))]
    answer = await client.post("/producer/settings", data=SETTINGS | {"kept_photo": kept}, files=bad)
    assert answer.status_code == 422 and 'id="e-photo"' in answer.text and kept in answer.text
    same = [("photo", ("nhà.jpg", picture_bytes()))]
    await client.post("/producer/settings", data=SETTINGS | {"kept_photo": kept}, files=same)
    assert str((await producer_of(db, manager)).photo_id) == kept


async def test_nobody_takes_another_persons_photo(client, new_client, db, manager):
    """A photo's id in the form counts only for who sent the photo."""
    files = [("photo", ("nhà.jpg", picture_bytes()))]
    html = (await client.post("/producer/settings", data=SETTINGS | {"name": ""}, files=files)).text
    kept = html.split('name="kept_photo" value="')[1].split('"')[0]
    async with new_client() as other:
        async with db.transaction() as session:
            thief = await make_membership(session)
            await log_in(session, other, thief.person_id)
        await other.post("/producer/settings", data=SETTINGS | {"kept_photo": kept})
    producer = await producer_of(db, thief)
    assert producer.name == "HTX Mới" and producer.photo_id is None


async def test_a_manager_lets_people_in_and_out(client, db, manager):
    """By phone number, with a role; a form with mistakes keeps what was typed; the last manager stays."""
    bad = {"name": "Nông Văn Ba", "phone": "12", "role": "boss"}
    answer = await client.post("/producer/members", data=bad)
    assert answer.status_code == 422
    for words in ('value="Nông Văn Ba"', "Số điện thoại này chưa đúng", "Bạn chọn một trong các ô có sẵn"):
        assert words in answer.text, words
    good = bad | {"phone": "0987 111 222", "role": "packer"}
    assert (await client.post("/producer/members", data=good)).status_code == 303
    html = (await client.get("/producer/members")).text
    assert "Nông Văn Ba" in html and "Người cân và đóng gói" in html
    async with db.transaction() as session:
        packer = await session.scalar(select(Membership).where(Membership.role == Role.PACKER))
    assert (await client.post(f"/producer/members/{packer.id}/end")).status_code == 303
    assert "Nông Văn Ba" not in (await client.get("/producer/members")).text
    assert (await client.post(f"/producer/members/{packer.id}/end")).status_code == 404
    last = await client.post(f"/producer/members/{manager.id}/end")
    assert last.status_code == 409 and "người quản lý cuối cùng" in last.text


async def test_a_person_chooses_among_their_own_producers(client, db, manager):
    """The choice holds from then on; another's producer cannot be chosen, nor a cookie that is no id."""
    async with db.transaction() as session:
        second = await make_membership(session, person_id=manager.person_id, role=Role.GUIDE)
        other = await make_membership(session)
        name = "HTX Cá Sa Pa"
        (await cooperatives.get_producer(session, second.producer_id)).name = name
    assert "Làm việc cho cơ sở khác" in (await client.get("/producer/")).text
    assert name in (await client.get("/producer/switch")).text
    assert name not in (await client.get("/producer/")).text
    answer = await client.post(f"/producer/switch/{second.producer_id}")
    assert answer.status_code == 303 and "HttpOnly" in answer.headers["set-cookie"]
    assert name in (await client.get("/producer/")).text
    assert (await client.get("/producer/settings")).status_code == 403
    assert (await client.post(f"/producer/switch/{other.producer_id}")).status_code == 403
    for cookie in ("nonsense", str(uuid7()), str(other.producer_id)):
        client.cookies.delete("producer")
        client.cookies.set("producer", cookie)
        assert name not in (await client.get("/producer/")).text


async def test_the_page_of_the_day_shows_the_latest_work(client, db, manager):
    """What was written lately stands on the first page, in its sentence."""
    async with db.transaction() as session:
        farm = await make_farm(session, producer_id=manager.producer_id)
        entry = await make_entry(session, site_id=(await make_site(session, farm_id=farm.id)).id)
    html = (await client.get("/producer/")).text
    assert f"/producer/diary/{entry.id}" in html and "chè tươi" in html
