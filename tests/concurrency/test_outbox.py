"""Two of one record at the same instant: real connections, one effect."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from sqlalchemy import func, select

from app.core.ids import uuid7
from app.core.inbox import InboxMessage
from app.main import create_app
from app.offline.ports import OfflineRooms
from app.web import dependencies
from app.web.dependencies import DbSession
from producers.diaries.models import DiaryEntry
from tests.factories.outbox import make_phone
from tests.factories.producers import NOW

HANDS = 6
probes = APIRouter()


@probes.post("/probe/note", name="app.probe.note")
async def note(session: DbSession) -> PlainTextResponse:
    """A form without an id of its own: each time it is done it leaves one more row."""
    session.add(
        InboxMessage(source="probe", external_id=str(uuid7()), kind="note", payload={}, received_at=NOW)
    )
    await session.flush()
    await asyncio.sleep(0.05)
    return PlainTextResponse("noted")


@pytest.fixture
async def phone(db, house):
    """A phone before an application that has the probe's form too, with a wide door."""
    application = create_app(house)
    application.include_router(probes)
    rooms = house.port(OfflineRooms)
    house.provide(OfflineRooms, replace(rooms, routes=rooms.routes | {"app.probe.note"}))
    transport = httpx.ASGITransport(app=application, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers={"Sec-Fetch-Site": "same-origin"}
    ) as visitor:
        async with db.transaction() as session:
            made = await make_phone(session, visitor)
        yield made
    house.provide(OfflineRooms, rooms)


async def count(db, model, *where):
    """How many rows are committed."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(model).where(*where))


async def test_one_batch_sent_by_two_tabs_at_once_is_stored_once(db, phone):
    """The same records in several requests at one instant: each stands once, and every sender hears "stored"."""
    items = [phone.write() for _ in range(4)]
    answers = await asyncio.gather(*[phone.send(*items) for _ in range(HANDS)])
    assert {result["state"] for results in answers for result in results} == {"stored"}
    assert await count(db, DiaryEntry) == 4


async def test_a_form_without_an_id_of_its_own_is_done_once(db, phone):
    """The claim alone makes any listed form happen once."""
    item = phone.write("/probe/note")
    answers = await asyncio.gather(*[phone.send(item) for _ in range(HANDS)])
    assert {result["state"] for [result] in answers} == {"stored"}
    assert await count(db, InboxMessage, InboxMessage.source == "probe") == 1


async def test_without_the_claim_it_is_done_each_time(db, phone, monkeypatch):
    """Negative control: the same requests without the claim leave a row each."""

    async def no_claim(_session, envelope):
        envelope.was_taken = True

    monkeypatch.setattr(dependencies, "claim", no_claim)
    item = phone.write("/probe/note")
    await asyncio.gather(*[phone.send(item) for _ in range(HANDS)])
    assert await count(db, InboxMessage, InboxMessage.source == "probe") == HANDS
