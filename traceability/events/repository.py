"""Selects and bulk writes of events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import copy_rows
from traceability.events.models import CaptureJob, EventContext, EventElement, NamedQuery, StoredEvent
from traceability.events.querying import Query

_CAPTURE_LOCK = 0x45504349  # "EPCI"
_COLUMNS = "event_id, is_error, digest, event_time, recorded_at, owner_id, context_id, terms, document"

NewEvent = tuple[str, bool, bytes, datetime, datetime, UUID, int, Sequence[int], str]
"""A row in the order of `_COLUMNS`."""


@dataclass(frozen=True)
class Sight:
    """What a reader may see: everything, or what its owners captured and its parties took part in."""

    owners: frozenset[UUID] = frozenset()
    party_terms: frozenset[int] = frozenset()
    sees_all: bool = False

    def where(self) -> list[ColumnElement[bool]]:
        """The condition on events."""
        if self.sees_all:
            return []
        parts: list[ColumnElement[bool]] = [StoredEvent.owner_id.in_(self.owners)]
        if self.party_terms:
            parts.append(StoredEvent.terms.overlap(sorted(self.party_terms)))
        return [or_(*parts)]


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the number of the last event and, when ordered by it, its time."""

    sequence: int
    event_time: datetime | None = None


async def lock_captures(session: AsyncSession) -> None:
    """Let one capture at a time give out numbers, until its commit: so that their order is the order of commits."""
    await session.execute(select(func.pg_advisory_xact_lock(_CAPTURE_LOCK)))


async def list_known(session: AsyncSession, ids: Collection[str]) -> dict[tuple[str, bool], bytes]:
    """Select the hashes of events that are here already, by id and whether they declare an error."""
    statement = select(StoredEvent.event_id, StoredEvent.is_error, StoredEvent.digest)
    rows = await session.execute(statement.where(StoredEvent.event_id.in_(ids)))
    return {(row.event_id, row.is_error): row.digest for row in rows}


async def copy_events(session: AsyncSession, rows: Iterable[NewEvent]) -> None:
    """Write events by COPY."""
    spelled = ((*plain, "{" + ",".join(map(str, terms)) + "}", document) for *plain, terms, document in rows)
    await copy_rows(session, f"COPY events ({_COLUMNS}) FROM STDIN", spelled)


async def keep_contexts(session: AsyncSession, contexts: dict[int, dict[str, str]]) -> None:
    """Insert namespaces that are not here yet."""
    rows = [{"id": key, "namespaces": value} for key, value in contexts.items()]
    await session.execute(insert(EventContext).values(rows).on_conflict_do_nothing())


async def list_contexts(session: AsyncSession, ids: Collection[int]) -> dict[int, dict[str, str]]:
    """Select namespaces by id."""
    found = await session.scalars(select(EventContext).where(EventContext.id.in_(ids)))
    return {context.id: context.namespaces for context in found}


async def list_all_contexts(session: AsyncSession) -> list[dict[str, str]]:
    """Select every set of namespaces that was ever declared."""
    return list(await session.scalars(select(EventContext.namespaces)))


_COMMON_TERMS = text(
    "SELECT term FROM pg_stats, unnest(most_common_elems::text::bigint[]) AS term "
    "WHERE schemaname = 'public' AND tablename = 'events' AND attname = 'terms' AND term = ANY(:terms)"
)


async def is_narrow(session: AsyncSession, query: Query) -> bool:
    """Whether few events can belong to a query: one of its conditions has no term that the statistics call common."""
    asked = [condition.terms for condition in query.conditions if condition.terms is not None]
    if not asked:
        return False
    terms = sorted(frozenset[int]().union(*asked))
    common = set(await session.scalars(_COMMON_TERMS, {"terms": terms}))
    return any(common.isdisjoint(of_one) for of_one in asked)


