"""The page cache: public pages as bytes, by path and language, dropped exactly when their facts change."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, LiteralString

import psycopg
from structlog import get_logger

from app.core.driver import fetch_rows

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "pages"
EVERYTHING = "*"
Key = tuple[str, str, str]
"""Path, what was asked, language."""
_NOTIFY: LiteralString = "SELECT pg_notify(%(channel)s, tag) FROM unnest(%(tags)s::text[]) AS tag"
log = get_logger()


@dataclass(frozen=True)
class Entry:
    """A stored page: its bytes, their tag for `If-None-Match`, the facts it shows, and what its room keeps with it."""

    body: bytes
    etag: str
    tags: frozenset[str]
    kept: object = None


class PageCache:
    """Rendered pages of one process, `max_pages` at most. `tags` say which facts a page shows, like `listing:{id}` or `producer:{id}`."""

    def __init__(self, max_pages: int) -> None:
        self._pages: OrderedDict[Key, Entry] = OrderedDict()
        self._max = max_pages
        self._addresses: OrderedDict[tuple[bytes, bytes], dict[str, Key]] = OrderedDict()
        self._generation = 0
        self.is_listening = False

    def find(self, key: Key) -> Entry | None:
        """The stored page, or None; nothing is served while changes cannot be heard."""
        if not self.is_listening:
            return None
        entry = self._pages.get(key)
        if entry is not None:
            self._pages.move_to_end(key)
        return entry

    def learn(self, path: bytes, query: bytes, key: Key) -> None:
        """Remember by which address, as it was sent, a page was asked for; the oldest of too many is forgotten."""
        self._addresses.setdefault((path, query), {})[key[2]] = key
        self._addresses.move_to_end((path, query))
        while len(self._addresses) > self._max:
            self._addresses.popitem(last=False)

    def find_keys(self, path: bytes, query: bytes) -> Mapping[str, Key] | None:
        """The keys of an address by language; None for one that no page was asked for by."""
        return self._addresses.get((path, query))

    @property
    def generation(self) -> int:
        """Grows with every change heard; a page built across a change is not stored."""
        return self._generation

    def store(
        self,
        key: Key,
        body: bytes,
        tags: Iterable[str],
        generation: int,
        *,
        kept: object = None,
    ) -> None:
        """Keep a page, unless something changed while it was being built."""
        if generation != self._generation or not self.is_listening:
            return
        etag = hashlib.blake2b(body, digest_size=12).hexdigest()
        self._pages[key] = Entry(body, etag, frozenset(tags), kept)
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
    await fetch_rows(session, _NOTIFY, {"channel": CHANNEL, "tags": list(tags)})
