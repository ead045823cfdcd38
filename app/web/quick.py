"""The quick way to public pages that lie in the cache: before the framework, whose routes and dependencies take longer.

It knows only addresses that the whole way has answered from the cache (see `cached_page`); everything else goes on. What
it answers is what the whole way answers.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.requests import cookie_parser

from app.core.i18n import choose_language
from app.web.pages import LANGUAGE_COOKIE
from app.web.public import CACHE_CONTROL, VARY, Stored

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.house import House

RawHeaders = list[tuple[bytes, bytes]]
_KEPT = (b"cache-control", CACHE_CONTROL.encode())
_VARY = (b"vary", VARY.encode())
_PAGE: RawHeaders = [
    _KEPT,
    (b"vary", f"{VARY}, Accept-Encoding".encode()),
    (b"content-type", b"text/html; charset=utf-8"),
]


def read_headers(scope: Scope) -> dict[str, str]:
    """The headers by their names in lower case: of several alike the first, but all cookies, as in the framework."""
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name == "cookie" and name in found:
            value = f"{found.pop(name)}; {value}"
        found.setdefault(name, value)
    return found


class PageDoor:
    """Answers public pages from the cache, and leads everything else on."""

    def __init__(self, app: ASGIApp, *, house: House) -> None:
        self._app = app
        self._cache = house.cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            answer = await self._answer(scope)
            if answer is not None:
                status, headers, body = answer
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope) -> tuple[int, RawHeaders, bytes] | None:
        keys = self._cache.find_keys(scope["raw_path"], scope["query_string"])
        if keys is None:
            return None
        headers = read_headers(scope)
        cookies = cookie_parser(headers["cookie"]) if "cookie" in headers else {}
        key = keys.get(choose_language(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language")))
        entry = self._cache.find(key) if key else None
        if entry is None or not isinstance(entry.kept, Stored):
            return None
        said = await entry.kept.fill(Request(scope))
        etag = (b"etag", said.etag.encode())
        if said.etag in headers.get("if-none-match", ""):
            return HTTPStatus.NOT_MODIFIED, [etag, _KEPT, _VARY], b""
        if "gzip" in headers.get("accept-encoding", ""):
            body, own = said.pack(), [etag, (b"content-encoding", b"gzip")]
        else:
            body, own = said.body, [etag]
        return HTTPStatus.OK, [*own, *_PAGE, (b"content-length", b"%d" % len(body))], body
