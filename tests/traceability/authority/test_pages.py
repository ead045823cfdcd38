"""The authority's pages over HTTP: a producer finds what a lot lacks and mends it; an inspector looks, and is seen looking."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import httpx
from sqlalchemy import select

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Role
from producers.diaries.models import EntryKind
from storefront.fulfilment import service as fulfilment
from storefront.orders import parcels
from tests.factories import orders, people, storefront
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.fakes.clock import FrozenClock
from traceability.authority.inspector_routes import MOST_TRIES
from traceability.authority.models import InspectorLook
from traceability.chronicle import service as chronicle
from traceability.lots.models import Lot, LotSource

NOW = made.NOW


async def make_key(
    db: Database, *, kind: KeyKind = KeyKind.INSPECTOR, ends_in: timedelta | None = None
) -> str:
    """An inspector's key of the department."""
    async with db.transaction() as session:
        return await keys.create_key(
            session,
            kind=kind,
            name="Chi cục Chất lượng Thái Nguyên",
            ends_at=NOW + ends_in if ends_in else None,
            now=NOW,
        )


async def make_sold_lot(db: Database) -> tuple[made.Workshop, Lot]:
    """A lot of tea of which one order left."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        entry = await made.make_harvest(session, shop)
        await made.make_harvest(
            session, shop, kind=EntryKind.DRY, quantity_g=10_000, performed_at=NOW - timedelta(hours=3)
        )
        lot = await made.make_lot(session, shop, entry_id=entry.id)
        await storefront.make_stock(session, shop.variant, lot_id=lot.id)
        order = await orders.make_paid_order(session, shop.variant)
        [parcel] = await parcels.list_parcels(session, order)
        how = {
            "consignment_id": parcel.consignment.id,
            "producer_id": shop.producer.id,
            "person_id": shop.person_id,
        }
        await fulfilment.confirm(session, now=NOW, **how)
        await fulfilment.pack(session, scanned="", now=NOW, **how)
        await fulfilment.ship(session, carrier="Bưu điện", tracking_number="", now=NOW, **how)
    return shop, lot


async def test_a_producer_finds_what_a_lot_lacks(client: httpx.AsyncClient, db: Database) -> None:
    """The list names the lot that lacks most first; a lot's page says what mends it, and the mended item is there after."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        bad = await made.make_lot(session, shop, entry_id=(await made.make_harvest(session, shop)).id)
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=Role.MANAGER)
        await people.log_in(session, client, membership.person_id)
        source = (await session.scalars(select(LotSource).where(LotSource.lot_id == bad.id))).one()
        entry_id = source.diary_entry_id
    assert entry_id is not None
    await client.post(f"/producer/diary/{entry_id}/void", data={"id": str(uuid7())})
    listed = (await client.get("/producer/audit")).text
    assert listed.index(bad.code) < listed.index(lot.code) and "Thiếu" in listed
    page = (await client.get(f"/producer/audit/{lot.id}")).text
    assert (
        "Mười mục của Thông tư 02/2024" in page and "Nghị định 37/2026" in page and "Thông tư 17/2021" in page
    )
    assert "Bạn nhập giấy VietGAP" in page and 'href="/producer/certificates"' in page
    assert "Giữ mọi giấy tờ của lô đến hết ngày 12/11/2028" in page and "Chưa ai xem" in page
    async with db.transaction() as session:
        await grown.make_certificate(session, producer_id=shop.producer.id)
    assert "Bạn nhập giấy VietGAP" not in (await client.get(f"/producer/audit/{lot.id}")).text
    assert "Lô còn thiếu gì" in (await client.get("/producer/lots")).text
    lost = (await client.get(f"/producer/audit/{bad.id}")).text
    assert "đã bị rút khỏi sổ" in lost


