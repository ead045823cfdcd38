"""The line in front of the outbox's door: few at work, the others wait a little or come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.errors import BusyError
from app.core.i18n import _

AT_WORK = 4
PATIENCE_S = 20.0


class Queue:
    """At most `at_work` batches at once in this process; who waits longer than `patience_s` hears `BusyError`."""

    def __init__(self, at_work: int = AT_WORK, patience_s: float = PATIENCE_S) -> None:
        self._places = asyncio.Semaphore(at_work)
        self._patience_s = patience_s

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, hold it, give it back."""
        try:
            await asyncio.wait_for(self._places.acquire(), self._patience_s)
        except TimeoutError as error:
            raise BusyError(_("Đang có nhiều máy cùng gửi. Máy của bạn sẽ tự gửi lại.")) from error
        try:
            yield
        finally:
            self._places.release()
