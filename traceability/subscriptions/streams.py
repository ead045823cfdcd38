"""WebSockets that follow a query: each looks for news once a second, and sends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.core.errors import AppError
from app.web.house import House
from traceability.events import errors
from traceability.events.answering import EpcFormat, write_document
from traceability.events.errors import EpcisError
from traceability.events.models import NamedQuery
from traceability.subscriptions import service
from traceability.subscriptions.controls import Controls

MOST_STREAMS = 100
"""Of one process."""
POLL_S = 1.0
_GONE = 1008
_BROKEN = 1011
_BUSY = 1013


class Streams:
    """Counts the open streams of one process."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._most = most
        self.open = 0

    @contextlib.contextmanager
    def take_place(self) -> Iterator[None]:
        """Hold a place; raises `EpcisError` when all are taken."""
        if self.open >= self._most:
            raise errors.cannot_answer(503, "too many streams are open; come again later")
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1


async def follow(
    socket: WebSocket,
    *,
    house: House,
    query: NamedQuery,
    after: int,
    controls: Controls,
    epc_format: EpcFormat,
) -> None:
    """Send news of a query behind the number `after`, until the reader leaves, or the query or the key is gone."""
    due_at = service.next_time(controls.schedule, house.clock.now())
    reader = asyncio.create_task(_wait_for_end(socket))
    try:
        while not reader.done():
            now = house.clock.now()
            is_more = False
            if now >= due_at:
                async with house.database.transaction() as session:
                    looked = await service.look(
                        session,
                        query_id=query.id,
                        after=after,
                        since=controls.since,
                        limit=service.BATCH,
                        now=now,
                    )
                if looked is None:
                    await socket.close(_GONE, "the query or the key is gone")
                    return
                news = looked[1]
                after, is_more = news.after, news.is_more
                if news.events or (controls.report_if_empty and not is_more):
                    body = write_document(news.events, epc_format=epc_format, now=now, query_name=query.name)
                    await socket.send_text(body)
                if not is_more:
                    due_at = service.next_time(controls.schedule, now)
            await asyncio.wait({reader}, timeout=0 if is_more else POLL_S)
    except WebSocketDisconnect:
        return
    except EpcisError as error:
        await socket.send_text(json.dumps(error.problem))
        await socket.close(_BROKEN, error.title)
    except AppError:
        await socket.close(_BUSY, "the repository cannot answer now; come again")
    finally:
        reader.cancel()


async def _wait_for_end(socket: WebSocket) -> None:
    """Read, and forget, what the reader says, until it leaves."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
