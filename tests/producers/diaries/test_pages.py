"""The diary over HTTP: written, read, corrected and taken back, without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.diaries import service as diaries
from producers.diaries.models import DiaryEntry, EntryKind
from producers.farms.models import Crop
from tests.factories.people import log_in, picture_bytes
from tests.factories.producers import (
    NOW,
    make_entry,
    make_farm,
    make_input,
    make_interval,
    make_membership,
    make_site,
)


@pytest.fixture
async def site(db, client):
    """A tea plot of the producer for which `client` is logged in as a member household."""
    async with db.transaction() as session:
        membership = await make_membership(session, role=Role.MEMBER)
        farm = await make_farm(session, producer_id=membership.producer_id)
        await log_in(session, client, membership.person_id)
        return await make_site(session, farm_id=farm.id)


def picked(site, **typed):
    """The form of picked leaf as somebody fills it in."""
    return {
        "id": str(uuid7()),
        "site_id": str(site.id),
        "quantity_g": "12,5 kg",
        "standard": "one_leaf",
        "performed_on": "2026-11-11",
        "performed_hour": "7h30",
        "note": "sương nhiều",
    } | typed


async def entries(db):
    """What is recorded, in order."""
    async with db.transaction() as session:
        return list(await session.scalars(select(DiaryEntry).order_by(DiaryEntry.received_at, DiaryEntry.id)))


async def manager_of(db, client, site):
    """Log a manager of the site's producer in."""
    async with db.transaction() as session:
        entry = await make_entry(session, site_id=site.id)
        membership = await make_membership(session, producer_id=entry.producer_id)
        await log_in(session, client, membership.person_id)
        return entry


async def test_work_is_written_and_read(client, db, site):
    """One form, and the entry stands there with its sentence, place, writer, hour, photos and note."""
    files = [("photos", (f"{color}.jpg", picture_bytes(color=color))) for color in ("green", "red")]
    answer = await client.post("/producer/diary/new/pick", data=picked(site), files=files)
    assert answer.status_code == 303
    [entry] = await entries(db)
    assert answer.headers["location"] == f"/producer/diary/{entry.id}?saved=1"
    html = (await client.get(answer.headers["location"])).text
    for words in ("Đã ghi vào nhật ký", "12,5", "một tôm một lá", "07:30", "sương nhiều", "Nguyễn Thị Mận"):
        assert words in html, words
    assert html.count("/media/") >= 2
    assert "Hái 12,5" in (await client.get("/producer/diary")).text


