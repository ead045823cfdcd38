"""Lessons: each step is the real page of the practice farm, seen to be done by what happened there."""

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.ids import uuid7
from producers.lessons import service
from producers.lessons.catalogue import LESSON_OF, LESSONS
from producers.lessons.errors import LessonNotFoundError
from producers.lessons.models import LessonProgress
from producers.listings import service as listings
from producers.practice import service as practice
from tests.factories.people import log_in, make_person, picture_bytes, sound_bytes
from tests.factories.producers import NOW, make_farm, make_membership, make_site

JPEG = ("a.jpg", picture_bytes(), "image/jpeg")


@pytest.fixture
async def learner(db, client):
    """Somebody who belongs to nobody, logged in as `client`."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    return person.id


async def done(db, person_id):
    """The codes of what this person has done, in the order of the lessons."""
    async with db.transaction() as session:
        progress = (await service.list_progress(session, [person_id]))[person_id]
    return [step.code for one in progress for step in one.lesson.steps if step.code in one.done]


async def go(client, lesson, step):
    """Press a step's button; answers the page to which it leads."""
    answer = await client.post(f"/producer/lessons/{lesson}/{step}")
    assert answer.status_code == 303
    assert (await client.get(answer.headers["location"])).status_code == 200
    return answer.headers["location"]


async def write(client, page, kind="pick", files=(), **fields):
    """Send the form of a kind of work of the site in the page's address."""
    form = {"id": str(uuid7()), "site_id": page.rpartition("site=")[2], "performed_on": "2026-11-12"}
    form |= {"quantity_g": "5 kg", "standard": "bud"} if kind == "pick" else {}
    answer = await client.post(f"/producer/diary/new/{kind}", data=form | fields, files=list(files))
    assert answer.status_code == 303, answer.text
    return form["id"]


async def test_the_lesson_of_photos(db, client, learner):
    """A photo counts, a voice counts, an entry without either counts for nothing."""
    page = await go(client, "photo", "photo")
    await write(client, page)
    assert await done(db, learner) == []
    await write(client, page, files=[("photos", JPEG)])
    assert await done(db, learner) == ["photo"]
    shown = (await client.get("/producer/lessons/photo")).text
    assert "Xong rồi" in shown and "Làm lại lần nữa" in shown
    page = await go(client, "photo", "spoken")
    await write(client, page, files=[("voice", ("v.webm", sound_bytes(), "audio/webm"))])
    assert await done(db, learner) == ["photo", "spoken"]
    assert "Bạn đã làm xong bài này" in (await client.get("/producer/lessons/photo")).text
    assert "Xong rồi" in (await client.get("/producer/lessons")).text


async def test_the_lesson_of_spraying(db, client, learner):
    """Spray, be warned at picking, take it back."""
    page = await go(client, "spray", "sprayed")
    form = (await client.get(page)).text
    product = form.split("Thuốc sâu tập")[0].rpartition('value="')[2].split('"')[0]
    await write(
        client,
        page,
        "spray",
        input_id=product,
        dose_tenths="1,5",
        dose_unit="ml_per_litre",
        water_l="30",
        pest="rầy xanh",
        area_m2="500",
    )
    assert await done(db, learner) == ["sprayed"]
    picked = await write(client, await go(client, "spray", "warned"))
    assert await done(db, learner) == ["sprayed", "warned"]
    assert "không thu hoạch trước ngày" in (await client.get(f"/producer/diary/{picked}")).text
    assert await go(client, "spray", "taken_back") == "/producer/diary"
    await client.post(f"/producer/diary/{picked}/void", data={"id": str(uuid7())})
    assert await done(db, learner) == ["sprayed", "warned", "taken_back"]


async def test_the_lesson_of_selling(db, client, learner):
    """Another price counts, a photo counts; opening the page does not."""
    page = await go(client, "sell", "priced")
    listing_id = page.rpartition("/")[2]
    assert await done(db, learner) == []
    async with db.transaction() as session:
        [pack] = (await listings.list_variants(session, [UUID(listing_id)]))[UUID(listing_id)]
    form = {
        "version": "1",
        "title": "Chè tập",
        "crop": "tea",
        "shelf_life_days": "365",
        f"pack_{pack.id}_name": pack.name,
        f"pack_{pack.id}_price_minor": "65k",
        f"pack_{pack.id}_is_active": "1",
    }
    assert (await client.post(page, data=form)).status_code == 303
    assert await done(db, learner) == ["priced"]
    await client.post(page, data=form | {"version": "2"}, files=[("photos", JPEG)])
    assert await done(db, learner) == ["priced", "pictured"]


