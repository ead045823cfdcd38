"""Scans: looks at labels, counted by hour and province. No address, no person and no exact place is ever kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from structlog import get_logger

from app.core.driver import Fetch, fetch_rows
from app.core.ids import uuid7
from app.places import provinces
from traceability.labels.models import Serial
from traceability.scans import reasons, repository
from traceability.scans.history import ROBOT, History, KnownLabel, Looks, Name, Scanned
from traceability.scans.judging import Issued, Verdict, judge
from traceability.scans.models import Suspect
from traceability.scans.own import cut_to_hour

if TYPE_CHECKING:
    from app.core.db import Database

FLUSH_SECONDS = 0.5
MOST_KEPT = 20_000
MOST_READ = 400
"""So many of the newest looks at a label are read; whoever finds this many needs no exact number."""
MOST_UNKNOWN = 200
MOST_TRIED = 1_000
"""So many looks at codes that were never issued are counted for one product's line."""
MOST_SUSPECTS = 60
UNKNOWN_HOURS = timedelta(hours=1)
"""Codes that were never issued are counted in this hour and the one before."""
log = get_logger()


class Look(NamedTuple):
    """One look at a code: `hour_at` is the instant cut to the hour (UTC). Made and compared for each scan."""

    gtin: str
    lot_code: str | None
    serial: str | None
    hour_at: datetime
    device_class: str
    province_code: str | None
    is_located: bool
    is_issued: bool

    def to_row(self) -> dict[str, Any]:
        """As it is written down together with others like it, without its label."""
        return self._asdict() | {"hour_at": self.hour_at.isoformat()}


@dataclass(frozen=True)
class Finding:
    """A label that a look made suspicious, and whose it is."""

    serial_id: UUID
    producer_id: UUID
    verdict: Verdict
    seen_at: datetime

    def to_row(self) -> dict[str, Any]:
        """As it is written down."""
        return {
            "id": str(uuid7()),
            "serial_id": str(self.serial_id),
            "producer_id": str(self.producer_id),
            "score": self.verdict.score,
            "reasons": [reasons.pack(reason) for reason in self.verdict.reasons],
            "seen_at": self.seen_at.isoformat(),
        }


class ScanBuffer:
    """Keeps looks in memory and writes them in bulk within a second.

    A process that is killed loses that second of looks and nothing else; a database that is away loses none
    until the buffer is full.
    """

    def __init__(self, database: Database, *, most: int = MOST_KEPT) -> None:
        self._database = database
        self._most = most
        self._waiting: dict[tuple[str, str | None], list[Look]] = {}
        self._alike: Counter[Look] = Counter()
        """Looks at codes of products and lots: those are scanned by many within the hour, and are the same."""
        self._count = 0
        self._found: dict[UUID, Finding] = {}
        self.number = 0
        """Looks at labels that were ever remembered here."""
        self._recent: dict[tuple[str, str | None], list[tuple[int, Look]]] = {}
        self._former: dict[tuple[str, str | None], list[tuple[int, Look]]] = {}
        self.writing = asyncio.Lock()
        """Held while looks are on their way into the database: neither waiting nor there."""

    def add(
        self,
        *,
        gtin: str,
        lot_code: str | None,
        serial: str | None,
        device_class: str,
        now: datetime,
        province_code: str | None = None,
        is_located: bool = False,
        is_issued: bool = True,
    ) -> None:
        """Remember one look; never waits. A full buffer drops it."""
        hour = cut_to_hour(now)
        look = Look(gtin, lot_code, serial, hour, device_class, province_code, is_located, is_issued)
        if serial is not None and device_class != ROBOT and self._count < self._most:
            self.number += 1
            self._recent.setdefault((gtin, serial), []).append((self.number, look))
        self._keep(look)

    def _keep(self, look: Look, number: int = 1) -> None:
        number = min(number, self._most - self._count)
        if number <= 0:
            return
        self._count += number
        if look.serial is None:
            self._alike[look] += number
        else:
            self._waiting.setdefault((look.gtin, look.serial), []).append(look)

    def suspect(self, finding: Finding) -> None:
        """Remember that a label became suspicious; written with the looks. The newest word on a label stays."""
        if len(self._found) < self._most:
            self._found[finding.serial_id] = finding

    def list_waiting(self, *, gtin: str, serial: str) -> list[Looks]:
        """List people's looks at one label that are not written yet."""
        return [_count(look) for look in self._waiting.get((gtin, serial), ()) if look.device_class != ROBOT]

    def add_later(self, found: Scanned, *, gtin: str, serial: str) -> Scanned:
        """Add people's looks at a label since it was read: several who ask at once must not all be the first.

        Judge and write down the next look without waiting for anything in between. A look is known here for as long as
        it waits, and for one flush more.
        """
        name = (gtin, serial)
        later = self._former.get(name, []) + self._recent.get(name, [])
        return found.with_looks([_count(look) for number, look in later if number > found.number])

    def place(self, *, gtin: str, serial: str, own: Looks, province_code: str) -> bool:
        """Say of one waiting look like `own` in which province it was; False when none waits."""
        like = (own.hour_at, own.device_class, own.province_code)
        waiting = self._waiting.get((gtin, serial), [])
        for number, look in enumerate(waiting):
            if (look.hour_at, look.device_class, look.province_code) == like:
                waiting[number] = look._replace(province_code=province_code, is_located=False)
                return True
        return False

    async def flush(self) -> int:
        """Write what waits in bulk; answers how many looks. What could not be written goes on waiting."""
        async with self.writing:
            return await self._write()

    async def _write(self) -> int:
        looks, alike = self._take()
        self._former, self._recent = self._recent, {}
        found, self._found = self._found, {}
        if not looks and not alike and not found:
            return 0
        try:
            async with self._database.transaction() as session:
                if looks:
                    await repository.copy_scans(session, [(uuid7(), *look) for look in looks])
                if alike:
                    counted = [look.to_row() | {"number": number} for look, number in alike.items()]
                    await repository.insert_alike(session, counted)
                if found:
                    await repository.keep_suspects(session, [one.to_row() for one in found.values()])
        except BaseException:
            self._found = found | self._found
            later, later_alike = self._take()
            for look in looks + later:  # the oldest first
                self._keep(look)
            for look, number in (alike + later_alike).items():
                self._keep(look, number)
            raise
        return len(looks) + alike.total()

    def _take(self) -> tuple[list[Look], Counter[Look]]:
        looks = [look for waiting in self._waiting.values() for look in waiting]
        alike, self._alike = self._alike, Counter()
        self._waiting, self._count = {}, 0
        return looks, alike

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


