"""Selects and writes of prices by season."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.models import SeasonPrice


async def insert_price(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a price list; False when its id is there."""
    statement = insert(SeasonPrice).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(SeasonPrice.id)) is not None


async def get_price(session: AsyncSession, price_id: UUID) -> SeasonPrice:
    """Select by id one that is there."""
    return await session.get_one(SeasonPrice, price_id)


async def list_prices(session: AsyncSession, option_ids: Collection[UUID]) -> list[SeasonPrice]:
    """Select the price lists of options, by their first day."""
    statement = select(SeasonPrice).where(SeasonPrice.option_id.in_(option_ids))
    return list(await session.scalars(statement.order_by(SeasonPrice.from_on, SeasonPrice.id)))


async def delete_price(session: AsyncSession, price_id: UUID, option_ids: Collection[UUID]) -> None:
    """Delete a price list, when it is of one of these options."""
    await session.execute(
        delete(SeasonPrice).where(SeasonPrice.id == price_id, SeasonPrice.option_id.in_(option_ids))
    )
