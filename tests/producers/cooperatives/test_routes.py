"""The page of the day, settings and members over HTTP."""

from producers.cooperatives import service
from producers.cooperatives.models import Role
from tests.factories.people import make_notice, picture_bytes
from tests.factories.producers import COMMUNE, make_entry, make_membership, make_producer

SETTINGS = {
    "name": "HTX Chè Mới",
    "phone": "0912 345 678",
    "about": "Ba đời làm chè.",
    "commune_text": "Xã Tân Cương, Tỉnh Thái Nguyên",
    "address_line": "Xóm Hồng Thái",
    "payout_bank_bin": "970436",
    "payout_account": "0123 456 789",
    "payout_account_name": "Trần Văn Quản",
}


async def test_today_greets_and_shows_what_is_new(db, client, coop):
    """The name, the unread messages, and the work written lately."""
    async with db.transaction() as session:
        await make_notice(session, person_id=coop.manager_id)
        entry = await make_entry(session, site_id=coop.plot_id, person_id=coop.owner_id)
    page = (await client.get("/producer/")).text
    assert "Chào Trần Văn Quản" in page and "1 tin chưa đọc" in page
    assert f"/producer/diary/{entry.id}" in page and "Hái 12\u00a0kg chè tươi" in page


async def test_switch_chooses_among_ones_own_producers(db, client, coop):
    """The cookie changes for whom one works; a stranger's producer cannot be chosen, nor smuggled in."""
    async with db.transaction() as session:
        second = await make_producer(session, name="HTX Cá Sa Pa")
        await make_membership(session, producer_id=second.id, person_id=coop.manager_id)
        foreign = await make_producer(session)
    assert "HTX Cá Sa Pa" in (await client.get("/producer/switch")).text
    assert (await client.post(f"/producer/switch/{second.id}")).status_code == 303
    assert "HTX Cá Sa Pa" in (await client.get("/producer/")).text
    assert (await client.post(f"/producer/switch/{foreign.id}")).status_code == 403
    for forged in (str(foreign.id), "rubbish"):
        client.cookies.delete("producer")
        client.cookies.set("producer", forged, domain="127.0.0.1", path="/")
        assert "HTX Chè Tân Cương" in (await client.get("/producer/")).text


async def test_settings_are_saved(db, client, coop):
    """What a manager changed stands, the photo too."""
    files = {"photo": ("a.jpg", picture_bytes(), "image/jpeg")}
    answer = await client.post("/producer/settings", data=SETTINGS, files=files)
    assert answer.status_code == 303
    async with db.transaction() as session:
        producer = await service.get_producer(session, coop.producer_id)
    assert (producer.name, producer.payout_account, producer.commune_code) == (
        "HTX Chè Mới",
        "0123456789",
        COMMUNE,
    )
    page = (await client.get(answer.headers["location"])).text
    assert "Đã lưu." in page and f"/media/{producer.photo_id}/640.webp" in page


async def test_settings_keep_what_was_typed(client, coop):
    """Each mistake is said beside its field, and nothing typed is lost, the photo included."""
    files = {"photo": ("a.jpg", picture_bytes(), "image/jpeg")}
    for changes, words in [
        ({"phone": "12"}, "Số điện thoại này chưa đúng"),
        ({"payout_account": ""}, "cần đủ ba ô"),
        ({"payout_account": "!"}, "Số tài khoản chỉ có chữ và số"),
        ({"payout_account_name": "…"}, "như trong sổ ngân hàng"),
        ({"payout_bank_bin": "1"}, "một ngân hàng trong danh sách"),
        ({"commune_text": "Không Đâu Cả"}, "Chưa tìm thấy xã, phường này"),
    ]:
        answer = await client.post("/producer/settings", data=SETTINGS | changes, files=files)
        assert answer.status_code == 422
        assert (
            words in answer.text and "Ba đời làm chè." in answer.text and 'name="kept_photo"' in answer.text
        )
    bad = {"photo": ("a.txt", b"no photo", "text/plain")}
    answer = await client.post("/producer/settings", data=SETTINGS, files=bad)
    assert answer.status_code == 422 and "không phải ảnh" in answer.text


async def test_members_are_added_by_phone_and_leave(db, client, coop):
    """A number is let in with a role; a role ends; the last manager stays."""
    form = {"name": "Đào Thị An", "phone": "0987 654 321", "role": "packer"}
    assert (await client.post("/producer/members", data=form)).status_code == 303
    async with db.transaction() as session:
        lines = await service.list_memberships(session, coop.producer_id)
    packer = next(line.membership.id for line in lines if line.membership.role is Role.PACKER)
    boss = next(line.membership.id for line in lines if line.membership.role is Role.MANAGER)
    assert "Đào Thị An" in (await client.get("/producer/members")).text
    assert (await client.post(f"/producer/members/{packer}/end")).status_code == 303
    assert "Đào Thị An" not in (await client.get("/producer/members")).text
    refused = await client.post(f"/producer/members/{boss}/end")
    assert refused.status_code == 409 and "người quản lý cuối cùng" in refused.text
    assert (await client.post(f"/producer/members/{coop.plot_id}/end")).status_code == 404


async def test_members_form_keeps_what_was_typed(client, coop):
    """A wrong number or role is said, and the name stays."""
    form = {"name": "Đào Thị An", "phone": "98", "role": "king"}
    answer = await client.post("/producer/members", data=form)
    assert answer.status_code == 422
    assert "Đào Thị An" in answer.text and "Bạn chọn một trong các ô" in answer.text


async def test_settings_and_members_are_the_managers(client, coop, log_in_as):
    """A member household may neither see nor change them."""
    member = await log_in_as(coop.producer_id, "member")
    for path in ("/producer/settings", "/producer/members"):
        assert (await member.get(path)).status_code == 403
        assert (await member.post(path, data=SETTINGS)).status_code == 403
