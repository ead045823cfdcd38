"""A provider's list of transactions on the loopback: answers as the test tells it to, whole, late, cut or nonsense."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """What comes back: a body (an object is written as JSON), a status, a wait before it, or only half of it."""

    body: Any = field(default_factory=dict)
    status: int = 200
    wait_s: float = 0.0
    is_cut: bool = False


@dataclass
class ListServer:
    """The server; `answer` is given each question's parameters."""

    port: int = 0
    questions: list[dict[str, str]] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)
    answer: Callable[[dict[str, str]], Answer] = field(default=lambda _asked: Answer())

    @property
    def url(self) -> str:
        """The address that a setting names."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            asked = dict(parse_qsl(urlsplit(head[0].split(" ")[1]).query))
            self.questions.append(asked)
            self.proofs += [
                line.split(": ", 1)[1] for line in head if line.lower().startswith("authorization:")
            ]
            answer = self.answer(asked)
            raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            await asyncio.sleep(answer.wait_s)
            writer.write(
                f"HTTP/1.1 {answer.status} Said\r\nContent-Length: {len(raw)}\r\nConnection: close\r\n\r\n".encode()
            )
            writer.write(raw[: len(raw) // 2] if answer.is_cut else raw)
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@asynccontextmanager
async def open_list() -> AsyncIterator[ListServer]:
    """A list that answers until the end of the block."""
    held = ListServer()
    server = await asyncio.start_server(held.serve, "127.0.0.1", 0)
    held.port = server.sockets[0].getsockname()[1]
    try:
        yield held
    finally:
        server.close()


def sepay_record(number: int, memo: str, **overrides: object) -> dict[str, object]:
    """A transaction of 350.000 đồng as SePay lists it."""
    return {
        "id": str(number),
        "bank_brand_name": "Vietcombank",
        "account_number": "0123456789",
        "transaction_date": "2026-11-12 08:59:48",
        "amount_out": "0.00",
        "amount_in": "350000.00",
        "accumulated": "1200541768.00",
        "transaction_content": memo,
        "reference_number": f"FT{number:08}",
        "code": None,
        "sub_account": None,
        "bank_account_id": "19",
    } | overrides


def casso_record(number: int, memo: str, **overrides: object) -> dict[str, object]:
    """A transaction of 350.000 đồng as Casso lists it."""
    return {
        "id": number,
        "tid": f"FT{number:08}",
        "description": memo,
        "amount": 350_000,
        "cusumBalance": 1_000_000,
        "when": "2026-11-12 08:59:48",
        "bankSubAccId": "0123456789",
        "bankCodeName": "vcb",
    } | overrides