def _count(look: Look) -> Looks:
    return Looks(look.hour_at, look.device_class, look.province_code, 1, look.is_located)


@lru_cache(maxsize=256)
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


def read_province(said: str | None) -> str | None:
    """What somebody said, when it is a province's code; else None."""
    return said if provinces.find_province(said) else None


async def read_labels(
    fetch: Fetch, buffer: ScanBuffer, names: Collection[Name], *, now: datetime
) -> dict[Name, Scanned]:
    """Read labels and people's looks at each (robots left out), also those not written yet: one query, bounded.

    Looks that are on their way into the database are waited for, so that none is missed and none counted twice. They
    need a connection: call this before the session's first statement, while it holds none.
    """
    async with buffer.writing:
        found = await repository.read_labels(
            fetch,
            list(names),
            unknown_since=cut_to_hour(now) - UNKNOWN_HOURS,
            most=MOST_READ,
            most_unknown=MOST_UNKNOWN,
        )
        return {
            (gtin, serial): replace(
                scanned.with_looks(buffer.list_waiting(gtin=gtin, serial=serial)), number=buffer.number
            )
            for (gtin, serial), scanned in found.items()
        }


async def read_label(
    session: AsyncSession, buffer: ScanBuffer, *, gtin: str, serial: str, now: datetime
) -> Scanned:
    """Read one label and people's looks at it, as `read_labels` does."""
    return (await read_labels(partial(fetch_rows, session), buffer, [(gtin, serial)], now=now))[gtin, serial]


async def place_look(
    session: AsyncSession, buffer: ScanBuffer, *, gtin: str, serial: str, own: Looks, province_code: str
) -> bool:
    """Say in which province a look was that has just been counted, so that it is not counted a second time.

    `own` is like which look; of several like looks one is placed, for nobody can tell them apart. False when there is
    none (the buffer was full, or another process has not written it yet): then that look stays without a province.
    """
    async with buffer.writing:
        is_placed = buffer.place(gtin=gtin, serial=serial, own=own, province_code=province_code)
    return is_placed or await repository.place_look(
        session, gtin=gtin, serial=serial, own=own, province_code=province_code
    )


def judge_label(history: History, label: KnownLabel) -> Verdict:
    """Judge a label by the looks at it, this one included."""
    issued = Issued(label.state, label.printed_at, label.sold_at)
    return judge(history.looks, issued, unknown_codes=history.unknown_codes)


async def list_suspects(session: AsyncSession, producer_id: UUID) -> list[tuple[Suspect, Serial]]:
    """List a producer's suspicious labels, the last scanned first, at most sixty."""
    return await repository.list_suspects(session, producer_id, MOST_SUSPECTS)


async def count_unknown(session: AsyncSession, gtins: Collection[str], *, since: datetime) -> dict[str, int]:
    """Count by product the codes that were never issued and were scanned since, the most first (a thousand at most)."""
    return await repository.count_unknown(session, gtins, since=since, most=MOST_TRIED)
