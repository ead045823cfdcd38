"""A valley gets its signal back: every phone at once sends what it wrote; `python -m tests.benchmarks.valley --help`.

Each phone does what its page does: words in batches of twenty, the sender's own waits after a failure, then home and
the pages that it keeps. At the end everything must stand in the diary once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

import psycopg

from app.accounts.dependencies import SESSION_COOKIE
from app.core.clock import today
from app.core.ids import uuid7
from app.core.postgres import EmbeddedPostgres
from tests.benchmarks.__main__ import describe_machine, say
from tests.benchmarks.load import Answer, UnexpectedAnswerError, Visitor, rank
from tests.factories.instances import Worker, seed_workers
from tests.serving import Instance, own_mb, tree_of

BATCH = 20
DOUBTFUL = 2
WAITS = (5, 10, 20, 40, 80, 160, 300)
PATIENCE_S = 60.0
SAMPLE_S = 1.0
LINE_FULL = "#line-full"
JSON = {"Content-Type": "application/json", "Accept": "application/problem+json"}


class LineFullError(Exception):
    """Come again after so many seconds."""


@dataclass
class Valley:
    """What all phones met: seconds of each answered call, calls that failed, seconds until a phone was done."""

    took: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    done: list[float] = field(default_factory=list)
    pages_done: list[float] = field(default_factory=list)


def write(worker: Worker, device: UUID, sequence: int) -> dict[str, object]:
    """A record of weeding as the page writes it."""
    id = str(uuid7())  # noqa: A001 - the record's id
    now = datetime.now(UTC)
    fields = [
        ("id", id), ("site_id", str(worker.site_id)), ("method", "hand"),
        ("performed_on", today(now).isoformat()), ("note", f"cỏ {sequence}"),
    ]  # fmt: skip
    return {
        "id": id,
        "sequence": sequence,
        "path": "/producer/diary/new/weed",
        "fields": fields,
        "captured_at": now.isoformat(),
        "title": "Làm cỏ · Đồi sau nhà",
        "context": {"producer": str(worker.producer_id)},
    }


class Phone:
    """One phone with what it wrote."""

    def __init__(self, port: int, worker: Worker, records: int, valley: Valley, start: float) -> None:
        self.port = port
        self.worker = worker
        self.device = uuid7()
        self.valley = valley
        self.start = start
        self.left = [write(worker, self.device, number + 1) for number in range(records)]
        self.attempts = 0

    async def ask(
        self, what: str, path: str, body: bytes | None = None, *, accept: str = JSON["Accept"]
    ) -> Answer | None:
        """One call on a line of its own, as after a break; None when there was no good answer."""
        began = time.perf_counter()
        try:
            async with (
                asyncio.timeout(PATIENCE_S),
                Visitor(self.port, {SESSION_COOKIE: self.worker.token}) as visitor,
            ):
                answer = await (
                    visitor.get(path, {"Accept": accept})
                    if body is None
                    else visitor.report(path, body, JSON)
                )
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.valley.failed[f"{what} {type(error).__name__}"] += 1
            return None
        if answer.status != HTTPStatus.OK:
            self.valley.failed[f"{what} {answer.status}"] += 1
            if LINE_FULL in answer.text:
                raise LineFullError(float(answer.headers["retry-after"]))
            return None
        self.valley.took.setdefault(what, []).append(time.perf_counter() - began)
        return answer

    async def send(self, items: list[dict[str, object]]) -> bool:
        """Send a batch; answers whether the fair answered. What it stored is off this phone's hands."""
        body = {
            "device": str(self.device),
            "owner": str(self.worker.person_id),
            "sent_at": datetime.now(UTC).isoformat(),
            "items": items,
            "unsent": len(self.left),
            "version": "bench",
        }
        answer = await self.ask(
            "submission" if items else "report", "/offline/submissions", json.dumps(body).encode()
        )
        if answer is None:
            return False
        states = {one["id"]: one["state"] for one in json.loads(answer.text)["results"]}
        if "refused" in states.values():
            raise UnexpectedAnswerError(answer.text[:500])
        self.left = [one for one in self.left if states.get(str(one["id"])) != "stored"]
        return all(state == "stored" for state in states.values())

    async def come_back(self) -> None:
        """Send until nothing is left, with the page's own waits; then home and the pages to keep."""
        while self.left:
            try:
                is_up = not self.attempts or await self.send([])
                if is_up and await self.send(self.left[: 1 if self.attempts > DOUBTFUL else BATCH]):
                    self.attempts = 0
                    continue
            except LineFullError as full:
                await asyncio.sleep(full.args[0])
                continue
            self.attempts += 1
            await asyncio.sleep(WAITS[min(self.attempts, len(WAITS)) - 1])
        self.valley.done.append(time.perf_counter() - self.start)
        await self.ask("home", "/producer/", accept="text/html")
        while True:
            try:
                await self.ask("pages", "/offline/bundle")
                break
            except LineFullError as full:
                await asyncio.sleep(full.args[0])
        self.valley.pages_done.append(time.perf_counter() - self.start)


