"""Selects, locks and conditional updates of operators, their people and their sales."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import ApiKey, KeyKind
from app.core.driver import Prepared
from app.core.ids import uuid7
from storefront.operators.models import Operator, OperatorMember, OperatorSale


async def insert_operator(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert an operator unless there is one of this name."""
    await session.execute(insert(Operator).values(**values).on_conflict_do_nothing(index_elements=["name"]))


async def find_by_name(session: AsyncSession, name: str) -> Operator | None:
    """Select the operator of a name."""
    return await session.scalar(
        select(Operator).where(Operator.name == name), execution_options={"populate_existing": True}
    )


_BY_KEY = (
    select(ApiKey, Operator)
    .outerjoin(Operator, Operator.id == ApiKey.subject_id)
    .where(ApiKey.secret_hash == bindparam("presented"), ApiKey.kind == KeyKind.OCTO)
)


async def find_by_key(session: AsyncSession, secret_hash: bytes) -> tuple[ApiKey, Operator | None] | None:
    """Select an operator's key and whose it is."""
    row = (await session.execute(_BY_KEY, {"presented": secret_hash})).one_or_none()
    return None if row is None else (row[0], row[1])


async def get_operators(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Operator]:
    """Select operators by id."""
    return {one.id: one for one in await session.scalars(select(Operator).where(Operator.id.in_(ids)))}


async def list_operators(session: AsyncSession) -> list[Operator]:
    """Select every operator, by name."""
    return list(await session.scalars(select(Operator).order_by(Operator.name)))


_INSERT_SALE = Prepared(
    insert(OperatorSale)
    .values(
        {
            name: bindparam(name)
            for name in (
                "id",
                "operator_id",
                "producer_id",
                "booking_id",
                "code",
                "amount_minor",
                "created_at",
            )
        }
    )
    .on_conflict_do_nothing()
    .returning(OperatorSale.id)
)


async def insert_sale(session: AsyncSession, values: dict[str, Any]) -> UUID | None:
    """Insert a sale; None while another one of the same booking stands."""
    made: UUID | None = await _INSERT_SALE.scalar(session, values)
    return made


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


async def lock_operator(session: AsyncSession, operator_id: UUID) -> Operator:
    """Lock an operator, beside whoever only points to it: what it owes changes upwards under this lock alone."""
    statement = select(Operator).where(Operator.id == operator_id)
    statement = statement.with_for_update(of=Operator, key_share=True)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one()


async def lock_alone(session: AsyncSession, operator_id: UUID) -> Operator:
    """Lock an operator once nobody points to it in a transaction that is still open: no sale is on its way."""
    statement = select(Operator).where(Operator.id == operator_id).with_for_update(of=Operator)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one()


_LIMIT = Prepared(select(Operator.credit_limit_minor).where(Operator.id == bindparam("operator_id")))


async def find_limit(session: AsyncSession, operator_id: UUID) -> int | None:
    """Select how much an operator may owe at most, as it is committed now."""
    limit: int | None = await _LIMIT.scalar(session, {"operator_id": operator_id})
    return limit


async def set_code(session: AsyncSession, operator_id: UUID, code: str) -> bool:
    """Give an operator the code of its transfers, unless it has one; False when the code is another's."""
    taken = select(Operator.id).where(Operator.payment_code == code)
    statement = (
        update(Operator)
        .where(Operator.id == operator_id, Operator.payment_code.is_(None), ~taken.exists())
        .values(payment_code=code)
        .returning(Operator.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def list_by_codes(session: AsyncSession, codes: Collection[str]) -> list[Operator]:
    """Select the operators whose transfers bear one of these codes."""
    return list(await session.scalars(select(Operator).where(Operator.payment_code.in_(codes))))


async def find_operator_of(session: AsyncSession, person_id: UUID) -> Operator | None:
    """Select the operator for which a person works."""
    statement = (
        select(Operator)
        .join(OperatorMember, OperatorMember.operator_id == Operator.id)
        .where(OperatorMember.person_id == person_id, OperatorMember.ended_at.is_(None))
    )
    return await session.scalar(statement)


async def lock_person(session: AsyncSession, person_id: UUID) -> None:
    """Let one place of work be told of a person at a time: of two at once the second sees the first."""
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"works for {person_id}", 0)))
    )


async def link_member(session: AsyncSession, operator_id: UUID, person_id: UUID, *, now: datetime) -> bool:
    """Let a person work for an operator, anew where they did before; False when they work for another.

    The caller holds the person's lock.
    """
    values = {"id": uuid7(), "operator_id": operator_id, "person_id": person_id, "created_at": now}
    new = insert(OperatorMember).values(**values).on_conflict_do_nothing()
    await session.execute(new)
    elsewhere = select(OperatorMember.id).where(
        OperatorMember.person_id == person_id,
        OperatorMember.operator_id != operator_id,
        OperatorMember.ended_at.is_(None),
    )
    if await session.scalar(elsewhere) is not None:
        return False
    await session.execute(
        update(OperatorMember)
        .where(OperatorMember.operator_id == operator_id, OperatorMember.person_id == person_id)
        .values(ended_at=None)
        .execution_options(synchronize_session=False)
    )
    return True


async def unlink_member(session: AsyncSession, operator_id: UUID, person_id: UUID, *, now: datetime) -> None:
    """Let a person work for an operator no more."""
    await session.execute(
        update(OperatorMember)
        .where(
            OperatorMember.operator_id == operator_id,
            OperatorMember.person_id == person_id,
            OperatorMember.ended_at.is_(None),
        )
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )


async def list_member_ids(session: AsyncSession, operator_id: UUID) -> list[UUID]:
    """Select who works for an operator, who came first first."""
    statement = select(OperatorMember.person_id).where(
        OperatorMember.operator_id == operator_id, OperatorMember.ended_at.is_(None)
    )
    return list(await session.scalars(statement.order_by(OperatorMember.id)))


async def get_sales(session: AsyncSession, sale_ids: Collection[UUID]) -> list[OperatorSale]:
    """Select sales by id."""
    return list(await session.scalars(select(OperatorSale).where(OperatorSale.id.in_(sale_ids))))
