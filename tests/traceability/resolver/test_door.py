"""The quick door: the same answers as the whole way, and never an old one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select, text

from app.core.db import Database
from app.web.cache import EVERYTHING, invalidate
from app.web.house import House
from tests.factories import traceability as made
from tests.queries import count_queries
from traceability.labels.models import LabelSheet, Serial, SerialState
from traceability.labels.press import link_of, open_press
from traceability.lots.models import Lot, LotState
from traceability.resolver.desk import LabelDesk
from traceability.scans.models import Suspect
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
    """The same question by the whole way, for the story is not stored, and by the door, which asks for a label alone."""
    house.cache.drop(EVERYTHING)
    answers = []
    for most in (100, 1 if "/21/" in path else 0):
        await forget_looks(house)
        person.cookies.clear()
        statements = count_queries(house.database.engine)
        answers.append(await person.get(path, headers=headers))
        assert len(statements) <= most, statements
    slow, quick = answers
    return slow, quick


async def forget_looks(house: House) -> None:
    """Nobody has looked at anything."""
    await house.port(ScanBuffer).flush()
    async with house.database.transaction() as session:
        await session.execute(text("DELETE FROM scans"))


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_both_ways_answer_alike(
    person: httpx.AsyncClient, db: Database, house: House, encoding: str
) -> None:
    """Product, lot and label, of every kind: status, every header and every byte are those of the whole way."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
        void = await made.make_serial(session, lot, state=SerialState.VOID)
        scratched = await made.make_serial(session, lot)
        (await session.get_one(LabelSheet, scratched.sheet_id)).has_pin = True
    signed = link_of(open_press("", house.secret), gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)
    lots_own = f"/01/{lot.gtin}/10/{lot.code}"
    for path, more in (
        (f"/01/{lot.gtin}", {}),
        (lots_own, {}),
        (f"{lots_own}/21/{serial.serial}", {}),
        (signed, {}),
        (signed, {"Cookie": "province=01"}),
        (signed, {"User-Agent": "a bot"}),
        (signed, {"Accept-Language": "en"}),
        (f"{lots_own}/21/{void.serial}", {}),
        (f"{lots_own}/21/{scratched.serial}", {}),
    ):
        slow, quick = await both_ways(person, house, path, **{"Accept-Encoding": encoding, **more})
        assert told(quick) == told(slow), path
        assert quick.headers.get("Content-Encoding", "identity") == encoding
        assert ("looked=" in quick.headers.get("Set-Cookie", "")) == ("/21/" in path)


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
            (f"{path}/21/A%2FB", "chưa từng được in ra"),
            (f"/01/{lot.gtin}/21/{serial.serial}", "Nhãn này đã được in"),
            (f"/01/{lot.gtin}/10/NOPE", "Số lô này không có trong sổ"),
            (f"{path}/", "có sổ ghi chép"),
        ):
            answer = await person.get(asked)
            assert (answer.status_code, said in answer.text) == (200, True), asked
        assert (await person.get(f"{path}/21/S%20S")).status_code == 400
        assert (await person.get(path, headers={"Accept": "*/*"})).status_code == 307
        assert "Best before" in (await person.get(path, headers={"Cookie": "x=1; lang=en"})).text
        assert (
            "Best before" in (await person.get(path, headers=[("Cookie", "x=1"), ("Cookie", "lang=en")])).text
        )
        assert "Best before" in (await person.get(path, headers={"Accept-Language": "en"})).text
        assert "Best before" not in (await person.get(path)).text
        assert (await person.head(path)).status_code == 200