async def list_events(
    session: AsyncSession, query: Query, sight: Sight, *, after: Cursor | None, limit: int, narrow: bool
) -> Sequence[Row[int, datetime, datetime, int, str]]:
    """Select candidates of a query in its order: no event that belongs to it is left out, some may not belong.

    `narrow` (see `is_narrow`) finds them by their terms first. Left alone, the planner guesses half a per cent for any
    term that it does not know, and walks through the whole store in order to find three events.
    """
    statement = select(
        StoredEvent.sequence,
        StoredEvent.event_time,
        StoredEvent.recorded_at,
        StoredEvent.context_id,
        StoredEvent.document,
    ).where(*sight.where())
    for condition in query.conditions:
        if condition.terms is not None:
            statement = statement.where(StoredEvent.terms.overlap(sorted(condition.terms)))
    for column, (start, end) in (
        (StoredEvent.event_time, query.happened),
        (StoredEvent.recorded_at, query.recorded),
    ):
        if start is not None:
            statement = statement.where(column >= start)
        if end is not None:
            statement = statement.where(column < end)
    if query.event_ids is not None:
        statement = statement.where(StoredEvent.event_id.in_(query.event_ids))
    key: Any = StoredEvent.sequence
    if query.order_by == "eventTime":
        key = tuple_(StoredEvent.event_time, StoredEvent.sequence)
    if after is not None:
        bound: Any = after.sequence if query.order_by != "eventTime" else (after.event_time, after.sequence)
        statement = statement.where(key > bound if query.is_ascending else key < bound)
    ordered = _order(query, narrow=narrow)
    return (await session.execute(statement.order_by(*ordered).limit(limit))).all()


async def find_head(session: AsyncSession) -> int:
    """Select the number of the last event, 0 when there is none."""
    return (await session.scalar(select(func.max(StoredEvent.sequence)))) or 0


async def find_first_since(session: AsyncSession, since: datetime) -> int | None:
    """Select the number of the first event that was recorded at `since` or later."""
    return await session.scalar(
        select(func.min(StoredEvent.sequence)).where(StoredEvent.recorded_at >= since)
    )


def _order(query: Query, *, narrow: bool) -> list[ColumnElement[Any]]:
    """The order of a query; for a narrow one the same order in words that no index has."""
    columns: list[ColumnElement[Any]] = [StoredEvent.sequence.expression]
    if query.order_by == "eventTime":
        columns.insert(0, StoredEvent.event_time.expression)
    if narrow:
        columns[0] = columns[0] + (timedelta(0) if query.order_by == "eventTime" else 0)
    return [column if query.is_ascending else column.desc() for column in columns]


async def list_earlier(
    session: AsyncSession, terms: Collection[int], sight: Sight, *, before: int
) -> set[int]:
    """Select which of these terms an event before this number carries already."""
    if not terms:
        return set()
    asked = select(func.unnest(sorted(terms), type_=BigInteger).label("term")).subquery()
    earlier = (
        select(StoredEvent.sequence)
        .where(
            StoredEvent.terms.overlap(array([asked.c.term])),
            StoredEvent.sequence < before,
            *sight.where(),
        )
        .exists()
    )
    return set(await session.scalars(select(asked.c.term).where(earlier)))


# One look into the index for each term: of an overlap with hundreds of them the planner believes that most events have
# it, and reads them all.
_LINKED = text(
    "SELECT event_id, is_error, document FROM events WHERE sequence = ANY(ARRAY("
    "  SELECT found.sequence FROM unnest(CAST(:keys AS bigint[])) AS key"
    "  CROSS JOIN LATERAL (SELECT sequence FROM events WHERE terms @> ARRAY[key] OFFSET 0) AS found"
    ")) ORDER BY sequence"
)


async def list_linked(session: AsyncSession, keys: Collection[int]) -> Sequence[Row[str, bool, str]]:
    """Select the events that carry any of these terms, with id, whether they declare an error, and document."""
    return (await session.execute(_LINKED, {"keys": list(keys)})).all()


_STANDING = text(
    "WITH birth AS ("
    "  SELECT digest || sha256(convert_to(document, 'UTF8')) AS leaf FROM events"
    "  WHERE terms && CAST(:terms AS bigint[])"
    # In words that no index has, as in `_order`: found by its terms, whatever the planner believes.
    "  ORDER BY sequence + 0 LIMIT 1"
    "), place AS ("
    "  SELECT min(e.index) AS index FROM birth JOIN log_entries e ON e.entry = birth.leaf"
    "), head AS ("
    "  SELECT place.index, coalesce("
    "    (SELECT max(c.size) FROM log_cosignatures c WHERE c.size > place.index),"
    "    (SELECT max(h.size) FROM log_checkpoints h)) AS size"
    "  FROM place WHERE place.index IS NOT NULL"
    ") "
    "SELECT head.index, head.size,"
    "  ARRAY(SELECT c.name FROM log_cosignatures c WHERE c.size = head.size ORDER BY c.name) AS witnesses "
    "FROM head"
)


