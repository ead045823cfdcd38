"""The quick door: the same answers as the whole way, and never an old one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text

from app.core.db import Database, count_queries
from app.web.cache import invalidate
from app.web.house import House
from tests.factories import traceability as made
from traceability.lots.models import Lot, LotState
from traceability.scans.service import ScanBuffer

PERSON = {
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Language": "vi",
    "User-Agent": "Mozilla/5.0 (Linux; Android 13) Mobile",
}


@pytest.fixture
async def person(app: object, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a phone, once changes are heard."""
    async with asyncio.timeout(10):
        while not house.cache.is_listening:
            await asyncio.sleep(0.01)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=PERSON
    ) as client:
        yield client


async def keep_lot(db: Database, **overrides: object) -> Lot:
    async with db.transaction() as session:
        return await made.make_lot(session, await made.make_workshop(session), **overrides)


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """All that a browser sees, without what belongs to the request or to the way it was compressed."""
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"x-request-id", "content-length"}
    }
    return answer.status_code, headers, answer.content


async def both_ways(
    person: httpx.AsyncClient, house: House, path: str, **headers: str
) -> tuple[httpx.Response, httpx.Response]:
    """The same question by the whole way and by the quick door, which asks the database for nothing."""
    await person.get(path)  # the story is stored now
    slow = await person.get(f"{path}?x", headers=headers)
    statements = count_queries(house.database.engine)
    quick = await person.get(path, headers=headers)
    assert statements == []
    return slow, quick


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_both_ways_answer_alike(
    person: httpx.AsyncClient, db: Database, house: House, encoding: str
) -> None:
    """Product and lot: status, every header and every byte are those of the whole way."""
    lot = await keep_lot(db)
    for path in (f"/01/{lot.gtin}", f"/01/{lot.gtin}/10/{lot.code}"):
        slow, quick = await both_ways(person, house, path, **{"Accept-Encoding": encoding})
        assert told(quick) == told(slow)
        assert quick.headers.get("Content-Encoding", "identity") == encoding


async def test_an_unchanged_page_answers_304_alike(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """A phone that has the page gets no bytes, with the headers of the whole way."""
    lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    etag = (await person.get(path)).headers["ETag"]
    slow, quick = await both_ways(person, house, path, **{"If-None-Match": etag})
    assert quick.status_code == 304
    assert told(quick) == told(slow)


async def test_a_recalled_lot_turns_red_at_once(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """From the commit that recalls it on, as soon as it is heard, no door shows the lot as good."""
    lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    for _look in range(2):
        assert "có sổ ghi chép" in (await person.get(path)).text
    heard = house.cache.generation
    async with db.transaction() as session:
        (await session.get_one(Lot, lot.id)).state = LotState.RECALLED
        await invalidate(session, f"lot:{lot.id}")
        await session.flush()
        assert "có sổ ghi chép" in (await person.get(path)).text  # not before the commit
    async with asyncio.timeout(5):
        while house.cache.generation == heard:
            await asyncio.sleep(0.001)
    for _look in range(2):
        page = (await person.get(path)).text
        assert "đã bị thu hồi" in page and "có sổ ghi chép" not in page


async def test_while_deaf_the_whole_way_answers(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """While changes cannot be heard nothing is answered from memory."""
    lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)
    house.cache.is_listening = False
    try:
        statements = count_queries(db.engine)
        assert (await person.get(path)).status_code == 200
        assert statements
    finally:
        house.cache.is_listening = True


async def test_what_is_not_plain_goes_the_whole_way(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """Wrong signatures, other lots' labels, unknown serials and lots, other languages: as before, also when stored."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
        other = await made.make_serial(
            session, await made.make_lot(session, await made.make_workshop(session))
        )
    path = f"/01/{lot.gtin}/10/{lot.code}"
    for _stored in range(2):
        for asked, said in (
            (f"{path}/21/{serial.serial}?s=", "Chữ ký trên nhãn không đúng"),
            (f"{path}/21/{serial.serial}?s={'A' * 90}", "Chữ ký trên nhãn không đúng"),
            (f"{path}/21/{other.serial}", "chưa từng được in ra"),
            (f"{path}/21/NEVER", "chưa từng được in ra"),
            (f"/01/{lot.gtin}/21/{serial.serial}", "Nhãn này đã được in"),
            (f"/01/{lot.gtin}/10/NOPE", "Số lô này không có trong sổ"),
            (f"{path}/", "có sổ ghi chép"),
        ):
            answer = await person.get(asked)
            assert (answer.status_code, said in answer.text) == (200, True), asked
        assert (await person.get(f"{path}/21/S%20S")).status_code == 400
        assert (await person.get(path, headers={"Accept": "*/*"})).status_code == 307
        assert "Best before" in (await person.get(path, headers={"Cookie": "x=1; lang=en"})).text
        assert "Best before" in (await person.get(path, headers={"Accept-Language": "en"})).text
        assert "Best before" not in (await person.get(path)).text
        assert (await person.head(path)).status_code == 200


async def test_every_look_is_written_down_with_what_is_known_of_who_looked(
    person: httpx.AsyncClient, db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick door counts like the whole way: kind of device, the visitor's own word for the province, the proxy's."""
    proxied = house.settings.model_copy(update={"province_header": "X-Province"})
    monkeypatch.setattr(house, "settings", proxied)
    lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    told_by = (
        {},
        {"Cookie": "province=01"},
        {"X-Province": "19"},
        {"Cookie": "x=1; province=01", "X-Province": "19"},
        {"Cookie": "province=nowhere"},
        {"User-Agent": "a bot"},
    )
    asked = text(
        "SELECT serial, lot_code, device_class, province_code, is_located, is_issued FROM scans "
        "WHERE gtin = :gtin ORDER BY device_class, province_code"
    )
    await person.get(path)
    await house.port(ScanBuffer).flush()
    ways = []
    for way in (f"{path}?x", path):
        async with db.transaction() as session:
            await session.execute(text("DELETE FROM scans WHERE gtin = :gtin"), {"gtin": lot.gtin})
        for headers in told_by:
            assert (await person.get(way, headers=headers)).status_code == 200
        await house.port(ScanBuffer).flush()
        async with db.transaction() as session:
            ways.append((await session.execute(asked, {"gtin": lot.gtin})).all())
    whole, quick = ways
    assert quick == whole
    assert [row[2:5] for row in quick] == [
        ("phone", "01", False),
        ("phone", "01", False),
        ("phone", "19", True),
        ("phone", None, False),
        ("phone", None, False),
        ("robot", None, False),
    ]


async def test_the_stored_page_stays_small(person: httpx.AsyncClient, db: Database) -> None:
    """What travels is not larger than the same page compressed in one go."""
    lot = await keep_lot(db)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)
    answer = await person.get(path)
    assert int(answer.headers["Content-Length"]) < len(gzip.compress(answer.content, 6)) + 20