async def test_an_address_that_ends_before_its_serial_is_refused_also_when_stored(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """A Digital Link with a qualifier and no value is none, whichever way answers; nothing is counted."""
    lot = await keep_lot(db)
    for path in (f"/01/{lot.gtin}/21/", f"/01/{lot.gtin}/10/{lot.code}/21/"):
        for _stored in range(2):
            assert (await person.get(path)).status_code == 400, path
            assert (await person.get(path.removesuffix("21/"))).status_code == 200


async def test_a_serial_that_is_no_text_has_no_proof(person: httpx.AsyncClient, db: Database) -> None:
    """A zero byte in the query is a serial that nobody issued, and no fault of ours."""
    lot = await keep_lot(db)
    assert (await person.get(f"/proof/{lot.gtin}/{lot.code}?serial=%00")).status_code == 404


async def test_a_label_answers_for_itself_and_at_this_moment(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """What the door keeps are words: whose label it is, how often it was looked at and where one is now are its own."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        one, two = await made.make_serial(session, lot), await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)

    async def look(serial: str, **headers: str) -> str:
        person.cookies.clear()
        answer = await person.get(f"{path}/21/{serial}", headers=headers)
        assert f'value="{path}/21/{serial}"' in answer.text and f"serial={serial}" in answer.text
        return answer.text

    assert "người quét đầu tiên" in await look(one.serial)
    assert "đã được quét 1 lần" in await look(one.serial)
    assert "người quét đầu tiên" in await look(two.serial)
    await house.port(ScanBuffer).flush()
    assert "đã được quét 2 lần" in await look(one.serial, **{"User-Agent": "a bot"})
    await house.port(ScanBuffer).flush()  # written, and no person
    assert "đã được quét 2 lần" in await look(one.serial)
    assert "đã được quét 3 lần" in await look(one.serial, Cookie="province=96")
    assert "đã được quét 1 lần" in await look(two.serial)
    async with db.transaction() as session:
        (await session.get_one(Serial, two.id)).state = SerialState.VOID
    assert "Nhãn này đã bị hủy" in await look(two.serial)


async def test_a_reload_is_no_second_look(person: httpx.AsyncClient, db: Database, house: House) -> None:
    """By the cookie that the door leaves a browser is known again, and its own look is not held against it."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)
    for _again in range(3):
        assert "người quét đầu tiên" in (await person.get(f"{path}/21/{serial.serial}")).text
    await house.port(ScanBuffer).flush()
    async with db.transaction() as session:
        asked = text("SELECT count(*) FROM scans WHERE serial = :serial")
        looks = await session.scalar(asked, {"serial": serial.serial})
    assert looks == 1


async def test_a_label_in_two_places_is_called_suspicious_by_the_door_too(
    person: httpx.AsyncClient, db: Database, house: House
) -> None:
    """The door judges as the whole way does, and what it found is written down."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)
    for code in ("01", "96", "01", "96"):
        person.cookies.clear()
        answer = await person.get(f"{path}/21/{serial.serial}", headers={"Cookie": f"province={code}"})
    assert "dấu hiệu đáng ngờ" in answer.text
    await house.port(ScanBuffer).flush()
    async with db.transaction() as session:
        assert await session.scalar(select(Suspect.serial_id)) == serial.id


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


async def test_a_crowd_shares_one_query(db: Database, house: House) -> None:
    """The first asks alone; whoever comes meanwhile is answered by one query more, each for its own label."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serials = [(await made.make_serial(session, lot)).serial for _ in range(20)]
    desk = LabelDesk(house)
    statements = count_queries(db.engine)
    first = asyncio.create_task(desk.find(lot.gtin, serials[0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone = asyncio.create_task(desk.find(lot.gtin, serials[1]))
    found = asyncio.gather(*(desk.find(lot.gtin, serial) for serial in [*serials, serials[0], "NEVER"]))
    await asyncio.sleep(0)
    gone.cancel()
    *labels, again, never = await found
    assert (await first) == again == labels[0] and never.label is None
    assert len({scanned.label.id for scanned in labels if scanned.label}) == 20
    assert {scanned.label.lot_id for scanned in labels if scanned.label} == {lot.id}
    assert len(statements) == 2


async def test_a_lost_database_is_told_to_everybody_who_waited(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and the desk goes on afterwards."""
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    monkeypatch.setattr(house, "database", away)
    desk = LabelDesk(house)
    for _again in range(2):
        waiting = [asyncio.create_task(desk.find("1", str(number))) for number in range(3)]
        await asyncio.sleep(0)
        waiting[2].cancel()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, BaseException) for result in results)
    await away.close()


async def test_a_label_is_not_answered_from_memory_while_the_database_is_away(
    person: httpx.AsyncClient, db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be asked goes the whole way, which says so; afterwards the label answers again."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    await person.get(path)
    away = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    with monkeypatch.context() as patch:
        patch.setattr(house, "database", away)
        assert (await person.get(path)).status_code >= 500
    await away.close()
    assert (await person.get(path)).status_code == 200


async def test_the_stored_page_stays_small(person: httpx.AsyncClient, db: Database) -> None:
    """What travels is not larger than the same page compressed in one go, but for what is a label's own."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    for path, more in (
        (f"/01/{lot.gtin}/10/{lot.code}", 20),
        (f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}", 900),
    ):
        await person.get(path)
        answer = await person.get(path)
        assert int(answer.headers["Content-Length"]) < len(gzip.compress(answer.content, 6)) + more


async def count_firsts(app: object, path: str, *, count: int = 5) -> int:
    """How many of so many strangers who look at the same moment are told that they are the first."""
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]

    async def look() -> str:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8000", headers=PERSON
        ) as stranger:
            return (await stranger.get(path)).text

    return sum(
        "người quét đầu tiên" in said for said in await asyncio.gather(*(look() for _ in range(count)))
    )


@pytest.mark.parametrize("is_stored", [True, False])
async def test_of_many_at_once_one_is_the_first(
    person: httpx.AsyncClient, app: object, db: Database, *, is_stored: bool
) -> None:
    """A label that was copied and is opened many times at one moment is new to one of them, on both ways."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    if is_stored:
        await person.get(path)
    assert await count_firsts(app, f"{path}/21/{serial.serial}") == 1


async def test_without_the_looks_since_all_are_the_first(
    person: httpx.AsyncClient, app: object, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: judged by what was read alone, each of them is the first."""
    lot = await keep_lot(db)
    async with db.transaction() as session:
        serial = await made.make_serial(session, lot)
    path = f"/01/{lot.gtin}/10/{lot.code}"
    await person.get(path)
    monkeypatch.setattr(ScanBuffer, "add_later", lambda _self, found, **_name: found)
    assert await count_firsts(app, f"{path}/21/{serial.serial}") == 5