async def watch_memory(pid: int, seen: list[float]) -> None:
    """Look once a second."""
    while True:
        seen.append(own_mb(tree_of(pid)))
        await asyncio.sleep(SAMPLE_S)


async def come_back_at_once(
    instance: Instance, workers: list[Worker], records: int
) -> tuple[Valley, list[float]]:
    """All phones at once; answers what they met, and the memory while they did (MB)."""
    assert instance.process is not None
    valley, memory = Valley(), list[float]()
    watcher = asyncio.create_task(watch_memory(instance.process.pid, memory))
    start = time.perf_counter()
    phones = [Phone(instance.port, worker, records, valley, start) for worker in workers]
    async with asyncio.TaskGroup() as group:
        for phone in phones:
            group.create_task(phone.come_back())
    watcher.cancel()
    return valley, memory


def count_stored(server: EmbeddedPostgres) -> int:
    """How many entries stand in the diary."""
    with psycopg.connect(server.url().replace("+psycopg", "", 1)) as connection:
        row = connection.execute("SELECT count(*) FROM diary_entries").fetchone()
    return int(row[0]) if row else 0


def show(valley: Valley, memory: list[float], phones: int, records: int) -> None:
    """Print the table."""
    say("| | calls | p50 s | p99 s | slowest s |\n| --- | ---: | ---: | ---: | ---: |")
    for what, took in valley.took.items():
        took.sort()
        say(f"| {what} | {len(took):,} | {rank(took, 0.5):.2f} | {rank(took, 0.99):.2f} | {took[-1]:.2f} |")
    total = max(valley.done)
    say(f"\n| {phones} phones with {records} records each | |\n| --- | ---: |")
    say(f"| all stored, once | {phones * records:,} |")
    say(f"| everything stored after | {total:.0f} s ({phones * records / total:,.0f} records/s) |")
    say(f"| a phone's own records stored after, p50 and p99 | {rank(sorted(valley.done), 0.5):.0f} s, {rank(sorted(valley.done), 0.99):.0f} s |")  # fmt: skip
    say(f"| everybody's pages fresh after | {max(valley.pages_done):.0f} s |")
    say(f"| calls that failed and were made again | {dict(valley.failed) or 'none'} |")
    third = max(1, len(memory) // 3)
    parts = [max(memory[:third]), max(memory[third : 2 * third] or memory), max(memory[2 * third :])]
    say(f"| memory of web and worker, highest in each third | {' · '.join(f'{part:.0f} MB' for part in parts)} |")  # fmt: skip


def main() -> None:
    """Start an instance, let the valley come back, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.valley", description=__doc__)
    parser.add_argument("--phones", type=int, default=500)
    parser.add_argument("--records", type=int, default=50)
    given = parser.parse_args()
    instance = Instance(demo=False, is_measured=True)
    try:
        instance.start()
        workers = seed_workers(instance, given.phones)
        random.Random(5).shuffle(workers)
        say(describe_machine() + "\n")
        with EmbeddedPostgres(instance.folder / "var" / "postgres") as server:
            valley, memory = asyncio.run(come_back_at_once(instance, workers, given.records))
            stored = count_stored(server)
        if stored != given.phones * given.records:
            raise UnexpectedAnswerError(
                f"{given.phones * given.records} were written, {stored} are in the diary"
            )
        show(valley, memory, given.phones, given.records)
        say(f"\nload at the end: {os.getloadavg()[0]:.1f}")
    finally:
        instance.remove()


if __name__ == "__main__":
    sys.exit(main())
