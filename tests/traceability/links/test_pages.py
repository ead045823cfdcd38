"""The managers' pages of links."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import pytest

from app.core.db import Database
from producers.cooperatives.models import Role
from tests.factories import producers as grown
from tests.factories import traceability as made
from tests.factories.people import log_in

FORM = {"link_type": "recipeInfo", "title": "Cách pha chè", "href": "https://che.vn/pha/{lot}"}


@dataclass(frozen=True)
class Desk:
    """A manager at work."""

    shop: made.Workshop


@pytest.fixture
async def desk(db: Database, client: httpx.AsyncClient) -> Desk:
    """A workshop whose manager is logged in as `client`."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        await grown.make_membership(session, person_id=shop.person_id, producer_id=shop.producer.id)
        await log_in(session, client, shop.person_id)
    return Desk(shop)


async def test_manager_adds_changes_and_ends_a_link(client: httpx.AsyncClient, desk: Desk) -> None:
    """From the empty page to a link on the list, changed, and taken off again."""
    assert "Chưa gắn đường dẫn nào" in (await client.get("/producer/links")).text
    assert "/producer/links" in (await client.get("/producer/")).text
    form = (await client.get("/producer/links/new")).text
    assert "Chè đinh, Gói 100 g" in form and "Công thức" in form
    made_ = await client.post("/producer/links/new", data=FORM | {"gtin": desk.shop.variant.gtin})
    assert (made_.status_code, made_.headers["Location"]) == (303, "/producer/links")
    page = (await client.get("/producer/links")).text
    for said in ("Cách pha chè", "tới che.vn", f"/01/{desk.shop.variant.gtin}"):
        assert said in page, said
    address = page.partition('href="/producer/links/0')[2].partition('"')[0]
    address = f"/producer/links/0{address}"
    shown = (await client.get(address)).text
    assert 'value="https://che.vn/pha/{lot}"' in shown and "checked" not in shown
    saved = await client.post(address, data=FORM | {"title": "Pha chè", "is_hidden": "1", "drops_query": "1"})
    assert saved.status_code == 303
    assert "Giấu trong danh sách" in (await client.get("/producer/links")).text
    assert (await client.get(address)).text.count("checked") == 2
    assert (await client.post(f"{address}/end")).status_code == 303
    assert "Chưa gắn đường dẫn nào" in (await client.get("/producer/links")).text
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"href": "javascript:alert(1)"}, 422, "phải bắt đầu bằng https://"),
        ({"link_type": "defaultLink"}, 422, "một trong các ô có sẵn"),
        ({"link_type": "traceability"}, 422, "một trong các ô có sẵn"),
        ({"link_type": "recallStatus"}, 422, "một trong các ô có sẵn"),
        ({"media_type": "text/evil"}, 422, "một trong các ô có sẵn"),
        ({"title": " "}, 422, "Chỗ này chưa điền"),
        ({"title": "x" * 121}, 422, "dài quá"),
        ({"hreflang": "tiếng Việt"}, 422, "hai chữ"),
        ({"hreflang": "vi en fr de es it pt"}, 422, "hai chữ"),
        ({"context": "@"}, 422, "hai chữ"),
        ({"lot": "NOPE"}, 422, "không có trong sổ"),
        ({"gtin": "09521234000013"}, 403, "không phải của cơ sở mình"),
        ({"gtin": "", "code": "414/1"}, 422, "không đúng dạng"),
    ],
)
async def test_mistakes_are_said_and_nothing_typed_is_lost(
    client: httpx.AsyncClient, desk: Desk, changes: dict[str, str], status: int, words: str
) -> None:
    """Each mistake has its words, and what was typed stays."""
    typed = FORM | {"gtin": desk.shop.variant.gtin} | changes
    answer = await client.post("/producer/links/new", data=typed)
    assert answer.status_code == status
    assert words in answer.text
    assert typed["title"].strip() in answer.text


async def test_mistakes_in_a_change_are_said(client: httpx.AsyncClient, desk: Desk) -> None:
    """A changed link is read as strictly as a new one, and may not double another."""
    for href in ("https://che.vn/1", "https://che.vn/2"):
        await client.post("/producer/links/new", data=FORM | {"gtin": desk.shop.variant.gtin, "href": href})
    page = (await client.get("/producer/links")).text
    address = "/producer/links/0" + page.partition('href="/producer/links/0')[2].partition('"')[0]
    wrong = await client.post(address, data=FORM | {"href": "http://che.vn"})
    assert (wrong.status_code, "https://" in wrong.text) == (422, True)
    double = await client.post(address, data=FORM | {"href": "https://che.vn/1"})
    assert double.status_code == 409 and "đã có đúng đường dẫn đó" in double.text


async def test_only_managers_of_the_producer_may(
    client: httpx.AsyncClient, desk: Desk, db: Database, new_client: object
) -> None:
    """A packer is refused, another producer's manager finds nothing, a stranger must log in."""
    await client.post("/producer/links/new", data=FORM | {"gtin": desk.shop.variant.gtin})
    page = (await client.get("/producer/links")).text
    address = "/producer/links/0" + page.partition('href="/producer/links/0')[2].partition('"')[0]
    async with new_client() as packer, new_client() as other, new_client() as stranger:  # type: ignore[operator]
        async with db.transaction() as session:
            member = await grown.make_membership(session, producer_id=desk.shop.producer.id, role=Role.PACKER)
            await log_in(session, packer, member.person_id)
            manager = await grown.make_membership(session)
            await log_in(session, other, manager.person_id)
        for path in ("/producer/links", "/producer/links/new", address):
            assert (await packer.get(path)).status_code == 403
        assert (await packer.post("/producer/links/new", data=FORM)).status_code == 403
        assert (await packer.post(address, data=FORM)).status_code == 403
        assert (await packer.post(f"{address}/end")).status_code == 403
        for answer in (await other.get(address), await other.post(address, data=FORM)):
            assert answer.status_code == 404
        assert (await other.post(f"{address}/end")).status_code == 404
        assert "Cách pha chè" not in (await other.get("/producer/links")).text
        assert (await stranger.get("/producer/links")).status_code == 303
