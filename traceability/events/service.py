"""Events: capture and query (EPCIS 2.0, 8.1 and 8.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.events import emit
from app.core.ids import uuid7
from traceability.events import auditing, errors, repository, tracing
from traceability.events.answering import Answered
from traceability.events.capturing import Prepared, make_leaf, prepare, prepare_event
from traceability.events.checking import EventError
from traceability.events.conditions import QueryError, match_classes, match_epcs
from traceability.events.events import EventsCaptured
from traceability.events.facts import Facts, term_key
from traceability.events.models import CaptureJob, NamedQuery
from traceability.events.querying import MasterData, Query, needs_master_data, read_query
from traceability.events.reading import (
    STANDARD_PREFIXES,
    Document,
    DocumentError,
    read_document,
    read_namespaces,
)
from traceability.events.repository import Cursor, Sight
from traceability.transparency import service as transparency

MOST_EVENTS = 1_000
"""Events of one capture (`GS1-EPCIS-Capture-Limit`)."""
MOST_BYTES = 4_000_000
"""Bytes of one capture (`GS1-EPCIS-Capture-File-Size-Limit`)."""
DEFAULT_PER_PAGE = 30
MOST_PER_PAGE = 1_000
MOST_SCANNED = 20_000
"""Candidates that one page looks at: a page that found less is short and leads on."""
_BATCH = 500
_REPEATED = "the id is taken by another event"


class Behaviour(StrEnum):
    """`GS1-Capture-Error-Behaviour`: all or nothing, or what can be taken."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


# ---------------------------------------------------------------- capture


async def capture_document(
    session: AsyncSession, *, body: Any, owner_id: UUID, behaviour: Behaviour, now: datetime
) -> CaptureJob:
    """Take a document in; an event that is here already is taken as done.

    With `ROLLBACK` an event that is none refuses the whole document (`EpcisError`), and an id that another event has
    leaves a job without success that brought nothing in. With `PROCEED` the job names what was left out.
    """
    try:
        document = read_document(body)
    except DocumentError as error:
        raise errors.invalid(str(error)) from error
    if len(document.events) > MOST_EVENTS:
        raise errors.too_many_events(f"one capture takes {MOST_EVENTS} events at most")
    good, bad = prepare(document.events, document.namespaces)
    refused = [errors.invalid(f"eventList[{fault.place}]: {fault.reason}").problem for fault in bad]
    if refused and behaviour is Behaviour.ROLLBACK:
        raise errors.invalid(str(refused[0]["detail"]), errors=refused)
    fresh, taken = await _split_known(session, good)
    refused += [errors.already_there(f"{event.event_id}: {_REPEATED}").problem for event in taken]
    if taken and behaviour is Behaviour.ROLLBACK:
        fresh = []
    else:
        await _store(session, fresh, owner_id, now)
        await _keep_master_data(session, document, owner_id)
    job = CaptureJob(
        id=uuid7(),
        owner_id=owner_id,
        created_at=now,
        finished_at=now,
        behaviour=behaviour.value,
        is_success=not refused,
        captured=len(fresh),
        errors=refused,
    )
    session.add(job)
    await session.flush()
    return job


async def capture_event(session: AsyncSession, *, event: Any, owner_id: UUID, now: datetime) -> str:
    """Take one event in; answers its id. Raises `EpcisError`; the same event again is taken as done."""
    if isinstance(event, dict) and "@context" not in event:
        raise errors.invalid("@context: missing")
    try:
        prepared = prepare_event(event, {})
    except EventError as error:
        raise errors.invalid(str(error)) from error
    fresh, taken = await _split_known(session, [prepared])
    if taken:
        raise errors.already_there(f"{prepared.event_id}: {_REPEATED}")
    await _store(session, fresh, owner_id, now)
    return prepared.event_id


async def write_events(
    session: AsyncSession,
    events: Sequence[Mapping[str, Any]],
    *,
    owner_id: UUID,
    namespaces: Mapping[str, str],
    now: datetime,
) -> int:
    """Write events that the house makes by itself; what is here already stays. Answers how many are new.

    Raises `EventError` for an event that is none.
    """
    prepared = [prepare_event(event, namespaces) for event in events]
    fresh, _taken = await _split_known(session, prepared)
    await _store(session, fresh, owner_id, now)
    return len(fresh)


