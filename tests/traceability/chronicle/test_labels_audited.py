"""The audit of labels: whatever is changed in their books, behind everybody's back, is named."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from producers.cooperatives.models import Producer
from tests.factories import traceability as made
from tests.house import NOW
from traceability.chronicle import jobs, repository
from traceability.chronicle.auditing import audit_labels
from traceability.chronicle.models import Fact
from traceability.events.errors import AuditError
from traceability.labels import prints, service
from traceability.labels.models import Reason
from traceability.labels.schemas import Layout

TEXTS = (("serials", "serial"), ("serials", "gtin"), ("lots", "code"), ("lots", "gtin"))


async def print_some(db: Database, *, voids: int = 1) -> made.Workshop:
    """A print job of four labels of which some are made void."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        sheet = await service.print_labels(
            session, lot_id=lot.id, count=4, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
        for code in (await service.list_codes(session, sheet.id))[:voids]:
            await prints.void(
                session,
                typed=code,
                producer_id=shop.producer.id,
                reason=Reason.SPOILT,
                note="",
                person_id=shop.person_id,
                now=NOW + timedelta(hours=1),
            )
    return shop


async def test_what_was_printed_is_found_whole(db: Database) -> None:
    """Waiting or told, of several producers, with and without void labels: every serial is as it was printed."""
    await print_some(db)
    async with db.transaction() as session:
        assert await audit_labels(session) == 0
    await jobs.tell(db, now=NOW)
    await print_some(db, voids=0)
    async with db.transaction() as session:
        assert await audit_labels(session) == 4
    await jobs.tell(db, now=NOW)
    async with db.transaction() as session:
        assert await audit_labels(session) == 8


async def test_practice_labels_are_left_out(db: Database) -> None:
    """What was printed to learn was told nowhere, and is no fault."""
    await print_some(db)
    async with db.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(update(Producer).values(is_practice=True))
    await jobs.tell(db, now=NOW)
    async with db.transaction() as session:
        assert await audit_labels(session) == 0


async def test_any_changed_character_of_a_label_is_found(db: Database) -> None:
    """Change any character of a serial, a GTIN or a lot code: the audit names the lot."""
    await print_some(db)
    await jobs.tell(db, now=NOW)

    async def change(table: str, column: str, place: int, other: str) -> None:
        async with Database(db.url, pool_size=1) as apart, apart.transaction() as session:
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            # one row, one character that is not there already
            done = await session.execute(
                text(
                    f"UPDATE {table} SET {column} = overlay({column} placing :other from :place for 1) WHERE id ="
                    f" (SELECT id FROM {table} WHERE substr({column}, :place, 1) <> :other ORDER BY id DESC LIMIT 1)"
                    " RETURNING id"
                ),
                {"other": other, "place": place},
            )
            if done.first() is not None:
                with pytest.raises(AuditError, match="tờ nhãn"):
                    await audit_labels(session)
            await session.rollback()

    @settings(max_examples=40)
    @given(
        st.sampled_from(TEXTS),
        st.integers(1, 12),
        st.sampled_from("0123456789ABCDEFGHJKLMNPQRSTUVWXYZabz/% đ"),
    )
    def flip(where: tuple[str, str], place: int, other: str) -> None:
        asyncio.run(change(*where, place, other))

    await asyncio.to_thread(flip)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE serials SET state = 'void'",
        "UPDATE serials SET state = 'issued'",
        "DELETE FROM serials WHERE id = (SELECT min(id::text)::uuid FROM serials WHERE state = 'issued')",
        "UPDATE serials SET id = gen_random_uuid() WHERE state = 'void'",
        "UPDATE label_sheets SET created_at = created_at + interval '1 hour'",
        "UPDATE label_sheets SET count = 5",
        "UPDATE label_prints SET created_at = created_at - interval '1 hour'",
        "DELETE FROM label_prints",
        "UPDATE lots SET expires_on = expires_on + 1",
        "UPDATE lots SET produced_on = produced_on - 1",
        "UPDATE lots SET producer_id = (SELECT max(id::text)::uuid FROM producers)",
    ],
)
async def test_changes_around_a_label_are_found(db: Database, change: str) -> None:
    """State, number, day of printing, the lot's dates and whose it is belong to the label."""
    await print_some(db)
    async with db.transaction() as session:
        await made.make_workshop(session)
    await jobs.tell(db, now=NOW)
    async with db.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text(change))
    async with db.transaction() as session:
        with pytest.raises(AuditError):
            await audit_labels(session)


async def audit_beside_a_printer(db: Database, monkeypatch: pytest.MonkeyPatch, session: AsyncSession) -> int:
    """Look the labels over while somebody prints more, right after it was read what waits."""
    read = repository.list_record_ids

    async def print_meanwhile(session: AsyncSession, fact: Fact) -> set[UUID]:
        found = await read(session, fact)
        await print_some(db)
        return found

    monkeypatch.setattr(repository, "list_record_ids", print_meanwhile)
    return await audit_labels(session)


async def test_printing_meanwhile_is_no_fault(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a snapshot labels that are printed during the audit are none of it."""
    await print_some(db)
    await jobs.tell(db, now=NOW)
    async with db.snapshot() as session:
        assert await audit_beside_a_printer(db, monkeypatch, session) == 4


async def test_without_a_snapshot_a_printer_looks_like_a_fault(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: read one after the other, what is printed between looks forged."""
    async with db.transaction() as session:
        with pytest.raises(AuditError):
            await audit_beside_a_printer(db, monkeypatch, session)
