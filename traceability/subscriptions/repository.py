"""Selects and conditional updates of subscriptions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import ApiKey
from traceability.events.models import NamedQuery
from traceability.subscriptions.models import Subscription


async def count_of_owner(session: AsyncSession, owner_id: UUID) -> int:
    """How many subscriptions a key has."""
    statement = select(func.count()).select_from(Subscription).join(NamedQuery)
    return (await session.execute(statement.where(NamedQuery.owner_id == owner_id))).scalar_one()


async def find_subscription(
    session: AsyncSession, query_id: UUID, subscription_id: UUID
) -> Subscription | None:
    """Select a subscription of this query."""
    return await session.scalar(
        select(Subscription).where(Subscription.id == subscription_id, Subscription.query_id == query_id)
    )


async def list_subscriptions(
    session: AsyncSession, query_id: UUID, *, after: UUID | None, limit: int
) -> list[Subscription]:
    """Select a query's subscriptions, the oldest first."""
    statement = select(Subscription).where(Subscription.query_id == query_id)
    if after is not None:
        statement = statement.where(Subscription.id > after)
    return list(await session.scalars(statement.order_by(Subscription.id).limit(limit)))


async def delete_subscription(session: AsyncSession, subscription_id: UUID) -> None:
    """Delete a subscription."""
    await session.execute(delete(Subscription).where(Subscription.id == subscription_id))


async def has_streams(session: AsyncSession) -> bool:
    """Whether anybody wants to be told at once."""
    return bool(await session.scalar(select(select(Subscription.id).where(_is_stream()).exists())))


async def find_source(
    session: AsyncSession, query_id: UUID, *, now: datetime
) -> tuple[NamedQuery, ApiKey] | None:
    """Select a query with the key that keeps it, unless one of them is gone."""
    statement = select(NamedQuery, ApiKey).join(ApiKey, ApiKey.id == NamedQuery.owner_id)
    statement = statement.where(NamedQuery.id == query_id, _holds(now))
    found = (await session.execute(statement.execution_options(populate_existing=True))).one_or_none()
    return None if found is None else (found[0], found[1])


async def list_due(
    session: AsyncSession, *, head: int, now: datetime, without: Collection[UUID], limit: int
) -> list[UUID]:
    """Select subscriptions that have something to do and that nobody holds, those that wait the longest first."""
    statement = (
        select(Subscription.id)
        .join(NamedQuery)
        .join(ApiKey, ApiKey.id == NamedQuery.owner_id)
        .where(
            *_is_free(now),
            or_(Subscription.after < head, ~_is_stream()),
            _holds(now),
            Subscription.id.not_in(without),
        )
    )
    return list(await session.scalars(statement.order_by(Subscription.due_at, Subscription.id).limit(limit)))


async def claim(
    session: AsyncSession, subscription_id: UUID, *, claim_id: UUID, now: datetime, until: datetime
) -> Subscription | None:
    """Take a subscription in hand until `until`, unless somebody else has it, or it is not due; None then."""
    free = select(Subscription.id).where(Subscription.id == subscription_id, *_is_free(now))
    statement = update(Subscription).where(
        Subscription.id.in_(free.with_for_update(skip_locked=True).scalar_subquery())
    )
    statement = statement.values(claim_id=claim_id, claimed_until=until).returning(Subscription)
    return await session.scalar(statement, execution_options={"populate_existing": True})


async def settle(
    session: AsyncSession, subscription_id: UUID, *, claim_id: UUID, values: dict[str, Any]
) -> bool:
    """Write down what became of a report and let go; False when the claim was somebody else's by then."""
    statement = update(Subscription).where(
        Subscription.id == subscription_id, Subscription.claim_id == claim_id
    )
    statement = statement.values(**values, claim_id=None, claimed_until=None).returning(Subscription.id)
    return await session.scalar(statement) is not None


def _holds(now: datetime) -> ColumnElement[bool]:
    """The key has not ended."""
    return or_(ApiKey.ended_at.is_(None), ApiKey.ended_at > now)


def _is_free(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Subscription.due_at <= now,
        or_(Subscription.claimed_until.is_(None), Subscription.claimed_until <= now),
    )


def _is_stream() -> ColumnElement[bool]:
    return Subscription.schedule.is_(None)
