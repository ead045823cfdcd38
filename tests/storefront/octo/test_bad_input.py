"""Whatever is sent to the OCTO API, the answer is a 200 or one of OCTO's own errors."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.core.db import Database
from storefront.octo.routes import DOORS
from tests.factories.octo import CONTACT, items, reservation
from tests.factories.visits import Visit

PARTS = ["productId", "optionId", "availabilityId", "unitItems", "uuid", "contact", "notes", "expirationMinutes",
    "resellerReference", "localDate", "localDateStart", "localDateEnd", "availabilityIds", "units", "currency",
    "reason", "force", "emailReceipt"]  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.dates().map(str),
    st.datetimes().map(lambda one: f"{one.isoformat()}+07:00"),
    st.uuids().map(str),
)
NAMES = st.one_of(st.sampled_from([*PARTS, "unitId", "id", "quantity", *CONTACT]), st.text(max_size=8))
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
CALLS = [(method, path) for path, methods in DOORS for method in methods]
BOUNDED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def judge(answer: httpx.Response) -> None:
    """A 200, or an error in OCTO's shape; never our own fault, never the framework's words."""
    assert answer.status_code in {200, 400, 404, 405}, (answer.status_code, answer.text)
    if answer.status_code != 200:
        body = answer.json()
        assert isinstance(body["error"], str) and isinstance(body["errorMessage"], str)
        assert body["error"] != "INTERNAL_SERVER_ERROR" and "detail" not in body


@pytest.fixture
async def held(client: httpx.AsyncClient, key: dict[str, str], visit: Visit) -> str:
    """A booking ON_HOLD for paths that name one."""
    return str((await client.post("/octo/bookings", json=reservation(visit), headers=key)).json()["uuid"])


async def test_any_body_at_any_address(
    client: httpx.AsyncClient, key: dict[str, str], visit: Visit, held: str
) -> None:
    """Arbitrary JSON, and bytes that are none, are answered by a 200 or an OCTO error at every address (OCTO.md, 3)."""
    valid = {**reservation(visit), "contact": CONTACT, "localDate": "2026-11-14"}

    spoilt = st.dictionaries(st.sampled_from(PARTS), ANYTHING, max_size=3)
    bodies = st.one_of(ANYTHING, spoilt, spoilt.map(lambda one: {**valid, **one})).map(
        lambda one: json.dumps(one).encode()
    )

    @BOUNDED
    @given(st.sampled_from(CALLS), bodies | st.binary(max_size=40))
    async def drive(call: tuple[str, str], raw: bytes) -> None:
        method, path = call
        spelled = path.replace("{uuid}", held).replace("{product_id}", str(visit.tour.id))
        judge(await client.request(method, f"/octo{spelled}", content=raw, headers=key))

    await _run(drive)


async def test_any_path_query_and_header(
    client: httpx.AsyncClient, key: dict[str, str], visit: Visit
) -> None:
    """Arbitrary ids in the path, filters in the query and capabilities in the header too (OCTO.md, 3)."""
    words = st.text(
        st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\x00/"),
        min_size=1,
        max_size=12,
    ).filter(lambda one: one not in {".", ".."})
    names = st.sampled_from(
        ["resellerReference", "supplierReference", "localDate", "localDateStart", "localDateEnd", "x"]
    )

    @BOUNDED
    @given(
        st.sampled_from(CALLS), words, st.dictionaries(names, words | st.dates().map(str), max_size=3), words
    )
    async def drive(call: tuple[str, str], word: str, query: dict[str, str], header: str) -> None:
        method, path = call
        url = (
            f"/octo{path}".replace("{uuid}", _quote(word))
            .replace("{product_id}", _quote(word))
            .replace("{webhook_id}", _quote(word))
        )
        said = "".join(char for char in header if char.isascii() and char.isprintable())
        headers = {**key, "Octo-Capabilities": said}
        judge(await client.request(method, url, params=query, headers=headers))

    await _run(drive)


async def test_nothing_leaks_by_bad_input(
    client: httpx.AsyncClient, db: Database, key: dict[str, str], visit: Visit
) -> None:
    """After all kinds of spoilt reservations the counter is the sum of the bookings that stand (OCTO.md, 7)."""
    spoilt = [
        {"unitItems": items(visit, family=6)},
        {"availabilityId": "x"},
        {"notes": "x" * 501},
        {"uuid": "x"},
        {},
    ]
    for overrides in spoilt * 3:
        await client.post("/octo/bookings", json=reservation(visit, **overrides), headers=key)
    async with db.transaction() as session:
        taken = await session.scalar(text("SELECT taken FROM departures"))
        assert taken == await session.scalar(text("SELECT sum(heads) FROM bookings")) == 6


def _quote(word: str) -> str:
    return "".join(f"%{byte:02X}" for byte in word.encode())


async def _run(drive: Any) -> None:
    """Drive hypothesis from inside the running loop: its function is asynchronous, its own loop is not."""
    loop = asyncio.get_running_loop()
    inner = drive.hypothesis.inner_test

    def blocking(*args: Any, **kwargs: Any) -> None:
        asyncio.run_coroutine_threadsafe(inner(*args, **kwargs), loop).result(30)

    drive.hypothesis.inner_test = blocking
    await asyncio.to_thread(drive)
