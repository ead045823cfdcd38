"""Subscriptions over HTTP: made, shown, listed, ended, and refused in the standard's words."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.core.ids import uuid7
from app.core.settings import Environment
from app.web.house import House
from tests.house import NOW
from tests.traceability.subscriptions.conftest import TOKEN, MakeKey, capture, name_query, subscribe
from traceability.subscriptions import service
from traceability.subscriptions.models import Subscription

DEST = "https://client.example.com/queryCallback"
PATH = "/epcis/queries/tea/subscriptions"


async def test_a_subscription_is_made_shown_listed_and_ended(
    client: httpx.AsyncClient, db: Database, key: dict[str, str]
) -> None:
    """It answers with the standard's fields, never with the token, and is gone after DELETE."""
    await name_query(client, key)
    body = {"dest": DEST, "signatureToken": TOKEN, "stream": True}
    answer = await client.post(PATH, json=body, headers=key | {"GS1-EPC-Format": "Always_EPC_URN"})
    assert answer.status_code == 201
    told = answer.json()
    assert told == {
        "subscriptionID": told["subscriptionID"],
        "queryName": "tea",
        "dest": DEST,
        "createdAt": "2026-11-12T02:00:00.000Z",
        "initialRecordTime": "2026-11-12T02:00:00.000Z",
        "minRecordTime": "2026-11-12T02:00:00.000Z",
        "epcFormat": "Always_EPC_URN",
        "stream": True,
    }
    address = answer.headers["Location"]
    assert address == f"{PATH}/{told['subscriptionID']}"
    assert (await client.get(address, headers=key)).json() == told
    assert (await client.get(PATH, headers=key)).json() == [told]
    async with db.transaction() as session:
        kept = (await session.scalars(select(Subscription))).one()
        assert TOKEN.encode() not in kept.sealed_token
    assert (await client.options(PATH, headers=key)).headers["allow"] == "OPTIONS, GET, POST"
    assert (await client.options(address, headers=key)).headers["allow"] == "OPTIONS, DELETE, GET"
    assert (await client.delete(address, headers=key)).status_code == 204
    gone = await client.get(address, headers=key)
    assert (gone.status_code, gone.json()["type"]) == (404, "epcisException:NoSuchResourceException")
    assert (await client.delete(address, headers=key)).status_code == 404
    assert (await client.get(f"{PATH}/7", headers=key)).status_code == 404


