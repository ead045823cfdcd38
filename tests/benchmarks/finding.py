"""Finding: a store of a million events, and how long one EPC's history takes."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString, cast
from urllib.parse import quote
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from app.core.db import Database
from tests.benchmarks import recalling, trade
from tests.benchmarks.load import Figures, Visitor, expect, measure, rank
from tests.factories.epcis import NAMESPACES
from traceability.events import service
from traceability.events.capturing import context_key, used_namespaces
from traceability.events.facts import Facts, list_terms

ASKED = 1_000
"""Packs that are asked for, spread over the whole store."""
_OWNER = UUID(int=0x1B)
_SEED = 952


def _rows(events: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the table of events as a capture makes them; only the event hash is another (it is not asked for).

    The events of the recall lie in the middle of the others.
    """
    traded = (event for case in itertools.count() for event in trade.case_events(case))
    recalled = list(recalling.chain())
    before = (events - len(recalled)) // 2
    mixed = itertools.chain(itertools.islice(traded, before), recalled, traded)
    recorded = datetime(2026, 1, 1, tzinfo=UTC)
    for number, event in enumerate(itertools.islice(mixed, events)):
        event_id = f"urn:uuid:{UUID(int=number)}"
        document = json.dumps({**event, "eventID": event_id}, ensure_ascii=False, separators=(",", ":"))
        facts = Facts(event, used_namespaces(document, NAMESPACES))
        yield (
            event_id,
            False,
            hashlib.sha256(document.encode()).digest(),
            facts.happened_at,
            recorded + timedelta(milliseconds=40 * number),
            _OWNER,
            context_key(facts.namespaces),
            "{" + ",".join(map(str, list_terms(facts))) + "}",
            document,
        )


def load(conninfo: str, events: int) -> float:
    """Load so many events by COPY, with the indexes built behind it as after a restore; answers the seconds."""
    began = time.monotonic()
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        indexes = connection.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = 'events'::regclass AND NOT i.indisunique"
        ).fetchall()
        for name, _definition in indexes:
            connection.execute(cast("LiteralString", f"DROP INDEX {name}"))
        for used in ({}, {"cpf": NAMESPACES["cpf"]}):
            connection.execute(
                "INSERT INTO event_contexts (id, namespaces) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [context_key(used), Jsonb(used)],
            )
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY events (event_id, is_error, digest, event_time, recorded_at, owner_id, context_id, terms, document)"
                " FROM STDIN"
            ) as copy,
        ):
            for row in _rows(events):
                copy.write_row(row)
        for _name, definition in indexes:
            connection.execute(cast("LiteralString", definition))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE events")
    return time.monotonic() - began


def choose_packs(events: int) -> list[str]:
    """Packs of the store, spread over all of it; a recall's events stand where other cases had stood."""
    chosen = random.Random(_SEED)
    cases = (events - sum(1 for _event in recalling.chain())) // trade.PER_CASE
    return [trade.pack(chosen.randrange(cases), chosen.randrange(trade.PACKS)) for _ in range(ASKED)]


async def measure_http(port: int, key: str, packs: list[str], *, clients: int, seconds: float) -> Figures:
    """`MATCH_anyEPC` over HTTP; an answer without an event is no answer."""
    headers = {"Accept": "application/json", "Authorization": f"Bearer {key}"}
    turn = iter(range(10**9))

    async def ask(visitor: Visitor) -> None:
        address = f"/epcis/events?MATCH_anyEPC={quote(packs[next(turn) % len(packs)], safe='')}"
        answer = expect(await visitor.get(address, headers), 200, "query")
        expect_events(answer.text)

    return await measure(port, ask, clients=clients, seconds=seconds)


def expect_events(text: str) -> None:
    """Each pack was labelled, packed and unpacked at least."""
    if len(json.loads(text)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) < 3:
        raise LookupError("a pack's history is missing")


@dataclass(frozen=True)
class Alone:
    """How long one query takes without HTTP (milliseconds)."""

    p50_ms: float
    p99_ms: float


async def measure_service(url: str, packs: list[str]) -> Alone:
    """The same queries through the service, one after the other."""
    took: list[float] = []
    sight = service.see_all()
    async with Database(url, pool_size=1) as database:
        for pack in packs:
            began = time.perf_counter()
            async with database.transaction() as session:
                query = await service.build_query(session, {"MATCH_anyEPC": [pack]}, sight=sight)
                found = await service.find_events(session, query=query, sight=sight, per_page=30)
            took.append(time.perf_counter() - began)
            if len(found.events) < 3:
                raise LookupError("a pack's history is missing")
    took.sort()
    return Alone(1000 * statistics.median(took), 1000 * rank(took, 0.99))
