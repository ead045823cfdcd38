"""Scans: looks at labels, counted by hour. No address, no person and no exact place is ever kept."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from app.core.ids import uuid7
from traceability.scans import repository

if TYPE_CHECKING:
    from app.core.db import Database

FLUSH_SECONDS = 0.5
MOST_KEPT = 20_000
log = get_logger()


@dataclass(frozen=True)
class Look:
    """One look at a label: `hour_at` is the instant cut to the hour (UTC)."""

    gtin: str
    lot_code: str | None
    serial: str | None
    hour_at: datetime
    device_class: str


class ScanBuffer:
    """Keeps looks in memory and writes them in bulk within a second.

    A process that is killed loses that second of looks and nothing else; a database that is away loses none
    until the buffer is full.
    """

    def __init__(self, database: Database, *, most: int = MOST_KEPT) -> None:
        self._database = database
        self._most = most
        self._waiting: list[Look] = []

    def add(
        self, *, gtin: str, lot_code: str | None, serial: str | None, device_class: str, now: datetime
    ) -> None:
        """Remember one look; never waits. A full buffer drops it."""
        if len(self._waiting) >= self._most:
            return
        hour = now.replace(minute=0, second=0, microsecond=0)
        self._waiting.append(Look(gtin, lot_code, serial, hour, device_class))

    def count_waiting(self, *, gtin: str, serial: str) -> int:
        """Count looks at one label that are not written yet."""
        return sum(look.gtin == gtin and look.serial == serial for look in self._waiting)

    async def flush(self) -> int:
        """Write what waits in one COPY; answers how many. What could not be written goes on waiting."""
        looks, self._waiting = self._waiting, []
        if not looks:
            return 0
        rows = [
            (uuid7(), look.gtin, look.lot_code, look.serial, look.hour_at, look.device_class)
            for look in looks
        ]
        try:
            async with self._database.transaction() as session:
                await repository.copy_scans(session, rows)
        except BaseException:
            self._waiting = (looks + self._waiting)[: self._most]
            raise
        return len(looks)

    async def run(self) -> None:
        """Flush for as long as the house serves, and once more at its end."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                try:
                    await self.flush()
                except Exception as error:  # noqa: BLE001 - the looks wait for the database to come back
                    log.warning("scans_waiting", reason=type(error).__name__)
        finally:
            with contextlib.suppress(Exception):
                await self.flush()


def classify_device(user_agent: str) -> str:
    """Name the coarse kind of device: `phone`, `tablet`, `computer`, `robot` or `unknown`."""
    words = user_agent.lower()
    if not words:
        return "unknown"
    if any(mark in words for mark in ("bot", "crawl", "spider", "facebookexternalhit", "preview")):
        return "robot"
    if "ipad" in words or ("android" in words and "mobile" not in words):
        return "tablet"
    if "mobile" in words or "iphone" in words:
        return "phone"
    return "computer" if "mozilla" in words else "unknown"


async def count_looks(session: AsyncSession, *, gtin: str, serial: str) -> tuple[int, datetime | None]:
    """Count people's looks at one label (robots left out), and the hour of the first (UTC)."""
    return await repository.count_looks(session, gtin, serial)
