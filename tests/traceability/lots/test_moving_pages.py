"""Splitting and merging as a member's browser and a phone without signal do it."""

from __future__ import annotations

import re

import httpx
import pytest

from app.core.db import Database
from app.core.ids import uuid7
from app.web.house import House
from producers.cooperatives.models import Role
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.outbox import make_phone
from traceability.chronicle import jobs as chronicle
from traceability.lots import service
from traceability.lots.models import Lot, LotState
from traceability.transparency import jobs as log_jobs
from traceability.transparency.service import LogKeeper

Client = httpx.AsyncClient


@pytest.fixture
async def shop(db: Database, client: Client) -> made.Workshop:
    """A stored workshop, and one of its packers logged in."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=Role.PACKER)
        await people.log_in(session, client, membership.person_id)
    return shop


async def make_lot(db: Database, shop: made.Workshop, **values: object) -> Lot:
    async with db.transaction() as session:
        return await made.make_lot(session, shop, **values)


async def list_lots(db: Database, shop: made.Workshop) -> list[Lot]:
    """All lots of the workshop, the oldest first."""
    async with db.transaction() as session:
        return (await service.list_lots(session, shop.producer.id))[::-1]


def hidden_id(page: str, action: str) -> str:
    """The id that stands in the form with this action."""
    return re.search(rf'action="{action}".*?name="id" value="([^"]*)"', page, re.DOTALL)[1]


async def test_a_packer_splits_a_lot_and_merges_two(
    client: Client, db: Database, shop: made.Workshop, house: House
) -> None:
    """From the lot's page: parts in any spelling, what is left, then two lots into one; the buyer's page tells the origin."""
    lot = await make_lot(db, shop)
    address = f"/producer/lots/{lot.id}"
    page = (await client.get(address)).text
    assert "Chia lô" in page and "Gộp lô" not in page, "there is nothing to merge it with"
    form = {"id": hidden_id(page, f"{address}/split"), "part-1": "2,5 kg", "part-2": "", "part-3": "500g"}
    for _again in range(2):
        answer = await client.post(f"{address}/split", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, address)
    _lot, first, second = sorted(await list_lots(db, shop), key=lambda one: -one.quantity_g)
    assert (first.quantity_g, second.quantity_g) == (2_500, 500)
    page = (await client.get(address)).text
    for said in ("Đã sang lô khác", first.code, second.code, "7\u00a0kg", "70 nhãn", "Gộp lô"):
        assert said in page, said
    page = (await client.get(f"/producer/lots/{first.id}")).text
    for said in (f"Lô {lot.code}", "lấy 2,5\u00a0kg", "Mẻ hái ngày 11/11/2026"):
        assert said in page, said
    form = {
        "id": hidden_id(page, f"/producer/lots/{first.id}/merge"),
        "lot": [str(second.id), str(lot.id)],
        f"take-{lot.id}": "3 ký",
    }
    answer = await client.post(f"/producer/lots/{first.id}/merge", data=form)
    assert answer.status_code == 303
    blend = (await list_lots(db, shop))[-1]
    assert answer.headers["Location"] == f"/producer/lots/{blend.id}"
    assert (blend.quantity_g, blend.state) == (6_000, LotState.RELEASED)
    page = (await client.get(answer.headers["Location"])).text
    assert page.count('<span class="soft">lấy ') == 3 and page.count("Mẻ hái ngày 11/11/2026") == 1
    await chronicle.tell(db, now=made.NOW)
    story = (await client.get(f"/01/{blend.gtin}/10/{blend.code}")).text
    passport = (await client.get(f"/passport/{blend.gtin}/{blend.code}")).text
    assert (
        f"Gộp từ các lô {', '.join(one.code for one in sorted([first, second, lot], key=lambda o: o.id))}"
        in passport
    )
    passport = (await client.get(f"/passport/{first.gtin}/{first.code}")).text
    assert f"Chia ra từ lô {lot.code}" in passport
    assert "Vườn bà Mận" in story and "đúng như trong sổ" in story
    await log_jobs.integrate(db, now=made.NOW, keeper=house.port(LogKeeper))
    assert (await client.get(f"/proof/{blend.gtin}/{blend.code}")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "từ 1 đến 10 phần"),
        ({"part-1": "nhiều"}, "chưa đọc được"),
        ({"part-1": "6 kg", "part-2": "4,1 kg"}, "chỉ còn 10\u00a0kg"),
        ({"id": "x", "part-1": "1 kg"}, "Còn chỗ chưa đúng"),
    ],
)
async def test_a_refused_split_keeps_what_was_typed(
    client: Client, db: Database, shop: made.Workshop, fields: dict[str, str], said: str
) -> None:
    """The page comes back open with the reason and the words; nothing moved."""
    lot = await make_lot(db, shop)
    answer = await client.post(f"/producer/lots/{lot.id}/split", data=fields)
    assert answer.status_code in (409, 422)
    assert said in answer.text and "<details open><summary>Chia lô" in answer.text
    assert all(f'value="{value}"' in answer.text for value in fields.values())
    assert len(await list_lots(db, shop)) == 1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("none", "ít nhất một lô nữa"),
        ("words", "chưa đọc được"),
        ("much", "chỉ còn 10"),
        ("strange", "Không tìm thấy"),
        ("unreadable", "Còn chỗ chưa đúng"),
    ],
)
async def test_a_refused_merge_keeps_what_was_ticked(
    client: Client, db: Database, shop: made.Workshop, kind: str, said: str
) -> None:
    """Alone, unreadable, too much, somebody else's: the reason stands there and the ticks stay."""
    lot, other = await make_lot(db, shop), await make_lot(db, shop)
    fields: dict[str, str] = {} if kind == "none" else {"lot": str(other.id)}
    fields |= {"words": {f"take-{other.id}": "ít"}, "much": {f"take-{other.id}": "11 kg"}}.get(kind, {})
    if kind == "unreadable":
        fields |= {"id": "x"}
    if kind == "strange":
        fields = {"lot": str(uuid7())}
    answer = await client.post(f"/producer/lots/{lot.id}/merge", data=fields)
    assert answer.status_code in (409, 422) and said in answer.text
    assert (f'value="{other.id}" checked' in answer.text) is (kind in {"words", "much", "unreadable"})
    assert len(await list_lots(db, shop)) == 2


