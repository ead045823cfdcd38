"""The booklet of a season of 1,000 entries, over HTTP: pages and sheets, one after the other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from statistics import median

import httpx

from app.core.clock import today
from app.core.db import Database
from tests.benchmarks.load import UnexpectedAnswerError
from tests.factories.people import log_in
from tests.factories.seasons import make_season

ENTRIES = 1_000
TURNS = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Booklets:
    """Seconds of each turn, and the file's size in bytes, by its ending."""

    seconds: dict[str, list[float]]
    sizes: dict[str, int]

    def row(self, kind: str) -> str:
        """One line of the table."""
        took = self.seconds[kind]
        return f"| {kind.upper()} | {median(took):.2f} | {max(took):.2f} | {self.sizes[kind] / 1024:,.0f} |"


async def measure(port: int, url: str) -> Booklets:
    """Write a season, log its manager in, and fetch the booklet as pages and as sheets."""
    now = datetime.now(UTC)
    seconds: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    async with (
        Database(url) as database,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        async with database.transaction() as session:
            season = await make_season(session, until=today(now), count=ENTRIES)
            await log_in(session, client, season.manager_id, now=now)
        first = today(now) - 400 * DAY  # another day each turn: no two booklets are the same
        for kind in ("pdf", "xlsx"):
            for turn in range(TURNS):
                started = time.perf_counter()
                answer = await client.get(f"/producer/diary/export.{kind}?from={first - turn * DAY}")
                if answer.status_code != HTTPStatus.OK:
                    raise UnexpectedAnswerError(f"{kind}: {answer.status_code}")
                seconds.setdefault(kind, []).append(time.perf_counter() - started)
                sizes[kind] = len(answer.content)
    return Booklets(seconds, sizes)
