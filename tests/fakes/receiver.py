"""A partner's server on the loopback: keeps what is posted to it, and answers as the test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Post:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The body as JSON."""
        return dict(json.loads(self.body))

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of an EPCISQueryDocument."""
        return list(self.document["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


@dataclass
class Answer:
    """What the receiver does after it stored a request: a status, a wait before it, or no answer at all."""

    status: int = 204
    wait_s: float = 0.0
    is_lost: bool = False


@dataclass
class Receiver:
    """The server; `answer` is asked for each request."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    answer: Callable[[Post], Answer] = field(default=lambda _post: Answer())
    at_once: int = 0
    most_at_once: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """What a subscription names as its `dest`."""
        return f"http://127.0.0.1:{self.port}/epcis-callback"

    @property
    def event_ids(self) -> list[str]:
        """The ids of all events that came in, repeats included."""
        return [event["eventID"] for post in self.posts for event in post.events]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _colon, value in (line.partition(":") for line in head[1:] if line)
            }
            post = Post(
                head[0].split(" ")[1], headers, await reader.readexactly(int(headers["content-length"]))
            )
            self.posts.append(post)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.arrived.set()
            answer = self.answer(post)
            await asyncio.sleep(answer.wait_s)
            self.at_once -= 1
            if not answer.is_lost:
                writer.write(f"HTTP/1.1 {answer.status} Said\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def open_receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver that listens until the end of the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
