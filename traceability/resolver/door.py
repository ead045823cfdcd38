"""The quick door: a look at a product or a lot whose story lies in the page cache.

It stands before the framework, whose way through routes, dependencies and compression takes several times as long as
such an answer. It answers only what is plain: everything else (another spelling of the address, a label, an unknown lot,
a machine) goes the whole way. What it answers is byte for byte what the whole way answers, and is counted alike.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import cookie_parser

from app.core.i18n import choose_language
from app.web.pages import LANGUAGE_COOKIE
from traceability.resolver import answers
from traceability.resolver.digital_link import Link
from traceability.resolver.kept import KeptStory, story_key
from traceability.resolver.looking import read_visit, write_down
from traceability.resolver.negotiation import Answer, choose_answer
from traceability.scans.service import ScanBuffer

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.house import House

    RawHeaders = list[tuple[bytes, bytes]]

_HEADERS = [
    (b"cache-control", b"private, no-cache"),
    *((name.lower().encode(), value.encode()) for name, value in answers.CORS.items()),
]
_VARY = answers.VARY.encode()
_PAGE = [(b"content-type", b"text/html; charset=utf-8"), (b"vary", _VARY + b", Accept-Encoding")]


class ScanDoor:
    """Answers plain looks, and leads everything else on."""

    def __init__(self, app: ASGIApp, *, house: House) -> None:
        self._app = app
        self._house = house
        public_url = house.settings.public_url.rstrip("/").replace("%", "%%")
        self._link = f'<{public_url}%b?linkType=linkset>; rel="linkset"'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and scope["path"].startswith("/01/")
            and not scope["query_string"]
        ):
            answer = self._answer(scope)
            if answer is not None:
                status, headers, body = answer
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)

    def _answer(self, scope: Scope) -> tuple[int, RawHeaders, bytes] | None:
        headers = _read_headers(scope)
        if choose_answer(headers.get("accept", "")) is not Answer.PAGE:
            return None
        cookies = cookie_parser(headers["cookie"]) if "cookie" in headers else {}
        lang = choose_language(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language"))
        now = self._house.clock.now()
        path: bytes = scope["raw_path"]
        entry = self._house.cache.find(story_key(path.decode("ascii", "replace"), now, lang))
        story = entry.kept if entry else None
        if not isinstance(story, KeptStory):
            return None
        link = Link(story.gtin, story.lot_code)
        visit = read_visit(self._house, link, now, headers=headers, cookies=cookies)
        write_down(self._house.port(ScanBuffer), link, visit, is_issued=True)
        said = [(b"etag", story.etag.encode()), *_HEADERS, (b"link", self._link % path)]
        if story.etag in headers.get("if-none-match", ""):
            return HTTPStatus.NOT_MODIFIED, [*said, (b"vary", _VARY)], b""
        body = story.plain
        if "gzip" in headers.get("accept-encoding", ""):
            body = story.packed
            said.append((b"content-encoding", b"gzip"))
        return HTTPStatus.OK, [*said, *_PAGE, (b"content-length", b"%d" % len(body))], body


def _read_headers(scope: Scope) -> dict[str, str]:
    """The headers by their names in lower case; of several alike the first counts, as in the framework."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    return found
