"""Reprints and voids: who, when, why; the first time needs no reason, and nothing of it can be changed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.people import log_in
from tests.symbols import read_pages
from traceability.labels import errors, prints, repository, service
from traceability.labels.models import LabelPrint, LabelSheet, PrintAct, Reason, SerialState
from traceability.labels.press import Press
from traceability.labels.prints import Again
from traceability.labels.schemas import Layout
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState

NOW = made.NOW
LATER = NOW + prints.SAME_PRINT
CLIENTS = 16


async def print_labels(session: AsyncSession, lot: Lot, count: int, layout: Layout = Layout.A4) -> LabelSheet:
    return await service.print_labels(
        session, lot_id=lot.id, count=count, layout=layout, person_id=lot.created_by_id, now=NOW
    )


def acts_of(found: list[LabelPrint]) -> list[tuple[PrintAct, Reason | None]]:
    return [(act.act, act.reason) for act in found]


def read(pdf: bytes) -> set[str]:
    return {symbol.partition("/21/")[2][:13] for page in read_pages(pdf) for symbol in page}


async def test_a_second_print_asks_for_a_reason(session: AsyncSession) -> None:
    """The first print is simply noted, fetching it again within minutes is the same print; later, or another person, says why."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 3)
    other = (await grown.make_person(session)).id
    target = prints.target_file(sheet, 1)
    for now in (NOW, NOW, LATER - timedelta(seconds=1)):
        await prints.open_print(session, target, person_id=shop.person_id, now=now)
    for person, now in ((shop.person_id, LATER), (other, NOW)):
        with pytest.raises(errors.ReprintReasonError):
            await prints.open_print(session, target, person_id=person, now=now)
    again = Again(uuid7(), Reason.LOST, "rơi xuống suối")
    for _twice in range(2):
        await prints.reprint(session, target, again=again, lot=lot, person_id=other, now=LATER)
    await prints.open_print(session, target, person_id=other, now=LATER)
    latest, first = await prints.list_of_sheet(session, sheet.id)
    assert (first.act, first.person_id, first.created_at) == (PrintAct.PRINT, shop.person_id, NOW)
    assert (latest.act, latest.reason, latest.note) == (PrintAct.REPRINT, Reason.LOST, "rơi xuống suối")
    assert (latest.part, latest.person_id, latest.created_at) == (1, other, LATER)
    assert await prints.list_printed_parts(session, sheet.id) == [1]


async def test_each_file_has_a_first_print_of_its_own(session: AsyncSession, monkeypatch) -> None:
    """One file of a long job says nothing of the others; a number that there is not does not exist."""
    monkeypatch.setattr(service, "PART", 3)
    shop = await made.make_workshop(session)
    sheet = await print_labels(session, await made.make_lot(session, shop), 7)
    for part in (1, 3):
        await prints.open_print(session, prints.target_file(sheet, part), person_id=shop.person_id, now=NOW)
    assert await prints.list_printed_parts(session, sheet.id) == [1, 3]
    for number in (0, 4):
        with pytest.raises(errors.SheetNotFoundError):
            prints.target_file(sheet, number)
    serials = await service.list_serials(session, sheet.id)
    found = [await prints.target_serial(session, serial) for serial in serials]
    assert [target.part for target in found] == [1, 1, 1, 2, 2, 2, 3]


async def test_one_label_is_a_reprint_of_its_sheet(session: AsyncSession) -> None:
    """A label by itself is a first print only while neither it nor its file was printed; the file's first stays a first."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 2)
    one, two = await service.list_serials(session, sheet.id)
    who = {"person_id": shop.person_id, "now": NOW}
    await prints.open_print(session, await prints.target_serial(session, one), **who)
    assert acts_of(await prints.list_of_serial(session, two)) == []
    await prints.open_print(session, prints.target_file(sheet, 1), **who)
    target = await prints.target_serial(session, two)
    with pytest.raises(errors.ReprintReasonError):
        await prints.open_print(session, target, **who)
    await prints.reprint(session, target, again=Again(uuid7(), Reason.SPOILT), lot=lot, **who)
    await prints.open_print(session, target, **who)
    assert acts_of(await prints.list_of_serial(session, two)) == [
        (PrintAct.REPRINT, Reason.SPOILT),
        (PrintAct.PRINT, None),
    ]
    codes = await prints.name_serials(session, await prints.list_of_sheet(session, sheet.id))
    assert codes == {one.id: one.serial, two.id: two.serial}


async def test_what_was_never_printed_needs_no_reason(session: AsyncSession) -> None:
    """A form that says why, for something that was never printed, makes the first print."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 1)
    again = Again(uuid7(), Reason.OTHER)
    await prints.reprint(
        session, prints.target_file(sheet, 1), again=again, lot=lot, person_id=shop.person_id, now=NOW
    )
    assert acts_of(await prints.list_of_sheet(session, sheet.id)) == [(PrintAct.PRINT, None)]


