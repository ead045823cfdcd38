"""A file that somebody carried: delivered in the name of the phone that signed it, with the days that were written."""

from __future__ import annotations

import hmac
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from app.accounts import service as accounts
from app.accounts.models import LoginSession
from app.core.clock import today
from producers.diaries.models import DiaryEntry
from producers.mandates.models import Mandate
from tests.factories.outbox import Phone, make_helped, make_phone
from tests.factories.people import log_in, make_person
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


async def pack(db, house, phone, *records: Any, at: datetime) -> str:
    """The file as the phone writes it at an instant, signed with what its kept pages hold."""
    login, _dot, key = accounts.proof_of(house.secret, (await login_of(db, phone)).id).partition(".")
    said = {"device": str(phone.device), "owner": str(phone.owner), "sent_at": at.isoformat()}
    body = json.dumps(said | {"records": list(records)})
    mac = hmac.new(key.encode(), body.encode(), "sha256").hexdigest()
    return json.dumps({"format": "chophien-outbox/1", "login": login, "mac": mac, "body": body})


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
