"""The proof of a lot: from the story page to a file that holds without us."""

from __future__ import annotations

import httpx

from app.core.db import Database
from app.core.events import emit
from app.web.house import House
from tests.conftest import NOW
from tests.factories import traceability as made
from traceability.chronicle import jobs as chronicle
from traceability.events import service as events
from traceability.labels import service as labels
from traceability.labels.schemas import Layout
from traceability.lots.events import LotMade
from traceability.transparency import commands
from traceability.transparency import jobs as log
from traceability.transparency.service import LogKeeper


async def test_a_lot_proves_itself(client: httpx.AsyncClient, db: Database, house: House) -> None:
    """Waiting, the page says so; then the file that the story links holds under the log's key, and names the lot's event."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, await made.make_workshop(session))
        await emit(session, LotMade(lot_id=lot.id, made_at=NOW))
    address = f"/proof/{lot.gtin}/{lot.code}"
    assert address in (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    early = await client.get(address)
    assert early.status_code == 404 and "chờ ít phút" in early.text
    await chronicle.tell(db, now=NOW)
    assert (await client.get(address)).status_code == 404
    await log.integrate(db, now=NOW, keeper=house.port(LogKeeper))
    answer = await client.get(address)
    assert answer.status_code == 200 and ".tlog-proof" in answer.headers["content-disposition"]
    index, size, entry = commands.verify_file(answer.text, house.port(LogKeeper).key)
    assert (index, size) == (0, 1)
    assert events.describe_entry(entry).startswith("ni:///sha-256;")
    assert (await client.get(f"/proof/{lot.gtin}/NONE")).status_code == 404


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
