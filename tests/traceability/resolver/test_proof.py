"""The proof of a lot: from the story page to a file that holds without us."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx

from app.core.db import Database
from app.core.events import emit
from app.web.house import House
from tests.factories import traceability as made
from tests.house import NOW
from tests.queries import count_queries
from traceability.chronicle import jobs as chronicle
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.labels.schemas import Layout
from traceability.lots.events import LotMade
from traceability.transparency import commands
from traceability.transparency import jobs as log
from traceability.transparency import service as log_service
from traceability.transparency.notes import cosign, read_checkpoint
from traceability.transparency.service import LogKeeper


async def test_a_lot_proves_itself(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """Waiting, the file is not there; then the file that the story links holds under the log's key, and names the event."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
    address = f"/proof/{lot.gtin}/{lot.code}"
    early = await client.get(address)
    assert early.status_code == 404 and "chờ ít phút" in early.text
    await chronicle.tell(db, now=NOW)
    assert (await client.get(address)).status_code == 404
    await log.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    assert address in (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    answer = await client.get(address)
    assert answer.status_code == 200 and ".tlog-proof" in answer.headers["content-disposition"]
    index, size, entry = commands.verify_file(answer.text, house.port(LogKeeper).key)
    assert (index, size) == (0, 1)
    assert events.describe_entry(entry).startswith("ni:///sha-256;")
    assert (await client.get(f"/proof/{lot.gtin}/NONE")).status_code == 404


async def heard(house: House, generation: int) -> None:
    """Wait until the page cache heard of a change."""
    for _try in range(100):
        if house.cache.generation > generation:
            return
        await asyncio.sleep(0.02)


async def test_the_scan_page_tells_its_proof(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """Not logged, logged, witnessed: lot and label page say each as soon as it is so, though the page is kept."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        serial = await made.make_serial(session, lot)
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
        await log_service.append(session, [b"one", b"two"], now=NOW)
    keeper = house.port(LogKeeper)
    await log.integrate(db, now=NOW, keeper=keeper)
    page = f"/01/{lot.gtin}/10/{lot.code}"
    assert "Lô này chưa vào sổ công khai" in (await client.get(page)).text
    await chronicle.tell(db, now=NOW)
    generation = house.cache.generation
    await log.integrate(db, now=NOW, keeper=keeper)
    await heard(house, generation)
    for address in (page, f"{page}/21/{serial.serial}"):
        said = (await client.get(address)).text
        assert "dòng thứ 3, lúc sổ có 3 dòng" in said and keeper.origin in said
        assert "chưa có bên làm chứng" in said and "chophien verify" in said
        assert f"/proof/{lot.gtin}/{lot.code}" in said and "chưa vào sổ" not in said
    witness = log_service.open_witness("https://witness.example", b"w" * 32)
    known = replace(keeper, witnesses=[witness.key])
    async with db.transaction() as session:
        head = read_checkpoint(await log_service.show_checkpoint(session, keeper))
        line = cosign(witness.signer, witness.name, head, int(NOW.timestamp())).spell()
        generation = house.cache.generation
        await log_service.add_cosignature(session, keeper=known, size=3, line=line, now=NOW)
    await heard(house, generation)
    said = (await client.get(page)).text
    assert "witness.example/witness" in said and "chưa có bên làm chứng" not in said
    entries = len(house.cache)
    generation = house.cache.generation
    async with db.transaction() as session:
        await log_service.append(session, [b"four"], now=NOW)
    await log.integrate(db, now=NOW, keeper=keeper)
    await heard(house, generation)
    assert len(house.cache) == entries
    said = (await client.get(page)).text
    assert "dòng thứ 3, lúc sổ có 3 dòng" in said
    assert "line 3, when the log had 3 lines" in (await client.get(f"{page}?lang=en")).text


async def test_the_proof_costs_one_query(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """A page that is built asks the log once, with the place and the witnesses; a kept page asks it nothing."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
    await chronicle.tell(db, now=NOW)
    generation = house.cache.generation
    await log.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    await heard(house, generation)
    statements = count_queries(house.database.engine)
    for expected in (1, 1):
        said = (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
        assert "dòng thứ 1" in said
        assert len([one for one in statements if "log_" in one or "FROM events" in one]) == expected


async def test_a_label_proves_itself(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """The label's page leads to the proof of the event with which it was issued; a label of another lot has none there."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot, other = await made.make_lot(session, shop), await made.make_lot(session, shop)
        sheet = await labels.print_labels(
            session, lot_id=lot.id, count=2, layout=Layout.A4, person_id=shop.person_id, now=NOW
        )
        [code, _second] = await labels.list_codes(session, sheet.id)
    address = f"/proof/{lot.gtin}/{lot.code}?serial={code}"
    assert address in (await client.get(f"/01/{lot.gtin}/10/{lot.code}/21/{code}")).text
    assert address in (await client.get(f"/01/{lot.gtin}/21/{code}")).text
    assert (await client.get(address)).status_code == 404
    await chronicle.tell(db, now=NOW)
    await log.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    answer = await client.get(address)
    assert answer.status_code == 200 and f"-{code}.tlog-proof" in answer.headers["content-disposition"]
    commands.verify_file(answer.text, house.port(LogKeeper).key)
    for wrong in (f"/proof/{lot.gtin}/{lot.code}?serial=X", f"/proof/{lot.gtin}/{other.code}?serial={code}"):
        assert (await client.get(wrong)).status_code == 404
