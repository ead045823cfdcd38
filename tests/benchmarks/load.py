"""Load: visitors that each wait for an answer before they ask again, over plain sockets that cost little themselves."""

from __future__ import annotations

import asyncio
import math
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Self
from urllib.parse import urlencode

BROWSER = {
    "Accept": "text/html",
    "Accept-Encoding": "gzip",
    "Accept-Language": "vi",
    "Sec-Fetch-Site": "same-origin",
}
NOTHING: Mapping[str, str] = MappingProxyType({})
GZIP = 16 + zlib.MAX_WBITS


class UnexpectedAnswerError(Exception):
    """The service answered something else than it should: a fast wrong answer is no figure."""


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers in lower case, the body as it travelled."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (zlib.decompress(self.body, GZIP) if packed else self.body).decode()


@dataclass
class Visitor:
    """One browser with a connection that stays open and cookies of its own."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()

    async def get(self, path: str, headers: Mapping[str, str] = NOTHING) -> Answer:
        """Ask for a page."""
        return await self._ask("GET", path, b"", headers)

    async def post(
        self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] = NOTHING
    ) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._ask("POST", path, urlencode(fields).encode(), kind)

    async def report(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a machine's message."""
        return await self._ask("POST", path, body, headers)

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in {**BROWSER, **headers}.items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        received: dict[str, str] = {}
        for line in head[1:-2]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition(";")[0].partition("=")
                self.cookies[cookie] = kept
            received[name.lower()] = value
        content = await self._reader.readexactly(int(received.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), received, content)


@dataclass(frozen=True)
class Figures:
    """What was measured: acts per second, and how long one takes (milliseconds)."""

    count: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def expect(answer: Answer, status: int, what: str) -> Answer:
    """Hand the answer on if it is the right one; UnexpectedAnswerError otherwise."""
    if answer.status != status:
        raise UnexpectedAnswerError(f"{what}: {answer.status} instead of {status}: {answer.text[:300]}")
    return answer


UNTIL_WARM_S = 5.0
"""How long acts that write warm up: a connection plans each of an order's statements anew for the first five times."""
Act = Callable[[Visitor], Awaitable[None]]


async def measure(port: int, act: Act, *, clients: int, seconds: float, warm_up: float = 1.0) -> Figures:
    """Let `clients` visitors do `act` again and again; what counts is what is done after the warming up.

    They come one after the other: of fifty who knock in the same millisecond one web process takes in nearly all.
    """
    took: list[float] = []
    begin = time.perf_counter() + warm_up
    end = begin + seconds

    async def visit(number: int) -> None:
        await asyncio.sleep(warm_up / 2 * number / clients)
        async with Visitor(port) as visitor:
            while (started := time.perf_counter()) < end:
                await act(visitor)
                done = time.perf_counter()
                if begin <= done <= end:
                    took.append(done - started)

    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(visit(number))
    if not took:
        raise UnexpectedAnswerError(f"nothing was finished within {seconds} seconds")
    took.sort()
    middle, most, nearly_all = (1000 * rank(took, share) for share in (0.50, 0.95, 0.99))
    return Figures(len(took), len(took) / seconds, middle, most, nearly_all)


def rank(ordered: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
