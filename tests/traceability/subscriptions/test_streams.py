"""WebSockets that follow a query, spoken over a real server on the loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import text, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.accounts.models import ApiKey
from app.core.db import Database
from app.web.house import House
from tests.house import NOW
from tests.serving import free_port
from tests.traceability.subscriptions.conftest import MakeKey, capture, name_query
from traceability.events.models import NamedQuery
from traceability.subscriptions import streams
from traceability.subscriptions.streams import Streams

Open = Callable[..., AbstractAsyncContextManager[ClientConnection]]


@pytest.fixture
async def open_stream(
    app: Any, house: House, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Open]:
    """Opens a WebSocket on a running server; `parameters` is what stands behind the question mark."""
    monkeypatch.setattr(streams, "POLL_S", 0.05)
    port = free_port()
    config = uvicorn.Config(app, port=port, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)

    def open_one(
        parameters: str = "stream=true", *, name: str = "tea", headers: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[ClientConnection]:
        return connect(
            f"ws://127.0.0.1:{port}/epcis/queries/{name}/events?{parameters}",
            additional_headers=key if headers is None else headers,
            proxy=None,
        )

    yield open_one
    server.should_exit = True
    await running
    assert house.port(Streams).open == 0


async def hear(socket: ClientConnection) -> dict[str, Any]:
    """The next document."""
    return dict(json.loads(await asyncio.wait_for(socket.recv(), 5)))


def ids_of(document: dict[str, Any]) -> list[str]:
    """The ids of a document's events."""
    return [event["eventID"] for event in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


async def hears_nothing(socket: ClientConnection) -> bool:
    """Whether it stays silent for some looks."""
    try:
        await asyncio.wait_for(socket.recv(), 0.3)
    except TimeoutError:
        return True
    return False


async def test_events_come_as_they_are_captured(
    client: httpx.AsyncClient, open_stream: Open, key: dict[str, str]
) -> None:
    """From now on, in order, in documents of a hundred at most; the handshake says versions and the start."""
    await name_query(client, key)
    await capture(client, key, 1)
    async with open_stream() as socket:
        said = socket.response.headers
        assert said["gs1-epcis-version"] == "2.0.0"
        assert said["gs1-query-min-record-time"] == "2026-11-12T02:00:00.000Z"
        assert await hears_nothing(socket)
        await socket.send("what a reader says is not listened to")
        ids = await capture(client, key, 2, first=1)
        document = await hear(socket)
        assert ids_of(document) == ids and document["epcisBody"]["queryResults"]["queryName"] == "tea"
        many = await capture(client, key, 150, first=3)
        assert ids_of(await hear(socket)) + ids_of(await hear(socket)) == many
        assert await hears_nothing(socket)


async def test_an_initial_time_brings_what_was_recorded_since(
    client: httpx.AsyncClient, open_stream: Open, key: dict[str, str]
) -> None:
    """`initialRecordTime` reaches back; EPCs are spelled as the header wishes."""
    await name_query(client, key)
    ids = await capture(client, key, 2)
    start = "stream=true&initialRecordTime=2026-11-12T01:00:00Z"
    kept = key | {"GS1-EPC-Format": "Always_EPC_URN"}
    async with open_stream(start, headers=kept) as socket:
        document = await hear(socket)
        assert ids_of(document) == ids
        assert socket.response.headers["gs1-query-min-record-time"] == "2026-11-12T01:00:00.000Z"


async def test_a_schedule_speaks_at_its_times(
    client: httpx.AsyncClient, house: House, open_stream: Open, key: dict[str, str]
) -> None:
    """Nothing before 02:30 UTC; then all at once, and an empty document at three, because it was asked for."""
    await name_query(client, key)
    async with open_stream("minute=0/30&reportIfEmpty=true") as socket:
        ids = await capture(client, key, 3)
        assert await hears_nothing(socket)
        house.clock.advance(minutes=30)
        assert ids_of(await hear(socket)) == ids
        assert await hears_nothing(socket)
        house.clock.advance(minutes=30)
        assert ids_of(await hear(socket)) == []


async def test_each_reader_sees_its_own_trade(
    client: httpx.AsyncClient, open_stream: Open, key: dict[str, str], make_key: MakeKey
) -> None:
    """Two keys with a query of the same name hear what each may see."""
    stranger = await make_key(party="9521234999999")
    for one in (key, stranger):
        await name_query(client, one)
    async with open_stream() as mine, open_stream(headers=stranger) as theirs:
        ids = await capture(client, key, 1)
        assert ids_of(await hear(mine)) == ids
        assert await hears_nothing(theirs)


@pytest.mark.parametrize(
    ("parameters", "name", "with_key", "status", "word"),
    [
        ("stream=true", "tea", False, 401, "Security"),
        ("stream=true", "none", True, 404, "NoSuchName"),
        ("stream=true", "%00", True, 404, "NoSuchName"),
        ("", "tea", True, 400, "SubscriptionControls"),
        ("stream=true&hour=1", "tea", True, 400, "SubscriptionControls"),
        ("stream=yes", "tea", True, 400, "SubscriptionControls"),
        ("hour=25", "tea", True, 400, "SubscriptionControls"),
        ("hour=1&reportIfEmpty=perhaps", "tea", True, 400, "SubscriptionControls"),
        ("stream=true", "limited", True, 400, "SubscriptionControls"),
    ],
)
async def test_a_handshake_is_refused_in_the_standards_words(
    client: httpx.AsyncClient,
    open_stream: Open,
    key: dict[str, str],
    parameters: str,
    name: str,
    with_key: bool,  # noqa: FBT001 - a parameter of the test
    status: int,
    word: str,
) -> None:
    """No socket is opened: the answer is the problem that GET would get."""
    await name_query(client, key)
    await name_query(client, key, "limited", maxEventCount=3)
    with pytest.raises(InvalidStatus) as refused:
        async with open_stream(parameters, name=name, headers=None if with_key else {}):
            pass
    answer = refused.value.response
    assert answer.status_code == status
    assert json.loads(answer.body)["type"] == f"epcisException:{word}Exception"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_so_many_readers_and_no_more(
    client: httpx.AsyncClient,
    house: House,
    open_stream: Open,
    key: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one too many is told to come again, and may when somebody has left."""
    monkeypatch.setattr(house.port(Streams), "_most", 1)
    await name_query(client, key)
    async with open_stream():
        with pytest.raises(InvalidStatus) as refused:
            async with open_stream():
                pass
        assert refused.value.response.status_code == 503
    while house.port(Streams).open:
        await asyncio.sleep(0.01)
    async with open_stream() as socket:
        assert await hears_nothing(socket)


@asynccontextmanager
async def closing(socket: ClientConnection, code: int) -> AsyncIterator[None]:
    """What happens inside makes the server close the socket with this code."""
    yield
    with pytest.raises(ConnectionClosed):
        while True:
            await asyncio.wait_for(socket.recv(), 5)
    assert socket.close_code == code


async def test_the_end_of_the_query_or_of_the_key_is_the_end(
    client: httpx.AsyncClient, db: Database, open_stream: Open, key: dict[str, str]
) -> None:
    """The socket is closed as soon as nothing may be told any more."""
    await name_query(client, key)
    async with open_stream() as socket, closing(socket, 1008):
        assert (await client.delete("/epcis/queries/tea", headers=key)).status_code == 204
    await name_query(client, key)
    async with open_stream() as socket, closing(socket, 1008), db.transaction() as session:
        await session.execute(update(ApiKey).values(ended_at=NOW))


async def test_a_query_that_breaks_says_why(
    client: httpx.AsyncClient, db: Database, open_stream: Open, key: dict[str, str]
) -> None:
    """The problem is the last message."""
    await name_query(client, key)
    async with open_stream() as socket, closing(socket, 1011):
        async with db.transaction() as session:
            await session.execute(update(NamedQuery).values(query={"EQ_nothing": "1"}))
        assert (await hear(socket))["type"] == "epcisException:QueryParameterException"


async def test_a_busy_house_asks_to_come_again(
    client: httpx.AsyncClient,
    db: Database,
    house: House,
    open_stream: Open,
    key: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look or a handshake that gets no lock in time ends with words, not with a crash."""
    await name_query(client, key)
    hasty = Database(db.url, pool_size=5, lock_wait=timedelta(seconds=1))
    monkeypatch.setattr(house, "database", hasty)
    async with open_stream() as socket, db.transaction() as session, closing(socket, 1013):
        await session.execute(text("LOCK TABLE named_queries"))
    async with hasty, db.transaction() as session:
        await session.execute(text("LOCK TABLE named_queries"))
        with pytest.raises(InvalidStatus) as refused:
            async with open_stream():
                pass
    assert refused.value.response.status_code == 503


async def test_a_reader_that_vanishes_leaves_nothing_behind(
    client: httpx.AsyncClient, house: House, open_stream: Open, key: dict[str, str]
) -> None:
    """A broken connection, without a word of farewell, frees its place."""
    await name_query(client, key)
    async with open_stream() as socket:
        assert house.port(Streams).open == 1
        socket.transport.abort()
        for _look in range(100):
            await asyncio.sleep(0.02)
            if house.port(Streams).open == 0:
                break
        assert house.port(Streams).open == 0