async def are_stored(
    session: AsyncSession, events: Sequence[Mapping[str, Any]], *, namespaces: Mapping[str, str]
) -> bool:
    """Whether each of these is stored, to the letter of its hash; what is no event is not."""
    try:
        wanted = {
            (event.event_id, event.digest) for event in (prepare_event(one, namespaces) for one in events)
        }
    except EventError:
        return False
    known = await repository.list_known(session, {event_id for event_id, _digest in wanted})
    return wanted <= {(event_id, digest) for (event_id, _is_error), digest in known.items()}


def name_event(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """The id that an event gets when it brings none; raises `EventError`."""
    return prepare_event(event, namespaces).event_id


async def _split_known(
    session: AsyncSession, events: Sequence[Prepared]
) -> tuple[list[Prepared], list[Prepared]]:
    """The events that are new, and those whose id something else has; from here to the commit one capture at a time."""
    if not events:
        return [], []
    await repository.lock_captures(session)
    known = await repository.list_known(session, {event.event_id for event in events})
    fresh: list[Prepared] = []
    taken: list[Prepared] = []
    for event in events:
        key = (event.event_id, event.is_error)
        digest = known.get(key)
        if digest is None:
            known[key] = event.digest
            fresh.append(event)
        elif digest != event.digest:
            taken.append(event)
    return fresh, taken


async def _store(session: AsyncSession, events: Sequence[Prepared], owner_id: UUID, now: datetime) -> None:
    if not events:
        return
    await repository.keep_contexts(session, {event.context_id: dict(event.namespaces) for event in events})
    await repository.copy_events(
        session,
        [
            (
                event.event_id,
                event.is_error,
                event.digest,
                event.event_time,
                now,
                owner_id,
                event.context_id,
                event.terms,
                event.document,
            )
            for event in events
        ],
    )
    await transparency.append(session, [event.leaf for event in events], now=now)
    await emit(session, EventsCaptured(count=len(events)))


async def _keep_master_data(session: AsyncSession, document: Document, owner_id: UUID) -> None:
    if document.elements:
        rows = {
            element.uri: {
                "owner_id": owner_id,
                "uri": element.uri,
                "children": list(element.children),
                "attributes": dict(element.attributes),
            }
            for element in document.elements
        }
        await repository.keep_elements(session, list(rows.values()))


async def get_job(session: AsyncSession, *, job_id: UUID, owner_id: UUID) -> CaptureJob:
    """Get a capture job; another's does not exist (`EpcisError`)."""
    job = await repository.find_job(session, job_id, owner_id)
    if job is None:
        raise errors.no_resource("there is no such capture job")
    return job


async def list_jobs(
    session: AsyncSession, *, owner_id: UUID, before: UUID | None, limit: int
) -> list[CaptureJob]:
    """List an owner's capture jobs, the newest first."""
    return await repository.list_jobs(session, owner_id, before=before, limit=limit)


# ---------------------------------------------------------------- query


@dataclass(frozen=True)
class ResultPage:
    """Events of one page; `after` leads on, None at the end."""

    events: list[Answered]
    after: Cursor | None


def see_all() -> Sight:
    """The sight of an inspector, and of the house itself."""
    return Sight(sees_all=True)


def sight_of(owners: Collection[UUID], parties: Collection[str]) -> Sight:
    """The sight of a partner: what these owners captured, and trade in which these parties stand."""
    return Sight(frozenset(owners), frozenset(term_key(f"party={party}") for party in parties))


async def build_query(session: AsyncSession, parameters: Mapping[str, Any], *, sight: Sight) -> Query:
    """Read the parameters of a query; raises `EpcisError`."""
    namespaces: dict[str, set[str]] = {prefix: {uri} for prefix, uri in STANDARD_PREFIXES.items()}
    try:
        declared = read_namespaces(parameters["@context"]) if "@context" in parameters else {}
    except DocumentError as error:
        raise errors.bad_query(str(error)) from error
    if any(":" in name for name in parameters):
        for context in await repository.list_all_contexts(session):
            for prefix, uri in context.items():
                namespaces.setdefault(prefix, set()).add(uri)
    namespaces |= {prefix: {uri} for prefix, uri in declared.items()}
    master = MasterData()
    if needs_master_data(parameters):
        known = await repository.list_elements(session, sight)
        master = MasterData.of((element.uri, element.children, element.attributes) for element in known)
    try:
        return read_query(parameters, namespaces=namespaces, master=master)
    except QueryError as error:
        raise errors.bad_parameter(str(error)) from error


async def find_events(
    session: AsyncSession, *, query: Query, sight: Sight, after: Cursor | None = None, per_page: int
) -> ResultPage:
    """One page of a query's result. Raises `EpcisError` when it has more events than `maxEventCount`."""
    if query.most is not None and after is None:
        found = 0
        async for _event, _cursor in _walk(session, query, sight, None, MOST_SCANNED):
            found += 1
            if found > query.most:
                raise errors.too_large_result(f"more than {query.most} events belong to the result")
    limit = per_page if query.limit is None else min(per_page, query.limit)
    if limit == 0:
        return ResultPage([], None)
    events: list[Answered] = []
    last: Cursor | None = None
    async for event, cursor in _walk(session, query, sight, after, MOST_SCANNED):
        if event is None:  # looked at as much as one page may
            return ResultPage(events, cursor)
        if len(events) == limit:
            is_all = query.limit is not None and len(events) == query.limit
            return ResultPage(events, None if is_all else last)
        events.append(event)
        last = cursor
    return ResultPage(events, None)


async def _walk(
    session: AsyncSession, query: Query, sight: Sight, after: Cursor | None, most: int
) -> AsyncIterator[tuple[Answered | None, Cursor]]:
    """Every event of the result in order, with the place where it stands; (None, place) after `most` candidates."""
    scanned = 0
    size = min(_BATCH, DEFAULT_PER_PAGE * 2)
    narrow = await repository.is_narrow(session, query)
    while True:
        rows = await repository.list_events(session, query, sight, after=after, limit=size, narrow=narrow)
        contexts = await repository.list_contexts(session, {row.context_id for row in rows})
        for row in rows:
            after = Cursor(row.sequence, row.event_time)
            namespaces = contexts[row.context_id]
            facts = Facts(json.loads(row.document), namespaces, row.recorded_at)
            if query.accepts(facts):
                yield Answered(row.document, row.recorded_at, namespaces), after
        if len(rows) < size:
            return
        scanned += len(rows)
        if scanned >= most:
            break
        size = _BATCH
    yield None, Cursor(rows[-1].sequence, rows[-1].event_time)


async def get_event(session: AsyncSession, *, event_id: str, sight: Sight) -> list[Answered]:
    """Get an event by its id with its error declarations; raises `EpcisError`."""
    query = Query(event_ids=frozenset({event_id}))
    page = await find_events(session, query=query, sight=sight, per_page=MOST_PER_PAGE)
    if not page.events:
        raise errors.no_resource("there is no such event")
    return page.events


async def trace(session: AsyncSession, starts: Collection[str], *, forward: bool) -> tracing.Trace:
    """Walk from things to all that came of them, or back to all that they came from."""
    return await tracing.trace(session, starts, forward=forward)


# ---------------------------------------------------------------- named queries


async def create_query(
    session: AsyncSession, *, body: Any, owner_id: UUID, sight: Sight, now: datetime
) -> NamedQuery:
    """Keep a query under a name; raises `EpcisError`."""
    if not isinstance(body, dict) or not isinstance(body.get("query"), dict):
        raise errors.bad_query("query: must be an object of parameters")
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _MOST_NAME or "/" in name or not name.isprintable():
        raise errors.bad_query(f"name: must be a text of at most {_MOST_NAME} characters without a slash")
    await build_query(session, body["query"], sight=sight)
    row = {"id": uuid7(), "owner_id": owner_id, "name": name, "query": body["query"], "created_at": now}
    if await repository.insert_query(session, row) is None:
        raise errors.already_there(f"there is a query {name!r} already")
    return await get_query(session, owner_id=owner_id, name=name)


_MOST_NAME = 120


async def get_query(session: AsyncSession, *, owner_id: UUID, name: str) -> NamedQuery:
    """Get a named query; raises `EpcisError`."""
    found = await repository.find_query(session, owner_id, name)
    if found is None:
        raise errors.no_name(f"there is no query {name!r}")
    return found


async def list_queries(
    session: AsyncSession, *, owner_id: UUID, after: str | None, limit: int
) -> list[NamedQuery]:
    """List an owner's named queries by name."""
    return await repository.list_queries(session, owner_id, after=after, limit=limit)


async def delete_query(session: AsyncSession, *, owner_id: UUID, name: str) -> None:
    """Delete a named query; raises `EpcisError`."""
    await repository.delete_query(session, (await get_query(session, owner_id=owner_id, name=name)).id)


# ---------------------------------------------------------------- top-level resources


async def list_values(
    session: AsyncSession, *, resource: str, sight: Sight, after: Cursor | None, per_page: int
) -> tuple[list[str], Cursor | None]:
    """The EPCs, places or other values that events name, each on the page of its first event.

    `resource`: `epcs`, `readPoints`, `bizLocations`, `bizSteps`, `dispositions` or `eventTypes`.
    """
    found: list[str] = []
    last = after
    async for event, cursor in _walk(session, Query(), sight, after, MOST_SCANNED):
        if event is None:
            return found, cursor
        words = dict(_values(Facts(json.loads(event.document), event.namespaces), resource))
        new = {value: word for value, word in words.items() if value not in found}
        earlier = await repository.list_earlier(
            session, {term_key(word) for word in new.values()}, sight, before=cursor.sequence
        )
        fresh = [value for value, word in new.items() if term_key(word) not in earlier]
        if found and len(found) + len(fresh) > per_page:
            return found, last
        found += fresh
        last = cursor
    return found, None


def _values(facts: Facts, resource: str) -> list[tuple[str, str]]:
    """Values of an event with the term under which each is found."""
    event = facts.event
    match resource:
        case "epcs":
            return [(uri, f"{role}={uri}") for role, uri in facts.epcs]
        case "readPoints" | "bizLocations":
            name = resource.removesuffix("s")
            place = facts.place(name)
            return [(place, f"{name}={place}")] if place else []
        case "bizSteps" | "dispositions":
            name = resource.removesuffix("s")
            return [(event[name], f"{name}={facts.term(name)}")] if name in event else []
        case _:
            return [(event["type"], f"eventType={event['type']}")]


# ---------------------------------------------------------------- audit


async def audit(session: AsyncSession) -> int:
    """Compute every event's hash and log entry anew; answers how many there are. Raises `AuditError` at the first fault."""
    return await auditing.audit(session)


async def find_birth(session: AsyncSession, uri: str) -> bytes | None:
    """The log entry of the first event of a lot that was made, or of a pack that got its serial; None when none tells of it."""
    named = match_epcs("MATCH_epc", [uri]) if "/21/" in uri else match_classes("MATCH_outputEPCClass", [uri])
    query = Query(conditions=[named])
    rows = await repository.list_events(session, query, see_all(), after=None, limit=1, narrow=True)
    if not rows:
        return None
    whole = (await repository.list_whole(session, after=rows[0].sequence - 1, limit=1))[0]
    return make_leaf(whole.digest, whole.document)


@dataclass(frozen=True)
class Standing:
    """Where an event stands in the log: its place (from 0), the size of the head that proves it, who witnessed that."""

    index: int
    size: int
    witnesses: Sequence[str]


async def find_standing(session: AsyncSession, uri: str) -> Standing | None:
    """Find where the event in which a class came to be stands in the log; None while it waits. One query."""
    terms = match_classes("MATCH_outputEPCClass", [uri]).terms
    row = await repository.find_standing(session, terms or ())
    return Standing(*row) if row else None


def describe_entry(entry: bytes) -> str:
    """What a log entry names: the event id that its hash makes; other entries in hexadecimal."""
    return auditing.describe_entry(entry)
