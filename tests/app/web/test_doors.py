"""The doors: who may come in, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import text

from app.core.errors import AppError, BusyError, ConflictError, InvalidError, UnauthenticatedError
from app.core.i18n import Text
from app.main import create_app
from app.web.dependencies import DbSession, VisitorKey, visitor_address
from app.web.house import House
from app.web.security import Doors, public_path

router = APIRouter()


@router.post("/probe/post")
async def post_probe(request: Request) -> PlainTextResponse:
    """Take a form."""
    await request.body()
    return PlainTextResponse("taken")


@router.get("/probe/commit-fails")
async def commit_fails(session: DbSession) -> PlainTextResponse:
    """Write what only the commit refuses."""
    await session.execute(
        text(
            "INSERT INTO journals (id, kind, source, memo, occurred_at, created_at) "
            "VALUES (gen_random_uuid(), 'k', 's', '', now(), now())"
        )
    )
    await session.execute(
        text(
            "INSERT INTO journal_entries (id, journal_id, account, amount_minor, created_at) "
            "SELECT gen_random_uuid(), id, 'a', 5, now() FROM journals"
        )
    )
    return PlainTextResponse("booked")


@router.get("/probe/refuse/{kind}")
async def refuse(kind: str) -> None:
    """Raise one kind of error."""
    kinds: dict[str, AppError] = {
        "busy": BusyError(Text("bận")),
        "conflict": ConflictError(Text("đụng"), fields={"name": Text("tên này")}),
        "invalid": InvalidError(Text("sai")),
        "login": UnauthenticatedError(Text("vào")),
        "base": AppError(Text("gì đó")),
    }
    raise kinds[kind]


@router.get("/probe/crash")
async def crash() -> None:
    """Fail in a way that nobody foresaw."""
    raise RuntimeError("secret detail")


@router.get("/probe/number/{number}")
async def number_probe(number: int, q: int = 0) -> PlainTextResponse:
    """Take a number in the path and in the query."""
    return PlainTextResponse(str(number + q))


@router.get("/probe/key")
async def key_probe(key: VisitorKey, request: Request) -> dict[str, str]:
    """Say who came."""
    return {"key": key, "address": visitor_address(request)}


@pytest.fixture(scope="module")
def probe_app(the_house: House, app: object) -> FastAPI:
    """The application with the probes mounted."""
    application = create_app(the_house)
    application.include_router(router)
    return application


@pytest.fixture
def visit(probe_app: FastAPI, house: House) -> Callable[..., httpx.AsyncClient]:
    """A bare client: what it sends is what the test says."""

    def make(**headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=probe_app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers)

    return make


Visit = Callable[..., httpx.AsyncClient]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_unsafe_requests_come_from_our_own_pages(
    visit: Visit, headers: dict[str, str], status: int
) -> None:
    """A form that stands on somebody else's page is refused, whatever cookie comes with it."""
    async with visit(**headers) as client:
        assert (await client.post("/probe/post", data={"a": "b"})).status_code == status


async def test_machines_paths_need_no_origin(visit: Visit) -> None:
    """Webhooks bring signatures, not origins: the door lets them through to their own check."""
    async with visit() as client:
        assert (await client.post("/webhooks/nobody")).status_code == 404


async def test_a_failing_commit_is_never_a_200(visit: Visit) -> None:
    """The transaction ends before the reply: books that do not sum to zero answer 500 and are not there."""
    async with visit() as client:
        assert (await client.get("/probe/commit-fails")).status_code == 500


async def test_every_answer_carries_the_policy(visit: Visit) -> None:
    """Pages, refusals and faults alike: a content policy without `unsafe-inline`, and no sniffing."""
    async with visit(**{"Sec-Fetch-Site": "cross-site"}) as client:
        for answer in (
            await client.get("/healthz"),
            await client.post("/probe/post"),
            await client.get("/probe/crash"),
        ):
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "strict-transport-security" not in answer.headers


async def test_request_ids_are_ours_unless_well_formed(visit: Visit) -> None:
    """An id that could break a log line is replaced."""
    async with visit() as client:
        kept = await client.get("/healthz", headers={"X-Request-Id": "abc-12345678"})
        assert kept.headers["x-request-id"] == "abc-12345678"
        made = await client.get("/healthz", headers={"X-Request-Id": "<script>"})
        assert len(made.headers["x-request-id"]) == 16


