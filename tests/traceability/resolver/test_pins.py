"""The PIN on the scan page: asked only where there is one, never in an address, tried at most so often."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from app.accounts.models import Attempt
from app.core.db import Database
from app.web.house import House
from producers.cooperatives.models import Producer
from tests.factories import traceability as made
from traceability.labels import pins, service
from traceability.labels.models import Serial
from traceability.labels.press import link_of, open_press
from traceability.labels.schemas import Layout
from traceability.lots.models import Lot, LotState

NOW = made.NOW
ADDRESS = "/verify/pin"


class Pack:
    """A pack with a PIN, and what its label's form sends."""

    def __init__(self, house: House, lot: Lot, serial: Serial) -> None:
        self.lot = lot
        self.serial = serial
        self.pin = pins.pin_of(pins.pin_key(house.secret), gtin=lot.gtin, serial=serial.serial)
        self.wrong = f"{(int(self.pin) + 1) % 1_000_000:06}"
        press = open_press(house.settings.public_url, house.secret)
        self.link = link_of(press, gtin=lot.gtin, lot_code=lot.code, serial=serial.serial)

    def form(self, pin: str, **more: str) -> dict[str, str]:
        """The fields of the form."""
        return {
            "gtin": self.lot.gtin,
            "lot": self.lot.code,
            "serial": self.serial.serial,
            "pin": pin,
            **more,
        }


@pytest.fixture
async def pack(db: Database, house: House) -> Pack:
    """A pack whose label has a PIN."""
    return await make_pack(db, house)


async def make_pack(db: Database, house: House, **of_lot: object) -> Pack:
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        sheet = await service.print_labels(
            session,
            lot_id=lot.id,
            count=1,
            layout=Layout.A4,
            person_id=lot.created_by_id,
            now=NOW,
            has_pin=True,
        )
        [serial] = await service.list_serials(session, sheet.id)
        for name, value in of_lot.items():
            setattr(lot, name, value)
    return Pack(house, lot, serial)


async def test_the_form_stands_where_there_is_a_pin(
    client: httpx.AsyncClient, db: Database, pack: Pack
) -> None:
    """A label with a PIN asks for it, one without does not, nor one with a wrong signature; the form names no PIN."""
    page = (await client.get(pack.link)).text
    assert f'action="{ADDRESS}"' in page and 'method="post"' in page and pack.pin not in page
    assert pack.pin[:3] + " " + pack.pin[3:] not in page
    async with db.transaction() as session:
        plain = await made.make_serial(session, await session.get_one(Lot, pack.lot.id))
    for address in (
        f"/01/{pack.lot.gtin}/10/{pack.lot.code}/21/{plain.serial}",
        f"/01/{pack.lot.gtin}/10/{pack.lot.code}",
        f"/01/{pack.lot.gtin}/10/NOPE/21/{pack.serial.serial}",
        pack.link[:-1] + ("A" if pack.link[-1] != "A" else "B"),
    ):
        assert ADDRESS not in (await client.get(address)).text, address


async def test_first_and_later_are_told_apart(client: httpx.AsyncClient, house: House, pack: Pack) -> None:
    """The first right PIN is the first; the next hears the hour, the day and the province of the first."""
    house.clock.advance(minutes=40)
    spelled = f" {pack.pin[:3]}-{pack.pin[3:]} "
    client.cookies.set("province", "19")
    first = await client.post(ADDRESS, data=pack.form(spelled))
    assert first.status_code == 200 and "bạn là người đầu tiên" in first.text
    assert first.headers["cache-control"] == "private, no-store"
    assert "đã dùng lúc 9 giờ ngày 12/11/2026, ở Thái Nguyên" in first.text
    house.clock.advance(days=3)
    client.cookies.set("province", "01")
    later = await client.post(ADDRESS, data=pack.form(pack.pin))
    assert "đã có người dùng" in later.text
    assert "Lần đầu: lúc 9 giờ ngày 12/11/2026, ở Thái Nguyên" in later.text
    assert "<form" not in later.text


async def test_a_province_need_not_be_said(client: httpx.AsyncClient, pack: Pack) -> None:
    """Without a province, or with one that there is not, the hour alone is kept."""
    client.cookies.set("province", "77")
    first = await client.post(ADDRESS, data=pack.form(pack.pin))
    assert "đã dùng lúc 9 giờ ngày 12/11/2026." in first.text


async def test_wrong_pins_are_counted_and_then_wait(
    client: httpx.AsyncClient, house: House, pack: Pack
) -> None:
    """Five tries an hour and ten a day: each says how many are left, then how long to wait, also for the right one."""
    for left in (4, 3, 2, 1):
        answer = await client.post(ADDRESS, data=pack.form(pack.wrong))
        assert answer.status_code == 422 and f"Còn {left} lần thử" in answer.text and "<form" in answer.text
    house.clock.advance(minutes=20)
    last = await client.post(ADDRESS, data=pack.form(pack.wrong))
    assert "Đã hết lượt thử. Bạn thử lại sau 40 phút nữa nhé." in last.text and "<form" not in last.text
    house.clock.advance(minutes=10)
    refused = await client.post(ADDRESS, data=pack.form(pack.pin))
    assert refused.status_code == 429 and "Bạn thử lại sau 30 phút" in refused.text
    house.clock.advance(minutes=51)
    for _try in range(5):
        await client.post(ADDRESS, data=pack.form(pack.wrong))
    refused = await client.post(ADDRESS, data=pack.form(pack.pin))
    assert refused.status_code == 429 and "Bạn thử lại sau 23 giờ" in refused.text
    house.clock.advance(hours=23)
    assert "người đầu tiên" in (await client.post(ADDRESS, data=pack.form(pack.pin))).text


