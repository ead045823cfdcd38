"""Following a query: what came in since a place in the order of capture, each event once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from traceability.events import repository
from traceability.events.answering import Answered
from traceability.events.facts import Facts
from traceability.events.querying import Query
from traceability.events.repository import Cursor, Sight

MOST_SCANNED = 20_000
"""Candidates that one look goes through."""
_BATCH = 500


@dataclass(frozen=True)
class News:
    """Events of one look. Everything up to the number `after` was looked at; `is_more`: behind it more may wait."""

    events: Sequence[Answered]
    after: int
    is_more: bool


async def find_start(session: AsyncSession, *, since: datetime | None) -> int:
    """The number behind which a follower begins: events recorded at `since` or later, or those that come from now on.

    Numbers are given out in the order of commits, so that whatever is not committed yet lies behind the last of them.
    """
    first = None if since is None else await repository.find_first_since(session, since)
    return await repository.find_head(session) if first is None else first - 1


async def find_head(session: AsyncSession) -> int:
    """The number of the last event, 0 before the first."""
    return await repository.find_head(session)


async def list_news(
    session: AsyncSession,
    *,
    query: Query,
    sight: Sight,
    after: int,
    limit: int,
    since: datetime | None = None,
) -> News:
    """Up to `limit` events of a query's result behind `after`, in order of capture; none recorded before `since`.

    The order and the limits of the query itself do not hold here: a follower gets every event, and gets it once.
    """
    start, end = query.recorded
    recorded = (since if start is None or (since is not None and since > start) else start, end)
    query = replace(query, order_by="recordTime", is_ascending=True, recorded=recorded)
    head = await repository.find_head(session)
    found: list[Answered] = []
    scanned, size = 0, min(_BATCH, limit + 1)
    while after < head:
        rows = await repository.list_events(
            session, query, sight, after=Cursor(after), limit=size, narrow=False
        )
        contexts = await repository.list_contexts(session, {row.context_id for row in rows})
        for row in rows:
            namespaces = contexts[row.context_id]
            if query.accepts(Facts(json.loads(row.document), namespaces, row.recorded_at)):
                if len(found) == limit:
                    return News(found, after, is_more=True)
                found.append(Answered(row.document, row.recorded_at, namespaces))
            after = row.sequence
        if len(rows) < size:
            return News(found, max(after, head), is_more=False)
        scanned += len(rows)
        if scanned >= MOST_SCANNED:
            return News(found, after, is_more=True)
        size = _BATCH
    return News(found, after, is_more=False)
