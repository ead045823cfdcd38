"""Selects and conditional updates of operators and their sales."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.operators.models import Operator, OperatorSale


async def insert_operator(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert an operator unless there is one of this name."""
    await session.execute(insert(Operator).values(**values).on_conflict_do_nothing(index_elements=["name"]))


async def find_by_name(session: AsyncSession, name: str) -> Operator | None:
    """Select the operator of a name."""
    return await session.scalar(
        select(Operator).where(Operator.name == name), execution_options={"populate_existing": True}
    )


async def get_operators(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Operator]:
    """Select operators by id."""
    return {one.id: one for one in await session.scalars(select(Operator).where(Operator.id.in_(ids)))}


async def list_operators(session: AsyncSession) -> list[Operator]:
    """Select every operator, by name."""
    return list(await session.scalars(select(Operator).order_by(Operator.name)))


async def insert_sale(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a sale; None while another one of the same booking stands."""
    statement = insert(OperatorSale).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(OperatorSale.id))


async def reverse_sale(
    session: AsyncSession, booking_id: UUID, *, kept_minor: int, now: datetime
) -> OperatorSale | None:
    """Mark the sale of a booking that stands as taken back but for what is kept; None when none stands."""
    statement = (
        update(OperatorSale)
        .where(OperatorSale.booking_id == booking_id, OperatorSale.reversed_at.is_(None))
        .values(reversed_at=now, kept_minor=kept_minor)
        .returning(OperatorSale)
    )
    return await session.scalar(statement, execution_options={"populate_existing": True})


async def list_sales(session: AsyncSession, booking_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Select (sale, producer) of some bookings, those that were taken back too."""
    statement = select(OperatorSale.id, OperatorSale.producer_id).where(
        OperatorSale.booking_id.in_(booking_ids)
    )
    return [(sale_id, producer_id) for sale_id, producer_id in await session.execute(statement)]
