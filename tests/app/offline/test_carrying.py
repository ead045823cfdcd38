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
