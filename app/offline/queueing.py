"""The line in front of the outbox's door: few at work, some wait, the others hear when their turn comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from app.core.errors import BusyError
from app.core.i18n import _

AT_WORK = 4
PATIENCE_S = 10.0
LONGEST_S = 300.0
LEARNING = 0.2  # how much the last one at work says of the pace
FIRST_GUESS_S = 1.0


class Queue:
    """At most `at_work` at once in this process; who would wait longer than `patience_s` hears `BusyError` at once.

    Whoever is sent away is told an instant of their own, one after the other at the pace of the work: a valley that
    gets its signal back at the same minute comes again spread out, and nobody holds a line open for nothing.
    """

    def __init__(
        self,
        at_work: int = AT_WORK,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._places = asyncio.Semaphore(at_work)
        self._at_work = at_work
        self._patience_s = patience_s
        self._clock = clock
        self._waiting = 0
        self._took_s = FIRST_GUESS_S
        self._promised = clock()

    @property
    def _pace_s(self) -> float:
        """Seconds from one that is done to the next."""
        return self._took_s / self._at_work

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, hold it, give it back; raises BusyError where the line is too long."""
        if self._waiting * self._pace_s > self._patience_s:
            raise self._send_away()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._places.acquire(), 2 * self._patience_s)
        except TimeoutError as error:
            raise self._send_away() from error
        finally:
            self._waiting -= 1
        began = self._clock()
        try:
            yield
        finally:
            self._places.release()
            self._took_s += LEARNING * (self._clock() - began - self._took_s)

    def _send_away(self) -> BusyError:
        now = self._clock()
        self._promised = max(self._promised, now + self._waiting * self._pace_s) + self._pace_s
        return BusyError(
            _("Đang có nhiều máy cùng gửi. Máy của bạn sẽ tự gửi lại."),
            code="line-full",
            again_in_s=min(self._promised - now, LONGEST_S),
        )


class PagesQueue(Queue):
    """The line in front of the kept pages: one person's at a time, so that the records of a valley go first."""

    def __init__(self, at_work: int = 1, patience_s: float = PATIENCE_S) -> None:
        super().__init__(at_work, patience_s)
