"""The outbox's door: each record of a batch goes through its own form, once, and hears what became of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import select, update

from app.core.clock import today
from app.core.errors import BusyError, LimitedError
from app.core.i18n import Text
from app.core.ids import uuid7
from app.core.inbox import InboxMessage
from app.main import create_app
from app.offline import queueing, service
from app.offline.models import PhoneReport, Refusal
from app.offline.ports import OfflineRooms
from app.offline.queueing import Queue
from app.web.dependencies import DbSession
from producers.cooperatives.models import Membership
from producers.diaries.models import DiaryEntry
from producers.intake.models import IntakeSlip
from tests.factories.outbox import DOOR, Phone, make_helped, make_phone
from tests.factories.producers import NOW, make_membership, make_person

probes = APIRouter()
PROBES = frozenset({"app.probe.crash", "app.probe.busy", "app.probe.detached", "app.probe.limited"})


@probes.post("/probe/crash", name="app.probe.crash")
async def crash(session: DbSession) -> None:
    """Write, then break."""
    session.add(InboxMessage(source="probe", external_id="crash", kind="", payload={}, received_at=NOW))
    await session.flush()
    raise ZeroDivisionError


@probes.post("/probe/busy", name="app.probe.busy")
async def busy(session: DbSession) -> None:
    """Somebody holds what this needs."""
    raise BusyError(Text("bận"))


@probes.post("/probe/limited", name="app.probe.limited")
async def limited(session: DbSession) -> None:
    """Too many at once."""
    raise LimitedError(Text("chậm lại"))


@probes.post("/probe/detached", name="app.probe.detached")
async def detached(request: Request) -> PlainTextResponse:
    """Answer well without a transaction: nothing was taken in."""
    return PlainTextResponse("ok")


@pytest.fixture
async def phone(db, client) -> Phone:
    """A manager's phone."""
    async with db.transaction() as session:
        return await make_phone(session, client)


@pytest.fixture
async def probed(house, phone):
    """The same phone before an application that has the probes' forms too."""
    application = create_app(house)
    application.include_router(probes)
    rooms = house.port(OfflineRooms)
    house.provide(OfflineRooms, replace(rooms, routes=rooms.routes | PROBES))
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers={"Sec-Fetch-Site": "same-origin"}
    ) as visitor:
        visitor.cookies = phone.client.cookies
        yield replace(phone, client=visitor)
    house.provide(OfflineRooms, rooms)


async def rows(db, model, *where):
    """What stands in a table."""
    async with db.transaction() as session:
        return (await session.scalars(select(model).where(*where))).all()


async def entries(db):
    """The diary, in the order of its ids."""
    return await rows(db, DiaryEntry)


def states(results):
    """What became of each record."""
    return [result["state"] for result in results]


async def test_a_batch_is_stored_and_says_where(db, phone):
    """Each record becomes an entry with the phone's own facts, and its answer leads to it."""
    items = [phone.write() for _ in range(3)]
    answer = await phone.post(*items)
    body = answer.json()
    assert body["received_at"] == NOW.isoformat() and states(body["results"]) == ["stored"] * 3
    found = {str(entry.id): entry for entry in await entries(db)}
    for item, result in zip(items, body["results"], strict=True):
        entry = found[item["id"]]
        assert result["id"] == item["id"] and result["location"].startswith(f"/producer/diary/{entry.id}")
        assert (entry.device_id, entry.sequence, entry.person_id) == (
            phone.device,
            item["sequence"],
            phone.owner,
        )
    async with db.transaction() as session:
        stored = await service.find_stored(session, UUID(items[0]["id"]))
        assert await service.find_stored(session, uuid7()) is None
    assert stored is not None and stored.location == body["results"][0]["location"]
    assert (stored.route, stored.person_id, stored.helper_id) == (
        "producers.diaries.record",
        phone.owner,
        None,
    )


async def test_the_same_batch_twice_is_stored_once(db, phone):
    """A repeat hears the first result, even with other words; nothing is written a second time."""
    items = [phone.write(), phone.write()]
    first = await phone.send(*items)
    changed = [{**item, "fields": [["note", "khác"]]} for item in items]
    assert await phone.send(*changed) == first
    assert len(await entries(db)) == 2 and len(await rows(db, InboxMessage)) == 2


