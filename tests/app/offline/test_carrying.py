"""A file that somebody carried: delivered in the name of the phone that signed it, with the days that were written."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.accounts import service as accounts
from app.accounts.models import LoginSession
from app.core.clock import today
from app.core.ids import uuid7
from producers.diaries.models import DiaryEntry, DiaryPhoto
from producers.mandates.models import Mandate
from tests.factories.outbox import Phone, make_helped, make_phone
from tests.factories.people import log_in, make_person, picture_bytes
from tests.factories.producers import NOW

DAY = timedelta(days=1)


@pytest.fixture
async def phone(db, client) -> Phone:
    """A manager's phone."""
    async with db.transaction() as session:
        return await make_phone(session, client)


async def login_of(db, phone) -> LoginSession:
    """The phone's own login."""
    async with db.transaction() as session:
        return (
            await session.scalars(select(LoginSession).where(LoginSession.person_id == phone.owner))
        ).one()


def sign(house, login_id, body: str) -> str:
    """The file around a text, signed as the phone of a login signs it."""
    login, _dot, key = accounts.proof_of(house.secret, login_id).partition(".")
    mac = hmac.new(key.encode(), body.encode(), "sha256").hexdigest()
    return json.dumps({"format": "chophien-outbox/1", "login": login, "mac": mac, "body": body})


async def pack(db, house, phone, *records: Any, at: datetime, signer: Phone | None = None) -> str:
    """The file as the phone writes it at an instant, signed with what its kept pages hold."""
    login = await login_of(db, signer or phone)
    said = {"device": str(phone.device), "owner": str(phone.owner), "sent_at": at.isoformat()}
    return sign(house, login.id, json.dumps(said | {"records": list(records)}, ensure_ascii=False))


async def hand_in(client, text) -> httpx.Response:
    """Bring the file."""
    return await client.post(
        "/producer/outbox/carry", files={"file": ("viec.json", text, "application/json")}
    )


async def entries(db):
    """The diary."""
    async with db.transaction() as session:
        return (await session.scalars(select(DiaryEntry).order_by(DiaryEntry.id))).all()


@pytest.mark.parametrize("days", [1, 6, 40])
async def test_days_on_the_way_move_no_work(db, house, phone, days):
    """However long a file travels, work stands on the day and at the hour at which it was written."""
    packed = NOW - days * DAY
    record = phone.write(
        captured_at=(packed - timedelta(hours=2)).isoformat(), fields={"performed_on": "2026-10-01"}
    )
    answer = await hand_in(phone.client, await pack(db, house, phone, record, at=packed))
    assert answer.status_code == 200
    [entry] = await entries(db)
    assert today(entry.performed_at).isoformat() == "2026-10-01"
    assert entry.recorded_at == packed - timedelta(hours=2)


async def test_what_a_helper_wrote_under_a_mandate_arrives_after_it(db, house, phone):
    """A mandate that was taken back while the file travelled keeps the helper's record, marked."""
    async with db.transaction() as session:
        helped = await make_helped(session, phone.owner)
    packed = NOW - 3 * DAY
    record = helped.write(
        phone, captured_at=packed.isoformat(), fields={"performed_on": today(packed).isoformat()}
    )
    text = await pack(db, house, phone, record, at=packed)
    async with db.transaction() as session:
        taken_back = {"revoked_at": NOW - DAY, "revoked_by_id": helped.farmer_id}
        await session.execute(update(Mandate).where(Mandate.id == helped.mandate_id).values(**taken_back))
    await hand_in(phone.client, text)
    [entry] = await entries(db)
    assert (entry.person_id, entry.helper_id, entry.is_flagged) == (helped.farmer_id, phone.owner, True)


async def test_a_phone_that_was_logged_out_writes_no_more(db, house, phone, new_client):
    """What was written before its owner logged a phone out is welcome, whoever brings it; nothing written since."""
    hour = timedelta(hours=1)
    before, after = (phone.write(captured_at=(NOW + ago).isoformat()) for ago in (-2 * hour, timedelta(0)))
    clock_behind = phone.write(captured_at="2020-01-01T00:00:00Z", floor=NOW.isoformat())
    no_hour = phone.write(captured_at="hôm qua")
    more = {"id": before["id"], "captured_at": after["captured_at"], "title": "Ảnh gửi thêm", "files": []}
    text = await pack(db, house, phone, before, after, clock_behind, no_hour, more, at=NOW + hour)
    async with db.transaction() as session:
        login_id = (await session.scalars(select(LoginSession.id))).one()
        await accounts.revoke_device(session, person_id=phone.owner, login_id=login_id, now=NOW - hour)
    async with new_client() as neighbour:
        async with db.transaction() as session:
            await log_in(session, neighbour, (await make_person(session)).id)
        answer = await hand_in(neighbour, text)
    assert answer.status_code == 200 and "Đã nhận 1 trên 5 việc." in answer.text
    assert answer.text.count("sau khi máy ấy đã bị đăng xuất") == 4
    assert [str(entry.id) for entry in await entries(db)] == [before["id"]]