async def test_one_label_says_nothing_of_another(
    client: httpx.AsyncClient, db: Database, house: House, pack: Pack
) -> None:
    """Who used up one label's tries may try another, until the visitor's own are used up."""
    others = [await make_pack(db, house) for _number in range(6)]
    for _try in range(5):
        await client.post(ADDRESS, data=pack.form(pack.wrong))
    for other in others[:5]:
        for _try in range(5):
            answer = await client.post(ADDRESS, data=other.form(other.wrong))
            assert answer.status_code == 422
    assert (await client.post(ADDRESS, data=others[5].form(others[5].pin))).status_code == 429
    house.clock.advance(hours=1)
    assert (await client.post(ADDRESS, data=others[5].form(others[5].pin))).status_code == 200


async def test_all_together_have_a_limit(
    client: httpx.AsyncClient, db: Database, house: House, pack: Pack
) -> None:
    """A thousand tries an hour over all labels and visitors: the next waits, whoever it is."""
    async with db.transaction() as session:
        session.add_all(
            Attempt(kind="label_pin_all", key="", created_at=NOW - timedelta(minutes=30))
            for _number in range(1_000)
        )
    assert (await client.post(ADDRESS, data=pack.form(pack.pin))).status_code == 429
    house.clock.advance(minutes=30)
    assert (await client.post(ADDRESS, data=pack.form(pack.pin))).status_code == 200


async def test_a_slip_of_the_finger_costs_no_try(client: httpx.AsyncClient, db: Database, pack: Pack) -> None:
    """What is not six digits is asked for again and counted nowhere."""
    for typed in ("", "12345", "abc def"):
        answer = await client.post(ADDRESS, data=pack.form(typed))
        assert answer.status_code == 422 and "đúng 6 số" in answer.text and "<form" in answer.text
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 0


async def test_refusals_keep_their_count(client: httpx.AsyncClient, db: Database, pack: Pack) -> None:
    """A label that was never printed has no PIN; the try is counted although nothing else is written."""
    answer = await client.post(ADDRESS, data=pack.form("123456", serial="NEVER"))
    assert answer.status_code == 422 and "không có mã cào trong sổ" in answer.text
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Attempt)) == 3


async def test_what_matters_more_than_a_pin_is_said_too(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """The right PIN of a recalled lot says that the lot is recalled."""
    pack = await make_pack(db, house, state=LotState.RECALLED)
    page = (await client.post(ADDRESS, data=pack.form(pack.pin))).text
    assert "người đầu tiên" in page and "Lô này đã bị thu hồi" in page


async def test_practice_labels_say_what_they_are(
    client: httpx.AsyncClient, db: Database, house: House, pack: Pack
) -> None:
    """A PIN from a practice farm is met with the words for practice labels."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        practice = Producer(
            slug="vuon-tap",
            name="Vườn tập",
            kind=shop.producer.kind,
            phone="+84912345678",
            commune_code=shop.producer.commune_code,
            gs1_prefix="952999999",
            is_practice=True,
            created_at=NOW,
        )
        session.add(practice)
        await session.flush()
        shop.listing.state = "draft"
        shop.listing.producer_id = practice.id
        lot = await made.make_lot(session, shop)
    fields = pack.form("123456", gtin=lot.gtin, lot=lot.code, serial="X")
    answer = await client.post(ADDRESS, data=fields)
    assert answer.status_code == 404 and "nhãn tập" in answer.text


async def test_odd_forms_are_refused_in_words(client: httpx.AsyncClient, pack: Pack) -> None:
    """No label leads to the page of all labels, in the language asked for; a GTIN that is none says so."""
    nothing = await client.post(ADDRESS, data={"pin": "123456"})
    assert (nothing.status_code, nothing.headers["location"]) == (303, "/verify")
    assert (await client.get(f"{ADDRESS}?lang=en")).headers["location"] == "/verify?lang=en"
    bad = await client.post(ADDRESS, data=pack.form("123456", gtin="12"))
    assert bad.status_code == 400 and "14 chữ số" in bad.text


async def test_the_scan_page_with_a_pin_is_one_small_answer(client: httpx.AsyncClient, pack: Pack) -> None:
    """With the form and all provinces the page asks for no second file and stays small; so does the answer."""
    for answer in (await client.get(pack.link), await client.post(ADDRESS, data=pack.form(pack.wrong))):
        page = answer.text
        assert not re.findall(r'<(?:link|img)[^>]+(?:href|src)="(?!data:)', page) and "<script" not in page
        assert len(gzip.compress(answer.content, 6)) <= 14_000
        assert page.count('<option value="') <= 35
