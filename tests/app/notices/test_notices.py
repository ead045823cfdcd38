"""Notices: kept as sentences, spoken when read, carried by short message."""

from uuid import uuid4

import pytest
from sqlalchemy import text as sql

from app.core.errors import NotFoundError
from app.core.i18n import Text, _
from app.notices import service
from tests.factories.people import NOW, log_in, make_notice, make_person
from tests.queries import count_queries

FOUND = _("Không tìm thấy tin này.")


async def tell(session, person, **overrides):
    """Tell somebody something."""
    given = {"kind": "k", "text": FOUND, "href": "/me", "now": NOW, "by_sms": False}
    await service.notify(session, person_id=person.id, **given | overrides)
    return (await service.list_notices(session, person.id))[0]


async def count_jobs(session):
    """How many messages wait."""
    return await session.scalar(sql("SELECT count(*) FROM jobs.procrastinate_jobs"))


async def test_a_notice_is_kept_unread(session):
    """What was told is on the person's page, unread, and nobody else's."""
    person, other = await make_person(session), await make_person(session)
    notice = await tell(session, person)
    assert await service.list_notices(session, person.id) == [notice]
    assert await service.count_unread(session, person.id) == 1
    assert await service.list_notices(session, other.id) == []
    assert await count_jobs(session) == 0


async def test_a_sentence_is_kept_with_its_values(session, house):
    """Numbers, names and sentences inside are spoken in the language of the reader, not of the writer."""
    inner = _("trước đây: %(alias)s", alias="huyện Đại Từ")
    said = Text("%(a)s, %(n)s, %(id)s", {"a": inner, "n": 3, "id": LookAlike()})
    notice = await tell(session, await make_person(session), text=said)
    await session.refresh(notice)
    again = service.unpack(notice.msgid, notice.params)
    assert house.catalogue.translate(again, "en") == "formerly: huyện Đại Từ, 3, seen"
    assert house.catalogue.translate(again, "vi") == "trước đây: huyện Đại Từ, 3, seen"


class LookAlike:
    """A value that is neither number nor sentence."""

    def __str__(self):
        """As it is shown."""
        return "seen"


async def test_a_message_goes_in_the_persons_language(db, house, run_jobs):
    """By message too: to the person's number, in the person's language; to nobody without a number."""
    async with db.transaction() as session:
        mai = await make_person(session, language="en")
        silent = await make_person(session, phone=None)
        await tell(session, mai, by_sms=True)
        await tell(session, silent, by_sms=True)
    await run_jobs()
    assert house.sms.sent == [(mai.phone, "This notice was not found.")]


async def test_several_are_told_in_two_statements(db, house, run_jobs):
    """One notice each and one message in each language, in one insert and one job; nobody costs nothing."""
    async with db.transaction() as session:
        people = [await make_person(session, language=lang) for lang in ("vi", "en", "vi")]
        await session.flush()
        asked = count_queries(db.engine)
        await service.notify_all(session, people, kind="k", text=FOUND, href="/me", now=NOW, by_sms=True)
        assert len(asked) == 2
        assert [await service.count_unread(session, one.id) for one in people] == [1, 1, 1]
        assert await count_jobs(session) == 1
        asked.clear()
        await service.notify_all(session, [], kind="k", text=FOUND, href="/me", now=NOW, by_sms=True)
        assert asked == []
    await run_jobs()
    words = {"vi": "Không tìm thấy tin này.", "en": "This notice was not found."}
    assert sorted(house.sms.sent) == sorted((one.phone, words[one.language]) for one in people)


async def test_a_message_dies_with_its_transaction(db, house, run_jobs):
    """What was rolled back is not told."""
    with pytest.raises(RuntimeError):
        async with db.transaction() as session:
            await service.send_message(session, phone="+84912345678", text=FOUND, lang="vi")
            raise RuntimeError
    await run_jobs()
    assert house.sms.sent == []


async def test_a_message_reaches_people_without_an_account(db, house, run_jobs):
    """A buyer without an account is told as well."""
    async with db.transaction() as session:
        await service.send_message(session, phone="+84912345678", text=FOUND, lang="vi")
    await run_jobs()
    assert house.sms.last_to("+84912345678") == "Không tìm thấy tin này."


async def test_a_message_that_was_not_carried_waits(db, house, run_jobs):
    """When the carrier is down the message stays in the queue for another try."""
    house.sms.is_down = True
    async with db.transaction() as session:
        await service.send_message(session, phone="+84912345678", text=FOUND, lang="vi")
    await run_jobs()
    assert house.sms.sent == []
    async with db.transaction() as session:
        waiting = sql("SELECT status::text FROM jobs.procrastinate_jobs WHERE task_name = :name")
        assert await session.scalar(waiting, {"name": service.SEND}) == "todo"


