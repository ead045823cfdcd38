"""Public pages: served from the page cache as bytes, with what is personal put in at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse, Response

from app.web.house import house_of
from app.web.pages import Page, fill_fragments, language_of, remember_language, render_bytes

if TYPE_CHECKING:
    from fastapi import Request

Built = tuple[Page, Iterable[str]]


async def cached_page(
    request: Request, build: Callable[[], Awaitable[Built]], *, asked: Mapping[str, object] | None = None
) -> Response:
    """Answer a public page from the cache, or build it (in a transaction of its own) and keep it.

    `build` answers the page and the tags of what it shows; `asked` is what it read from the query. Nothing else of a
    query is in the key: two questions never share a page, and a made-up query neither fills the cache nor misses it.
    """
    house = house_of(request)
    key = (request.url.path, urlencode(asked or {}), language_of(request))
    entry = house.cache.find(key)
    if entry is None:
        generation = house.cache.generation
        page, tags = await build()
        body = render_bytes(request, page)
        house.cache.store(key, body, tags, generation)
    else:
        body = entry.body
    filled = await fill_fragments(request, body)
    etag = (
        f'"{entry.etag if entry and filled is body else hashlib.blake2b(filled, digest_size=12).hexdigest()}"'
    )
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response = HTMLResponse(filled, headers=headers)
    remember_language(request, response)
    return response
