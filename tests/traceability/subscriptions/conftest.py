"""A partner with a key, a named query and a server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.accounts import keys
from app.accounts.models import KeyKind
from app.core.db import Database
from tests.factories import epcis as made
from tests.factories.traceability import NOW
from tests.fakes.receiver import Receiver, open_receiver

TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"
MakeKey = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A partner's server."""
    async with open_receiver() as opened:
        yield opened


@pytest.fixture
def make_key(db: Database) -> MakeKey:
    """Makes the header of a new key."""

    async def make(kind: KeyKind = KeyKind.EPCIS, party: str | None = None) -> dict[str, str]:
        async with db.transaction() as session:
            key = await keys.create_key(session, kind=kind, name="Đối tác", party=party, now=NOW)
        return {"Authorization": f"Bearer {key}", "Accept": "application/json"}

    return make


@pytest.fixture
async def key(make_key: MakeKey) -> dict[str, str]:
    """The header of a partner's key."""
    return await make_key()


async def name_query(client: httpx.AsyncClient, key: dict[str, str], name: str = "tea", **query: Any) -> None:
    """Keep a query under a name."""
    answer = await client.post("/epcis/queries", json={"name": name, "query": query}, headers=key)
    assert answer.status_code == 201, answer.text


async def subscribe(
    client: httpx.AsyncClient, key: dict[str, str], dest: str, name: str = "tea", **controls: Any
) -> str:
    """Subscribe; answers the address of the subscription."""
    body = {"dest": dest, "signatureToken": TOKEN, **(controls or {"stream": True})}
    answer = await client.post(f"/epcis/queries/{name}/subscriptions", json=body, headers=key)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


async def capture(
    client: httpx.AsyncClient, key: dict[str, str], count: int, first: int = 0, **fields: Any
) -> list[str]:
    """Capture so many events; answers their ids in order."""
    ids = [f"urn:uuid:019a3f6e-0000-7000-9000-{first + number:012}" for number in range(count)]
    events = [{**made.ORDER, "eventID": one, **fields} for one in ids]
    answer = await client.post("/epcis/capture", json=made.make_document(*events), headers=key)
    assert answer.status_code == 202, answer.text
    return ids
