"""Suspicious labels: found by looks, kept with their reasons, shown to their producer alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Role
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.queries import count_queries
from traceability.labels import sheet
from traceability.labels.models import Serial, SerialState
from traceability.scans import service
from traceability.scans.judging import Verdict
from traceability.scans.models import Suspect
from traceability.scans.reasons import Reason, ReasonKind
from traceability.scans.service import Finding, ScanBuffer

NOW = made.NOW
TRAVEL = Reason(ReasonKind.TRAVEL, 60, {"from": "01", "to": "96", "hours": 0, "day": "2026-11-12"})
SPREAD = Reason(ReasonKind.SPREAD, 40, {"count": 4, "days": 7, "day": "2026-11-12"})


def finding(serial: Serial, shop: made.Workshop, *reasons: Reason, seen_at: datetime = NOW) -> Finding:
    score = min(sum(reason.points for reason in reasons), 100)
    return Finding(serial.id, shop.producer.id, Verdict(score, reasons), seen_at)


@pytest.fixture
async def shop(db: Database) -> made.Workshop:
    """A stored workshop."""
    async with db.transaction() as session:
        return await made.make_workshop(session)


async def make_serial(db: Database, shop: made.Workshop, **overrides: object) -> Serial:
    async with db.transaction() as session:
        return await made.make_serial(session, await made.make_lot(session, shop), **overrides)


async def join(db: Database, client: httpx.AsyncClient, shop: made.Workshop, role: Role) -> None:
    async with db.transaction() as session:
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=role)
        await people.log_in(session, client, membership.person_id)


async def test_a_suspect_is_kept_once_with_its_worst_reasons(db: Database, shop: made.Workshop) -> None:
    """However often it is found again: one row, the highest score with its reasons, the last time it was scanned."""
    serial = await make_serial(db, shop)
    buffer = ScanBuffer(db)
    for number, reasons in enumerate([[TRAVEL], [TRAVEL, SPREAD], [TRAVEL]]):
        buffer.suspect(finding(serial, shop, *reasons, seen_at=NOW + timedelta(hours=number)))
        assert await buffer.flush() == 0
    async with db.transaction() as session:
        [suspect] = await session.scalars(select(Suspect))
    assert (suspect.score, len(suspect.reasons)) == (100, 2)
    assert (suspect.created_at, suspect.seen_at) == (NOW, NOW + timedelta(hours=2))


async def test_what_could_not_be_written_waits(db: Database, shop: made.Workshop) -> None:
    """A database that is away loses no finding; a newer word on a label is not overwritten by an older one."""
    serial = await make_serial(db, shop)
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    buffer = ScanBuffer(away)
    buffer.suspect(finding(serial, shop, TRAVEL))
    with pytest.raises(Exception, match="connection"):
        await buffer.flush()
    buffer._database = db
    assert await buffer.flush() == 0
    await away.close()
    async with db.transaction() as session:
        assert await session.scalar(select(Suspect.score)) == 60


async def test_a_label_that_is_gone_holds_nothing_up(db: Database, shop: made.Workshop) -> None:
    """A finding about nothing is passed over, and the looks are written; a full buffer takes no more findings."""
    serial = await make_serial(db, shop)
    buffer = ScanBuffer(db, most=2)
    buffer.suspect(Finding(uuid7(), shop.producer.id, Verdict(60, (TRAVEL,)), NOW))
    buffer.add(gtin=serial.gtin, lot_code=None, serial=serial.serial, device_class="phone", now=NOW)
    buffer.suspect(finding(serial, shop, TRAVEL))
    buffer.suspect(Finding(uuid7(), shop.producer.id, Verdict(60, (TRAVEL,)), NOW))
    assert await buffer.flush() == 1
    async with db.transaction() as session:
        assert len(list(await session.scalars(select(Suspect)))) == 1


async def test_producer_sees_the_last_scanned_first_and_why(
    client: httpx.AsyncClient, db: Database, shop: made.Workshop
) -> None:
    """Code, lot, score and reasons in words, found and last scanned; another producer's labels are not there."""
    await join(db, client, shop, Role.PACKER)
    assert "Chưa thấy nhãn nào đáng ngờ" in (await client.get("/producer/labels/suspects")).text
    old, new = await make_serial(db, shop), await make_serial(db, shop, state=SerialState.VOID)
    async with db.transaction() as session:
        other = await made.make_workshop(session)
    theirs = await make_serial(db, other)
    buffer = ScanBuffer(db)
    buffer.suspect(finding(old, shop, TRAVEL, seen_at=NOW - timedelta(days=1)))
    buffer.suspect(finding(new, shop, TRAVEL, SPREAD))
    buffer.suspect(finding(theirs, other, TRAVEL))
    await buffer.flush()
    page = (await client.get("/producer/labels/suspects")).text
    assert page.index(sheet.spell(new.serial)) < page.index(sheet.spell(old.serial))
    assert sheet.spell(theirs.serial) not in page
    for said in ("100 trên 100", "60 trên 100", "Một gói hàng không thể ở hai nơi", "ở 4 tỉnh", "Đã hủy"):
        assert said in page, said
    assert 'href="/producer/labels/suspects"' in (await client.get("/producer/labels")).text


