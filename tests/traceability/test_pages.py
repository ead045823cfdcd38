"""The producers' pages of lots and labels, as a member's browser sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from app.core.db import Database
from app.core.ids import uuid7
from producers.cooperatives.models import Role
from producers.diaries.models import EntryKind
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from traceability.labels import service as labels
from traceability.lots import service as lots
from traceability.lots.models import Lot, LotState

Client = httpx.AsyncClient


async def join(db: Database, client: Client, shop: made.Workshop, role: Role = Role.PACKER) -> None:
    async with db.transaction() as session:
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=role)
        await people.log_in(session, client, membership.person_id)


@pytest.fixture
async def shop(db: Database) -> made.Workshop:
    """A stored workshop."""
    async with db.transaction() as session:
        return await made.make_workshop(session)


async def only_lot(db: Database, shop: made.Workshop) -> Lot:
    async with db.transaction() as session:
        [lot] = await lots.list_lots(session, shop.producer.id)
        return lot


async def test_packer_makes_a_lot_and_prints_its_labels(
    client: Client, db: Database, shop: made.Workshop, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    """From an empty list to a sheet of labels: tick a harvest, weigh, print, spoil one."""
    await join(db, client, shop)
    assert "Chưa có lô nào" in (await client.get("/producer/lots")).text
    assert "Chưa có mẻ nào" in (await client.get("/producer/lots/new")).text
    async with db.transaction() as session:
        entry = await made.make_harvest(session, shop)
    form = (await client.get("/producer/lots/new")).text
    assert "còn 50" in form
    assert f"harvest:{entry.id}" in form
    fields = {
        "variant_id": str(shop.variant.id),
        "source": f"harvest:{entry.id}",
        "quantity_g": "1 kg",
        "produced_on": "2026-11-12",
        f"take-{entry.id}": "4,5 kg",
    }
    answer = await client.post("/producer/lots", data=fields)
    assert answer.status_code == 303
    lot = await only_lot(db, shop)
    page = (await client.get(answer.headers["Location"])).text
    for said in (
        "Lô TC261112A",
        "Bán được",
        "10 nhãn",
        "Mẻ hái ngày 11/11/2026",
        f"/01/{lot.gtin}/10/TC261112A",
    ):
        assert said in page, said
    assert "TC261112A" in (await client.get("/producer/lots")).text
    assert "Chưa in nhãn nào" in (await client.get("/producer/labels")).text
    refused = await client.post(f"/producer/lots/{lot.id}/labels", data={"count": "11"})
    assert (refused.status_code, "chỉ còn đủ cho 10 nhãn" in refused.text) == (422, True)
    refused = await client.post(f"/producer/lots/{lot.id}/labels", data={"count": "nhiều"})
    assert (refused.status_code, "số nguyên" in refused.text) == (422, True)
    printed = await client.post(f"/producer/lots/{lot.id}/labels", data={"count": "10", "layout": "roll_58"})
    sheet = printed.headers["Location"]
    assert "đang làm" in (await client.get(sheet)).text
    assert (await client.get(f"{sheet}/state")).json() == {"changed": False}
    pdf = await client.get(f"{sheet}/sheet.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"] == 'inline; filename="nhan-TC261112A.pdf"'
    await run_jobs()
    assert (await client.get(f"{sheet}/sheet.pdf")).content == pdf.content
    assert "đã xong" in (await client.get(sheet)).text
    assert (await client.get(f"{sheet}/state")).json() == {"changed": True}
    assert "10 nhãn của lô TC261112A" in (await client.get(f"/producer/labels?lot={lot.id}")).text
    async with db.transaction() as session:
        serial = (await labels.list_serials(session, UUID(sheet.rpartition("/")[2])))[0].serial
    picture = await client.get(f"/producer/labels/serials/{serial}.svg")
    assert picture.headers["Content-Type"].startswith("image/svg+xml")
    assert (await client.get("/producer/labels/serials/2222.svg")).status_code == 404
    assert (await client.post("/producer/labels/void", data={"serial": serial})).headers["Location"] == sheet
    assert "Đã hủy" in (await client.get(sheet)).text
    again = await client.post("/producer/labels/void", data={"serial": serial})
    assert (again.status_code, "không hủy được nữa" in again.text) == (422, True)
    assert (await client.post("/producer/labels/void", data={})).status_code == 422


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": ""}, "ít nhất một mẻ"),
        ({"source": "harvest:x"}, "một trong các mẻ có sẵn"),
        ({"source": "theft:0193a1e0-0000-7000-8000-000000000000"}, "một trong các mẻ có sẵn"),
        ({"take": "nhiều"}, "chưa đọc được"),
        ({"take": "60 kg"}, "chỉ còn 50"),
        ({"quantity_g": "20 kg"}, "làm ra nhiều nhất chừng 11,904"),
        ({"quantity_g": ""}, "chưa điền"),
        ({"produced_on": "2026-11-13"}, "chưa tới"),
    ],
)
async def test_what_was_typed_stays_with_the_reason(
    client: Client, db: Database, shop: made.Workshop, changes: dict[str, str], said: str
) -> None:
    """A refused lot comes back with its words, its ticks and why."""
    await join(db, client, shop, Role.MEMBER)
    async with db.transaction() as session:
        entry = await made.make_harvest(session, shop)
    fields = {
        "variant_id": str(shop.variant.id),
        "source": f"harvest:{entry.id}",
        "quantity_g": "1 kg",
        "produced_on": "2026-11-12",
    } | changes
    fields[f"take-{entry.id}"] = fields.pop("take", "")
    answer = await client.post("/producer/lots", data=fields)
    assert answer.status_code == 422
    assert said in answer.text
    if fields["source"] == f"harvest:{entry.id}":
        assert " checked" in answer.text
    async with db.transaction() as session:
        assert await lots.list_lots(session, shop.producer.id) == []


async def test_producer_without_packs_is_told_what_comes_first(client: Client, db: Database) -> None:
    """Somebody without a pack is led to make one."""
    async with db.transaction() as session:
        membership = await grown.make_membership(session)
        await people.log_in(session, client, membership.person_id)
    assert "Chưa có gói hàng nào" in (await client.get("/producer/lots/new")).text


async def test_held_lot_says_why_and_can_be_looked_at_again(
    client: Client, db: Database, shop: made.Workshop
) -> None:
    """The page names the spray and offers no labels; after the diary is corrected the button frees the lot."""
    await join(db, client, shop)
    async with db.transaction() as session:
        interval = await grown.make_interval(session)
        spray = await made.make_harvest(
            session, shop, kind=EntryKind.SPRAY, input_id=interval.input_id, quantity_g=None, details={}
        )
        lot = await made.make_lot(session, shop)
        await lots.recheck_lot(session, lot_id=lot.id, now=made.NOW)
    address = f"/producer/lots/{lot.id}"
    page = (await client.get(address)).text
    assert "Abamectin 1.8EC" in page
    assert "Bao nhiêu nhãn" not in page
    refused = await client.post(f"{address}/labels", data={"count": "1"})
    assert "đang bị giữ" in refused.text
    async with db.transaction() as session:
        await made.make_harvest(
            session,
            shop,
            kind=EntryKind.SPRAY,
            corrects_id=spray.id,
            is_void=True,
            quantity_g=None,
            details={},
        )
    assert (await client.post(f"{address}/recheck")).status_code == 303
    assert (await only_lot(db, shop)).state is LotState.RELEASED


async def test_doors_are_kept(client: Client, db: Database, shop: made.Workshop, new_client) -> None:
    """Another producer's lots and sheets are 404; members print no labels; guides and strangers stay outside."""
    async with db.transaction() as session:
        lot = await made.make_lot(session, shop)
        serial = await made.make_serial(session, lot)
        stranger = await made.make_workshop(session)
    assert (await client.get("/producer/lots")).status_code == 303
    await join(db, client, stranger)
    for path in (
        f"/producer/lots/{lot.id}",
        f"/producer/labels/{serial.sheet_id}",
        f"/producer/labels/{serial.sheet_id}/sheet.pdf",
        f"/producer/labels/serials/{serial.serial}.svg",
        f"/producer/lots/{uuid7()}",
    ):
        assert (await client.get(path)).status_code == 404, path
    for path in (f"/producer/lots/{lot.id}/labels", f"/producer/lots/{lot.id}/recheck"):
        assert (await client.post(path, data={"count": "1"})).status_code == 404, path
    for role, page, sheets in ((Role.MEMBER, 200, 403), (Role.GUIDE, 403, 403)):
        async with new_client() as visitor:
            await join(db, visitor, shop, role)
            assert (await visitor.get(f"/producer/lots/{lot.id}")).status_code == page
            assert (await visitor.get("/producer/labels")).status_code == sheets
