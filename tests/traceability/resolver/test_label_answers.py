"""What the scan page says of one label: who looked before, when and in which province."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.core.db import Database
from app.web.house import House
from tests.factories import traceability as made
from tests.fakes.clock import FrozenClock
from tests.queries import count_queries
from traceability.labels.models import SerialState
from traceability.scans.models import Suspect
from traceability.scans.service import ScanBuffer

NewClient = Callable[[], httpx.AsyncClient]
FIRST = "Bạn là người quét đầu tiên"


@pytest.fixture
async def address(db: Database) -> str:
    """The address of one printed label."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        serial = await made.make_serial(session, lot)
    return f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"


async def say_province(visitor: httpx.AsyncClient, code: str, back: str) -> httpx.Response:
    return await visitor.post("/verify/province", data={"province": code, "back": back})


async def look(new_client: NewClient, address: str, province: str | None = None) -> str:
    """Somebody else scans the label (and says where); answers the page that they end on."""
    async with new_client() as visitor:
        page = (await visitor.get(address)).text
        if province is not None:
            answer = await say_province(visitor, province, address)
            page = (await visitor.get(answer.headers["Location"])).text
        return page


async def test_a_reload_is_no_second_look(
    client: httpx.AsyncClient, new_client: NewClient, address: str, house: House
) -> None:
    """Whoever reloads stays the first; written or not, in this hour or the next, others count them once."""
    for _again in range(2):
        assert FIRST in (await client.get(address)).text
        await house.port(ScanBuffer).flush()
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(hours=1)
    assert FIRST in (await client.get(address)).text
    assert "đã được quét 1 lần" in await look(new_client, address)
    house.clock.advance(hours=2)
    assert "đã được quét 2 lần" in (await client.get(address)).text


@pytest.mark.parametrize("is_written", [False, True])
async def test_the_province_that_one_says_is_told_to_the_next(
    client: httpx.AsyncClient, new_client: NewClient, address: str, house: House, *, is_written: bool
) -> None:
    """Said without a script, led back, still the first; the next one reads when and in which province."""
    page = (await client.get(f"{address}?lang=vi")).text
    assert "Bạn đang cầm gói hàng ở tỉnh nào?" in page
    assert '<option value="96">Cà Mau</option>' in page
    if is_written:
        await house.port(ScanBuffer).flush()
    answer = await say_province(client, "96", f"{address}?lang=vi")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}?lang=vi")
    own = (await client.get(address)).text
    assert FIRST in own
    assert "Gói hàng đang ở Cà Mau" in own
    theirs = await look(new_client, address)
    assert "đã được quét 1 lần" in theirs
    assert "Lần đầu: ngày 12/11/2026, ở Cà Mau." in theirs
    assert "Lần gần đây nhất" not in theirs


async def test_the_province_is_remembered_and_can_be_corrected(
    client: httpx.AsyncClient, new_client: NewClient, address: str, db: Database, house: House
) -> None:
    """The next labels are scanned there too, until the visitor says otherwise; one look is in one province."""
    await client.get(address)
    await say_province(client, "96", address)
    await say_province(client, "92", address)
    assert "Lần đầu: ngày 12/11/2026, ở Cần Thơ." in await look(new_client, address)
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        serial = await made.make_serial(session, lot)
    other = f"/trace/{lot.gtin}/{lot.code}/{serial.serial}"
    assert "Gói hàng đang ở Cần Thơ" in (await client.get(other)).text
    await house.port(ScanBuffer).flush()
    assert "đã được quét 1 lần" in (theirs := await look(new_client, other))
    assert "ở Cần Thơ" in theirs
    answer = await say_province(client, "01", other)
    assert answer.headers["Location"] == other


async def test_first_and_latest_are_told(new_client: NewClient, address: str, house: House) -> None:
    """Of several looks the first and the latest are told, each with its day and province."""
    assert isinstance(house.clock, FrozenClock)
    await look(new_client, address, "19")
    house.clock.advance(days=9)
    await look(new_client, address, "01")
    page = await look(new_client, address)
    assert "Lần đầu: ngày 12/11/2026, ở Thái Nguyên." in page
    assert "Lần gần đây nhất: ngày 21/11/2026, ở Hà Nội." in page


@pytest.mark.parametrize(
    "back",
    [
        "",
        "//evil.example/01/",
        "https://evil.example/01/1",
        "/orders",
        "/trace/1/2/3/4/5",
        "/01/123",
        "/trace/",
    ],
)
async def test_nobody_is_led_astray(client: httpx.AsyncClient, back: str) -> None:
    """The form leads back to a label's page and nowhere else."""
    answer = await say_province(client, "01", back)
    assert (answer.status_code, answer.headers["Location"].removeprefix("http://127.0.0.1:8000")) == (
        303,
        "/verify",
    )


async def test_a_province_that_does_not_exist_is_not_kept(
    client: httpx.AsyncClient, new_client: NewClient, address: str
) -> None:
    """Nonsense in the form or in the cookie is as good as nothing said."""
    await client.get(address)
    answer = await say_province(client, "00", address)
    assert answer.headers["Location"] == address
    assert "province" not in client.cookies
    client.cookies.set("province", "'; DROP")
    assert "Bạn đang cầm gói hàng ở tỉnh nào?" in (await client.get(address)).text
    assert "không rõ ở đâu" in await look(new_client, address)


