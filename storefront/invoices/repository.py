"""Selects and writes of invoices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.invoices.models import Invoice, InvoiceBuyer, SoldKind


async def insert_invoice(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert an invoice."""
    await session.execute(insert(Invoice).values(**values))


async def list_newest(session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]) -> Sequence[Invoice]:
    """Select the newest invoice of each of some sales of a kind."""
    statement = (
        select(Invoice)
        .where(Invoice.sold_kind == kind, Invoice.sold_id.in_(sold_ids))
        .order_by(Invoice.sold_id, Invoice.id.desc())
        .ext(postgresql.distinct_on(Invoice.sold_id))
    )
    return (await session.scalars(statement)).all()


async def save_buyer(session: AsyncSession, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert whom an invoice is for, or change it."""
    statement = postgresql.insert(InvoiceBuyer).values(**key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def list_buyers(
    session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]
) -> Sequence[InvoiceBuyer]:
    """Select whom the invoices of some sales of a kind are for, as they are now."""
    statement = select(InvoiceBuyer).where(InvoiceBuyer.sold_kind == kind, InvoiceBuyer.sold_id.in_(sold_ids))
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()