async def test_who_was_not_reached_is_tried_again_alone(db, house, run_jobs, monkeypatch):
    """Of several messages those that the carrier took are not sent again with those that it did not."""
    send = house.sms.send
    async with db.transaction() as session:
        people = [await make_person(session) for _one in range(3)]
        await service.notify_all(session, people, kind="k", text=FOUND, href="/me", now=NOW, by_sms=True)

    async def send_first(phone, body):
        house.sms.is_down = phone != people[0].phone
        await send(phone, body)

    monkeypatch.setattr(house.sms, "send", send_first)
    await run_jobs()
    assert [phone for phone, _body in house.sms.sent] == [people[0].phone]
    async with db.transaction() as session:
        waiting = sql(
            "SELECT args->>'phone' FROM jobs.procrastinate_jobs WHERE status = 'todo' AND task_name = :name ORDER BY id"
        )
        found = await session.scalars(waiting, {"name": service.SEND})
        assert list(found) == [one.phone for one in people[1:]]


async def test_one_that_cannot_be_sent_holds_up_no_other(db, house, run_jobs, monkeypatch):
    """Whatever is wrong with one message, it is tried again alone: the others are sent, and once."""
    send = house.sms.send
    async with db.transaction() as session:
        people = [await make_person(session) for _one in range(3)]
        await service.notify_all(session, people, kind="k", text=FOUND, href="/me", now=NOW, by_sms=True)

    async def send_but_one(phone, body):
        if phone == people[1].phone:
            raise OSError
        await send(phone, body)

    monkeypatch.setattr(house.sms, "send", send_but_one)
    for _round in range(2):
        await run_jobs()
        async with db.transaction() as session:
            await session.execute(sql("UPDATE jobs.procrastinate_jobs SET scheduled_at = NULL"))
    assert [phone for phone, _body in house.sms.sent] == [people[0].phone, people[2].phone]


@pytest.mark.parametrize("href", ["https://evil.vn", "//evil.vn", "me"])
async def test_a_notice_leads_to_this_site(session, href):
    """A notice that leads elsewhere is a fault of ours."""
    person = await make_person(session)
    with pytest.raises(ValueError, match="path of this site"):
        await tell(session, person, href=href)


async def test_nobody_unknown_is_told(session):
    """A notice needs a person."""
    with pytest.raises(NotFoundError):
        await service.notify(
            session, person_id=uuid4(), kind="k", text=FOUND, href="/me", now=NOW, by_sms=False
        )


async def test_the_newest_fifty_are_shown(session):
    """The newest first, fifty at most."""
    person = await make_person(session)
    made = [await make_notice(session, person_id=person.id) for _turn in range(52)]
    assert await service.list_notices(session, person.id) == made[:1:-1]


async def test_reading_is_marked_once(session):
    """The first reading counts; a stranger's notice is not found."""
    person, other = await make_person(session), await make_person(session)
    notice = await tell(session, person)
    later = NOW.replace(hour=5)
    await service.mark_read(session, person_id=person.id, notice_id=notice.id, now=NOW)
    await service.mark_read(session, person_id=person.id, notice_id=notice.id, now=later)
    assert notice.read_at == NOW
    assert await service.count_unread(session, person.id) == 0
    with pytest.raises(NotFoundError):
        await service.mark_read(session, person_id=other.id, notice_id=notice.id, now=NOW)


async def test_the_page_of_notices(client, db):
    """The page teaches when empty, shows what is new, marks one by opening it and all by a button."""
    async with db.transaction() as session:
        person, other = await make_person(session), await make_person(session)
        await log_in(session, client, person.id)
        stranger = await make_notice(session, person_id=other.id)
    assert "Chưa có tin báo" in (await client.get("/notices")).text
    async with db.transaction() as session:
        first = await make_notice(session, person_id=person.id, href="/orders/abc")
        await make_notice(session, person_id=person.id)
    page = (await client.get("/notices")).text
    assert page.count("chip-wait") == 2
    opened = await client.post(f"/notices/{first.id}/open")
    assert (opened.status_code, opened.headers["location"]) == (303, "/orders/abc")
    assert (await client.get("/notices")).text.count("chip-wait") == 1
    done = await client.post("/notices/read")
    assert (done.status_code, done.headers["location"]) == (303, "/notices")
    page = (await client.get("/notices")).text
    assert "chip-wait" not in page
    assert "/notices/read" not in page
    assert (await client.post(f"/notices/{stranger.id}/open")).status_code == 404
    assert (await client.post("/notices/none/open")).status_code == 404
    async with db.transaction() as session:
        assert await service.count_unread(session, other.id) == 1


async def test_notices_need_a_log_in(client):
    """Logged out, the way leads to the log-in and back."""
    assert (await client.get("/notices")).headers["location"] == "/login?next=/notices"
    assert (await client.post("/notices/read")).status_code == 303
