"""The pool of connections: whoever waits longest gets the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty


class _Row(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """The connections that are free, and those who wait for one, in the order of their coming.

    The queue of the library wakes one who waits and gives the connection to whoever comes first: a newcomer. Here it
    goes from hand to hand.
    """

    def __init__(self, *size: Any, **order: Any) -> None:
        super().__init__(*size, **order)
        self._waiting: deque[asyncio.Future[ConnectionPoolEntry]] = deque()

    def get(
        self,
        block: bool = True,  # noqa: FBT001, FBT002 - as the library calls it
        timeout: float | None = None,
    ) -> ConnectionPoolEntry:
        """A free connection, or the next one that somebody gives back; `Empty` when none comes in time."""
        try:
            return self.get_nowait()  # a free one lies here only while nobody waits
        except Empty:
            if not block:
                raise
        given: ConnectionPoolEntry = await_only(self._wait(timeout))
        return given

    async def _wait(self, seconds: float | None) -> ConnectionPoolEntry:
        place: asyncio.Future[ConnectionPoolEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(seconds):
                return await place
        except TimeoutError as error:
            self._pass_on(place)
            raise Empty from error
        except BaseException:
            self._pass_on(place)
            raise

    def _pass_on(self, place: asyncio.Future[ConnectionPoolEntry]) -> None:
        """Somebody goes away: what was put into their hand at that very moment goes to the next."""
        if place.done() and not place.cancelled():
            self.put(place.result(), block=False)

    def put(
        self,
        item: ConnectionPoolEntry,
        block: bool = True,  # noqa: FBT001, FBT002 - as above
        timeout: float | None = None,
    ) -> None:
        """Give a connection back: into the hand of whoever waits longest, else to where the free ones lie."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(item)
                return
        super().put(item, block, timeout)


class FairPool(AsyncAdaptedQueuePool):
    """The library's pool, with a row in front of it."""

    _queue_class = _Row
