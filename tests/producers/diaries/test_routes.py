"""The diary over HTTP: write once, correct, be warned."""

import asyncio

import pytest

from app.core.ids import uuid7
from producers.diaries import service
from producers.diaries.models import EntryKind
from tests.factories.people import picture_bytes
from tests.factories.producers import NOW, make_entry, make_input, make_interval, make_site

JPEG = picture_bytes()


def pick(coop, **changes):
    """The form of leaf picked today."""
    values = {
        "id": str(uuid7()),
        "site_id": str(coop.plot_id),
        "quantity_g": "12,5 kg",
        "standard": "bud",
        "performed_on": "2026-11-12",
        "note": "Trời nắng nhẹ",
    }
    return values | changes


def spray(coop, product, **changes):
    """The form of a spraying on the 10th."""
    return pick(
        coop,
        input_id=str(product),
        dose_tenths="1,5",
        dose_unit="ml_per_litre",
        water_l="30",
        pest="rầy xanh",
        area_m2="500",
        performed_on="2026-11-10",
        **changes,
    )


async def write(client, kind, form, **more):
    """Send a form; answers the response."""
    return await client.post(f"/producer/diary/new/{kind}", data=form, **more)


async def entries(db, coop):
    """What stands in the diary."""
    async with db.transaction() as session:
        return await service.list_latest(session, producer_id=coop.producer_id, limit=99)


async def test_a_form_becomes_an_entry_once(db, client, coop):
    """Sent again, even with other words or broken ones, it goes to what it made the first time."""
    form = pick(coop)
    first = await write(client, "pick", form, files=[("photos", ("a.jpg", JPEG, "image/jpeg"))])
    again = await write(client, "pick", form | {"quantity_g": "hỏng"})
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    [entry] = await entries(db, coop)
    assert (entry.quantity_g, entry.note, entry.person_id) == (12_500, "Trời nắng nhẹ", coop.manager_id)
    page = (await client.get(first.headers["location"])).text
    assert (
        "Đã ghi vào nhật ký." in page and "Hái 12,5\u00a0kg chè tươi, một tôm" in page and "/640.webp" in page
    )
    listed = (await client.get(f"/producer/diary?site={coop.plot_id}")).text
    assert f"/producer/diary/{entry.id}" in listed and "hôm nay" in listed


async def test_a_number_that_no_table_holds_is_refused(db, client, coop):
    """The phone's own count, made up too large, is a wrong form and not our fault."""
    assert (await write(client, "pick", pick(coop, sequence=str(2**63)))).status_code == 422
    assert (await write(client, "pick", pick(coop, sequence=str(2**63 - 1)))).status_code == 303


@pytest.mark.parametrize("files", [None, [("photos", ("a.jpg", JPEG, "image/jpeg"))]])
async def test_a_book_in_a_note_is_told_to_be_too_long(db, client, coop, files):
    """With a photo and without one: the page says what is wrong; another broken form keeps its plain 400."""
    answer = await write(client, "pick", pick(coop, note="x" * 1_100_000), files=files)
    assert answer.status_code == 422 and "viết dài quá" in answer.text
    broken = {"Content-Type": "multipart/form-data"}
    answer = await client.post("/producer/diary/new/pick", content=b"x", headers=broken)
    assert answer.status_code == 400
    assert not await entries(db, coop)


async def test_a_form_sent_twice_at_the_same_instant_is_one_entry(db, client, coop):
    """Two requests at once, with photos: one entry, both answered."""
    form = pick(coop)
    send = [write(client, "pick", form, files=[("photos", ("a.jpg", JPEG, "image/jpeg"))]) for _ in range(6)]
    answers = await asyncio.gather(*send)
    assert {answer.status_code for answer in answers} == {303}
    assert len(await entries(db, coop)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity_g": "nhiều lắm"}, "Cân nặng này chưa đọc được"),
        ({"quantity_g": "0"}, "Cân nặng này phải từ"),
        ({"standard": ""}, "Chỗ này chưa điền"),
        ({"performed_on": "2026-11-15"}, "Ngày này chưa tới"),
        ({"performed_on": "12/11"}, "Ngày này chưa đúng"),
        ({"performed_hour": "sáng"}, "Giờ này chưa đúng"),
        ({"site_id": ""}, "Chỗ này chưa điền"),
        ({"id": "x"}, "Bạn chọn một trong các ô"),
    ],
)
async def test_the_form_keeps_what_was_typed(db, client, coop, changes, words):
    """Each mistake has its words beside the field; text, id and photos stay."""
    form = pick(coop, **changes)
    answer = await write(client, "pick", form, files=[("photos", ("a.jpg", JPEG, "image/jpeg"))])
    assert answer.status_code == 422
    assert words in answer.text and "Trời nắng nhẹ" in answer.text
    assert f'value="{form["id"]}"' in answer.text and 'name="kept_photo"' in answer.text
    assert await entries(db, coop) == []