@pytest.mark.parametrize("state", [LotState.HELD, LotState.RECALLED])
async def test_labels_of_goods_that_may_not_be_sold_stay_away(session: AsyncSession, state: LotState) -> None:
    """BALANCE 11: while a lot is held or recalled nothing of it is printed again."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 1)
    lot.state = state
    with pytest.raises(errors.ReprintHeldError, match=lot.code):
        await prints.reprint(
            session,
            prints.target_file(sheet, 1),
            again=Again(uuid7(), Reason.LOST),
            lot=lot,
            person_id=shop.person_id,
            now=NOW,
        )


async def test_reprints_take_no_weight_and_voids_give_back_once(session: AsyncSession) -> None:
    """BALANCE 9, 11: five packs labelled are five however often they are printed; a void gives one back, and says why."""
    shop = await made.make_workshop(session)
    lot = await made.make_lot(session, shop)
    sheet = await print_labels(session, lot, 5)
    who = {"person_id": shop.person_id, "now": NOW}
    target = prints.target_file(sheet, 1)
    await prints.open_print(session, target, **who)
    for _time in range(3):
        await prints.reprint(session, target, again=Again(uuid7(), Reason.SPOILT), lot=lot, **who)
    assert (await lots.get_lot(session, lot.id)).labelled_g == 500
    serial = (await service.list_serials(session, sheet.id))[2]
    taken = {"typed": serial.serial, "producer_id": shop.producer.id, "reason": Reason.LOST, "note": "gió"}
    assert (await prints.void(session, **taken, **who)).state is SerialState.VOID
    with pytest.raises(errors.SerialSpentError):
        await prints.void(session, **taken, **who)
    assert (await lots.get_lot(session, lot.id)).labelled_g == 400
    [void, *_others] = await prints.list_of_serial(session, serial)
    assert (void.act, void.reason, void.note, void.person_id) == (
        PrintAct.VOID,
        Reason.LOST,
        "gió",
        shop.person_id,
    )
    with pytest.raises(errors.SerialVoidError):
        await prints.target_serial(session, serial)


@pytest.mark.parametrize("layout", list(Layout))
async def test_void_labels_are_on_no_later_print(house: House, session: AsyncSession, layout: Layout) -> None:
    """BALANCE 9: a file that was kept before is set anew without the void one; with none left it is refused."""
    shop = await made.make_workshop(session)
    sheet = await print_labels(session, await made.make_lot(session, shop), 3, layout)
    press = Press(house.settings.public_url, None)
    first = await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)
    serials = await service.list_serials(session, sheet.id)
    assert read(first) == {serial.serial for serial in serials}
    await service.void_serial(session, typed=serials[0].serial, producer_id=shop.producer.id)
    second = await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)
    assert read(second) == {serial.serial for serial in serials[1:]}
    for serial in serials[1:]:
        await service.void_serial(session, typed=serial.serial, producer_id=shop.producer.id)
    with pytest.raises(errors.AllVoidError):
        await service.make_pdf(session, house.files, sheet_id=sheet.id, press=press)


async def test_what_was_noted_cannot_be_changed(db: Database) -> None:
    """The database itself refuses to update or delete what was printed."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        sheet = await print_labels(session, await made.make_lot(session, shop), 1)
        await prints.open_print(session, prints.target_file(sheet, 1), person_id=shop.person_id, now=NOW)
    for statement in ("UPDATE label_prints SET note = 'x'", "DELETE FROM label_prints"):
        with pytest.raises(DBAPIError, match="insert-only"):
            async with db.transaction() as session:
                await session.execute(text(statement))


