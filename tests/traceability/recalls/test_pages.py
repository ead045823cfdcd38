"""The pages of recalls: practise, open, read the report, tell everybody, find the orders."""

from __future__ import annotations

import asyncio
import re

import httpx

from app.core import signing
from app.core.db import Database
from app.web.house import House
from producers.cooperatives.models import Role
from tests.factories import people
from tests.factories import producers as grown
from tests.factories import traceability as made
from traceability.recalls.service import spell


async def test_a_manager_practises_and_then_recalls(
    client: httpx.AsyncClient, db: Database, house: House
) -> None:
    """From the empty list by a practice to the real thing: red story, public page, signed report, no label any more."""
    async with db.transaction() as session:
        shop = await made.make_workshop(session)
        lot = await made.make_lot(session, shop)
        membership = await grown.make_membership(session, producer_id=shop.producer.id, role=Role.MANAGER)
        await people.log_in(session, client, membership.person_id)
    assert "Chưa thu hồi lần nào" in (await client.get("/producer/recalls")).text
    form = (await client.get(f"/producer/recalls/new?start=lot:{lot.id}")).text
    assert (
        f'value="lot:{lot.id}" selected' in form and f"site:{shop.site.id}" in form and 'value="day:"' in form
    )
    fields = {"start": f"lot:{lot.id}", "reason": "Nghi nhiễm thuốc trừ sâu"}
    wrong = await client.post("/producer/recalls", data={**fields, "start": "lot:none"})
    assert wrong.status_code == 422 and "nằm trong sổ của mình" in wrong.text and "Nghi nhiễm" in wrong.text
    nowhere = await client.post("/producer/recalls", data={**fields, "start": "what"})
    assert nowhere.status_code == 422
    short = await client.post("/producer/recalls", data={**fields, "reason": "x"})
    assert short.status_code == 422
    practice = await client.post("/producer/recalls", data={**fields, "is_mock": "1"})
    page = (await client.get(practice.headers["location"])).text
    assert "Đây là lần làm thử" in page and lot.code in page and re.search(r"\d,\d\d giây", page)
    assert "thu hồi" not in (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    assert (await client.get(practice.headers["location"].replace("/producer", ""))).status_code == 404
    generation = house.cache.generation
    real = await client.post("/producer/recalls", data=fields)
    for _try in range(100):  # the page cache hears of it a few milliseconds later
        if house.cache.generation > generation:
            break
        await asyncio.sleep(0.02)
    page = (await client.get(real.headers["location"])).text
    assert "Các lô dưới đây đã bị khóa" in page and "đúng" in page
    story = (await client.get(f"/01/{lot.gtin}/10/{lot.code}")).text
    assert "Lô này đã bị thu hồi" in story
    public = await client.get(real.headers["location"].replace("/producer", ""))
    assert public.status_code == 200 and lot.code in public.text and "Nghi nhiễm thuốc trừ sâu" in public.text
    report = (await client.get(real.headers["location"] + "/report.json")).json()
    signature = signing.decode(report["signature"][signing.KEY_ID_LENGTH :])
    assert signing.verifies(signing.decode(report["key"]["x"]), spell(report["report"]), signature)
    listed = (await client.get("/producer/recalls")).text
    assert "Làm thử" in listed and "Đã thu hồi" in listed
    orders = (await client.get(real.headers["location"].replace("/recalls", "/orders/recalled"))).text
    assert "Chưa có đơn nào có hàng của các lô này" in orders