async def test_a_mended_form_keeps_the_photo_of_the_first_try(db, client, coop):
    """The photo of a refused form is in the entry that follows."""
    bad = await write(
        client, "pick", pick(coop, quantity_g="x"), files=[("photos", ("a.jpg", JPEG, "image/jpeg"))]
    )
    kept = bad.text.split('name="kept_photo" value="')[1].split('"')[0]
    assert (await write(client, "pick", pick(coop, kept_photo=kept))).status_code == 303
    [entry] = await entries(db, coop)
    async with db.transaction() as session:
        photos = await service.list_photos(session, [entry.id])
    assert [str(photo) for photo in photos[entry.id]] == [kept]


async def test_photos_that_are_none_or_too_many_are_refused(db, client, coop):
    """A text is no photo, and six are enough."""
    bad = await write(client, "pick", pick(coop), files=[("photos", ("a.txt", b"text", "text/plain"))])
    assert bad.status_code == 422 and "không phải ảnh" in bad.text
    colors = ("red", "green", "blue", "black", "white", "yellow", "pink")
    seven = [("photos", (f"{one}.jpg", picture_bytes(color=one), "image/jpeg")) for one in colors]
    many = await write(client, "pick", pick(coop), files=seven)
    assert many.status_code == 422 and "nhiều nhất 6 ảnh" in many.text
    assert await entries(db, coop) == []


async def test_spraying_says_when_harvest_is_clear_and_picking_warns(db, client, coop):
    """The saved spray names the first clear day; leaf picked before it is kept, and warned of at once."""
    async with db.transaction() as session:
        product = (await make_interval(session)).input_id
    saved = await write(client, "spray", spray(coop, product))
    assert "Không thu hoạch trước ngày 17/11/2026." in (await client.get(saved.headers["location"])).text
    picked = await write(client, "pick", pick(coop))
    page = (await client.get(picked.headers["location"])).text
    assert (
        "Chưa đủ thời gian cách ly: phun Abamectin 1.8EC ngày 10/11/2026, không thu hoạch trước ngày 17/11/2026."
        in page
    )
    assert len(await entries(db, coop)) == 2


async def test_a_product_must_be_one_for_this_work(db, client, coop):
    """An unknown product, or one of another sort, is said beside the list."""
    async with db.transaction() as session:
        feed = await make_input(session, kind="feed", name="Cám cá")
    for product in (uuid7(), feed.id):
        answer = await write(client, "spray", spray(coop, product))
        assert answer.status_code == 422 and "không dùng cho việc này" in answer.text
    assert "Cám cá" not in (await client.get("/producer/diary/new/spray")).text


async def test_places_of_another_producer_do_not_exist(db, client, coop):
    """Neither to write for, nor to be asked about; a site of another crop is refused."""
    async with db.transaction() as session:
        foreign = await make_site(session)
    assert (await write(client, "pick", pick(coop, site_id=str(foreign.id)))).status_code == 404
    assert (await client.get(f"/producer/diary/new/pick?site={foreign.id}")).status_code == 404
    wrong = await write(client, "pick", pick(coop, site_id=str(coop.raceway_id)))
    assert wrong.status_code == 422 and "không làm ở lô vườn hay ao đã chọn" in wrong.text
    assert await entries(db, coop) == []


async def test_a_foreign_id_is_not_found(db, client, coop):
    """The id of another producer's entry answers nothing of it."""
    async with db.transaction() as session:
        foreign = await make_entry(session)
    answer = await write(client, "pick", pick(coop, id=str(foreign.id)))
    assert answer.status_code == 404 and "Hái 12\u00a0kg" not in answer.text