async def test_nobody_places_a_look_that_is_not_theirs(
    client: httpx.AsyncClient, new_client: NewClient, address: str
) -> None:
    """Without having looked one says only where one is oneself; nobody else's look moves."""
    await look(new_client, address)
    await say_province(client, "96", address)
    await say_province(client, "96", address.partition("/21/")[0])
    assert "ở Cà Mau" not in await look(new_client, address)


async def test_a_proxy_is_believed_only_when_the_operator_says_so(
    new_client: NewClient, address: str, house: House
) -> None:
    """A header names the province when the settings name the header; the visitor's own word goes first."""
    told = {"X-Province": "46"}
    async with new_client() as visitor:
        assert "Bạn đang cầm" in (await visitor.get(address, headers=told)).text
    before = house.settings
    house.settings = before.model_copy(update={"province_header": "X-Province"})
    try:
        async with new_client() as visitor:
            assert "Gói hàng đang ở Huế" in (await visitor.get(address, headers=told)).text
            await say_province(visitor, "48", address)
            assert "Gói hàng đang ở Đà Nẵng" in (await visitor.get(address, headers=told)).text
        async with new_client() as visitor:
            wrong = await visitor.get(address, headers={"X-Province": "VN-26"})
            assert "Bạn đang cầm" in wrong.text
    finally:
        house.settings = before


async def test_robots_and_looking_for_a_head_count_nothing(
    client: httpx.AsyncClient, new_client: NewClient, address: str
) -> None:
    """A preview's robot and a HEAD request leave the next visitor the first."""
    await client.get(address, headers={"User-Agent": "facebookexternalhit/1.1"})
    async with new_client() as machine:
        await machine.head(address)
    assert FIRST in await look(new_client, address)


async def test_a_label_costs_one_query(new_client: NewClient, address: str, house: House) -> None:
    """However often it was scanned: the label and the looks together, once the story is stored."""
    for _somebody in range(3):
        await look(new_client, address)
    await house.port(ScanBuffer).flush()
    async with new_client() as visitor:
        statements = count_queries(house.database.engine)
        assert "đã được quét 3 lần" in (await visitor.get(address)).text
    seen = [statement for statement in statements if "scans" in statement]
    assert len(seen) == 1
    assert len(statements) == 1, statements


async def test_two_places_at_once_is_called_suspicious_and_why(
    new_client: NewClient, address: str, db: Database, house: House
) -> None:
    """The very one who scans the copy reads that it is suspicious, why, and when it was scanned before."""
    await look(new_client, address, "01")
    page = await look(new_client, address, "96")
    await house.port(ScanBuffer).flush()
    async with db.transaction() as session:
        assert await session.scalar(select(Suspect.score)) == 60
    for said in (
        "Nhãn này có dấu hiệu đáng ngờ",
        "Mức nghi ngờ là 60 trên 100",
        "nhãn được quét cả ở Hà Nội lẫn ở Cà Mau",
        "Trước bạn, nhãn đã được quét 1 lần",
        "Lần đầu: ngày 12/11/2026, ở Hà Nội.",
    ):
        assert said in page, said
    assert "answer bad" in page
    assert "hàng thật" not in page
    async with new_client() as visitor:
        english = (await visitor.get(f"{address}?lang=en")).text
        assert "One pack cannot be in two places" in english
        await house.port(ScanBuffer).flush()
        assert "đáng ngờ" in (await visitor.get(f"{address}?lang=vi")).text
    async with db.transaction() as session:
        [suspect] = await session.scalars(select(Suspect))
    assert (suspect.score, [one["kind"] for one in suspect.reasons]) == (60, ["travel"])


async def test_a_robot_makes_nothing_suspicious(
    client: httpx.AsyncClient, new_client: NewClient, db: Database, house: House
) -> None:
    """A spoilt label that people keep scanning is remembered as suspicious; a robot's look remembers nothing."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        serial = await made.make_serial(session, lot, state=SerialState.VOID)
    address = f"/01/{lot.gtin}/10/{lot.code}/21/{serial.serial}"
    buffer = house.port(ScanBuffer)
    for number in range(3):
        buffer.add(
            gtin=lot.gtin,
            lot_code=lot.code,
            serial=serial.serial,
            device_class="phone",
            now=made.NOW - timedelta(hours=number + 1),
        )
    await client.get(address, headers={"User-Agent": "Googlebot"})
    await buffer.flush()
    async with db.transaction() as session:
        assert not list(await session.scalars(select(Suspect)))
    assert "Nhãn này đã bị hủy" in await look(new_client, address)
    await buffer.flush()
    async with db.transaction() as session:
        assert len(list(await session.scalars(select(Suspect)))) == 1


async def test_a_label_with_hundreds_of_looks_says_so(
    new_client: NewClient, address: str, house: House
) -> None:
    """Where looks are too many to be counted exactly, it says more than so many."""
    buffer = house.port(ScanBuffer)
    _root, gtin, _ten, lot, _word, serial = address.removeprefix("/").split("/")
    for number in range(450):
        buffer.add(
            gtin=gtin,
            lot_code=lot,
            serial=serial,
            device_class="phone",
            now=made.NOW - timedelta(minutes=number // 100),
        )
    await buffer.flush()
    page = await look(new_client, address)
    assert "đã được quét hơn 400 lần" in page