async def test_a_file_packed_before_the_phone_was_logged_out_is_taken_whole(db, house, phone, new_client):
    """A clock that ran ahead when the work was written is no reason to refuse what was packed in time."""
    record = phone.write(captured_at=(NOW + 9 * DAY).isoformat())
    text = await pack(db, house, phone, record, at=NOW - 2 * DAY)
    async with db.transaction() as session:
        await accounts.log_out_everywhere(session, person_id=phone.owner, now=NOW - DAY)
    async with new_client() as neighbour:
        async with db.transaction() as session:
            await log_in(session, neighbour, (await make_person(session)).id)
        assert "Đã nhận 1 trên 1 việc." in (await hand_in(neighbour, text)).text
    assert len(await entries(db)) == 1


def attach(**changes: Any) -> dict[str, Any]:
    """A photo in the file, as the phone writes it."""
    picture = base64.b64encode(picture_bytes(kind="WEBP", size=(640, 480))).decode()
    return {"id": str(uuid7()), "field": "photos", "type": "image/webp", "data": picture} | changes


async def photos(db):
    """Whose photos stand in the diary."""
    async with db.transaction() as session:
        return [str(one) for one in await session.scalars(select(DiaryPhoto.entry_id))]


async def test_photos_travel_with_their_record_once(db, house, phone):
    """Handed in twice each is there once, also those whose words came before; what is none is told in words."""
    sent, bad = phone.write(), attach(data=base64.b64encode(b"x").decode())
    await phone.send(sent)
    record = phone.write(files=[attach(), bad, attach(id="?"), attach(type="ảnh")])
    rest = {"id": sent["id"], "captured_at": sent["captured_at"], "title": sent["title"], "files": [attach()]}
    refused = phone.write(fields={"method": ""}, files=[attach()])
    text = await pack(db, house, phone, record, rest, refused, at=NOW)
    for _time in range(2):
        answer = (await hand_in(phone.client, text)).text
        assert "Đã nhận 2 trên 3 việc." in answer and answer.count("Kèm 1 ảnh, tiếng.") == 2
        assert answer.count("Tệp này chợ không đọc được. ") == 1 and answer.count('class="err"') == 4
    assert sorted(await photos(db)) == sorted([record["id"], sent["id"]])


async def test_more_records_than_a_phone_sends_at_once_are_all_taken(db, house, phone):
    """Fifty-one records of one file arrive, each with its own answer."""
    records = [phone.write() for _ in range(50)] + [phone.write(fields={"method": ""})]
    answer = (await hand_in(phone.client, await pack(db, house, phone, *records, at=NOW))).text
    assert "Đã nhận 50 trên 51 việc." in answer and len(await entries(db)) == 50


async def test_a_file_that_was_changed_or_is_none_is_refused_whole(db, house, phone, new_client):
    """Another letter, another owner, a forgotten login, no file of ours, nothing at all: words, and nothing is taken."""
    good = json.loads(await pack(db, house, phone, phone.write(), at=NOW))
    async with db.transaction() as session:
        other = (await make_person(session)).id
    theirs = await pack(db, house, replace(phone, owner=other), at=NOW, signer=phone)
    unknown = uuid7()
    changed = [
        json.dumps(good | {"body": good["body"].replace("cỏ", "có")}),
        json.dumps(good | {"mac": "ă"}),
        theirs,
        sign(house, unknown, good["body"]),
    ]
    for text in changed:
        answer = await hand_in(phone.client, text)
        assert answer.status_code == 422 and "đã bị sửa" in answer.text, text
    for text in ("{}", "không phải", json.dumps(good | {"body": "{}"})):
        answer = await hand_in(phone.client, text)
        assert answer.status_code == 422 and "chợ không đọc được" in answer.text, text
    for files in ({"file": ("a", b"\xff")}, {"x": ("a", b"")}):
        answer = await phone.client.post("/producer/outbox/carry", files=files)
        assert answer.status_code == 422 and "Bạn chọn tệp mà máy kia đã gói." in answer.text
    assert await entries(db) == []
    async with new_client() as stranger:
        assert (await hand_in(stranger, json.dumps(good))).status_code == 303
    assert (await phone.client.get("/producer/outbox/carry")).status_code == 200
