"""Scans: kept in memory for a moment, written in bulk, without anything about the person."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, text

from app.core.db import Database
from app.core.driver import fetch_rows
from tests.factories.traceability import NOW
from tests.queries import count_queries
from traceability.scans import repository, service
from traceability.scans.history import Looks
from traceability.scans.models import Scan
from traceability.scans.service import ScanBuffer, classify_device

GTIN = "09521234000017"


def look(
    buffer: ScanBuffer, serial: str | None = "S1", device: str = "phone", minutes: int = 0, **told: object
) -> None:
    buffer.add(
        gtin=GTIN,
        lot_code="L",
        serial=serial,
        device_class=device,
        now=NOW + timedelta(minutes=minutes),
        **told,  # type: ignore[arg-type]  # a test names what it needs
    )


async def count(db: Database, serial: str) -> int:
    async with db.transaction() as session:
        return (
            await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial=serial, now=NOW)
        ).history.count


async def test_looks_are_written_in_bulk_and_cut_to_the_hour(db: Database) -> None:
    """What waits is written once; the instant is cut to the hour, robots are not counted as people."""
    buffer = ScanBuffer(db)
    assert await buffer.flush() == 0
    for minutes in (61, 30, 59):
        look(buffer, minutes=minutes)
    look(buffer, device="robot")
    assert len(buffer.list_waiting(gtin=GTIN, serial="S1")) == 3
    assert await buffer.flush() == 4
    assert await buffer.flush() == 0
    async with db.transaction() as session:
        history = (await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial="S1", now=NOW)).history
        assert (history.count, history.first) == (3, Looks(NOW, "phone"))
        assert history.latest == Looks(NOW + timedelta(hours=1), "phone")
        nothing = (await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial="S2", now=NOW)).history
        assert (nothing.count, nothing.first, nothing.latest, nothing.is_cut) == (0, None, None, False)
        rows = (await session.scalars(select(Scan))).all()
    assert {row.hour_at.minute for row in rows} == {0}


async def test_a_look_may_know_its_province(db: Database) -> None:
    """A province is kept when somebody said it, in the buffer or after; of like looks one is placed, and none twice."""
    buffer = ScanBuffer(db)
    unsaid = Looks(NOW, "phone")
    look(buffer)
    look(buffer)
    async with db.transaction() as session:
        place = {"gtin": GTIN, "serial": "S1", "own": unsaid}
        assert not await service.place_look(session, buffer, **place | {"serial": "S2"}, province_code="01")
        assert await service.place_look(session, buffer, **place, province_code="01")
    await buffer.flush()
    async with db.transaction() as session:
        assert await service.place_look(session, buffer, **place, province_code="96")
        assert not await service.place_look(session, buffer, **place, province_code="96")
        moved = place | {"own": Looks(NOW, "phone", "96")}
        assert await service.place_look(session, buffer, **moved, province_code="46")
    async with db.transaction() as session:
        history = (await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial="S1", now=NOW)).history
    assert {known.province_code: known.count for known in history.looks} == {"01": 1, "46": 1}


async def test_codes_that_we_never_issued_are_counted_apart(db: Database) -> None:
    """Of one product the codes that were tried in this hour and the last are counted, each once."""
    buffer = ScanBuffer(db)
    for number in (1, 2, 2, 3):
        look(buffer, f"MADE-UP-{number}", is_issued=False)
    look(buffer, "OLD", minutes=-180, is_issued=False)
    look(buffer, "CRAWLED", device="robot", is_issued=False)
    await buffer.flush()
    async with db.transaction() as session:
        history = (
            await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial="MADE-UP-2", now=NOW)
        ).history
        assert (history.count, history.unknown_codes) == (2, 3)
        other = (
            await service.read_label(session, ScanBuffer(db), gtin="09521234000024", serial="S1", now=NOW)
        ).history
        assert other.unknown_codes == 0


async def test_looks_on_their_way_into_the_database_are_counted_once(db: Database) -> None:
    """Whoever asks while looks are being written waits for them; who does not wait misses them."""
    buffer = ScanBuffer(db)
    look(buffer)
    asked = {"unknown_since": NOW, "most": 400, "most_unknown": 200}
    async with db.transaction() as slow:
        await slow.execute(text("LOCK TABLE scans IN SHARE MODE"))  # may be read, not written
        writing = asyncio.create_task(buffer.flush())
        while not buffer.writing.locked():
            await asyncio.sleep(0)
        async with db.transaction() as session, db.transaction() as hasty:
            patient = asyncio.create_task(
                service.read_label(session, buffer, gtin=GTIN, serial="S1", now=NOW)
            )
            missed = await repository.read_labels(partial(fetch_rows, hasty), [(GTIN, "S1")], **asked)
            assert missed[GTIN, "S1"].history.count + len(buffer.list_waiting(gtin=GTIN, serial="S1")) == 0
            assert not patient.done()
            await slow.rollback()
            assert (await patient).history.count == 1
    assert await writing == 1


async def test_looks_at_a_lots_code_are_all_written(db: Database) -> None:
    """What is the same travels once, and stands in the books as often as it was seen; what differs stands by itself."""
    buffer = ScanBuffer(db)
    seen = [("phone", "01", 0)] * 3 + [("phone", None, 0)] * 2 + [("robot", None, 0), ("phone", "01", 60)]
    for device, province, minutes in seen:
        look(buffer, None, device, minutes, province_code=province)
    look(buffer)
    assert await buffer.flush() == len(seen) + 1
    async with db.transaction() as session:
        found = list(await session.scalars(select(Scan).where(Scan.serial.is_(None)).order_by(Scan.id)))
        assert {(scan.gtin, scan.lot_code, scan.is_issued, scan.is_located) for scan in found} == {
            (GTIN, "L", True, False)
        }
        written = [
            (scan.device_class, scan.province_code, (scan.hour_at - NOW) // timedelta(minutes=1))
            for scan in found
        ]
        assert Counter(written) == Counter(seen)
        assert len({scan.id for scan in found}) == len(seen)
    assert await count(db, "S1") == 1


async def test_thousands_of_looks_cost_no_more_than_hundreds(db: Database) -> None:
    """A label that was scanned thousands of times is read in one bounded statement on an index, never the table."""
    buffer = ScanBuffer(db)
    for number in range(3_000):
        look(buffer, minutes=number, province_code="01" if number < 60 else None)
    await buffer.flush()
    statements = count_queries(db.engine)
    async with db.transaction() as session:
        history = (await service.read_label(session, ScanBuffer(db), gtin=GTIN, serial="S1", now=NOW)).history
        assert len(statements) == 1
        assert (history.count, history.is_cut) == (service.MOST_READ, True)
        assert history.first == Looks(NOW, "phone", "01")
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {_bound(statements[0])}")))
    assert "Seq Scan on scans" not in plan, plan
    assert "ix_scans_gtin_serial_hour_at" in plan, plan


def _bound(statement: str) -> str:
    """The statement with values in the places of its parameters."""
    values = {
        "gtins": f"'{{{GTIN}}}'",
        "serials": "'{S1}'",
        "unknown_since": "now()",
        "most": str(service.MOST_READ),
        "most_unknown": str(service.MOST_UNKNOWN),
    }
    for name, value in values.items():
        statement = re.sub(rf"%\({name}\)s(::\w+( WITH TIME ZONE)?)?", value, statement)
    return statement


async def test_full_buffer_drops_and_a_lost_database_keeps(db: Database) -> None:
    """A full buffer takes no more; what could not be written goes on waiting."""
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    buffer = ScanBuffer(away, most=2)
    for _number in range(3):
        look(buffer)
    with pytest.raises(Exception, match="connection"):
        await buffer.flush()
    assert len(buffer.list_waiting(gtin=GTIN, serial="S1")) == 2
    await away.close()


async def test_a_lost_database_keeps_what_was_counted(db: Database) -> None:
    """Looks at a lot's code that could not be written are written with those that came meanwhile, each once."""
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    buffer = ScanBuffer(away)
    for _number in range(3):
        look(buffer, None)
    with pytest.raises(Exception, match="connection"):
        await buffer.flush()
    look(buffer, None)
    await away.close()
    buffer._database = db  # it comes back
    assert await buffer.flush() == 4
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Scan).where(Scan.serial.is_(None))) == 4


async def test_flushing_goes_on_until_the_house_closes(db: Database) -> None:
    """While the house serves, looks reach the database by themselves; the last are written at its end."""
    buffer = ScanBuffer(db)
    running = asyncio.create_task(buffer.run())
    look(buffer, "RUN")
    while not await count(db, "RUN"):
        await asyncio.sleep(0.05)
    look(buffer, "RUN")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await count(db, "RUN") == 2


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
    assert len(buffer.list_waiting(gtin=GTIN, serial="S1")) == 1
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
