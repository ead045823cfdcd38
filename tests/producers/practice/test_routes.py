"""In and out of the practice farm with one tap, and every page inside says where one is."""

import pytest

from tests.factories.people import log_in, make_person
from tests.factories.producers import make_membership

STRIP = "Vườn tập: ghi thử, không vào sổ thật"


@pytest.fixture
async def learner(db, client):
    """Somebody who belongs to nobody, logged in as `client`."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
    return person.id


async def test_whoever_belongs_to_nobody_may_practise(client, learner):
    """The closed page offers it; one tap leads in; the page of the day is that of the practice farm."""
    closed = await client.get("/producer/")
    assert closed.status_code == 403
    assert "nhờ người quản lý" in closed.text and "/producer/practice/enter" in closed.text
    entered = await client.post("/producer/practice/enter")
    assert (entered.status_code, entered.headers["location"]) == (303, "/producer/")
    assert STRIP in (await client.get("/producer/")).text


@pytest.mark.parametrize(
    "path",
    [
        "/producer/",
        "/producer/diary",
        "/producer/diary/new",
        "/producer/farms",
        "/producer/inputs",
        "/producer/listings",
        "/producer/lots",
        "/producer/lots/new",
        "/producer/labels",
        "/producer/stock",
        "/producer/orders",
        "/producer/tours",
        "/producer/intake",
        "/producer/members",
        "/producer/settings",
        "/producer/certificates",
        "/producer/delivery",
        "/producer/lessons",
    ],
)
async def test_every_page_inside_says_so(client, learner, path):
    """A strip with an icon and words, the way out, and a mark on the body; outside nothing of it."""
    await client.post("/producer/practice/enter")
    page = await client.get(path)
    assert page.status_code == 200
    assert STRIP in page.text and " data-practice>" in page.text
    assert "/producer/practice/leave" in page.text
    await client.post("/producer/practice/leave")
    assert STRIP not in (await client.get(path)).text


async def test_a_mistake_inside_says_so_too(client, learner):
    """Also the page of an error stands inside."""
    await client.post("/producer/practice/enter")
    page = await client.post(
        "/producer/members", data={"name": "Mận", "phone": "0912345678", "role": "member"}
    )
    assert page.status_code == 409
    assert STRIP in page.text and "Đây là vườn tập" in page.text


async def test_a_member_goes_in_and_comes_back(db, client):
    """The way in stands on the page of the day and on "me"; out again one works for one's own producer."""
    async with db.transaction() as session:
        membership = await make_membership(session)
        await log_in(session, client, membership.person_id)
    for path in ("/producer/", "/me"):
        assert "/producer/practice/enter" in (await client.get(path)).text
    await client.post("/producer/practice/enter")
    assert "/producer/practice/enter" not in (await client.get("/producer/")).text
    left = await client.post("/producer/practice/leave")
    assert left.headers["location"] == "/producer/"
    home = await client.get("/producer/")
    assert STRIP not in home.text and "HTX Chè Tân Cương" in home.text
    assert "Vườn tập" not in (await client.get("/producer/switch")).text


async def test_out_again_without_a_producer_one_is_on_ones_own_page(client, learner):
    """Whoever belongs to nobody goes back to "me"."""
    await client.post("/producer/practice/enter")
    assert (await client.post("/producer/practice/leave")).headers["location"] == "/me"
    assert (await client.get("/producer/")).status_code == 403


async def test_a_fresh_one_is_empty_again(client, learner):
    """What was written before is not in the fresh one."""
    await client.post("/producer/practice/enter")
    await client.post(
        "/producer/farms/new", data={"name": "Nhà sai", "commune_code": "05503", "hamlet": "Xóm"}
    )
    entered = await client.post("/producer/practice/reset")
    assert entered.headers["location"] == "/producer/"
    page = (await client.get("/producer/farms")).text
    assert "Vườn tập" in page and "Nhà sai" not in page


async def test_the_practice_farm_of_another_person_is_closed(db, client, new_client, learner):
    """Its cookie opens nothing for somebody else."""
    await client.post("/producer/practice/enter")
    async with new_client() as other:
        async with db.transaction() as session:
            await log_in(session, other, (await make_person(session)).id)
        other.cookies.set("producer", client.cookies["producer"])
        assert (await other.get("/producer/")).status_code == 403


async def test_one_logs_in_first(new_client):
    """A visitor goes to the log-in page."""
    async with new_client() as visitor:
        assert (await visitor.post("/producer/practice/enter")).headers["location"].startswith("/login")
