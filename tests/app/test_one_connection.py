"""A form asks for one connection at a time, and for none while its body comes: attempts are counted in a transaction of their own."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from app.main import create_app
from app.wiring import make_house
from tests.factories.stays import make_stay
from tests.factories.visits import make_visit

FORMS = {
    "/login": {"phone": "0912 345 678"},
    "/checkout": {"voucher": "NOBODYS"},
    "/tours/none/book": {},
    "/tours/none/wait": {},
    "/tours/none/group": {},
    "/stays/none/book": {},
}


def visit(house):
    """A visitor of a house."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(house)),
        base_url="http://127.0.0.1:8000",
        headers={"Sec-Fetch-Site": "same-origin"},
    )


@pytest.mark.parametrize("path", FORMS)
async def test_a_house_with_one_connection_answers_many_forms(settings, database_url, house, path):
    """Three at once at one connection: nobody holds it while waiting for a second one."""
    small = make_house(settings, database_url, clock=house.clock, sms=house.sms, pool_size=1)
    try:
        async with visit(small) as visitor, asyncio.timeout(5):
            answers = await asyncio.gather(*(visitor.post(path, data=FORMS[path]) for _number in range(3)))
    finally:
        await small.database.close()
    assert {answer.status_code for answer in answers} <= {303, 404}


@pytest.mark.parametrize("form", ["tours/{}/book", "tours/{}/wait", "tours/{}/group", "stays/{}/book"])
async def test_a_body_that_comes_slowly_holds_no_connection(settings, database_url, db, house, form):
    """Whoever stands where there is little signal, or sends slowly on purpose, keeps nobody waiting."""
    async with db.transaction() as session:
        tour, stay = (await make_visit(session)).tour, (await make_stay(session))
    path = "/" + form.format(tour.slug if form.startswith("tours") else stay.slug)
    small = make_house(settings, database_url, clock=house.clock, sms=house.sms, pool_size=1)
    began, others_are_done = asyncio.Event(), asyncio.Event()

    async def body():
        yield b"note="
        began.set()
        await others_are_done.wait()
        yield b"x"

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        async with visit(small) as visitor, asyncio.timeout(5):
            slow = asyncio.create_task(visitor.post(path, content=body(), headers=kind))
            await began.wait()
            assert (await visitor.get(path)).status_code == 200
            others_are_done.set()
            assert (await slow).status_code == 422
    finally:
        await small.database.close()
