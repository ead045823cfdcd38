"""Selects and the two conditional writes of refunds: opened once, paid once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.payments.models import PayableKind
from storefront.refunds.models import Refund

# Built once: building a statement anew costs a third of asking it, and this one is asked for every page of an order.
_OF_PAYABLES = (
    select(Refund)
    .where(
        Refund.payable_kind == bindparam("payable_kind"),
        Refund.payable_id.in_(bindparam("payable_ids", expanding=True)),
        Refund.withdrawn_at.is_(None),
    )
    .order_by(Refund.id)
)


async def insert_refund(session: AsyncSession, row: dict[str, object]) -> Refund | None:
    """Insert a refund; None when its source has one already."""
    statement = insert(Refund).values(**row).on_conflict_do_nothing(index_elements=["source"])
    return await session.scalar(statement.returning(Refund))


async def sum_refunds(session: AsyncSession, payable_kind: PayableKind, payable_id: UUID) -> int:
    """Sum all that goes or went back of one order or booking."""
    return sum(await sum_ways(session, payable_kind, payable_id))


async def sum_ways(session: AsyncSession, payable_kind: PayableKind, payable_id: UUID) -> tuple[int, int]:
    """Sum (as money, to the credit that paid) what goes or went back of one order or booking."""
    amount = func.sum(Refund.amount_minor)
    statement = select(
        func.coalesce(amount.filter(~Refund.is_to_credit), 0),
        func.coalesce(amount.filter(Refund.is_to_credit), 0),
    ).where(
        Refund.payable_kind == payable_kind, Refund.payable_id == payable_id, Refund.withdrawn_at.is_(None)
    )
    money, credit = (await session.execute(statement)).one()
    return int(money), int(credit)


async def lock_of_source(session: AsyncSession, payable_id: UUID, source: str) -> list[Refund]:
    """Select for update what goes or went back for one thing, under its own source and those that begin with it."""
    statement = (
        select(Refund)
        .where(Refund.payable_id == payable_id, Refund.withdrawn_at.is_(None))
        .where(or_(Refund.source == source, Refund.source.startswith(f"{source}:", autoescape=True)))
    )
    locked = statement.order_by(Refund.id).with_for_update().execution_options(populate_existing=True)
    return list(await session.scalars(locked))


async def is_withdrawn(session: AsyncSession, refund_id: UUID) -> bool:
    """Whether another refund took the place of this one."""
    statement = select(Refund.id).where(Refund.id == refund_id, Refund.withdrawn_at.is_not(None))
    return await session.scalar(statement) is not None


async def mark_paid(
    session: AsyncSession, refund_id: UUID, *, person_id: UUID, reference: str, now: datetime
) -> Refund | None:
    """Stamp an open refund; None when it is not open (any more)."""
    statement = (
        update(Refund)
        .where(Refund.id == refund_id, Refund.paid_at.is_(None), Refund.withdrawn_at.is_(None))
        .values(paid_at=now, paid_by_id=person_id, reference=reference)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(statement)


async def mark_credited(
    session: AsyncSession, refund_id: UUID, *, person_id: UUID, now: datetime
) -> Refund | None:
    """Stamp an open refund as somebody's store credit; None when it is not open (any more)."""
    statement = (
        update(Refund)
        .where(Refund.id == refund_id, Refund.paid_at.is_(None), Refund.withdrawn_at.is_(None))
        .values(paid_at=now, credited_to_id=person_id)
        .returning(Refund)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(statement)


async def list_refunds(session: AsyncSession, *, limit: int) -> list[Refund]:
    """Select refunds: the open ones first, the oldest of them at the top, then what was paid last."""
    statement = select(Refund).where(Refund.withdrawn_at.is_(None))
    statement = statement.order_by(Refund.paid_at.desc().nulls_first(), Refund.created_at, Refund.id)
    return list(await session.scalars(statement.limit(limit)))


async def list_of(
    session: AsyncSession, payable_kind: PayableKind, payable_ids: Collection[UUID]
) -> list[Refund]:
    """Select the refunds of some orders or bookings, the oldest first."""
    asked = {"payable_kind": payable_kind, "payable_ids": list(payable_ids)}
    return list(await session.scalars(_OF_PAYABLES, asked))