async def test_a_form_sent_again_goes_to_what_it_made(client, db, site):
    """The second arrival of a form leads to the first entry and adds none."""
    form = picked(site)
    answers = [await client.post("/producer/diary/new/pick", data=form) for _time in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(await entries(db)) == 1


async def test_a_form_with_mistakes_keeps_what_was_typed_and_its_photos(client, db, site):
    """Words stand beside each field, what was typed stays, and the photos need not be taken again."""
    form = picked(site, quantity_g="nhiều lắm", standard="", performed_hour="25", performed_on="mai")
    files = [("photos", ("lá.jpg", picture_bytes()))]
    answer = await client.post("/producer/diary/new/pick", data=form, files=files)
    assert answer.status_code == 422 and await entries(db) == []
    for words in (
        'value="nhiều lắm"',
        "Cân nặng này chưa đọc được",
        "Chỗ này chưa điền",
        'value="25"',
        "Giờ này chưa đúng",
        "Ngày này chưa đúng",
        "sương nhiều",
        "Đã giữ 1 ảnh",
    ):
        assert words in answer.text, words
    kept = answer.text.split('name="kept_photo" value="')[1].split('"')[0]
    await client.post("/producer/diary/new/pick", data=picked(site, kept_photo=kept))
    [entry] = await entries(db)
    async with db.transaction() as session:
        assert [str(one) for one in (await diaries.list_photos(session, [entry.id]))[entry.id]] == [kept]


async def test_a_photo_that_is_none_is_refused_beside_its_field(client, db, site):
    """A file that is no picture is said so, and a kept photo of somebody else is passed over."""
    files = [("photos", ("lá.jpg", b"no picture"))]
    form = picked(site, kept_photo=str(uuid7()))
    answer = await client.post("/producer/diary/new/pick", data=form, files=files)
    assert answer.status_code == 422 and 'id="e-photos"' in answer.text
    assert 'name="kept_photo"' not in answer.text and 'value="12,5 kg"' in answer.text


async def test_work_of_the_future_is_refused_beside_its_day(client, db, site):
    """What the service refuses stands beside its field too."""
    answer = await client.post("/producer/diary/new/pick", data=picked(site, performed_on="2026-12-24"))
    assert answer.status_code == 422 and "Ngày này chưa tới" in answer.text
    assert 'value="2026-12-24"' in answer.text


async def test_a_site_of_another_producer_takes_no_work(client, db, site):
    """Nobody writes into another producer's diary, nor opens a form for its site."""
    async with db.transaction() as session:
        other = await make_site(session)
    answer = await client.post("/producer/diary/new/pick", data=picked(other))
    assert answer.status_code == 404 and await entries(db) == []
    assert (await client.get(f"/producer/diary/new/pick?site={other.id}")).status_code == 404


async def test_products_to_choose_are_of_the_right_sort(client, db, site):
    """The form of a spray offers pesticides of the house and one's own, not feed."""
    async with db.transaction() as session:
        await make_input(session, name="Abamectin 1.8EC")
        await make_input(session, name="Cám cá", kind="feed")
    html = (await client.get(f"/producer/diary/new/spray?site={site.id}")).text
    assert "Abamectin 1.8EC" in html and "Cám cá" not in html


async def test_a_spray_says_when_harvest_is_clear_and_a_harvest_that_it_is_held(client, db, site):
    """After a spray the page names the first clear day; leaf picked before it is recorded with a warning."""
    async with db.transaction() as session:
        product = await make_input(session, name="Abamectin 1.8EC")
        await make_interval(session, input_id=product.id, days=7)
    spray = {
        "id": str(uuid7()),
        "site_id": str(site.id),
        "performed_on": "2026-11-10",
        "input_id": str(product.id),
        "pest": "rầy xanh",
        "dose_tenths": "1,5",
        "dose_unit": "ml_per_litre",
        "water_l": "40",
        "area_m2": "2.000",
    }
    answer = await client.post("/producer/diary/new/spray", data=spray)
    html = (await client.get(answer.headers["location"])).text
    assert "Không thu hoạch trước ngày 17/11/2026" in html and "2.000" in html
    answer = await client.post("/producer/diary/new/pick", data=picked(site))
    html = (await client.get(answer.headers["location"])).text
    assert "phun Abamectin 1.8EC ngày 10/11/2026, không thu hoạch trước ngày 17/11/2026" in html


async def test_a_correction_starts_with_what_stands_there(client, db, site):
    """The form of a correction is filled in; sent with one change it takes the entry's place, history shown."""
    await client.post("/producer/diary/new/pick", data=picked(site))
    [first] = await entries(db)
    html = (await client.get(f"/producer/diary/{first.id}/correct")).text
    for words in ('value="12,5 kg"', 'value="2026-11-11"', 'value="07:30"', "sương nhiều", "Sửa: Hái chè"):
        assert words in html, words
    answer = await client.post(
        f"/producer/diary/{first.id}/correct", data=picked(site, quantity_g="13 kg", performed_hour="07:30")
    )
    assert answer.status_code == 303
    html = (await client.get(answer.headers["location"])).text
    assert "Những lần sửa" in html and "13" in html
    old = (await client.get(f"/producer/diary/{first.id}")).text
    assert "Dòng này đã được sửa" in old and answer.headers["location"].split("?")[0] in old
    assert "/correct" not in old
    second = await client.post(f"/producer/diary/{first.id}/correct", data=picked(site, quantity_g="14 kg"))
    assert second.status_code == 409 and "đã được sửa rồi" in second.text and "14 kg" in second.text
    assert answer.headers["location"].split("?")[0] in second.text
    assert (await client.get(f"/producer/diary/{first.id}/correct")).status_code == 409


async def test_an_entry_is_taken_back_once(client, db, site):
    """Taken back, the entry says so and cannot be corrected; the button pressed twice does it once."""
    await client.post("/producer/diary/new/pick", data=picked(site))
    [first] = await entries(db)
    form = {"id": str(uuid7())}
    answers = [await client.post(f"/producer/diary/{first.id}/void", data=form) for _time in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert [entry.is_void for entry in await entries(db)] == [False, True]
    assert "Dòng này đã được xóa bỏ" in (await client.get(f"/producer/diary/{first.id}")).text
    late = await client.post(f"/producer/diary/{first.id}/correct", data=picked(site))
    assert late.status_code == 409 and "không sửa được nữa" in late.text
    assert "Nhật ký còn trống" in (await client.get("/producer/diary")).text
    assert (await client.post(f"/producer/diary/{first.id}/void")).status_code == 409


async def test_only_the_writer_or_a_manager_may_correct(client, new_client, db, site):
    """Another member reads the entry without a way to correct it; a manager has one."""
    async with db.transaction() as session:
        entry = await make_entry(session, site_id=site.id)
    assert "/correct" not in (await client.get(f"/producer/diary/{entry.id}")).text
    assert (await client.get(f"/producer/diary/{entry.id}/correct")).status_code == 403
    refused = await client.post(f"/producer/diary/{entry.id}/correct", data=picked(site))
    assert refused.status_code == 403 and "Chỉ người đã ghi" in refused.text
    async with new_client() as manager:
        theirs = await manager_of(db, manager, site)
        assert (
            f"/producer/diary/{theirs.id}/correct" in (await manager.get(f"/producer/diary/{theirs.id}")).text
        )
        corrected = await manager.post(f"/producer/diary/{entry.id}/correct", data=picked(site))
    assert corrected.status_code == 303


async def test_another_producers_entries_do_not_exist(client, db, site):
    """Neither read, nor corrected, nor taken back, nor found by sending its id."""
    async with db.transaction() as session:
        other = await make_entry(session)
    path = f"/producer/diary/{other.id}"
    assert (await client.get(path)).status_code == 404
    for action in ("correct", "void"):
        assert (await client.post(f"{path}/{action}", data=picked(site))).status_code == 404
    sent = await client.post("/producer/diary/new/pick", data=picked(site, id=str(other.id)))
    assert sent.status_code == 404


async def test_the_diary_pages_on_without_losing_anything(client, db, site):
    """Sixty works of one noon: the second page shows the ten that the first did not, of one site too."""
    async with db.transaction() as session:
        made = {
            str((await make_entry(session, site_id=site.id, performed_at=NOW - timedelta(days=1))).id)
            for _ in range(60)
        }
    for start in ("/producer/diary", f"/producer/diary?site={site.id}"):
        first = (await client.get(start)).text
        older = first.split("before=")[1].split('"')[0].replace("&amp;", "&")
        second = (await client.get(f"/producer/diary?before={older}")).text
        shown = [{one for one in made if f"/producer/diary/{one}" in html} for html in (first, second)]
        assert [len(part) for part in shown] == [50, 10]
        assert shown[0] | shown[1] == made and "before=" not in second


async def test_the_choice_asks_where_only_when_it_must(client, db, site):
    """With one site the kinds stand there at once; with two the site is asked until somebody worked on one of them."""
    assert "/producer/diary/new/pick" in (await client.get("/producer/diary/new")).text
    async with db.transaction() as session:
        await make_site(session, farm_id=site.farm_id, crop=Crop.SALMON)
    html = (await client.get("/producer/diary/new?site=nowhere")).text
    assert f"?site={site.id}" in html and "/producer/diary/new/pick" not in html
    assert EntryKind.HARVEST.value not in (await client.get(f"/producer/diary/new?site={site.id}")).text
    assert "Làm ở đâu?" in (await client.get("/producer/diary/new")).text
    await client.post("/producer/diary/new/pick", data=picked(site))
    html = (await client.get("/producer/diary/new")).text
    assert "/producer/diary/new/pick" in html and site.name in html
    elsewhere = html.partition("Làm ở chỗ khác")[2]
    assert "?site=" in elsewhere and f"?site={site.id}" not in elsewhere
