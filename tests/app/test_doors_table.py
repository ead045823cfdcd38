"""Every route of the house against every role: who gets in, and that no door is forgotten."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from app.core.db import Database
from app.main import create_app
from app.web.house import House
from app.web.security import KEYED_PREFIXES, UNSAFE
from app.wiring import make_house
from storefront.cart.cookie import COOKIE as CART_COOKIE
from storefront.payments.ports import CardDesk
from tests.app.doors import DEMO_DOORS, DOORS, TOKEN, Answer, Role
from tests.factories.people import log_in
from tests.factories.world import World, make_world
from tests.fakes.stripe import FakeStripe

BODIES = {
    "POST /producer/tours/gate": {"code": "booking_code"},
    "POST /producer/stays/door": {"code": "stay_code"},
}
"""Forms without which a door cannot be tried: field and what it names in the world."""
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture
async def world(db: Database, house: House) -> AsyncIterator[World]:
    """Producer A and its neighbours; cards go to a fake."""
    before = house.port(CardDesk)
    house.provide(CardDesk, CardDesk(FakeStripe(house).gateway))
    async with db.transaction() as session:
        made = await make_world(session, house)
    yield made
    house.provide(CardDesk, before)


def routes_of(app: FastAPI) -> set[str]:
    """Every "METHOD /path" of the application's own routes."""
    return {
        f"{method} {found.path}"
        for found in iter_route_contexts(app.routes)
        if isinstance(found.original_route, APIRoute)
        for method in found.methods or ()
        if not str(found.path).startswith("/probe/")  # mounted by the tests of the doors themselves
    }


def fill(path: str, names: Mapping[str, str]) -> str:
    """The path with what its parameters name in the world."""
    room = path.split("/")[1]

    def value(found: re.Match[str]) -> str:
        own = f"{room}.{found[1]}"
        return names[own] if own in names else names[found[1]]

    return _PARAMETER.sub(value, path)


def in_turn(doors: Iterable[str]) -> list[str]:
    """Reading before writing, so that nothing is gone before it is read; the rest stays in the table's order."""
    return sorted(doors, key=lambda door: door.split()[0] in UNSAFE)


async def knock(client: httpx.AsyncClient, door: str, world: World, **headers: str) -> httpx.Response:
    """Try one door as a browser does, with an empty form where there is one."""
    method, path = door.split(" ")
    body = {name: world.names[value] for name, value in BODIES.get(door, {}).items()}
    return await client.request(method, fill(path, world.names), data=body or None, headers=headers)


def read(answer: httpx.Response) -> Answer:
    """What the door said."""
    if answer.headers.get("location", "").startswith("/login?"):
        return Answer.LOGIN
    assert answer.status_code < 500, answer.text
    by_status = {401: Answer.UNSIGNED, 403: Answer.FORBIDDEN, 404: Answer.MISSING}
    return by_status.get(answer.status_code, Answer.IN)


def test_every_route_has_its_line(app: FastAPI) -> None:
    """A new route without a line is named here, and so is a line whose route is gone."""
    routes = routes_of(app)
    assert sorted(routes - set(DOORS)) == [], "routes without a line in tests/app/doors.py"
    assert sorted(set(DOORS) - routes) == [], "lines without a route"


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_in_where_it_may(
    db: Database, client: httpx.AsyncClient, world: World, role: Role
) -> None:
    """Each door answers this role as the table says."""
    if role is not Role.VISITOR:
        async with db.transaction() as session:
            await log_in(session, client, world.people[role])
    if role is Role.MANAGER:
        client.cookies.set(CART_COOKIE, world.cart_token)
    wrong = {}
    for door in in_turn(DOORS):
        answer = await knock(client, door, world)
        if (said := read(answer)) is not DOORS[door][role]:
            wrong[door] = f"{said} ({answer.status_code}), the table says {DOORS[door][role]}"
    assert wrong == {}


async def test_a_wrong_token_opens_nothing(client: httpx.AsyncClient, world: World) -> None:
    """Where a token is the key, another one finds nothing."""
    world.names |= {
        f"{room}.token": "A" * 43
        for room in (
            "orders",
            "bookings",
            "staying",
            "calendar",
            "waiting",
            "groups",
            "payments",
            "enrol",
        )
    }
    doors = [door for door, line in DOORS.items() if line is TOKEN]
    assert doors
    for door in doors:
        assert (await knock(client, door, world)).status_code == 404, door


async def test_no_form_of_another_site_is_taken(
    db: Database, client: httpx.AsyncClient, world: World
) -> None:
    """A request that changes something is refused when another site sent it, whoever is logged in."""
    async with db.transaction() as session:
        await log_in(session, client, world.people[Role.MANAGER])
    for door in DOORS:
        method, path = door.split(" ")
        if method not in UNSAFE or path.startswith(KEYED_PREFIXES):
            continue
        for site in ("cross-site", "same-site", "none"):
            answer = await knock(client, door, world, **{"Sec-Fetch-Site": site})
            assert answer.status_code == 403 and "không đến từ trang" in answer.text, (door, site)


async def test_the_demo_has_five_doors_more(
    house: House, new_client: Callable[[], httpx.AsyncClient], world: World, database_url: str
) -> None:
    """A demo opens its sandbox to everybody, a wrong code finds nothing, and no other house has these doors."""
    settings = house.settings.model_copy(update={"demo": True, "stripe_secret_key": ""})
    demo = make_house(settings, database_url, clock=house.clock, sms=house.sms, pool_size=5)
    app = create_app(demo)
    assert routes_of(app) == set(DOORS) | set(DEMO_DOORS)
    headers = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers=headers
    ) as client:
        card = await client.post(f"/payments/{world.unpaid_token}/card")
        world.names |= {"code": world.unpaid_code, "session_id": card.headers["location"].rpartition("/")[2]}
        for door, line in DEMO_DOORS.items():
            assert read(await knock(client, door, world)) is line[Role.VISITOR], door
        async with new_client() as visitor:
            for door in DEMO_DOORS:
                assert (await knock(visitor, door, world)).status_code == 404, door
        world.names |= {"code": "CP000000", "session_id": "cs_unknown"}
        for door, line in DEMO_DOORS.items():
            assert line is not TOKEN or (await knock(client, door, world)).status_code == 404, door
    await demo.database.close()