async def test_the_id_of_somebody_elses_record_is_refused(db, phone, new_client):
    """Who names an id that another person used hears nothing of that record, and changes nothing."""
    item = phone.write()
    await phone.send(item)
    async with new_client() as visitor:
        async with db.transaction() as session:
            other = await make_phone(session, visitor)
        [result] = await other.send(other.write(id=item["id"]))
        assert (result["state"], result["status"], result["location"]) == ("refused", 409, None)
        [result] = await phone.send({**item, "path": "/producer/intake/new"})
        assert (result["state"], result["status"]) == ("refused", 409)
    assert len(await entries(db)) == 1


async def test_a_refused_record_leaves_nothing_and_may_come_again(db, phone):
    """Its words stand beside its fields and here; corrected, it comes under the same id and nothing stays refused."""
    bad = phone.write(fields={"method": ""})
    [result] = await phone.send(bad)
    assert (result["state"], result["status"]) == ("refused", 422) and set(result["errors"]) == {"method"}
    assert result["message"] == result["errors"]["method"]
    assert not await entries(db) and not await rows(db, InboxMessage)
    async with db.transaction() as session:
        [refusal] = await service.list_refusals(session, [phone.owner])
    assert refusal.submission_id == UUID(bad["id"]) and refusal.title == bad["title"]
    assert ["method", ""] in refusal.fields["fields"] and refusal.captured_at == NOW
    again = {**bad, "fields": [[name, "hoe" if name == "method" else value] for name, value in bad["fields"]]}
    assert states(await phone.send(again, refused=[bad["id"]])) == ["stored"]
    async with db.transaction() as session:
        assert not await service.list_refusals(session, [phone.owner])
    [entry] = await entries(db)
    assert entry.id == UUID(bad["id"])


async def test_one_refused_record_keeps_no_other_back(db, phone):
    """Before and behind a refused record the others are stored."""
    items = [phone.write(), phone.write(fields={"site_id": str(uuid7())}), phone.write()]
    assert states(await phone.send(*items)) == ["stored", "refused", "stored"]
    assert len(await entries(db)) == 2


@pytest.mark.parametrize(
    "path",
    ["/producer/nothing/here", "/producer/sites/new", "/logout", "/producer/diary/new/weed/", DOOR, "/x["],
)
async def test_only_listed_forms_come_by_the_outbox(db, phone, path):
    """A path that leads nowhere or to another form is refused in words; the form is not touched."""
    [result] = await phone.send(phone.write(path))
    assert (result["state"], result["status"]) == ("refused", 404) and "khi có sóng" in result["message"]
    assert not await rows(db, InboxMessage)


async def test_words_come_in_the_phones_language(phone):
    """Refusals speak the visitor's language."""
    phone.client.headers["Accept-Language"] = "en"
    [result] = await phone.send(phone.write("/producer/nothing"))
    assert result["message"].isascii()


async def test_logged_out_nothing_is_taken_in(db, phone):
    """Without a login the batch is answered 401 and nothing is written."""
    phone.client.cookies.clear()
    answer = await phone.post(phone.write())
    assert answer.status_code == 401 and answer.json()["status"] == 401
    assert not await rows(db, InboxMessage) and not await rows(db, PhoneReport)


async def test_another_persons_outbox_is_left_alone(db, phone, new_client):
    """Whoever is logged in sends only their own outbox; the phone hears why."""
    async with new_client() as visitor:
        async with db.transaction() as session:
            other = await make_phone(session, visitor)
        answer = await replace(phone, client=visitor).post(phone.write())
    assert answer.status_code == 409 and answer.json()["type"].endswith("other-person") and other.owner
    assert not await rows(db, InboxMessage) and not await rows(db, PhoneReport)


async def test_a_record_for_a_producer_that_one_left_goes_nowhere(db, phone):
    """Written for one producer, it never lands in another's books; the person hears that they left."""
    async with db.transaction() as session:
        await make_membership(session, person_id=phone.owner)
    item = phone.write()
    async with db.transaction() as session:
        await session.execute(
            update(Membership).where(Membership.producer_id == phone.producer_id).values(ended_at=NOW)
        )
    [result] = await phone.send(item)
    assert (result["state"], result["status"]) == ("refused", 403) and result["message"]
    assert not await entries(db) and len(await rows(db, Refusal)) == 1


