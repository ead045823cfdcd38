"""Selects and locks of producers and memberships."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Person
from app.core.ids import uuid7
from producers.cooperatives.models import Membership, Producer, Role

_GTIN_BODY = 12
# Built once: building a statement anew costs a third of asking it, and these are asked for every order.
_PRODUCERS = select(Producer).where(Producer.id.in_(bindparam("ids", expanding=True)))
_MEMBERS = (
    select(Membership, Person)
    .join(Person, Person.id == Membership.person_id)
    .where(Membership.producer_id == bindparam("producer_id"), Membership.ended_at.is_(None))
    .order_by(Membership.created_at, Membership.id)
)


async def insert_producer(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a row; None when its slug is taken."""
    statement = insert(Producer).values(**values).on_conflict_do_nothing(index_elements=["slug"])
    return await session.scalar(statement.returning(Producer.id))


async def find_producer_by_slug(session: AsyncSession, slug: str) -> Producer | None:
    """Select by the word in the public address; a practice farm has none."""
    statement = select(Producer).where(Producer.slug == slug, Producer.is_practice.is_(False))
    return await session.scalar(statement)


async def list_producers(session: AsyncSession, ids: Collection[UUID]) -> Sequence[Producer]:
    """Select several."""
    return (await session.scalars(_PRODUCERS, {"ids": list(ids)})).all()


async def list_real(session: AsyncSession) -> Sequence[Producer]:
    """Select all that are no practice farm."""
    return (await session.scalars(select(Producer).where(Producer.is_practice.is_(False)))).all()


async def list_by_prefix(session: AsyncSession, digits: str, *, limit: int) -> Sequence[Producer]:
    """Select the producers (no practice farm) whose company prefix `digits` begin with, the longest prefix first."""
    statement = (
        select(Producer)
        .where(literal(digits).startswith(Producer.gs1_prefix), Producer.is_practice.is_(False))
        .order_by(func.length(Producer.gs1_prefix).desc(), Producer.id)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def take_item_number(session: AsyncSession, producer_id: UUID) -> tuple[str, int] | None:
    """Take the next item number: (prefix, number), or None when the prefix has no more."""
    capacity = 10**_GTIN_BODY
    prefix = await session.scalar(select(Producer.gs1_prefix).where(Producer.id == producer_id))
    statement = (
        update(Producer)
        .where(
            Producer.id == producer_id,
            Producer.next_item_number < capacity // 10 ** len(prefix or ""),
        )
        .values(next_item_number=Producer.next_item_number + 1)
        .returning(Producer.next_item_number - 1)
        .execution_options(synchronize_session=False)
    )
    number = await session.scalar(statement)
    return None if number is None or prefix is None else (prefix, number)


async def insert_membership(
    session: AsyncSession, *, producer_id: UUID, person_id: UUID, role: Role, now: datetime
) -> Membership:
    """Insert a membership, or take back its end."""
    statement = (
        insert(Membership)
        .values(id=uuid7(), created_at=now, producer_id=producer_id, person_id=person_id, role=role)
        .on_conflict_do_update(index_elements=["person_id", "producer_id", "role"], set_={"ended_at": None})
        .returning(Membership)
    )
    found = await session.scalars(statement, execution_options={"populate_existing": True})
    return found.one()


async def end_memberships(session: AsyncSession, producer_id: UUID, *, now: datetime) -> None:
    """End every membership of a producer that has not ended."""
    statement = update(Membership).where(Membership.producer_id == producer_id, Membership.ended_at.is_(None))
    await session.execute(statement.values(ended_at=now).execution_options(synchronize_session=False))


async def list_members(session: AsyncSession, producer_id: UUID) -> Sequence[Row[Membership, Person]]:
    """Select the memberships that have not ended, with their people, the first first."""
    return (await session.execute(_MEMBERS, {"producer_id": producer_id})).all()


async def list_memberships_of(session: AsyncSession, person_id: UUID) -> Sequence[Row[Membership, Producer]]:
    """Select a person's memberships that have not ended, with their producers."""
    statement = (
        select(Membership, Producer)
        .join(Producer, Producer.id == Membership.producer_id)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .order_by(Membership.created_at, Membership.id)
    )
    return (await session.execute(statement)).all()


async def list_roles(session: AsyncSession, *, producer_id: UUID, person_id: UUID) -> Sequence[Role]:
    """Select what a person does for a producer now."""
    statement = select(Membership.role).where(
        Membership.producer_id == producer_id,
        Membership.person_id == person_id,
        Membership.ended_at.is_(None),
    )
    return (await session.scalars(statement)).all()


async def lock_memberships(session: AsyncSession, producer_id: UUID) -> Sequence[Membership]:
    """Lock the memberships of a producer that have not ended, ids ascending."""
    statement = (
        select(Membership)
        .where(Membership.producer_id == producer_id, Membership.ended_at.is_(None))
        .order_by(Membership.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()