async def find_standing(session: AsyncSession, terms: Collection[int]) -> tuple[int, int, list[str]] | None:
    """Select (index, size, witnesses) of the first event that carries any of these terms; None while it has no place.

    `size` is that of the head that proves it: the latest that a witness signed, else the latest.
    """
    row = (await session.execute(_STANDING, {"terms": sorted(terms)})).one_or_none()
    return (row[0], row[1], row[2]) if row else None


async def list_commissioning(
    session: AsyncSession, pairs: Collection[tuple[int, int]]
) -> Sequence[Row[str, bool, str]]:
    """Select the events that carry both terms of any of these pairs, as `list_linked`."""
    statement = select(StoredEvent.event_id, StoredEvent.is_error, StoredEvent.document)
    both = or_(*(StoredEvent.terms.contains(list(pair)) for pair in pairs))
    # In words that no index has, as in `_order`: found by its terms, whatever the planner believes.
    return (await session.execute(statement.where(both).order_by(StoredEvent.sequence + 0))).all()


async def list_whole(session: AsyncSession, *, after: int, limit: int) -> list[StoredEvent]:
    """Select events whole, in order of capture."""
    statement = select(StoredEvent).where(StoredEvent.sequence > after).order_by(StoredEvent.sequence)
    found = await session.scalars(statement.limit(limit).execution_options(populate_existing=True))
    return list(found)


async def find_job(session: AsyncSession, job_id: UUID, owner_id: UUID) -> CaptureJob | None:
    """Select a capture job of this owner."""
    return await session.scalar(
        select(CaptureJob).where(CaptureJob.id == job_id, CaptureJob.owner_id == owner_id)
    )


async def list_jobs(
    session: AsyncSession, owner_id: UUID, *, before: UUID | None, limit: int
) -> list[CaptureJob]:
    """Select an owner's capture jobs, the newest first."""
    statement = select(CaptureJob).where(CaptureJob.owner_id == owner_id)
    if before is not None:
        statement = statement.where(CaptureJob.id < before)
    return list(await session.scalars(statement.order_by(CaptureJob.id.desc()).limit(limit)))


async def keep_elements(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert master data, or put it in the place of what its owner said before."""
    statement = insert(EventElement).values(list(rows))
    statement = statement.on_conflict_do_update(
        index_elements=["owner_id", "uri"],
        set_={"children": statement.excluded.children, "attributes": statement.excluded.attributes},
    )
    await session.execute(statement)


async def list_elements(session: AsyncSession, sight: Sight) -> list[EventElement]:
    """Select the master data that a reader may use: of its owners, or all."""
    statement = select(EventElement)
    if not sight.sees_all:
        statement = statement.where(EventElement.owner_id.in_(sight.owners))
    return list(await session.scalars(statement))


async def insert_query(session: AsyncSession, row: dict[str, Any]) -> UUID | None:
    """Insert a named query; None when its owner has one of this name."""
    statement = insert(NamedQuery).values(**row).on_conflict_do_nothing(index_elements=["owner_id", "name"])
    return await session.scalar(statement.returning(NamedQuery.id))


async def find_query(session: AsyncSession, owner_id: UUID, name: str) -> NamedQuery | None:
    """Select a named query."""
    return await session.scalar(
        select(NamedQuery).where(NamedQuery.owner_id == owner_id, NamedQuery.name == name)
    )


async def list_queries(
    session: AsyncSession, owner_id: UUID, *, after: str | None, limit: int
) -> list[NamedQuery]:
    """Select an owner's named queries by name."""
    statement = select(NamedQuery).where(NamedQuery.owner_id == owner_id)
    if after is not None:
        statement = statement.where(NamedQuery.name > after)
    return list(await session.scalars(statement.order_by(NamedQuery.name).limit(limit)))


async def delete_query(session: AsyncSession, query_id: UUID) -> None:
    """Delete a named query."""
    await session.execute(delete(NamedQuery).where(NamedQuery.id == query_id))
