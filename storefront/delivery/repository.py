"""Selects and locks of delivery methods."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.delivery.models import DeliveryMethod, DeliveryPrice, DeliveryRegion

# Built once: building a statement anew costs a third of asking it, and this one is asked for every basket.
_METHODS = (
    select(DeliveryMethod)
    .where(
        DeliveryMethod.producer_id.in_(bindparam("producer_ids", expanding=True)), DeliveryMethod.is_active
    )
    .order_by(DeliveryMethod.id)
    .execution_options(populate_existing=True)
)


async def list_methods(session: AsyncSession, producer_ids: Collection[UUID]) -> list[DeliveryMethod]:
    """Select the methods that producers offer, the oldest first."""
    return list(await session.scalars(_METHODS, {"producer_ids": list(producer_ids)}))


async def get_methods(session: AsyncSession, method_ids: Collection[UUID]) -> list[DeliveryMethod]:
    """Select methods by their ids, offered still or not."""
    return list(await session.scalars(select(DeliveryMethod).where(DeliveryMethod.id.in_(method_ids))))


async def insert_method(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a method; False when its id is there."""
    statement = insert(DeliveryMethod).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(DeliveryMethod.id)) is not None


async def find_method(session: AsyncSession, method_id: UUID) -> DeliveryMethod | None:
    """Select by id, offered still or not."""
    return await session.get(DeliveryMethod, method_id)


async def lock_method(session: AsyncSession, *, method_id: UUID, producer_id: UUID) -> DeliveryMethod | None:
    """Lock a method that a producer offers, as it stands now."""
    statement = select(DeliveryMethod).where(
        DeliveryMethod.id == method_id, DeliveryMethod.producer_id == producer_id, DeliveryMethod.is_active
    )
    return await session.scalar(statement.with_for_update().execution_options(populate_existing=True))


async def count_methods(session: AsyncSession, producer_id: UUID, *, but: UUID) -> int:
    """Count the methods that a producer offers, besides one."""
    statement = select(func.count()).select_from(DeliveryMethod)
    found = statement.where(
        DeliveryMethod.producer_id == producer_id, DeliveryMethod.id != but, DeliveryMethod.is_active
    )
    return await session.scalar(found) or 0


async def list_prices(session: AsyncSession, method_ids: Collection[UUID]) -> list[DeliveryPrice]:
    """Select the prices of methods, light before heavy."""
    statement = select(DeliveryPrice).where(DeliveryPrice.method_id.in_(method_ids))
    return list(await session.scalars(statement.order_by(DeliveryPrice.up_to_g.asc().nulls_last())))


async def delete_prices(session: AsyncSession, method_id: UUID) -> None:
    """Delete the prices of a method."""
    await session.execute(delete(DeliveryPrice).where(DeliveryPrice.method_id == method_id))


async def list_regions(session: AsyncSession, producer_ids: Collection[UUID]) -> list[tuple[UUID, str]]:
    """Select (producer, province's code) of what producers call near."""
    statement = select(DeliveryRegion.producer_id, DeliveryRegion.province_code)
    rows = await session.execute(statement.where(DeliveryRegion.producer_id.in_(producer_ids)))
    return [(producer_id, code) for producer_id, code in rows]


async def insert_region(session: AsyncSession, producer_id: UUID, codes: Collection[str]) -> None:
    """Insert what a producer calls near; what somebody else inserts at this instant is there already."""
    rows = [{"producer_id": producer_id, "province_code": code} for code in sorted(codes)]
    if rows:
        await session.execute(insert(DeliveryRegion).values(rows).on_conflict_do_nothing())


async def delete_region(session: AsyncSession, producer_id: UUID) -> None:
    """Delete what a producer calls near."""
    await session.execute(delete(DeliveryRegion).where(DeliveryRegion.producer_id == producer_id))
