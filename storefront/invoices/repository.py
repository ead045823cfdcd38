"""Selects and writes of invoices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.invoices.models import Invoice, InvoiceBuyer, SoldKind

# Built once: building a statement anew costs a third of asking it, and these are asked for every page of an order.
_NEWEST = (
    select(Invoice)
    .where(Invoice.sold_kind == bindparam("kind"), Invoice.sold_id.in_(bindparam("sold_ids", expanding=True)))
    .order_by(Invoice.sold_id, Invoice.id.desc())
    .ext(postgresql.distinct_on(Invoice.sold_id))
)
_BUYERS = (
    select(InvoiceBuyer)
    .where(
        InvoiceBuyer.sold_kind == bindparam("kind"),
        InvoiceBuyer.sold_id.in_(bindparam("sold_ids", expanding=True)),
    )
    .execution_options(populate_existing=True)
)


async def insert_invoice(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert an invoice."""
    await session.execute(insert(Invoice).values(**values))


async def list_newest(session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]) -> Sequence[Invoice]:
    """Select the newest invoice of each of some sales of a kind."""
    return (await session.scalars(_NEWEST, {"kind": kind, "sold_ids": list(sold_ids)})).all()


async def save_buyer(session: AsyncSession, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert whom an invoice is for, or change it."""
    statement = postgresql.insert(InvoiceBuyer).values(**key, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def list_buyers(
    session: AsyncSession, kind: SoldKind, sold_ids: Collection[UUID]
) -> Sequence[InvoiceBuyer]:
    """Select whom the invoices of some sales of a kind are for, as they are now."""
    return (await session.scalars(_BUYERS, {"kind": kind, "sold_ids": list(sold_ids)})).all()
