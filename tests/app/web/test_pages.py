"""Pages, forms and the page cache."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import ClassVar

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy import text
from starlette.datastructures import FormData, UploadFile

from app.core.db import Database
from app.core.errors import InvalidError
from app.core.fields import Dong, FormModel
from app.core.i18n import Text
from app.core.ids import uuid7
from app.core.settings import Settings
from app.main import create_app
from app.web.cache import PageCache, invalidate
from app.web.errors import ErrorPage
from app.web.forms import Form, Submission, read_submission
from app.web.house import House, NavEntry, Viewer
from app.web.public import Built, cached_page
from app.wiring import make_house

router = APIRouter()
builds: list[str] = []


@dataclass(frozen=True, kw_only=True)
class ProbePage(ErrorPage):
    """A page of the error template in an area of its own."""

    area: ClassVar[str] = "buyer"


@router.get("/probe/public", name="app.probe.public")
async def public_probe(request: Request) -> Response:
    """A public page that counts how often it is built."""

    async def build() -> Built:
        builds.append(request.url.path)
        return ProbePage(title=Text("Trang chủ"), message=Text("x"), is_retryable=False), ["listing:1"]

    return await cached_page(request, build, asked={"page": request.query_params.get("page", "")})


@router.post("/probe/form", name="app.probe.form")
async def form_probe(request: Request) -> PlainTextResponse:
    """Read a form."""
    submission = await read_submission(request)
    return PlainTextResponse(str(dict(submission.form.values)))


@pytest.fixture(scope="module")
async def probe_app(the_house: House, app: object) -> AsyncIterator[FastAPI]:
    """The application with the probes mounted, listening for changes."""
    application = create_app(the_house)
    application.include_router(router)
    return application


@pytest.fixture
async def visitor(probe_app: FastAPI, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of the probes."""
    async with asyncio.timeout(10):
        while not house.cache.is_listening:
            await asyncio.sleep(0.01)
    builds.clear()
    transport = httpx.ASGITransport(app=probe_app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", headers={"Sec-Fetch-Site": "same-origin"}
    ) as client:
        yield client


async def test_a_public_page_is_built_once_per_language_and_query(visitor: httpx.AsyncClient) -> None:
    """The second visitor gets stored bytes; another language or question is another page, a made-up one is not."""
    first = await visitor.get("/probe/public")
    again = await visitor.get("/probe/public")
    assert first.content == again.content
    assert len(builds) == 1
    await visitor.get("/probe/public?utm=1&x=2")
    assert len(builds) == 1
    await visitor.get("/probe/public?page=2")
    english = await visitor.get("/probe/public?lang=en")
    assert len(builds) == 3
    assert 'lang="en"' in english.text
    assert english.cookies["lang"] == "en"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
async def test_a_stored_page_is_the_page_as_it_was_built(visitor: httpx.AsyncClient, encoding: str) -> None:
    """Stored or built just now, compressed or not: the same bytes and the same headers reach the reader."""
    headers = {"Accept-Encoding": encoding}
    built, stored = [await visitor.get("/probe/public", headers=headers) for _ in range(2)]
    assert len(builds) == 1
    assert stored.content == built.content
    assert stored.headers.get("Content-Encoding", "identity") == encoding
    kept = [
        {
            name: value
            for name, value in answer.headers.items()
            if name not in {"content-length", "x-request-id"}
        }
        for answer in (built, stored)
    ]
    assert kept[0] == kept[1]


