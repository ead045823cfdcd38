"""A room is asked for addresses that begin as its own do, and for no others."""

from __future__ import annotations

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import Match

from app.main import ROUTERS
from app.web.directory import ask_for_own, heads_of, words_of


def make_room(*paths: str) -> APIRouter:
    """A room whose pages say which route they are of."""
    room = APIRouter()
    for path in paths:
        room.add_api_route(path, lambda path=path: path, response_model=None)
    return room


@pytest.mark.parametrize(
    ("paths", "heads"),
    [
        (["/"], {""}),
        (["/login", "/login/code"], {"login", "login/code"}),
        (["/producer/"], {"producer/"}),
        (["/producer/lots/{lot_id}/events", "/producer/lots"], {"producer/lots"}),
        (["/media/{photo_id}/{width}.webp"], {"media"}),
        (["/media/{photo_id}.audio"], {"media"}),
        (["/orders", "/{anything}"], None),
    ],
)
def test_how_addresses_begin(paths: list[str], heads: set[str] | None) -> None:
    """By two words where both are fixed, by one where a second is none or anything; a first that is anything says nothing."""
    assert heads_of(make_room(*paths).routes) == heads


def test_every_room_is_asked_for_its_own() -> None:
    """Whatever stands for the parameters of a route, its address begins as its room says; hardly a room says nothing."""
    silent = 0
    for room in ROUTERS:
        heads = heads_of(room.routes)
        silent += heads is None
        for route in room.routes:
            assert heads is None or heads & set(words_of(route.path.replace("{", "").replace("}", "")))
    assert silent < 3


async def test_others_are_not_asked() -> None:
    """The first room is passed over for what the second has; below another application it is asked for everything."""
    app = FastAPI()
    for paths in (["/orders/{token}"], ["/tours/{slug}", "/orders"]):
        room = make_room(*paths)
        app.include_router(room)
        heads = heads_of(room.routes)
        assert heads is not None
        ask_for_own(app.router.routes[-1], heads)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://house") as client:
        for path, own in (
            ("/orders/a", "/orders/{token}"),
            ("/orders", "/orders"),
            ("/tours/a", "/tours/{slug}"),
        ):
            assert (await client.get(path)).json() == own
        assert (await client.get("/orders/")).headers["location"] == "http://house/orders"
        assert (await client.get("/stays")).status_code == 404
        assert (await client.post("/orders")).status_code == 405
    first = app.router.routes[-2]
    scope = {"type": "http", "method": "GET", "path": "/house/orders/a", "root_path": ""}
    assert first.matches(scope)[0] is Match.NONE
    assert first.matches({**scope, "root_path": "/house"})[0] is Match.FULL