async def test_correcting_writes_a_new_entry(db, client, coop):
    """The form is filled in; the new entry stands, the old one points to it, and is not corrected twice."""
    first = (await write(client, "pick", pick(coop, performed_on="2026-11-10"))).headers["location"]
    path = first.split("?")[0]
    form = (await client.get(f"{path}/correct")).text
    assert 'value="12,5 kg"' in form and "Trời nắng nhẹ" in form and 'value="2026-11-10"' in form
    changed = pick(coop, quantity_g="10", performed_hour="7h30")
    bad = await client.post(f"{path}/correct", data=changed | {"quantity_g": "x"})
    assert bad.status_code == 422 and "Trời nắng nhẹ" in bad.text
    second = (await client.post(f"{path}/correct", data=changed)).headers["location"].split("?")[0]
    [entry] = await entries(db, coop)
    assert entry.quantity_g == 10_000 and str(entry.id) in second
    shown = (await client.get(second)).text
    assert "07:30" in shown and "Những lần sửa" in shown
    assert "Dòng này đã được sửa." in (await client.get(path)).text
    late = await client.post(f"{path}/correct", data=pick(coop))
    assert late.status_code == 409 and second in late.text and "dòng mới là: Hái 10\u00a0kg" in late.text
    assert (await client.get(f"{path}/correct")).status_code == 409


async def test_taking_back_leaves_nothing_in_its_place(db, client, coop):
    """The entry is gone from the diary and says so itself; a repeat answers the same."""
    path = (await write(client, "pick", pick(coop))).headers["location"].split("?")[0]
    form = {"id": str(uuid7())}
    first = await client.post(f"{path}/void", data=form)
    again = await client.post(f"{path}/void", data=form)
    assert first.status_code == again.status_code == 303
    assert await entries(db, coop) == []
    assert "Dòng này đã được xóa bỏ." in (await client.get(path)).text
    assert (await client.post(f"{path}/void", data={"id": ""})).status_code == 409


async def test_roles_keep_to_their_work(db, client, coop, log_in_as):
    """A member writes and corrects the own entries alone; an accountant reads."""
    async with db.transaction() as session:
        theirs = await make_entry(session, site_id=coop.plot_id, person_id=coop.owner_id)
    member = await log_in_as(coop.producer_id, "member")
    assert (await write(member, "pick", pick(coop))).status_code == 303
    assert (await member.get(f"/producer/diary/{theirs.id}")).status_code == 200
    assert "Sửa dòng này" not in (await member.get(f"/producer/diary/{theirs.id}")).text
    assert (await member.get(f"/producer/diary/{theirs.id}/correct")).status_code == 403
    assert (await member.post(f"/producer/diary/{theirs.id}/correct", data=pick(coop))).status_code == 403
    assert (await member.post(f"/producer/diary/{theirs.id}/void", data={})).status_code == 403
    reader = await log_in_as(coop.producer_id, "accountant")
    assert (await reader.get("/producer/diary")).status_code == 200
    for answer in (await write(reader, "pick", pick(coop)), await reader.get("/producer/diary/new")):
        assert answer.status_code == 403
    other = await log_in_as(None, "manager")
    for path in ("correct", "void"):
        assert (await other.post(f"/producer/diary/{theirs.id}/{path}", data=pick(coop))).status_code == 404
    owner = await log_in_as(person_id=coop.owner_id)
    assert (await owner.get(f"/producer/diary/{theirs.id}/correct")).status_code == 200


async def test_the_diary_goes_back_page_by_page(db, client, coop):
    """Fifty entries a page, with a way to the earlier days; the number of queries does not grow with them."""
    from datetime import timedelta

    async with db.transaction() as session:
        for number in range(51):
            await make_entry(
                session,
                site_id=coop.plot_id,
                person_id=coop.owner_id,
                performed_at=NOW - timedelta(days=number),
            )
    page = (await client.get(f"/producer/diary?site={coop.plot_id}")).text
    href = page.split('href="/producer/diary?before=')[1].split('"')[0].replace("&amp;", "&")
    older = (await client.get(f"/producer/diary?before={href}")).text
    assert older.count("Hái 12\u00a0kg") == 1
    assert (await client.get("/producer/diary?before=rubbish&site=x")).status_code == 200


async def test_an_empty_producer_is_taught_the_first_step(log_in_as):
    """Without a site one is led to make one; an empty diary says how to begin."""
    newcomer = await log_in_as(None, "manager")
    assert "Thêm nhà vườn, ao cá" in (await newcomer.get("/producer/diary/new")).text
    assert "Nhật ký còn trống" in (await newcomer.get("/producer/diary")).text
    assert EntryKind.PICK in (await newcomer.get("/producer/diary/new/pick")).text
