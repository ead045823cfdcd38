"""A form asks for one connection at a time: it counts an attempt first, and then says something in its own transaction."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.main import create_app
from app.wiring import make_house

FORMS = {
    "/login": {"phone": "0912 345 678"},
    "/checkout": {"voucher": "NOBODYS"},
    "/tours/none/book": {},
    "/tours/none/wait": {},
    "/tours/none/group": {},
    "/stays/none/book": {},
}


@pytest.mark.parametrize("path", FORMS)
async def test_a_house_with_one_connection_answers_many_forms(settings, database_url, house, path):
    """Three at once at one connection: nobody holds it while waiting for a second one."""
    small = make_house(settings, database_url, clock=house.clock, sms=house.sms, pool_size=1)
    visitor = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(small)),
        base_url="http://127.0.0.1:8000",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    try:
        async with visitor, asyncio.timeout(5):
            answers = await asyncio.gather(*(visitor.post(path, data=FORMS[path]) for _number in range(3)))
    finally:
        await small.database.close()
    assert {answer.status_code for answer in answers} <= {303, 404}