@pytest.mark.parametrize("days", [-365, 365, 30, -3])
async def test_a_clock_that_is_days_off_is_corrected(db, phone, days):
    """The day that was typed moves with the clock; both hours are kept, the phone says by how much it is off."""
    theirs = NOW + timedelta(days=days)
    item = phone.write(
        captured_at=(theirs - timedelta(hours=2)).isoformat(),
        fields={"performed_on": today(theirs).isoformat()},
    )
    assert states(await phone.send(item, sent_at=theirs)) == ["stored"]
    [entry] = await entries(db)
    assert today(entry.performed_at) == today(NOW) and entry.recorded_at == NOW - timedelta(hours=2)
    [message] = await rows(db, InboxMessage)
    assert message.payload["phone_captured_at"] == item["captured_at"]
    assert message.payload["captured_at"] == (NOW - timedelta(hours=2)).isoformat()
    [report] = await rows(db, PhoneReport)
    assert report.skew_s == -days * 86_400


async def test_a_slow_line_is_no_wrong_clock(db, phone):
    """Two minutes on the way are not taken for the clock's; an hour's slip moves no day."""
    await phone.send(phone.write(), sent_at=NOW - timedelta(seconds=90))
    await phone.send(phone.write(), sent_at=NOW + timedelta(hours=1))
    assert {today(entry.performed_at) for entry in await entries(db)} == {today(NOW)}


async def test_what_the_phone_heard_from_us_is_the_floor(db, phone):
    """A record written with a clock that stood before what we had said counts from what we had said."""
    floor = NOW - timedelta(days=2)
    item = phone.write(captured_at="2020-01-01T00:00:00Z", floor=floor.isoformat())
    await phone.send(item, sent_at="2020-01-02T00:00:00Z")
    [message] = await rows(db, InboxMessage)
    assert message.payload["captured_at"] == floor.isoformat()
    [entry] = await entries(db)
    assert today(entry.performed_at) == today(NOW)


@pytest.mark.parametrize("hour", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
async def test_a_clock_at_the_calendars_end_loses_nothing(db, phone, hour):
    """However mad the phone's clock is, the record is stored, at our hour at the latest."""
    item = phone.write(captured_at=hour)
    assert states(await phone.send(item, sent_at=NOW)) == ["stored"]
    far = phone.write(captured_at=hour, fields={"performed_on": "2400-01-01"})
    assert states(await phone.send(far, sent_at="2400-01-01T00:00:00Z")) == ["refused"]
    assert all(entry.recorded_at <= NOW for entry in await entries(db))


async def test_an_hour_that_is_no_hour_is_refused_alone(db, phone):
    """An instant outside the calendar spoils its own record only; as the batch's own hour it spoils the batch."""
    items = [phone.write(captured_at="0001-01-01T00:00:00+14:00"), phone.write()]
    assert states(await phone.send(*items)) == ["refused", "stored"]
    answer = await phone.post(phone.write(), sent_at="0001-01-01T00:00:00+14:00")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"id": 7},
        {"id": "\ud800"},
        {"id": "không phải"},
        {"id": str(uuid7()), "path": "//evil.example/x"},
        {"id": [[[]]]},
        {"id": str(uuid7()), "path": "/producer/diary/new/weed", "fields": "x"},
    ],
)
async def test_nonsense_is_refused_alone(db, phone, nonsense):
    """An item that cannot be read is refused under the id that it gave; its neighbour is stored."""
    results = await phone.send(nonsense, phone.write())
    assert states(results) == ["refused", "stored"] and results[0]["status"] == 422
    assert results[0]["message"] and len(await entries(db)) == 1