async def test_the_list_is_bounded_in_rows_and_queries(
    client: httpx.AsyncClient, db: Database, shop: made.Workshop
) -> None:
    """Whether a few labels are suspicious or hundreds, the page asks as often and shows sixty."""
    await join(db, client, shop, Role.MANAGER)
    buffer = ScanBuffer(db)
    counted: list[int] = []
    for number in range(2):
        async with db.transaction() as session:
            lot = await made.make_lot(session, shop)
            for _label in range(1 if number == 0 else 70):
                buffer.suspect(finding(await made.make_serial(session, lot), shop, TRAVEL))
        await buffer.flush()
        statements = count_queries(db.engine)
        asked: list[int] = []
        for _again in range(2):  # what the house does beside, on its own clock, may fall into one of them
            statements.clear()
            page = (await client.get("/producer/labels/suspects")).text
            asked.append(len(statements))
        counted.append(min(asked))
    assert counted[0] == counted[1]
    assert page.count("60 trên 100") == service.MOST_SUSPECTS


async def test_codes_that_were_never_issued_are_shown_by_product(
    client: httpx.AsyncClient, db: Database, shop: made.Workshop
) -> None:
    """Made-up codes of a product are counted for a week, each once, beside its name."""
    await join(db, client, shop, Role.MANAGER)
    buffer = ScanBuffer(db)
    for number in (1, 2, 2, 3):
        buffer.add(
            gtin=shop.variant.gtin,
            lot_code="L",
            serial=f"MADE-UP-{number}",
            device_class="phone",
            now=NOW - timedelta(days=number),
            is_issued=False,
        )
    buffer.add(
        gtin=shop.variant.gtin,
        lot_code="L",
        serial="OLD",
        device_class="phone",
        now=NOW - timedelta(days=9),
        is_issued=False,
    )
    await buffer.flush()
    page = (await client.get("/producer/labels/suspects")).text
    assert "Chè đinh, Gói 100 g" in page
    assert "3 mã" in page


async def test_a_made_up_code_is_known_as_such(
    client: httpx.AsyncClient, db: Database, shop: made.Workshop, house: House
) -> None:
    """A scan of a code that we never issued, or with a signature that is not ours, is written down as one."""
    await join(db, client, shop, Role.MANAGER)
    serial = await make_serial(db, shop)
    gtin = shop.variant.gtin
    for address in (
        f"/01/{gtin}/10/NOPE/21/A1",
        f"/01/{gtin}/21/A2",
        f"/01/{gtin}/21/{serial.serial}?s=wrong",
    ):
        assert "Gói hàng" not in (page := (await client.get(address)).text)
        assert "Bạn đang cầm" not in page
    await house.port(ScanBuffer).flush()
    assert "3 mã" in (await client.get("/producer/labels/suspects")).text
