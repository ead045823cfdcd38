"""Selects and locks of fees."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.fees.models import FeeRule, FeeTaken

# Built once: building a statement anew costs a third of asking it, and these are asked for every sale.
_IN_FORCE = (
    select(FeeRule)
    .where(FeeRule.valid_from <= bindparam("day"))
    .order_by(FeeRule.producer_id, FeeRule.kind, FeeRule.valid_from.desc())
    .ext(distinct_on(FeeRule.producer_id, FeeRule.kind))
)
_IN_FORCE_OF = _IN_FORCE.where(FeeRule.producer_id.in_(bindparam("producer_ids", expanding=True)))


async def list_in_force(
    session: AsyncSession, day: date, producer_ids: Collection[UUID] | None = None
) -> Sequence[FeeRule]:
    """Select the rule of each producer (of some, or of all) and kind that holds on a day."""
    if producer_ids is None:
        return (await session.scalars(_IN_FORCE, {"day": day})).all()
    return (await session.scalars(_IN_FORCE_OF, {"day": day, "producer_ids": list(producer_ids)})).all()


async def list_coming(session: AsyncSession, day: date) -> Sequence[FeeRule]:
    """Select every rule that begins after a day, the next first."""
    statement = select(FeeRule).where(FeeRule.valid_from > day)
    return (await session.scalars(statement.order_by(FeeRule.valid_from, FeeRule.id))).all()


async def save_rule(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a rule, or replace one of the same day by which nothing was taken; False when something was."""
    statement = pg_insert(FeeRule).values(**values)
    used = select(FeeTaken.id).where(FeeTaken.rule_id == FeeRule.id)
    saved = statement.on_conflict_do_update(
        index_elements=["producer_id", "kind", "valid_from"],
        set_={
            name: values[name]
            for name in ("basis_points", "least_minor", "most_minor", "set_by_id", "created_at")
        },
        where=~used.exists(),
    ).returning(FeeRule.id)
    return (await session.execute(saved)).scalar_one_or_none() is not None


async def insert_taken(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert what was taken."""
    await session.execute(insert(FeeTaken), rows)


async def lock_taken(session: AsyncSession, sale: str, producer_id: UUID) -> Sequence[FeeTaken]:
    """Lock what was taken of a producer's part of a sale, by kind."""
    statement = select(FeeTaken).where(FeeTaken.sale == sale, FeeTaken.producer_id == producer_id)
    locked = statement.order_by(FeeTaken.kind).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).all()
