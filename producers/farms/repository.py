"""Selects of farms and sites."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from producers.farms.models import Farm, Site


async def insert_farm(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a farm; False when its id is there."""
    statement = insert(Farm).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Farm.id)) is not None


async def insert_site(session: AsyncSession, values: Mapping[str, object]) -> bool:
    """Insert a site; False when its id is there."""
    statement = insert(Site).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(Site.id)) is not None


async def list_farms(session: AsyncSession, producer_id: UUID) -> Sequence[Farm]:
    """Select the farms of a producer, the oldest first."""
    statement = select(Farm).where(Farm.producer_id == producer_id).order_by(Farm.created_at, Farm.id)
    return (await session.scalars(statement)).all()


async def list_farms_by_id(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Farm]:
    """Select several farms."""
    return (await session.scalars(select(Farm).where(Farm.id.in_(ids)))).all()


async def list_sites(session: AsyncSession, producer_id: UUID) -> Sequence[Site]:
    """Select the sites of all farms of a producer, farm by farm."""
    statement = (
        select(Site)
        .join(Farm, Farm.id == Site.farm_id)
        .where(Farm.producer_id == producer_id)
        .order_by(Farm.created_at, Farm.id, Site.created_at, Site.id)
    )
    return (await session.scalars(statement)).all()


async def list_sites_by_id(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Site]:
    """Select several sites."""
    return (await session.scalars(select(Site).where(Site.id.in_(ids)))).all()