async def test_bodies_over_the_limit_are_refused(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large by its own word: 413 at once; by lying about its length: cut off while it is read."""
    monkeypatch.setattr("app.web.security.MAX_BODY", 100)
    async with visit(**{"Sec-Fetch-Site": "same-origin"}) as client:
        assert (await client.post("/probe/post", content=b"x" * 101)).status_code == 413
        assert (
            await client.post("/probe/post", headers={"content-length": "many"}, content=b"")
        ).status_code == 413

        async def chunks() -> object:
            for _ in range(10):
                yield b"x" * 50

        lying = await client.post("/probe/post", content=chunks())  # type: ignore[arg-type]  # an async stream
        assert lying.status_code >= 400


@pytest.mark.parametrize(
    ("kind", "status"), [("busy", 503), ("conflict", 409), ("invalid", 422), ("login", 401), ("base", 500)]
)
async def test_kinds_of_error_have_one_status_each(visit: Visit, kind: str, status: int) -> None:
    """The map from kind to status holds for programs, with a problem document."""
    async with visit(Accept="application/json") as client:
        answer = await client.get(f"/probe/refuse/{kind}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status
        if kind == "busy":
            assert answer.headers["retry-after"] == "2"
        if kind == "conflict":
            assert answer.json()["errors"] == {"name": "tên này"}


async def test_people_get_a_page_that_says_what_to_do(visit: Visit) -> None:
    """An error for a person is a page in words, never a code alone; a fault of ours shows no detail."""
    async with visit(Accept="text/html") as client:
        page = await client.get("/probe/refuse/conflict")
        assert page.status_code == 409
        assert "đụng" in page.text
        crashed = await client.get("/probe/crash")
        assert crashed.status_code == 500
        assert "secret detail" not in crashed.text
        assert "không phải do bạn" in crashed.text
        assert (await client.get("/nothing-here")).status_code == 404
        english = await client.get("/nothing-here", headers={"Accept-Language": "en"})
        assert "Page not found" in english.text


async def test_logged_out_goes_to_log_in_and_back(visit: Visit) -> None:
    """A private page sends a person to the log-in page, with the way back."""
    async with visit(Accept="text/html") as client:
        answer = await client.get("/probe/refuse/login?a=1")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/login?next=/probe/refuse/login%3Fa%3D1"


async def test_wrong_shapes_in_paths_do_not_exist_and_in_queries_are_refused(visit: Visit) -> None:
    """A path that cannot be is 404, a query that cannot be is 422, a wrong method is 405."""
    async with visit(Accept="text/html", **{"Sec-Fetch-Site": "same-origin"}) as client:
        assert (await client.get("/probe/number/x")).status_code == 404
        assert (await client.get("/probe/number/1?q=x")).status_code == 422
        assert (await client.get("/probe/number/1?q=2")).text == "3"
        assert (await client.post("/probe/crash")).status_code == 405


async def test_visitors_are_known_by_a_keyed_hash(visit: Visit) -> None:
    """The address itself is never in the key, and a forged proxy header is not believed."""
    async with visit() as client:
        plain = (await client.get("/probe/key")).json()
        forged = (await client.get("/probe/key", headers={"X-Forwarded-For": "9.9.9.9"})).json()
        assert plain == forged
        assert plain["address"] not in plain["key"]


@pytest.mark.parametrize(
    ("forwarded", "address"), [("1.1.1.1, 2.2.2.2", "1.1.1.1"), ("2.2.2.2", "127.0.0.1"), ("", "127.0.0.1")]
)
async def test_proxies_are_believed_as_far_as_the_settings_say(
    house: House, forwarded: str, address: str
) -> None:
    """With two proxies of ours, the address before them is the visitor's."""
    house_with = type("H", (), {"settings": house.settings.model_copy(update={"trusted_proxies": 2})})()
    scope = {
        "type": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode())],
        "client": ("127.0.0.1", 1),
        "app": type("A", (), {"state": type("S", (), {"house": house_with})()})(),
    }
    assert visitor_address(Request(scope)) == address
    assert visitor_address(Request(scope | {"client": None, "headers": []})) == "unknown"


async def test_over_https_strict_transport_is_demanded(house: House) -> None:
    """A house that is reached by HTTPS says so for a year; other protocols pass the door untouched."""
    seen: list[str] = []

    async def inner(scope: dict[str, object], receive: object, send: Callable[..., object]) -> None:
        seen.append(str(scope["type"]))
        if scope["type"] == "http":
            await PlainTextResponse("x")(scope, receive, send)  # type: ignore[arg-type]  # a bare ASGI app

    doors = Doors(inner, form_targets=tuple, public_url="https://chophien.example")  # type: ignore[arg-type]  # as above
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=doors), base_url="https://chophien.example"
    ) as client:
        assert "strict-transport-security" in (await client.get("/")).headers
    await doors({"type": "lifespan"}, None, None)  # type: ignore[arg-type]  # never touched
    assert seen == ["http", "lifespan"]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/orders/abc", "/orders/***"),
        ("/bookings/abc/visit.ics", "/bookings/***/visit.ics"),
        ("/waiting/abc/leave", "/waiting/***/leave"),
        ("/payments/abc/state", "/payments/***/state"),
        ("/calendar/abc.ics", "/calendar/***"),
        ("/p/che-dinh", "/p/che-dinh"),
    ],
)
def test_logs_hold_no_token(path: str, logged: str) -> None:
    """What opens a private page never stands in a log line."""
    assert public_path(path) == logged
