"""Selects, locks and conditional updates of what groups ask for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.tours.group_models import GroupRequest, GroupState
from storefront.tours.models import Departure, Tour


async def insert_request(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert a request; False when its id is there already."""
    statement = insert(GroupRequest).values(**values).on_conflict_do_nothing(index_elements=["id"])
    return await session.scalar(statement.returning(GroupRequest.id)) is not None


async def find_request(session: AsyncSession, request_id: UUID) -> GroupRequest | None:
    """Select a request as it is committed now."""
    return await session.get(GroupRequest, request_id, populate_existing=True)


async def find_by_token_hash(session: AsyncSession, token_hash: bytes) -> GroupRequest | None:
    """Select the request that a link opens."""
    return await session.scalar(select(GroupRequest).where(GroupRequest.token_hash == token_hash))


async def lock_request(session: AsyncSession, request_id: UUID) -> GroupRequest | None:
    """Lock a request; it comes before its booking."""
    statement = select(GroupRequest).where(GroupRequest.id == request_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def answer(
    session: AsyncSession, request_id: UUID, states: Collection[GroupState], values: dict[str, Any]
) -> bool:
    """Change a request that is in one of `states`; False when it is in another by now."""
    statement = (
        update(GroupRequest)
        .where(GroupRequest.id == request_id, GroupRequest.state.in_(states))
        .values(**values)
        .returning(GroupRequest.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_of(
    session: AsyncSession, producer_id: UUID, *, limit: int
) -> list[tuple[GroupRequest, Departure, Tour]]:
    """Select what groups asked of a producer, the newest first."""
    statement = (
        select(GroupRequest, Departure, Tour)
        .join(Departure, Departure.id == GroupRequest.departure_id)
        .join(Tour, Tour.id == Departure.tour_id)
        .where(Tour.producer_id == producer_id)
        .order_by(GroupRequest.id.desc())
        .limit(limit)
    )
    rows = await session.execute(statement.execution_options(populate_existing=True))
    return [(asked, departure, tour) for asked, departure, tour in rows]
