"""Capture: documents of a hundred events from one to four programs at once, and where one process spends its time."""

from __future__ import annotations

import inspect
import itertools
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from app.core.clock import SystemClock
from app.core.db import Database
from app.core.ids import uuid7
from tests.benchmarks import trade
from tests.benchmarks.load import Figures, Visitor, expect, measure
from traceability.events import capturing, repository, service
from traceability.events.reading import read_json
from traceability.transparency import service as transparency

PER_DOCUMENT = 100
PROFILED = 100
"""Documents of one run of the profile."""
ROUNDS = 5
_STEPS = {
    "check": [(capturing, "check_event")],
    "hash": [(capturing, "hash_event")],
    "facts and terms": [(capturing, "list_terms")],
    "store": [(repository, "list_known"), (repository, "keep_contexts"), (repository, "copy_events")],
    "log": [(transparency, "append")],
}
"""What is timed by itself; the rest is reading JSON, writing it again, the transaction and the job."""


class Capturing:
    """Programs that send documents, none of them twice; `sent` counts the documents that were taken."""

    def __init__(self, key: str, start: int = 0) -> None:
        self._headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/ld+json",
        }
        self._numbers: Callable[[], int] = itertools.count(start, PER_DOCUMENT // trade.PER_CASE).__next__
        self._ready: list[bytes] = []
        self.sent = 0

    def prepare(self, count: int) -> None:
        """Write documents beforehand, so that nobody measures the writing."""
        self._ready += [trade.make_body(self._numbers()) for _ in range(count)]

    async def capture(self, visitor: Visitor) -> None:
        """Send one document."""
        body = self._ready.pop() if self._ready else trade.make_body(self._numbers())
        expect(await visitor.report("/epcis/capture", body, self._headers), 202, "capture")
        self.sent += 1


async def measure_clients(port: int, sending: Capturing, clients: int, *, seconds: float) -> Figures:
    """Documents per second of so many programs."""
    sending.prepare(int(30 * (seconds + 1)))
    return await measure(port, sending.capture, clients=clients, seconds=seconds)


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Seconds by step, for as long as it is open: clocks are put around the steps by their names."""
    took: dict[str, float] = defaultdict(float)

    def clocked(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args, **options)
            finally:
                took[step] += time.perf_counter() - began

        async def wait(*args: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return await function(*args, **options)
            finally:
                took[step] += time.perf_counter() - began

        return wait if inspect.iscoroutinefunction(function) else run

    with ExitStack() as stack:
        for step, places in _STEPS.items():
            for module, name in places:
                stack.enter_context(patch.object(module, name, clocked(step, getattr(module, name))))
        yield took


async def profile(url: str, *, start: int) -> dict[str, float]:
    """Milliseconds of one document by step in one process without HTTP: the medians of some runs."""
    runs: list[dict[str, float]] = []
    owner_id, clock = uuid7(), SystemClock()
    async with Database(url, pool_size=1) as database:
        for number in range(ROUNDS):
            first = start + number * PROFILED * PER_DOCUMENT // trade.PER_CASE
            bodies = [
                trade.make_body(first + place * PER_DOCUMENT // trade.PER_CASE) for place in range(PROFILED)
            ]
            with _timed() as took:
                began = time.perf_counter()
                for body in bodies:
                    async with database.transaction() as session:
                        await service.capture_document(
                            session,
                            body=read_json(body),
                            owner_id=owner_id,
                            behaviour=service.Behaviour.ROLLBACK,
                            now=clock.now(),
                        )
                whole = time.perf_counter() - began
            runs.append({**took, "rest": whole - sum(took.values()), "whole": whole})
    return {
        step: 1000 * statistics.median(run.get(step, 0.0) for run in runs) / PROFILED
        for step in (*_STEPS, "rest", "whole")
    }
