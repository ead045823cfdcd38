"""The quick door: a look at a product, a lot or a label whose story lies in the page cache.

It stands before the framework, whose way through routes, dependencies and a transaction takes several times as long as
such an answer. It answers only what is plain: everything else (another spelling of the address, an unknown lot or label,
a wrong signature, a machine) goes the whole way. What it answers is byte for byte what the whole way answers, and is
counted alike. What is known of a label is asked of the database each time.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import cookie_parser

from app.accounts.cookies import set_cookie
from app.core.i18n import choose_language
from app.web.packing import Filled
from app.web.pages import LANGUAGE_COOKIE
from app.web.quick import RawHeaders, read_headers
from traceability.labels.press import QUERY_KEY, label_signer
from traceability.resolver import answers
from traceability.resolver.desk import LabelDesk
from traceability.resolver.digital_link import Link
from traceability.resolver.kept import SERIAL, SIGNATURE, KeptStory, KeptWords, story_key
from traceability.resolver.label_answers import Checked, Signature, Visit, judge_printed
from traceability.resolver.looking import read_visit, write_down
from traceability.resolver.negotiation import Answer, choose_answer
from traceability.resolver.speaking import say_label
from traceability.scans import own
from traceability.scans.service import ScanBuffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from app.web.house import House

_NO_LABEL = Checked(None, is_issued=True)
_MOST_WORDS = 1_000
_SERIAL = re.compile("[A-Za-z0-9]+")
_SIGNATURE = re.compile(f"{QUERY_KEY}=([A-Za-z0-9_-]+)")
"""Both look the same wherever they stand in a page, so that they may be put in."""
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
        self._desk = LabelDesk(house)
        self._words: dict[tuple[object, ...], KeptWords] = {}
        public_url = house.settings.public_url.rstrip("/").replace("%", "%%")
        self._link = f'<{public_url}%b?linkType=linkset>; rel="linkset"'.encode()
        shape = Response()
        set_cookie(house, shape, own.COOKIE, SERIAL, max_age=own.COOKIE_AGE)
        self._cookie = shape.headers["set-cookie"].replace(SERIAL, "%b").encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith("/01/"):
            answer = await self._answer(scope)
            if answer is not None:
                status, headers, body = answer
                await send({"type": "http.response.start", "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self._app(scope, receive, send)

    async def _answer(self, scope: Scope) -> tuple[int, RawHeaders, bytes] | None:
        path = scope["raw_path"].decode("ascii", "replace")
        base, qualifier, serial = path.partition("/21/")
        if qualifier and not serial:
            return None  # a qualifier without its value: the whole way says what is wrong
        query = scope["query_string"].decode("ascii", "replace")
        signed = _SIGNATURE.fullmatch(query) if serial else None
        headers = read_headers(scope)
        if (query and not signed) or choose_answer(headers.get("accept", "")) is not Answer.PAGE:
            return None
        cookies = cookie_parser(headers["cookie"]) if "cookie" in headers else {}
        lang = choose_language(cookies.get(LANGUAGE_COOKIE), headers.get("accept-language"))
        now = self._house.clock.now()
        key = story_key(base, now, lang)
        entry = self._house.cache.find(key)
        story = entry.kept if entry else None
        if not isinstance(story, KeptStory):
            return None
        link = Link(story.gtin, story.lot_code, serial or None)
        visit = read_visit(self._house, link, now, headers=headers, cookies=cookies)
        checked, page = _NO_LABEL, story.plain
        if serial:
            signature = signed[1] if signed else ""
            found = await self._check(story, link, signature, visit)
            if found is None or self._house.cache.find(key) is not entry:  # what was heard meanwhile counts
                return None
            checked = found
            words = self._find_words(scope, lang, link, checked, visit, is_signed=bool(signed))
            page = story.fill(words.fill(serial, signature))
        said: RawHeaders = [(b"etag", page.etag.encode()), *_HEADERS, (b"link", self._link % path.encode())]
        cookie = write_down(self._house, link, visit, checked, cookies)
        if cookie is not None:
            said.append((b"set-cookie", self._cookie % cookie.encode()))
        return _deliver(headers, said, page)

    async def _check(self, story: KeptStory, link: Link, signature: str, visit: Visit) -> Checked | None:
        """What is known of a label of this very lot; None for any other, and for a signature that is not ours."""
        serial, producer_id = link.serial or "", story.producer_id
        if producer_id is None or not _SERIAL.fullmatch(serial):
            return None
        if signature and not Signature(signature, label_signer(self._house.secret)).is_good(link, None):
            return None
        try:
            found = await self._desk.find(story.gtin, serial)
        except SQLAlchemyError:
            return None  # the whole way says that the database is away
        label = found.label
        if label is None or label.lot_id != story.lot_id:
            return None
        found = self._house.port(ScanBuffer).add_later(found, gtin=story.gtin, serial=serial)
        return judge_printed(label, found.history, producer_id=producer_id, visit=visit)

    def _find_words(
        self, scope: Scope, lang: str, link: Link, checked: Checked, visit: Visit, *, is_signed: bool
    ) -> KeptWords:
        """The words about a label, kept: most labels are looked at for the first or the second time."""
        key = (
            link.gtin, link.lot_code, lang, checked.answer, checked.has_pin, visit.province_code, is_signed,
        )  # fmt: skip
        words = self._words.get(key)
        if words is None:
            any_label = Link(link.gtin, link.lot_code, SERIAL)
            back = f"{any_label.path}?{QUERY_KEY}={SIGNATURE}" if is_signed else any_label.path
            said = say_label(
                Request(scope),
                checked,
                link=any_label,
                lot_code=link.lot_code,
                back=back,
                is_signed=is_signed,
                province_code=visit.province_code,
            )
            if len(self._words) >= _MOST_WORDS:
                self._words.clear()
            words = self._words[key] = KeptWords(said)
        return words


def _deliver(headers: Mapping[str, str], said: RawHeaders, page: Filled) -> tuple[int, RawHeaders, bytes]:
    if page.etag in headers.get("if-none-match", ""):
        return HTTPStatus.NOT_MODIFIED, [*said, (b"vary", _VARY)], b""
    body = page.body
    if "gzip" in headers.get("accept-encoding", ""):
        body = page.pack()
        said.append((b"content-encoding", b"gzip"))
    return HTTPStatus.OK, [*said, *_PAGE, (b"content-length", b"%d" % len(body))], body
