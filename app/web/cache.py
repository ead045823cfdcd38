"""The page cache: public pages as bytes, by path and language, dropped exactly when their facts change."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import psycopg
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import text
from structlog import get_logger

from app.web.house import house_of
from app.web.pages import Page, fill_fragments, language_of, remember_language, render_bytes

if TYPE_CHECKING:
    from fastapi import Request
    from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "pages"
EVERYTHING = "*"
MAX_PAGES = 2_000
log = get_logger()

Built = tuple[Page, Iterable[str]]


@dataclass(frozen=True)
class _Entry:
    body: bytes
    etag: str
    tags: frozenset[str]


class PageCache:
    """Rendered pages of one process. `tags` say which facts a page shows, like `listing:{id}` or `producer:{id}`."""

    def __init__(self, max_pages: int = MAX_PAGES) -> None:
        self._pages: OrderedDict[tuple[str, str, str], _Entry] = OrderedDict()
        self._max = max_pages
        self._generation = 0
        self.is_listening = False

    def find(self, key: tuple[str, str, str]) -> _Entry | None:
        """The stored page, or None; nothing is served while changes cannot be heard."""
        if not self.is_listening:
            return None
        entry = self._pages.get(key)
        if entry is not None:
            self._pages.move_to_end(key)
        return entry

    @property
    def generation(self) -> int:
        """Grows with every change heard; a page built across a change is not stored."""
        return self._generation

    def store(self, key: tuple[str, str, str], body: bytes, tags: Iterable[str], generation: int) -> None:
        """Keep a page, unless something changed while it was being built."""
        if generation != self._generation or not self.is_listening:
            return
        etag = hashlib.blake2b(body, digest_size=12).hexdigest()
        self._pages[key] = _Entry(body, etag, frozenset(tags))
        while len(self._pages) > self._max:
            self._pages.popitem(last=False)

    def drop(self, tag: str) -> None:
        """Forget every page that shows `tag` (or all)."""
        self._generation += 1
        if tag == EVERYTHING:
            self._pages.clear()
            return
        for key in [key for key, entry in self._pages.items() if tag in entry.tags]:
            del self._pages[key]

    def __len__(self) -> int:
        return len(self._pages)

    async def listen(self, conninfo: str) -> None:
        """Hear changes for ever; while the line is down nothing is served from the cache."""
        while True:
            with contextlib.suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.drop(EVERYTHING)
                    self.is_listening = True
                    async for notice in connection.notifies():
                        self.drop(notice.payload)
            self.is_listening = False
            log.warning("page_cache_deaf")
            await asyncio.sleep(1)


async def invalidate(session: AsyncSession, *tags: str) -> None:
    """Tell every process, at commit, that the pages showing `tags` are out of date."""
    for tag in tags:
        await session.execute(text("SELECT pg_notify(:channel, :tag)"), {"channel": CHANNEL, "tag": tag})


async def cached_page(request: Request, build: Callable[[], Awaitable[Built]]) -> Response:
    """Answer a public page from the cache, or build it (in a transaction of its own) and keep it.

    `build` answers the page and the tags of what it shows. Pages with a query other than `lang` are keyed by it.
    """
    house = house_of(request)
    query = "&".join(sorted(f"{k}={v}" for k, v in request.query_params.multi_items() if k != "lang"))
    key = (request.url.path, query, language_of(request))
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


def gzip_size(body: bytes) -> int:
    """Bytes on the wire at the server's compression level."""
    return len(gzip.compress(body, 6))
