"""Selects of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.driver import Fetch, fetch_rows
from storefront.catalog.models import Card, CatalogEntry, EntryKind
from storefront.catalog.words import Query

# Asked on nearly every page of the shop, so put by the driver itself: building the statement took longer than its answer.
_SHOWN: LiteralString = "SELECT ref_id, kind, slug, title, subtitle, price_minor, price_unit, photo_id FROM catalog_entries WHERE is_visible"
_NEWEST: LiteralString = "ranked_at DESC, ref_id DESC"
_MATCHING: LiteralString = " AND folded_tsv @@ to_tsquery('simple', %(match)s)"
_BEST: LiteralString = r"""
    ' ' || translate(exact_text, E'\n', ' ') LIKE ALL (%(exact)s::text[]) DESC,
    ' ' || split_part(folded_text, E'\n', 1) LIKE ALL (%(folded)s::text[]) DESC"""


async def save_entry(session: AsyncSession, entry: dict[str, object]) -> None:
    """Insert or replace the row of one thing."""
    statement = insert(CatalogEntry).values(**entry)
    changes = {name: statement.excluded[name] for name in entry if name != "ref_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["ref_id"], set_=changes))


async def list_entries(
    session: AsyncSession, *, kinds: Sequence[EntryKind], producer_id: UUID | None = None, limit: int
) -> list[Card]:
    """Select what the shop shows of some kinds, newest first."""
    of_producer = "" if producer_id is None else " AND producer_id = %(producer_id)s"
    statement: LiteralString = (
        f"{_SHOWN} AND kind = ANY(%(kinds)s::text[]){of_producer} ORDER BY {_NEWEST} LIMIT %(limit)s"
    )
    values = {"kinds": [kind.value for kind in kinds], "producer_id": producer_id, "limit": limit}
    return _cards(await fetch_rows(session, statement, values))


async def list_addresses(session: AsyncSession, limit: int) -> Sequence[tuple[EntryKind, str]]:
    """Select (kind, slug) of everything that the shop shows."""
    statement = select(CatalogEntry.kind, CatalogEntry.slug).where(CatalogEntry.is_visible)
    rows = await session.execute(statement.order_by(CatalogEntry.kind, CatalogEntry.slug).limit(limit))
    return [(row.kind, row.slug) for row in rows]


async def search(
    fetch: Fetch, query: Query, *, kind: EntryKind | None, offset: int, limit: int
) -> list[Card]:
    """Select what holds every word: first with the marks as typed, then in the title, then the rest, newest first."""
    matching, order = (_MATCHING, f"{_BEST}, {_NEWEST}") if query.folded else ("", _NEWEST)
    of_kind = "" if kind is None else " AND kind = %(kind)s"
    statement: LiteralString = (
        f"{_SHOWN}{matching}{of_kind} ORDER BY {order} OFFSET %(offset)s LIMIT %(limit)s"
    )
    values = {
        "match": query.tsquery,
        # Words are letters and digits alone: no character of theirs means anything in a pattern.
        "exact": [f"% {word}%" for word in query.exact],
        "folded": [f"% {word}%" for word in query.folded],
        "kind": kind.value if kind else None,
        "offset": offset,
        "limit": limit,
    }
    return _cards(await fetch(statement, values))


def _cards(rows: Iterable[tuple[Any, ...]]) -> list[Card]:
    return [Card(row[0], EntryKind(row[1]), *row[2:]) for row in rows]