async def test_real_work_is_no_lesson(db, client):
    """What is written and sold on a real farm counts for nothing here."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        await log_in(session, client, membership.person_id)
        farm = await make_farm(session, producer_id=membership.producer_id)
        site = await make_site(session, farm_id=farm.id)
    files = [("photos", JPEG), ("voice", ("v.webm", sound_bytes(), "audio/webm"))]
    await write(client, f"?site={site.id}", files=files)
    goods = {"title": "Chè đinh", "crop": "tea", "shelf_life_days": "365", "pack_1_name": "Gói"}
    goods |= {"pack_1_weight_g": "100 g", "pack_1_price_minor": "90k", "pack_1_sold_by": "piece"}
    assert (await client.post("/producer/listings/new", data=goods)).status_code == 303
    assert await done(db, membership.person_id) == []


async def test_the_first_time_is_kept(db, client, learner):
    """A step done twice keeps its first instant."""
    page = await go(client, "photo", "photo")
    for _time in range(2):
        await write(client, page, files=[("photos", JPEG)])
    async with db.transaction() as session:
        [row] = (await session.scalars(select(LessonProgress))).all()
        assert (row.lesson, row.step, row.done_at) == ("photo", "photo", NOW)


async def test_progress_of_several_people(db, session):
    """One answer for all who are asked for; a step that is no longer taught is passed over."""
    one, two = await make_person(session), await make_person(session)
    for step in ("sprayed", "gone"):
        session.add(LessonProgress(person_id=one.id, lesson="spray", step=step, done_at=NOW))
    await session.flush()
    found = await service.list_progress(session, [one.id, two.id])
    assert [(line.lesson.code, len(line.done), line.last_at) for line in found[one.id]] == [
        ("photo", 0, None),
        ("spray", 1, NOW),
        ("sell", 0, None),
    ]
    assert not any(line.done or line.is_done for line in found[two.id])


async def test_what_is_not_taught_is_not_found(client, learner):
    """An unknown lesson or step."""
    assert (await client.get("/producer/lessons/dance")).status_code == 404
    assert (await client.post("/producer/lessons/spray/dance")).status_code == 404
    with pytest.raises(LessonNotFoundError):
        service.get_lesson("dance")


async def test_the_page_offers_the_next_step(client, learner, db):
    """Three lessons; in each the first step that is waiting has the green button; inside one may begin anew."""
    page = (await client.get("/producer/lessons")).text
    assert page.count('href="/producer/lessons/') == len(LESSONS) == 3
    assert "/producer/practice/enter" in page
    lesson = (await client.get("/producer/lessons/spray")).text
    assert lesson.count("btn btn-leaf") + lesson.count('class="btn btn-big btn-wide"') == 1
    await client.post("/producer/practice/enter")
    assert "/producer/practice/reset" in (await client.get("/producer/lessons")).text
    async with db.transaction() as session:
        assert await practice.find(session, learner) is not None


def test_a_step_has_a_code_of_its_own():
    """Progress is kept by it."""
    assert len(LESSON_OF) == sum(len(lesson.steps) for lesson in LESSONS)


async def test_a_photo_of_the_goods_alone_prices_nothing(db, client, learner):
    """Each step is its own: who only takes the photo has the price still to do."""
    page = await go(client, "sell", "pictured")
    listing_id = UUID(page.rpartition("/")[2])
    async with db.transaction() as session:
        [pack] = (await listings.list_variants(session, [listing_id]))[listing_id]
    form = {
        "version": "1",
        "title": "Chè tập",
        "crop": "tea",
        "shelf_life_days": "365",
        f"pack_{pack.id}_name": pack.name,
        f"pack_{pack.id}_price_minor": "50k",
        f"pack_{pack.id}_is_active": "1",
    }
    await client.post(page, data=form, files=[("photos", JPEG)])
    assert await done(db, learner) == ["pictured"]
