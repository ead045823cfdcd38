"""Scans: kept in memory for a moment, written in bulk, without anything about the person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.db import Database
from tests.factories.traceability import NOW
from traceability.scans import service
from traceability.scans.models import Scan
from traceability.scans.service import ScanBuffer, classify_device


def look(buffer: ScanBuffer, serial: str = "S1", device: str = "phone", minutes: int = 0) -> None:
    buffer.add(
        gtin="09521234000017",
        lot_code="L",
        serial=serial,
        device_class=device,
        now=NOW + timedelta(minutes=minutes),
    )


async def test_looks_are_written_in_bulk_and_cut_to_the_hour(db: Database) -> None:
    """What waits is written once; the instant is cut to the hour, robots are not counted as people."""
    buffer = ScanBuffer(db)
    assert await buffer.flush() == 0
    for minutes in (61, 30, 59):
        look(buffer, minutes=minutes)
    look(buffer, device="robot")
    assert buffer.count_waiting(gtin="09521234000017", serial="S1") == 4
    assert await buffer.flush() == 4
    assert await buffer.flush() == 0
    async with db.transaction() as session:
        assert await service.count_looks(session, gtin="09521234000017", serial="S1") == (3, NOW)
        assert await service.count_looks(session, gtin="09521234000017", serial="S2") == (0, None)
        rows = (await session.scalars(select(Scan))).all()
    assert {row.hour_at.minute for row in rows} == {0}


async def test_full_buffer_drops_and_a_lost_database_keeps(db: Database) -> None:
    """A full buffer takes no more; what could not be written goes on waiting."""
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    buffer = ScanBuffer(away, most=2)
    for _number in range(3):
        look(buffer)
    with pytest.raises(Exception, match="connection"):
        await buffer.flush()
    assert buffer.count_waiting(gtin="09521234000017", serial="S1") == 2
    await away.close()


async def test_flushing_goes_on_until_the_house_closes(db: Database) -> None:
    """While the house serves, looks reach the database within a second; the last are written at its end."""
    buffer = ScanBuffer(db)
    running = asyncio.create_task(buffer.run())
    look(buffer, "RUN")
    await asyncio.sleep(0.9)
    async with db.transaction() as session:
        assert (await service.count_looks(session, gtin="09521234000017", serial="RUN"))[0] == 1
    look(buffer, "RUN")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with db.transaction() as session:
        assert (await service.count_looks(session, gtin="09521234000017", serial="RUN"))[0] == 2


async def test_flushing_survives_a_lost_database(db: Database) -> None:
    """A database that is away for a moment ends nothing."""
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    buffer = ScanBuffer(away)
    look(buffer)
    running = asyncio.create_task(buffer.run())
    await asyncio.sleep(0.7)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert buffer.count_waiting(gtin="09521234000017", serial="S1") == 1
    await away.close()


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        ("", "unknown"),
        ("curl/8", "unknown"),
        ("Mozilla/5.0 (Linux; Android 13; SM-A145) Mobile Zalo", "phone"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)", "phone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0)", "tablet"),
        ("Mozilla/5.0 (Linux; Android 13; Tab)", "tablet"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "computer"),
        ("facebookexternalhit/1.1", "robot"),
    ],
)
def test_devices_are_known_only_coarsely(user_agent: str, kind: str) -> None:
    """Of the browser's long name only the kind of device is kept."""
    assert classify_device(user_agent) == kind
