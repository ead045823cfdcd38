"""The audit: every stored event is what was captured and what the log holds, or it is named."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from tests.factories import epcis as made
from tests.house import NOW
from traceability.events import service
from traceability.events.capturing import make_leaf
from traceability.events.errors import AuditError
from traceability.transparency import jobs
from traceability.transparency import service as transparency
from traceability.transparency.service import LogKeeper


async def keep(db: Database) -> None:
    """Capture all examples."""
    async with db.transaction() as session:
        await service.capture_document(
            session,
            body=made.make_document(),
            owner_id=uuid7(),
            behaviour=service.Behaviour.ROLLBACK,
            now=NOW,
        )


async def test_what_was_captured_is_found_whole(db: Database, house: House) -> None:
    """Waiting or placed, every event matches its hash and its entry; the entry names the event."""
    await keep(db)
    async with db.transaction() as session:
        assert await service.audit(session) == len(made.EVERY)
    await jobs.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    async with db.transaction() as session:
        assert await service.audit(session) == len(made.EVERY)
        row = (await session.execute(text("SELECT event_id, digest, document FROM events LIMIT 1"))).one()
        leaf = make_leaf(row.digest, row.document)
        proof = await transparency.find_proof(session, leaf)
    assert proof is not None and proof.proves(leaf, house.port(LogKeeper).key)
    assert service.describe_entry(proof.extra) == row.event_id
    assert service.describe_entry(b"\x01") == "01"


async def test_any_changed_byte_of_an_event_is_found(house: House, db: Database) -> None:
    """Change any character of any stored event, behind the trigger's back: the audit names it."""
    await keep(db)
    async with db.transaction() as session:
        stored = (await session.execute(text("SELECT sequence, document FROM events ORDER BY 1"))).all()
    url = db.url

    async def change(sequence: int, document: str) -> None:
        async with Database(url, pool_size=1) as apart, apart.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            await session.execute(
                text("UPDATE events SET document = :document WHERE sequence = :sequence"),
                {"document": document, "sequence": sequence},
            )
            with pytest.raises(AuditError):
                await service.audit(session)
            await session.rollback()

    @settings(max_examples=40)
    @given(st.sampled_from(stored), st.data())
    def flip(row: tuple[int, str], data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(row[1]) - 1))
        other = data.draw(st.characters(codec="utf-8", exclude_characters=row[1][place] + "\x00"))
        asyncio.run(change(row[0], row[1][:place] + other + row[1][place + 1 :]))

    await asyncio.to_thread(flip)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET digest = decode(repeat('00', 32), 'hex') WHERE sequence = (SELECT max(sequence) FROM events)",
        "UPDATE events SET event_id = 'urn:x:y' WHERE sequence = (SELECT max(sequence) FROM events)",
        "UPDATE events SET event_time = now() WHERE sequence = (SELECT max(sequence) FROM events)",
        "UPDATE events SET is_error = NOT is_error WHERE sequence = (SELECT max(sequence) FROM events)",
        "UPDATE event_contexts SET namespaces = '{}'",
        "DELETE FROM log_queue WHERE id = (SELECT max(id) FROM log_queue)",
    ],
)
async def test_changes_around_an_event_are_found(db: Database, change: str) -> None:
    """Hash, id, time, namespaces and log entry belong to the event; without the override the database refuses."""
    await keep(db)
    async with db.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text(change))
    async with db.transaction() as session:
        with pytest.raises(AuditError):
            await service.audit(session)


async def test_what_is_no_event_is_not_stored(session: AsyncSession) -> None:
    """A label that was changed until it makes no event any more is told apart as well."""
    assert not await service.are_stored(session, [{"type": "ObjectEvent"}], namespaces={})