async def test_a_lot_at_its_end_offers_no_move(client: Client, db: Database, shop: made.Workshop) -> None:
    """Recalled, or nothing left: no button; whoever posts anyway is told."""
    recalled = await make_lot(db, shop, state=LotState.RECALLED)
    empty = await make_lot(db, shop, moved_g=10_000)
    for lot in (recalled, empty):
        assert "Chia lô" not in (await client.get(f"/producer/lots/{lot.id}")).text
    answer = await client.post(f"/producer/lots/{recalled.id}/split", data={"part-1": "1 kg"})
    assert answer.status_code == 422


async def test_without_signal_a_lot_is_split_and_merged_once(db: Database, client: Client) -> None:
    """Two records of the outbox, each sent twice: one split, one merge; the kept page has forms without an id of its own."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        other = await made.make_lot(session, shop)
        phone = await make_phone(session, client, producer_id=shop.producer.id)
    parting = phone.write(f"/producer/lots/{lot.id}/split", fields={"part-1": "2 kg", "part-2": "1 kg"})
    joining = phone.write(f"/producer/lots/{lot.id}/merge", fields={"lot": str(other.id)})
    for _again in range(2):
        parted, joined = await phone.send(parting, joining)
        assert (parted["state"], joined["state"]) == ("stored", "stored"), (parted, joined)
        assert joined["location"] == f"/producer/lots/{joining['id']}"
    lots = await list_lots(db, shop)
    assert sorted(one.quantity_g for one in lots) == [1_000, 2_000, 10_000, 10_000, 17_000]
    pages = {page["path"]: page["html"] for page in (await client.get("/offline/bundle")).json()["pages"]}
    kept = pages[f"/producer/lots/{joining['id']}"]
    assert hidden_id(kept, f"/producer/lots/{joining['id']}/split") == ""


async def test_what_was_refused_later_says_which_field(db: Database, client: Client) -> None:
    """A page of several forms: the record of the outbox that comes back names the field of its own form, and why."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        phone = await make_phone(session, client, producer_id=shop.producer.id)
    for typed, words in (("500 kg", "chỉ còn"), ("mấy cân", "chưa đọc được")):
        record = phone.write(f"/producer/lots/{lot.id}/split", fields={"part-1": typed})
        [result] = await phone.send(record)
        assert result["state"] == "refused" and words in result["errors"]["part-1"]
        assert result["message"] == result["errors"]["part-1"]