@pytest.mark.parametrize("letters", ["\x00", "\ud800", "a\x00b\udfff"])
async def test_letters_that_no_table_holds_do_not_block_the_outbox(db, phone, letters):
    """A broken letter (half an emoji, a NUL) is taken out, in what is stored and in what is refused."""
    good = phone.write(fields={"note": f"cỏ {letters}"}, title=f"Làm cỏ {letters}")
    bad = phone.write(fields={"note": letters, "method": ""}, title=letters)
    results = await phone.send(good, bad, phone.write(context={"producer": letters}), version=letters)
    assert states(results) == ["stored", "refused", "refused"]
    [entry] = await entries(db)
    assert entry.note.startswith("cỏ") and "\x00" not in entry.note


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": 2**63},
        {"path": "/\t/[x"},
        {"path": "/\n/evil.example/producer/diary/new/weed"},
        {"path": "/producer/diary/new/weed\n"},
    ],
)
async def test_what_nobody_can_keep_is_refused_once_and_for_all(db, phone, wrong):
    """A number that no table holds, an address that is none: refused with a reason, never asked for again."""
    results = await phone.send(phone.write(**wrong), phone.write())
    assert states(results) == ["refused", "stored"] and results[0]["status"] == 422
    assert results[0]["message"] and len(await entries(db)) == 1