async def make_shared_sheet(db: Database) -> tuple[LabelSheet, list[object]]:
    """A sheet, and as many people as clients."""
    async with db.transaction() as session:
        sheet = await print_labels(
            session, await made.make_lot(session, await made.make_workshop(session)), 1
        )
        return sheet, [(await grown.make_person(session)).id for _client in range(CLIENTS)]


async def test_of_many_at_once_one_prints_first(db: Database) -> None:
    """Sixteen people fetch the same file at the same moment: one is first, the others are asked why."""
    sheet, people = await make_shared_sheet(db)

    async def fetch(person_id) -> bool:
        try:
            async with db.transaction() as session:
                await prints.open_print(session, prints.target_file(sheet, 1), person_id=person_id, now=NOW)
        except errors.ReprintReasonError:
            return False
        return True

    assert sum(await asyncio.gather(*(fetch(person_id) for person_id in people))) == 1
    async with db.transaction() as session:
        assert len(await prints.list_of_sheet(session, sheet.id)) == 1


async def test_looking_before_noting_would_let_all_be_first(db: Database) -> None:
    """Negative control: whoever looks first and then believes it finds no print, sixteen times over."""
    sheet, people = await make_shared_sheet(db)
    have_looked = asyncio.Barrier(CLIENTS)

    async def fetch(_person_id) -> bool:
        async with db.transaction() as session:
            seen = await repository.find_latest_print(session, sheet_id=sheet.id, part=1, serial_id=None)
            await have_looked.wait()
            return seen is None

    assert sum(await asyncio.gather(*(fetch(person_id) for person_id in people))) == CLIENTS


async def test_the_pages_ask_why_and_keep_the_book(
    db: Database, house: House, client: httpx.AsyncClient
) -> None:
    """From the sheet's page: print, come back an hour later, say why, void one; the page tells all of it."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        sheet = await print_labels(session, lot, 2)
        one, two = [serial.serial for serial in await service.list_serials(session, sheet.id)]
        await grown.make_membership(session, producer_id=shop.producer.id, person_id=shop.person_id)
        await log_in(session, client, shop.person_id)
    address = f"/producer/labels/{sheet.id}"
    page = (await client.get(address)).text
    assert "In lại" not in page and "In lần đầu" not in page
    assert (await client.get(f"{address}/sheet.pdf")).status_code == 200
    page = (await client.get(address)).text
    assert "In lần đầu: tệp 1" in page and 'name="reason"' in page
    house.clock.advance(hours=1)
    asked = await client.get(f"{address}/sheet.pdf")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{address}?again=1#in-lai")
    assert "Bạn cho biết vì sao in lại" in (await client.get(asked.headers["location"])).text
    for refused in ({"reason": "x"}, {"reason": "lost", "id": str(uuid7()), "part": "2"}):
        assert (await client.post(f"{address}/reprint", data=refused)).status_code == 422
    fields = {"id": str(uuid7()), "part": "1", "reason": "lost", "note": "ướt mưa"}
    done = await client.post(f"{address}/reprint", data=fields)
    assert done.headers["location"] == f"{address}/sheet.pdf?part=1"
    assert (await client.get(done.headers["location"])).status_code == 200
    label = f"/producer/labels/serials/{one}"
    asked = await client.get(f"{label}/label.png")
    assert asked.headers["location"] == f"{label}#in-lai"
    assert (await client.post(f"{label}/reprint", data={"id": "x"})).status_code == 422
    again = {"id": str(uuid7()), "reason": "spoilt", "picture": "svg"}
    done = await client.post(f"{label}/reprint", data=again)
    assert done.headers["location"] == f"{label}/label.svg"
    assert (await client.get(done.headers["location"])).headers["content-type"] == "image/svg+xml"
    away = await client.post(
        "/producer/labels/void", data={"serial": two, "reason": "other", "note": "in thử"}
    )
    page = (await client.get(away.headers["location"])).text
    for said in ("In lại: tệp 1", "Bị mất. ướt mưa", "In lại: nhãn", "Hủy: nhãn", "Lý do khác. in thử"):
        assert said in page, said
    gone = f"/producer/labels/serials/{two}"
    assert "Tải ảnh" not in (await client.get(gone)).text
    assert (await client.get(f"{gone}/label.png")).status_code == 409
    assert (await client.post(f"{gone}/reprint", data=again)).status_code == 422
