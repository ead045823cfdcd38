"""A provider's server on the loopback that does at once what it is asked, and answers when the test lets it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.types import ASGIApp

PATIENCE_S = 0.5
_HOP = {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}


class LateServer:
    """`app` does the work; answers to the paths that `is_held` names wait for `let_go`."""

    def __init__(self, app: ASGIApp) -> None:
        self._work = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://provider")
        self._may_answer = asyncio.Event()
        self._talks: set[asyncio.Task[None]] = set()
        self.is_held: Callable[[str], bool] = lambda _path: True
        self.port = 0
        self.done: list[str] = []
        """The path of each request that was carried out."""

    @property
    def address(self) -> str:
        """What a gateway is told as the provider's address."""
        return f"http://127.0.0.1:{self.port}"

    async def wait_done(self, count: int) -> None:
        """Wait until so many requests were carried out; TimeoutError when they never are."""
        async with asyncio.timeout(30):
            while len(self.done) < count:
                await asyncio.sleep(0.01)

    async def let_go(self) -> None:
        """Answer everything, what waits and what comes, and wait until it is said, or nobody is there to hear it."""
        self._may_answer.set()
        await asyncio.gather(*self._talks)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _version = lines[0].split(" ")
            headers = {
                name.lower(): value.strip()
                for name, _colon, value in (line.partition(":") for line in lines[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            passed = {name: value for name, value in headers.items() if name not in _HOP}
            answer = await self._work.request(method, path, headers=passed, content=body)
            self.done.append(path)
            if self.is_held(path):
                await self._may_answer.wait()
            writer.write(
                f"HTTP/1.1 {answer.status_code} Said\r\nContent-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(answer.content)}\r\n\r\n".encode()
                + answer.content
            )
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@dataclass(frozen=True)
class LateLine:
    """A late server, and a client of ours that waits half a second for it."""

    server: LateServer
    client: httpx.AsyncClient

    async def recover(self) -> None:
        """From here on the server answers at once, and a slow machine is no time-out."""
        await self.server.let_go()
        self.client.timeout = httpx.Timeout(30)


@asynccontextmanager
async def open_late(app: ASGIApp) -> AsyncIterator[LateLine]:
    """A server that listens until the end of the block, and then leaves no answer open."""
    late = LateServer(app)
    server = await asyncio.start_server(late.serve, "127.0.0.1", 0)
    late.port = server.sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            yield LateLine(late, client)
    finally:
        server.close()
        await late.let_go()