async def test_a_schedule_is_kept_as_it_was_said(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    """The standard's example comes back with its schedule, its start and whether it reports when there is nothing."""
    await name_query(client, key)
    body = {
        "dest": DEST,
        "reportIfEmpty": True,
        "schedule": {"hour": "1", "minute": 5},
        "initialRecordTime": "2026-11-01T00:00:00.5+07:00",
        "epcFormat": "Never_Translates",
    }
    told = (await client.post(PATH, json=body, headers=key)).json()
    assert told["schedule"] == {"hour": "1", "minute": "5"} and told["reportIfEmpty"] is True
    assert told["initialRecordTime"] == told["minRecordTime"] == "2026-10-31T17:00:00.500Z"
    assert told["epcFormat"] == "Never_Translates" and "stream" not in told and "lastNotifiedAt" not in told


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, "SubscriptionControls"),
        ({"stream": True, "schedule": {"hour": "1"}}, "SubscriptionControls"),
        ({"stream": False}, "SubscriptionControls"),
        ({"stream": 1}, "SubscriptionControls"),
        ({"schedule": "1"}, "SubscriptionControls"),
        ({"schedule": {}}, "SubscriptionControls"),
        ({"schedule": {"hour": "25"}}, "SubscriptionControls"),
        ({"schedule": {"dayOfMonth": "30", "month": "2"}}, "SubscriptionControls"),
        ({"schedule": {"hour": "1"}, "reportIfEmpty": "yes"}, "SubscriptionControls"),
        ({"stream": True, "reportIfEmpty": True}, "SubscriptionControls"),
        ({"stream": True, "initialRecordTime": "yesterday"}, "SubscriptionControls"),
        ({"stream": True, "initialRecordTime": 5}, "SubscriptionControls"),
        ({"stream": True, "dest": None}, "SubscriptionControls"),
        ({"stream": True, "dest": "http://client.example.com/"}, "SubscriptionControls"),
        ({"stream": True, "signatureToken": ""}, "SubscriptionControls"),
        ({"stream": True, "signatureToken": 7}, "SubscriptionControls"),
        ({"stream": True, "signatureToken": "\ud800"}, "SubscriptionControls"),
        ({"stream": True, "\ud800": 1}, "SubscriptionControls"),
        ({"schedule": {"\ud800": "1"}}, "SubscriptionControls"),
        ({"stream": True, "initialRecordTime": "0001-01-01T00:00:00+14:00"}, "SubscriptionControls"),
        ({"stream": True, "epcFormat": "Both"}, "SubscriptionControls"),
        ({"stream": True, "trigger": "urn:x:y"}, "SubscriptionControls"),
    ],
)
async def test_wrong_controls_are_refused(
    client: httpx.AsyncClient, key: dict[str, str], change: dict[str, Any], word: str
) -> None:
    """Exactly one of stream and schedule, an address that may be called, nothing that is not known."""
    await name_query(client, key)
    body = json.dumps({"dest": DEST, **change})  # escaped: half a character travels as such
    answer = await client.post(PATH, content=body, headers=key | {"content-type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, f"epcisException:{word}Exception"), (
        answer.text
    )
    assert (await client.get(PATH, headers=key)).json() == []


async def test_a_body_that_is_none_is_refused(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    """A list is no subscription, another media type is not spoken, and a query that ends cannot be followed."""
    await name_query(client, key)
    assert (await client.post(PATH, json=[], headers=key)).status_code == 400
    xml = key | {"content-type": "application/xml"}
    assert (await client.post(PATH, content=b"<x/>", headers=xml)).status_code == 415
    for number, limit in enumerate(({"maxEventCount": 5}, {"eventCountLimit": 5, "orderBy": "eventTime"})):
        await name_query(client, key, f"limited{number}", **limit)
        path = f"/epcis/queries/limited{number}/subscriptions"
        answer = await client.post(path, json={"dest": DEST, "stream": True}, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (
            400,
            "epcisException:SubscriptionControlsException",
        )


async def test_subscriptions_belong_to_the_key_that_made_them(
    client: httpx.AsyncClient, key: dict[str, str], make_key: MakeKey
) -> None:
    """Another key finds neither the query nor its subscriptions; without a key nobody finds anything."""
    await name_query(client, key)
    address = await subscribe(client, key, DEST)
    other = await make_key()
    for method, path in (("GET", PATH), ("POST", PATH), ("GET", address), ("DELETE", address)):
        body = {"dest": DEST, "stream": True} if method == "POST" else None
        answer = await client.request(method, path, json=body, headers=other)
        assert (answer.status_code, answer.json()["type"]) == (404, "epcisException:NoSuchNameException")
        assert (await client.request(method, path)).status_code == 401
    await name_query(client, key, "coffee")
    elsewhere = address.replace("/tea/", "/coffee/")
    assert (await client.get(elsewhere, headers=key)).status_code == 404
    assert (await client.get(address, headers=key)).status_code == 200


async def test_a_query_takes_its_subscriptions_along(
    client: httpx.AsyncClient, db: Database, key: dict[str, str]
) -> None:
    """After the query is deleted, and made anew under its name, nobody is subscribed to it."""
    await name_query(client, key)
    await subscribe(client, key, DEST)
    assert (await client.delete("/epcis/queries/tea", headers=key)).status_code == 204
    await name_query(client, key)
    assert (await client.get(PATH, headers=key)).json() == []
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(Subscription)) == 0


async def test_the_list_has_pages_and_a_key_has_so_many(
    client: httpx.AsyncClient, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest first, each once; the one too many is refused, and a foreign token is none."""
    monkeypatch.setattr(service, "MOST_SUBSCRIPTIONS", 5)
    await name_query(client, key)
    made = [(await subscribe(client, key, DEST)).rpartition("/")[2] for _number in range(5)]
    more = await client.post(PATH, json={"dest": DEST, "stream": True}, headers=key)
    assert (more.status_code, more.json()["type"]) == (400, "epcisException:SubscriptionControlsException")
    seen: list[str] = []
    page: str | None = f"{PATH}?perPage=2"
    while page:
        answer = await client.get(page, headers=key)
        seen += [one["subscriptionID"] for one in answer.json()]
        link = answer.headers.get("link")
        page = link.partition("<")[2].partition(">")[0] if link else None
    assert seen == made
    assert (await client.get(f"{PATH}?nextPageToken=abc", headers=key)).status_code == 400
    end = int(NOW.timestamp()) + 1_000
    for wrong in ("x", 5):
        token = base64.urlsafe_b64encode(json.dumps({"end": end, "id": wrong}).encode()).decode()
        assert (await client.get(f"{PATH}?nextPageToken={token}", headers=key)).status_code == 400


@pytest.mark.parametrize(
    "dest",
    [
        "http://127.0.0.1:8080/", "http://client.example.com/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/", "https://2130706433/", "https://nobody.invalid/",
    ],
)  # fmt: skip
async def test_production_refuses_addresses_inside(
    client: httpx.AsyncClient, house: House, key: dict[str, str], monkeypatch: pytest.MonkeyPatch, dest: str
) -> None:
    """Https alone, and never to this machine or its network."""
    await name_query(client, key)
    strict = house.settings.model_copy(update={"env": Environment.PRODUCTION})
    monkeypatch.setattr(house, "settings", strict)
    answer = await client.post(PATH, json={"dest": dest, "stream": True}, headers=key)
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "epcisException:SubscriptionControlsException",
    )


async def test_where_a_subscription_begins(
    client: httpx.AsyncClient, db: Database, key: dict[str, str]
) -> None:
    """From now on, or with the first event recorded at `initialRecordTime`, or later when that lies ahead."""
    await name_query(client, key)
    await capture(client, key, 3)
    places = {}
    for said in (None, "2026-11-12T02:00:00Z", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"):
        controls = {"stream": True} | ({"initialRecordTime": said} if said else {})
        address = await subscribe(client, key, DEST, **controls)
        async with db.transaction() as session:
            kept = await session.get(Subscription, address.rpartition("/")[2])
            places[said] = kept.after
    head = places[None]
    assert places == {
        None: head,
        "2026-11-12T02:00:00Z": head - 3,
        "2020-01-01T00:00:00Z": head - 3,
        "2030-01-01T00:00:00Z": head,
    }


async def test_an_id_that_is_none(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    """A number, or an id of nothing, is no subscription of this query."""
    await name_query(client, key)
    for wrong in ("7", str(uuid7())):
        assert (await client.get(f"{PATH}/{wrong}", headers=key)).status_code == 404