async def test_a_stranger_finds_no_lot_of_ours(client: httpx.AsyncClient, db: Database) -> None:
    """Another producer's lot does not exist; a book of nothing says so."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        await people.log_in(session, client, (await grown.make_membership(session)).person_id)
    assert (await client.get(f"/producer/audit/{lot.id}")).status_code == 404
    assert (await client.get(f"/producer/audit/{lot.id}/record.xlsx")).status_code == 404
    assert "Chưa có lô nào" in (await client.get("/producer/audit")).text


async def test_the_papers_are_a_workbook(client: httpx.AsyncClient, db: Database) -> None:
    """The file holds lots, items, what came in, stages and what left, and names no buyer."""
    shop, lot = await make_sold_lot(db)
    async with db.transaction() as session:
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=Role.PACKER)
        await people.log_in(session, client, membership.person_id)
    for path in (f"/producer/audit/{lot.id}/record.xlsx", "/producer/audit/record.xlsx"):
        answer = await client.get(path)
        assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
        book = ZipFile(BytesIO(answer.content))
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        assert names == ["Các lô", "Từng mục", "Nhập vào", "Công đoạn", "Bán ra"]
        said = book.read("xl/sharedStrings.xml").decode()
        for words in (lot.code, f"(01){lot.gtin} (10){lot.code}", "Sấy khô", "Đóng thành lô", "người mua lẻ"):
            assert words in said
        assert orders.make_recipient().name not in said
        assert book.read("xl/worksheets/sheet2.xml").decode().count("<row ") >= 1 + 10 + 7 + 4


async def test_an_inspector_looks_and_is_seen_looking(client: httpx.AsyncClient, db: Database) -> None:
    """Key once, then the lot by its code, its GTIN and lot, or its link; no buyer is named; the producer sees who looked."""
    shop, lot = await make_sold_lot(db)
    key = await make_key(db)
    asked = await client.get(f"/authority/lots/{lot.gtin}/{lot.code}")
    assert asked.status_code == 401 and "Khóa của người kiểm tra" in asked.text
    assert (await client.get(f"/authority/lots/{lot.gtin}/{lot.code}/record.xlsx")).status_code == 401
    opened = await client.post("/authority/login", data={"key": f" {key} "})
    assert opened.status_code == 303 and "HttpOnly" in opened.headers["set-cookie"]
    desk = await client.get("/authority")
    assert "Chi cục Chất lượng Thái Nguyên" in desk.text and key not in desk.text
    link = f"http://127.0.0.1:8000/01/{lot.gtin}/10/{lot.code}/21/ABC?x=1"
    for typed in (lot.code, f"{lot.gtin} {lot.code}", link, f"(01){lot.gtin} (10){lot.code}"):
        found = await client.get("/authority", params={"code": typed})
        assert found.headers["location"] == f"/authority/lots/{lot.gtin}/{lot.code}"
    for typed in ("KHONG CO", f"/01/{lot.gtin}/10/a%00"):
        nothing = await client.get("/authority", params={"code": typed})
        assert "Không có lô nào mang mã này" in nothing.text
    page = (await client.get(f"/authority/lots/{lot.gtin}/{lot.code}")).text
    assert shop.farm.name in page and "1 đơn của người mua lẻ" in page and "Sấy khô" in page
    assert f"/passport/{lot.gtin}/{lot.code}" in page and f"/proof/{lot.gtin}/{lot.code}" in page
    assert orders.make_recipient().name not in page
    assert (await client.get(f"/authority/lots/{lot.gtin}/NOPE")).status_code == 404
    book = await client.get(f"/authority/lots/{lot.gtin}/{lot.code}/record.xlsx")
    assert book.status_code == 200
    async with db.transaction() as session:
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=Role.MANAGER)
        await people.log_in(session, client, membership.person_id)
    seen = (await client.get(f"/producer/audit/{lot.id}")).text
    assert "Chi cục Chất lượng Thái Nguyên" in seen and "tải tệp" in seen and "xem trang" in seen
    assert "Cơ quan đã xem 2 lần" in (await client.get("/producer/audit")).text
    await client.post("/authority/logout")
    assert "Khóa của người kiểm tra" in (await client.get("/authority")).text


async def test_a_code_of_several_lots_offers_them(client: httpx.AsyncClient, db: Database) -> None:
    """The same lot code under two products is a list; lots of a practice farm are nowhere."""
    async with db.transaction() as session:
        shop, other = await made.make_workshop(session), await made.make_workshop(session)
        for one in (shop, other):
            await made.make_lot(session, one, code="TC1")
    await client.post("/authority/login", data={"key": await make_key(db)})
    page = (await client.get("/authority", params={"code": "TC1"})).text
    assert shop.variant.gtin in page and other.variant.gtin in page


async def test_a_key_that_is_wrong_or_over_opens_nothing(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """Other kinds, ended keys and ended sessions are refused, and a flood of wrong keys is stopped."""
    short = await make_key(db, ends_in=timedelta(hours=1))
    assert (await client.post("/authority/login", data={"key": short})).status_code == 303
    assert "Tra lô hàng" in (await client.get("/authority")).text
    house.clock = FrozenClock(NOW + timedelta(hours=2))
    assert "Tra lô hàng" not in (await client.get("/authority")).text
    for wrong in (short, await make_key(db, kind=KeyKind.EPCIS)):
        refused = await client.post("/authority/login", data={"key": wrong})
        assert refused.status_code == 422 and "không đúng, hoặc đã hết hạn" in refused.text
        assert wrong not in refused.text
    assert (await client.post("/authority/login", data={"key": ""})).status_code == 422
    for _again in range(MOST_TRIES - 2):
        await client.post("/authority/login", data={"key": "x"})
    assert (await client.post("/authority/login", data={"key": "x"})).status_code == 429
    good = await make_key(db)
    assert (await client.post("/authority/login", data={"key": good})).status_code == 303


async def test_a_program_reads_the_papers(client: httpx.AsyncClient, db: Database) -> None:
    """With the key in the header the papers are JSON; without it, or with a wrong one, a problem."""
    _shop, lot = await make_sold_lot(db)
    path = f"/api/authority/lots/{lot.gtin}/{lot.code}"
    assert (await client.get(path)).status_code == 401
    wrong = await client.get(path, headers={"Authorization": "Bearer nothing"})
    assert wrong.status_code == 401 and wrong.headers["content-type"] == "application/problem+json"
    key = await make_key(db)
    body = (await client.get(path, headers={"Authorization": f"Bearer {key}"})).json()
    assert body["lot"]["code"] == lot.code and body["retention"]["until"] == "2028-11-12"
    assert [one["number"] for one in body["checks"]["circular_02"]] == list(range(1, 11))
    assert body["outgoing"] == [
        {"day": "2026-11-12", "orders": 1, "quantity": 1, "is_weight": False, "buyers": "người mua lẻ"}
    ]
    assert body["incoming"][0]["grams"] == 45_000 and body["stages"][-1]["grams_out"] == 10_000
    assert body["links"]["proof"] == f"/proof/{lot.gtin}/{lot.code}"
    async with db.transaction() as session:
        await chronicle.tell(session, now=NOW)
    header = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    told = (await client.get(body["links"]["events"], headers=header)).json()
    steps = [one["bizStep"] for one in told["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]
    assert "packing" in steps
    async with db.transaction() as session:
        [look] = await session.scalars(select(InspectorLook))
    assert look.lot_id == lot.id
    for _again in range(MOST_TRIES):
        limited = await client.get(path, headers={"Authorization": "Bearer nothing"})
    assert limited.status_code == 429
