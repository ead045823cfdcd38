"""Selects of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import SQLCoreOperations

from storefront.catalog.models import CatalogEntry, EntryKind
from storefront.catalog.words import Query


async def save_entry(session: AsyncSession, entry: dict[str, object]) -> None:
    """Insert or replace the row of one thing."""
    statement = insert(CatalogEntry).values(**entry)
    changes = {name: statement.excluded[name] for name in entry if name != "ref_id"}
    await session.execute(statement.on_conflict_do_update(index_elements=["ref_id"], set_=changes))


async def list_entries(
    session: AsyncSession, *, kind: EntryKind, producer_id: UUID | None = None, limit: int
) -> list[CatalogEntry]:
    """Select what the shop shows of one kind, newest first."""
    statement = select(CatalogEntry).where(CatalogEntry.kind == kind, CatalogEntry.is_visible)
    if producer_id is not None:
        statement = statement.where(CatalogEntry.producer_id == producer_id)
    statement = statement.order_by(CatalogEntry.ranked_at.desc(), CatalogEntry.ref_id.desc())
    return list(await session.scalars(statement.limit(limit).execution_options(populate_existing=True)))


async def list_addresses(session: AsyncSession, limit: int) -> Sequence[tuple[EntryKind, str]]:
    """Select (kind, slug) of everything that the shop shows."""
    statement = select(CatalogEntry.kind, CatalogEntry.slug).where(CatalogEntry.is_visible)
    rows = await session.execute(statement.order_by(CatalogEntry.kind, CatalogEntry.slug).limit(limit))
    return [(row.kind, row.slug) for row in rows]


async def search(
    session: AsyncSession, query: Query, *, kind: EntryKind | None, offset: int, limit: int
) -> list[CatalogEntry]:
    """Select what holds every word: first with the marks as typed, then in the title, then the rest, newest first."""
    statement = select(CatalogEntry).where(CatalogEntry.is_visible)
    order: list[ColumnElement[object]] = []
    if query.folded:
        match = func.to_tsquery("simple", query.tsquery)
        statement = statement.where(CatalogEntry.folded_tsv.op("@@")(match))
        title = func.split_part(CatalogEntry.folded_text, "\n", 1)
        order = [
            case((_begins(CatalogEntry.exact_text, query.exact), 0), else_=1),
            case((_begins(title, query.folded), 0), else_=1),
        ]
    if kind is not None:
        statement = statement.where(CatalogEntry.kind == kind)
    statement = statement.order_by(*order, CatalogEntry.ranked_at.desc(), CatalogEntry.ref_id.desc())
    return list(await session.scalars(statement.offset(offset).limit(limit)))


def _begins(text: SQLCoreOperations[str], words: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether every word begins a word of `text`."""
    spaced = literal(" ").concat(func.translate(text, "\n", " "))
    return and_(*(func.strpos(spaced, f" {word}") > 0 for word in words))