@pytest.mark.parametrize("sent_at", ["9000-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_a_clock_thousands_of_years_off_moves_no_day(db, phone, sent_at):
    """New work, work once more and a weighing: each is stored on the day that was typed, and never comes again."""
    first, leaf = phone.write(), {"weight_g": "12 kg", "grade": "one_leaf", "price_per_kg_minor": "35000"}
    again = phone.write(f"/producer/diary/{first['id']}/repeat")
    slip = phone.write("/producer/intake/new", fields={**leaf, "weighed_on": "2026-11-12"})
    results = await phone.send(first, again, slip, sent_at=sent_at)
    assert states(results) == ["stored"] * 3, results
    assert {today(entry.performed_at) for entry in await entries(db)} == {today(NOW)}
    [weighed] = await rows(db, IntakeSlip)
    assert today(weighed.weighed_at) == today(NOW)


@pytest.mark.parametrize("body", ["[" * 200_000, '{"items":[{"id":' + "[" * 900 + "]" * 900 + "}]}"])
async def test_brackets_without_end_are_no_batch(new_client, phone, body):
    """Nesting that breaks a reader is answered as any text that is none: 401 to a stranger, 422 to a phone."""
    headers = {"Accept": "application/problem+json"}
    async with new_client() as stranger:
        assert (await stranger.post(DOOR, content=body, headers=headers)).status_code == 401
    assert (await phone.client.post(DOOR, content=body, headers=headers)).status_code == 422


async def test_an_id_that_is_a_maze_is_refused_alone(db, phone):
    """What is nested deep in place of an id has no words: refused without a name, its neighbour is stored."""
    maze = []
    for _level in range(700):
        maze = [maze]
    results = await phone.send({"id": maze}, phone.write())
    assert states(results) == ["refused", "stored"] and results[0]["id"] == ""


async def test_a_text_that_is_too_long_says_so(db, phone):
    """A page too many stands beside its field; a whole book too is told in words that say what to do."""
    page, book = (phone.write(fields={"note": "cỏ " * times}) for times in (400, 400_000))
    results = await phone.send(page, book, phone.write())
    assert states(results) == ["refused", "refused", "stored"]
    assert "dài quá" in results[0]["errors"]["note"]
    assert "viết dài quá" in results[1]["message"] and results[1]["status"] == 422
    assert len(await entries(db)) == 1


async def test_a_batch_has_a_measure(phone):
    """Fifty records are taken at once, fifty-one are not, nor is a batch that is none."""
    assert len(await phone.send(*[{} for _ in range(50)])) == 50
    answer = await phone.post(*[phone.write() for _ in range(51)])
    assert answer.status_code == 422 and answer.json()["type"].endswith("bad-batch")
    for body in (b"", b"[]", b"{", b'{"device": 1}', b"\xff"):
        headers = {"Accept": "application/problem+json"}
        assert (await phone.client.post(DOOR, content=body, headers=headers)).status_code == 422


async def test_foreign_cookies_do_not_block_the_outbox(db, phone):
    """Whatever other cookies the browser carries, the record goes through; its context cannot slip in a cookie."""
    phone.client.cookies.set("odd[name]", "1")
    phone.client.cookies.set("spaced", '"a b"')
    sly = {"producer": f"{phone.producer_id}; session=nobody", "session": "nobody"}
    results = await phone.send(phone.write(), phone.write(context=sly))
    assert states(results) == ["stored", "refused"]
    assert results[1]["status"] == 403


async def test_a_crash_and_a_busy_house_mean_later(db, probed):
    """Our own fault costs the person nothing: the record is rolled back, stays, and its neighbours are stored."""
    items = [probed.write(f"/probe/{name}") for name in ("crash", "busy", "limited")]
    results = await probed.send(items[0], probed.write(), items[1], items[2])
    assert states(results) == ["later", "stored", "later", "later"]
    assert [result["status"] for result in results] == [500, 200, 503, 429]
    assert len(await entries(db)) == 1 and len(await rows(db, InboxMessage)) == 1
    assert not await rows(db, Refusal)


async def test_stored_is_said_only_of_what_is_in_the_books(db, probed):
    """A form that answers well without having taken the record in is not believed."""
    assert states(await probed.send(probed.write("/probe/detached"))) == ["later"]
    assert not await rows(db, InboxMessage)


async def test_a_record_that_breaks_the_delivery_keeps_no_other_back(db, phone, monkeypatch):
    """Something breaks outside the form's own door: that record comes again, the others are stored."""
    real, broken = service.address, phone.write()

    def address(record, **given):
        if str(record.id) == broken["id"]:
            raise ZeroDivisionError
        return real(record, **given)

    monkeypatch.setattr(service, "address", address)
    results = await phone.send(broken, phone.write())
    assert states(results) == ["later", "stored"]


async def test_every_line_keeps_when_and_where_it_was_written(db, phone):
    """A line taken back and one written once more keep the phone's hour, its id and their order, as the first does."""
    first, again, gone = phone.write(), str(uuid7()), str(uuid7())
    base, hour = f"/producer/diary/{first['id']}", timedelta(hours=1)
    items = [
        {**first, "captured_at": (NOW - 5 * hour).isoformat()},
        phone.write(f"{base}/repeat", id=again, captured_at=(NOW - 4 * hour).isoformat()),
        phone.write(f"{base}/void", id=gone, captured_at=(NOW - 3 * hour).isoformat()),
    ]
    assert states(await phone.send(*items)) == ["stored"] * 3
    found = {str(entry.id): entry for entry in await entries(db)}
    said = [(one.recorded_at, one.device_id, one.sequence) for one in (found[item["id"]] for item in items)]
    assert said == [(NOW - ago * hour, phone.device, place) for ago, place in ((5, 1), (4, 2), (3, 3))]


async def test_where_a_record_stands_is_a_courtesy(db, phone, monkeypatch):
    """The note of where stored records can be looked at fails: they are stored all the same."""

    async def note_stored(*_given, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr(service, "note_stored", note_stored)
    assert states(await phone.send(phone.write(), phone.write())) == ["stored"] * 2
    assert len(await entries(db)) == 2


async def test_the_line_in_front_of_the_door_has_an_end(house, phone):
    """Who waits longer than patience allows hears `busy` and when to come again; a place that is given back is had."""
    queue = house.port(Queue)
    house.provide(Queue, Queue(at_work=1, patience_s=0.05))
    try:
        async with house.port(Queue).turn():
            answer = await phone.post(phone.write())
            assert (await phone.post()).status_code == 200  # who brings nothing only says how the phone is
        assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1
        assert answer.json()["type"].endswith("#line-full")
        assert states(await phone.send(phone.write())) == ["stored"]
    finally:
        house.provide(Queue, queue)


async def test_the_line_lets_no_more_in_than_places():
    """Four at once by default, however many come."""
    queue, inside, most = Queue(), 0, 0

    async def come():
        nonlocal inside, most
        async with queue.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*[come() for _ in range(20)])
    assert most == queueing.AT_WORK


async def test_who_is_sent_away_hears_an_instant_of_their_own():
    """One after the other at the pace of the work, never later than the longest wait; a quick hand shortens the line."""
    clock = [0.0]
    queue = Queue(at_work=1, patience_s=1.5, clock=lambda: clock[0])

    async def stand():
        async with queue.turn():
            await asyncio.sleep(0)

    async def knock():
        with pytest.raises(BusyError) as refused:
            async with queue.turn():
                raise AssertionError
        return refused.value.again_in_s

    async with queue.turn():
        line = [asyncio.create_task(stand()) for _ in range(2)]
        await asyncio.sleep(0)
        assert [await knock() for _ in range(3)] == [3.0, 4.0, 5.0]
        clock[0] = 2.0
        assert await knock() == 4.0
        assert max([await knock() for _ in range(400)]) == queueing.LONGEST_S
        clock[0] = 0.0
    await asyncio.gather(*line)
    for _ in range(20):
        await stand()
    async with queue.turn():
        line = [asyncio.create_task(stand()) for _ in range(20)]
        await asyncio.sleep(0)
    await asyncio.gather(*line)


async def test_nobody_sends_for_somebody_else_without_a_mandate(db, phone):
    """Whoever sends for another person is their helper, and a helper needs a mandate; nothing is taken in."""
    async with db.transaction() as session:
        other = await make_person(session)
    assert states(await phone.send(phone.write(person=str(other.id)))) == ["refused"]
    assert not await rows(db, InboxMessage)


async def test_nobody_plants_words_in_a_strangers_list(db, phone):
    """Refused for want of a mandate, a record's words stand under who sent it; her helper's stand under her."""
    async with db.transaction() as session:
        stranger = (await make_membership(session)).person_id
        helped = await make_helped(session, phone.owner)
    planted = phone.write(person=str(stranger), title="Bà này nợ tiền, đừng mua")
    beyond = helped.write(phone, "/producer/intake/new", title="Bà này cân gian")
    wrong = helped.write(phone, fields={"method": ""}, title="Làm cỏ · Ruộng dưới")
    results = await phone.send(planted, beyond, wrong)
    assert [result["status"] for result in results] == [403, 403, 422]

    async def listed(*people):
        async with db.transaction() as session:
            return {one.title for one in await service.list_refusals(session, people)}

    assert await listed(stranger) == set()
    assert await listed(helped.farmer_id) == {wrong["title"]}
    assert await listed(phone.owner) == {planted["title"], beyond["title"]}


async def test_what_was_taken_back_on_the_phone_is_no_longer_refused(db, phone):
    """A refusal that the phone does not name any more is resolved; one of another phone stays."""
    kept, gone = phone.write(fields={"method": ""}), phone.write(fields={"method": ""})
    await phone.send(kept, gone)
    tablet = replace(phone, device=uuid7())
    elsewhere = tablet.write(fields={"method": ""})
    await tablet.send(elsewhere)
    await phone.send(refused=[kept["id"]])
    async with db.transaction() as session:
        standing = {str(one.submission_id) for one in await service.list_refusals(session, [phone.owner])}
    assert standing == {kept["id"], elsewhere["id"]}


async def test_reports_never_go_back_in_time(db, house, phone):
    """What a phone said last stands, even when an older word arrives behind it; phones are listed by last seen."""
    await phone.send(phone.write(), unsent=7, oldest_at=(NOW + timedelta(days=9)).isoformat())
    tablet = replace(phone, device=uuid7())
    async with db.transaction() as session:
        await session.execute(update(PhoneReport).values(seen_at=NOW + timedelta(hours=1), version="newer"))
    await phone.send(unsent=1)
    await tablet.send(unsent=2)
    async with db.transaction() as session:
        first, second = await service.list_reports(session, [phone.owner])
    assert (first.device_id, first.unsent, first.version) == (phone.device, 7, "newer")
    assert (second.device_id, second.unsent, second.oldest_at) == (tablet.device, 2, None)
    assert first.oldest_at == NOW


async def test_a_correction_and_a_void_travel_too(db, phone):
    """The listed forms below an entry work by the outbox as at once; what comes too late says what stands now."""
    first = phone.write()
    base = f"/producer/diary/{first['id']}"
    assert states(await phone.send(first)) == ["stored"]
    correction = phone.write(f"{base}/correct", fields={"method": "hoe"})
    late = phone.write(f"{base}/correct", fields={"method": "cutter"})
    results = await phone.send(correction, late, phone.write(f"/producer/diary/{correction['id']}/void"))
    assert states(results) == ["stored", "refused", "stored"] and results[1]["status"] == 409
    assert len(await rows(db, DiaryEntry)) == 3