async def test_an_unchanged_page_answers_304(visitor: httpx.AsyncClient) -> None:
    """A phone that has the page gets no bytes."""
    first = await visitor.get("/probe/public")
    again = await visitor.get("/probe/public", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_a_change_drops_exactly_its_pages_at_commit(
    visitor: httpx.AsyncClient, house: House, db: Database
) -> None:
    """Another thing's change leaves the page; its own drops it, and only once it is committed."""
    await visitor.get("/probe/public")
    async with db.transaction() as session:
        await invalidate(session, "listing:2")
    async with db.transaction() as session:
        await invalidate(session, "listing:1")
        await asyncio.sleep(0.1)
        assert len(house.cache) == 1
    async with asyncio.timeout(5):
        while len(house.cache):
            await asyncio.sleep(0.01)
    await visitor.get("/probe/public")
    assert len(builds) == 2


async def test_personal_places_are_filled_after_the_cache(visitor: httpx.AsyncClient, house: House) -> None:
    """What is personal never enters the stored bytes."""
    names = iter(["Lan", "Hoa"])

    async def fragment(_request: Request) -> str:
        return f"<b>{next(names)}</b>"

    kept = dict(house.fragments)
    house.fragments.clear()
    house.fragments["<!--probe-->"] = fragment
    try:
        assert "<b>Lan</b>" in (await visitor.get("/probe/public?fragment")).text
        assert "<b>Hoa</b>" in (await visitor.get("/probe/public?fragment")).text
        assert len(builds) == 1
    finally:
        house.fragments.clear()
        house.fragments.update(kept)


async def test_the_quick_way_says_what_the_whole_way_says(
    visitor: httpx.AsyncClient, house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A product of the shop, asked for again: with a basket, in English, unchanged; the routes are not reached any more."""
    asked: list[dict[str, str]] = [
        {},
        {"Accept-Encoding": "identity"},
        {"Cookie": "lang=en"},
        {"Accept-Language": "en"},
        {"Cookie": f"cart={uuid7()}"},
    ]
    whole = [await client.get("/", headers=headers) for headers in asked]
    unchanged = {"If-None-Match": whole[0].headers["etag"]}
    asked.append(unchanged)
    house.cache._addresses.clear()
    whole.append(await client.get("/", headers=unchanged))
    for headers in asked:
        await client.get("/", headers=headers)
    monkeypatch.setattr("storefront.catalog.routes.cached_page", None)  # whoever comes by the routes fails
    quick = [await client.get("/", headers=headers) for headers in asked]
    assert [answer.status_code for answer in quick] == [200] * 5 + [304]
    assert (await client.get("/?lang=en")).status_code == 500
    for slow, fast in zip(whole, quick, strict=True):
        assert slow.content == fast.content
        own = {"x-request-id"}
        assert {*slow.headers.items()} - {(name, slow.headers[name]) for name in own} == {
            *fast.headers.items()
        } - {(name, fast.headers[name]) for name in own}


async def test_what_changed_goes_the_whole_way(
    visitor: httpx.AsyncClient, house: House, db: Database
) -> None:
    """A page that was dropped is built anew, by the same address."""
    for _number in range(2):
        await visitor.get("/probe/public?a=1")
    house.cache.drop("listing:1")
    assert (await visitor.get("/probe/public?a=1")).status_code == 200
    assert len(builds) == 2


def test_addresses_are_bounded() -> None:
    """Made-up queries push out the addresses that nobody asked for any more, not those in use."""
    cache = PageCache(max_pages=2)
    for name in ("a", "b", "a", "c"):
        cache.learn(b"/", name.encode(), ("/", "", "vi"))
    assert cache.find_keys(b"/", b"b") is None
    assert cache.find_keys(b"/", b"a") == {"vi": ("/", "", "vi")}


def test_the_cache_is_bounded_and_deaf_caches_nothing() -> None:
    """Old pages leave first; while changes cannot be heard nothing is kept or served."""
    cache = PageCache(max_pages=2)
    cache.store(("a", "", "vi"), b"a", [], cache.generation)
    assert len(cache) == 0
    cache.is_listening = True
    for name in "abc":
        cache.store((name, "", "vi"), b"x", ["t"], cache.generation)
    assert cache.find(("a", "", "vi")) is None
    assert cache.find(("c", "", "vi")) is not None
    stale = cache.generation
    cache.drop("other")
    cache.store(("d", "", "vi"), b"x", [], stale)
    assert cache.find(("d", "", "vi")) is None
    cache.is_listening = False
    assert cache.find(("c", "", "vi")) is None


async def test_the_listener_comes_back_after_its_line_is_cut(house: House, db: Database) -> None:
    """A cut line makes the cache deaf, and it hears again by itself, with nothing stale."""
    cache = PageCache(max_pages=2)
    task = asyncio.create_task(cache.listen(db.conninfo))
    try:
        async with asyncio.timeout(10):
            while not cache.is_listening:
                await asyncio.sleep(0.01)
            cache.store(("a", "", "vi"), b"a", [], cache.generation)
            async with db.transaction() as session:
                await session.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE query = 'LISTEN pages' AND datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            while cache.is_listening:
                await asyncio.sleep(0.01)
            while not cache.is_listening:
                await asyncio.sleep(0.05)
        assert len(cache) == 0
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_house_may_keep_no_pages(settings: Settings, database_url: str) -> None:
    """Behind a pooler nobody can listen: with no page to keep, no line is opened and each page is built anew."""
    house = make_house(settings.model_copy(update={"cached_pages": 0}), database_url, pool_size=1)
    app = create_app(house)
    app.include_router(router)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as visitor,
    ):
        builds.clear()
        for _ in range(2):
            assert (await visitor.get("/probe/public")).status_code == 200
    assert len(builds) == 2 and not house.cache.is_listening


async def test_the_bar_marks_where_one_is(probe_app: FastAPI, house: House) -> None:
    """The bottom bar's current item is the longest address that fits, and the header knows the name."""
    house.nav["probe"] = (NavEntry(Text("Đây"), "app.probe.public", "home", is_primary=True),)

    @dataclass(frozen=True, kw_only=True)
    class There(ProbePage):
        """A page of the probe's own area."""

        area: ClassVar[str] = "probe"

    from app.web.pages import _shell

    scope = {
        "type": "http",
        "path": "/probe/public/x",
        "app": probe_app,
        "headers": [],
        "query_string": b"",
        "state": {},
    }
    request = Request(scope)
    request.state.viewer = Viewer(uuid7(), "Hoàng Thị Lan", "/me", "login.key")
    shell = _shell(request, There.area, "vi")
    assert [(item.label, item.is_current, item.is_primary) for item in shell.nav] == [("Đây", True, True)]
    assert shell.person_name == "Hoàng Thị Lan"
    assert _shell(Request(scope | {"state": {}}), "plain", "vi").person_name is None
    del house.nav["probe"]


class PackForm(FormModel):
    """A form for these tests."""

    price: Dong
    tags: list[str] = []


def test_a_form_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    """A wrong field keeps its typed words and has its own sentence; a right one is read."""
    data = FormData(
        [("price", "mấy"), ("tags", "a"), ("tags", "b"), ("photo", UploadFile(file=None, filename=""))]
    )  # type: ignore[arg-type]  # an empty file field, as browsers send it
    submission = Submission(Form({"price": "mấy"}), data)
    model, form = submission.read(PackForm)
    assert model is None
    assert form.values["price"] == "mấy"
    assert "chưa đọc được" in str(form.errors["price"])
    good = Submission(Form({"price": "5k"}), FormData([("price", "5k"), ("tags", "a"), ("tags", "b")]))
    read, _form = good.read(PackForm)
    assert read == PackForm(price=5000, tags=["a", "b"])
    assert submission.files("photo") == []


def test_a_services_refusal_stands_in_the_form() -> None:
    """A refusal with fields stands beside them, one without above the form."""
    form = Form({"a": "1"})
    assert form.refused(InvalidError(Text("x"), fields={"a": Text("y")})).errors == {"a": Text("y")}
    assert form.refused(InvalidError(Text("x"))).errors == {"": Text("x")}


async def test_a_posted_form_is_read_once(visitor: httpx.AsyncClient) -> None:
    """Typed values arrive as they were typed."""
    answer = await visitor.post("/probe/form", data={"a": "chè"}, files={"f": ("x.txt", b"1")})
    assert answer.text == "{'a': 'chè'}"


async def test_a_text_without_end_is_said_to_be_too_long(visitor: httpx.AsyncClient) -> None:
    """Three megabytes in one field: the answer says what to do about it."""
    answer = await visitor.post("/probe/form", data={"a": "x" * 3_000_000}, files={"f": ("x.txt", b"1")})
    assert answer.status_code == 422 and "Có chỗ viết dài quá" in answer.text


async def test_a_form_that_cannot_be_read_asks_for_it_again(visitor: httpx.AsyncClient) -> None:
    """A body whose parts have no shape: the answer is ours, in words, and no fault of the server."""
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await visitor.post("/probe/form", content=b"--x\r\nno shape", headers=broken)
    assert answer.status_code == 400 and "chưa đọc được" in answer.text


async def test_health_says_alive_and_ready(visitor: httpx.AsyncClient, house: House) -> None:
    """Alive without a database, ready only with one."""
    assert (await visitor.get("/healthz")).text == "ok"
    assert (await visitor.get("/readyz")).status_code == 200
    kept = house.database
    house.database = Database("postgresql://nobody@/none?host=/nowhere", pool_size=1)
    try:
        assert (await visitor.get("/readyz")).status_code == 503
    finally:
        house.database = kept


async def test_static_files_with_their_hash_may_be_kept_for_ever(visitor: httpx.AsyncClient) -> None:
    """An address that carries the content's hash is immutable; a bare one is not."""
    from app.web.templating import static_url

    kept = await visitor.get(static_url("app.css"))
    assert kept.status_code == 200
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in (await visitor.get("/static/app.css")).headers.get("cache-control", "")
