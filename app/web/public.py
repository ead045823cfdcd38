"""Public pages: served from the page cache as bytes, with what is personal put in at the end."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse, Response

from app.web.house import house_of
from app.web.packing import Filled, Piece
from app.web.pages import Page, language_of, remember_language, render_bytes

if TYPE_CHECKING:
    from fastapi import Request

Built = tuple[Page, Iterable[str]]
CACHE_CONTROL = "private, no-cache"
VARY = "Accept-Language, Cookie"


async def cached_page(
    request: Request, build: Callable[[], Awaitable[Built]], *, asked: Mapping[str, object] | None = None
) -> Response:
    """Answer a public page from the cache, or build it (in a transaction of its own) and keep it.

    `build` answers the page and the tags of what it shows; `asked` is what it read from the query. Nothing else of a
    query is in the key: two questions never share a page, and a made-up query neither fills the cache nor misses it.
    The address is then known to the quick way (`PageDoor`), unless it chooses a language.
    """
    house, lang = house_of(request), language_of(request)
    key = (request.url.path, urlencode(asked or {}), lang)
    entry = house.cache.find(key)
    stored = entry.kept if entry else None
    if not isinstance(stored, Stored):
        generation = house.cache.generation
        page, tags = await build()
        body = render_bytes(request, page)
        stored = Stored(body, house.marked)
        house.cache.store(key, body, tags, generation, kept=stored)
    if "lang" not in request.query_params:
        house.cache.learn(request.scope["raw_path"], request.scope["query_string"], key)
    said = await stored.fill(request)
    headers = {"ETag": said.etag, "Cache-Control": CACHE_CONTROL, "Vary": VARY}
    if said.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers |= {"Content-Encoding": "gzip", "Vary": f"{VARY}, Accept-Encoding"}
        response = HTMLResponse(said.pack(), headers=headers)
    else:
        response = HTMLResponse(said.body, headers=headers)
    remember_language(request, response)
    return response


class Stored:
    """A stored page in pieces: what is the same for all, compressed once, and the marks of personal places between."""

    def __init__(self, body: bytes, marks: Iterable[str]) -> None:
        shape = b"|".join(re.escape(mark.encode()) for mark in marks)
        view = memoryview(body)  # a page is kept once, whatever is made of it
        self._tag = hashlib.blake2b(body, digest_size=16).digest()
        self._parts: list[Piece | str] = []
        start = 0
        for found in re.finditer(shape, body) if shape else ():
            self._parts += [Piece(view[start : found.start()]), found[0].decode()]
            start = found.end()
        self._parts.append(Piece(view[start:]))

    async def fill(self, request: Request) -> Filled:
        """The page for this visitor; the tag is made of the page's own and of what was put in."""
        fragments = house_of(request).marked
        said: dict[str, Piece] = {}
        for part in self._parts:
            if isinstance(part, str) and part not in said:
                said[part] = _piece((await fragments[part](request)).encode())
        pieces = [said[part] if isinstance(part, str) else part for part in self._parts]
        own = b"\0".join(piece.data for piece in said.values())
        tag = hashlib.blake2b(own, key=self._tag, digest_size=12).hexdigest()
        return Filled(pieces, f'"{tag}"')


@lru_cache(maxsize=256)
def _piece(filling: bytes) -> Piece:
    """A filling, compressed: nearly all are one of few (an empty basket, a basket with one thing)."""
    return Piece(filling)
