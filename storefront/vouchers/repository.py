"""Selects and the conditional writes of vouchers: the counters decide, never a read before them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from storefront.vouchers.models import Voucher, VoucherPhone, VoucherProducer, VoucherUse


async def find_voucher(session: AsyncSession, code: str) -> Voucher | None:
    """Find a voucher by its folded code, with the counter as it is now."""
    statement = select(Voucher).where(Voucher.code == code)
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_use(session: AsyncSession, order_id: UUID) -> VoucherUse | None:
    """Lock what an order used, as it is now."""
    statement = select(VoucherUse).where(VoucherUse.order_id == order_id).with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def lock_vouchers(session: AsyncSession, *, order_id: UUID, code: str) -> None:
    """Lock the voucher that an order used and the one of a folded code, ids ascending."""
    used = select(VoucherUse.voucher_id).where(VoucherUse.order_id == order_id)
    statement = select(Voucher.id).where(or_(Voucher.code == code, Voucher.id.in_(used)))
    await session.execute(statement.order_by(Voucher.id).with_for_update(key_share=True))


async def find_use(session: AsyncSession, order_id: UUID) -> VoucherUse | None:
    """Find what an order uses and did not give back."""
    return await session.scalar(
        select(VoucherUse).where(VoucherUse.order_id == order_id, VoucherUse.is_taken)
    )


async def find_code(session: AsyncSession, order_id: UUID) -> str | None:
    """Find the folded code that an order uses and did not give back."""
    statement = select(Voucher.code).join(VoucherUse, VoucherUse.voucher_id == Voucher.id)
    return await session.scalar(statement.where(VoucherUse.order_id == order_id, VoucherUse.is_taken))


async def count_up(session: AsyncSession, *, voucher_id: UUID, phone: str, discount_minor: int) -> bool:
    """Take one use in all and one of this phone number, and what it takes off from the market's budget where there is one.

    False when one of them is used up (undo what was begun).
    """
    in_all = (
        update(Voucher)
        .where(
            Voucher.id == voucher_id,
            Voucher.uses_taken < Voucher.uses_most,
            or_(
                Voucher.budget_minor.is_(None),
                Voucher.budget_taken_minor + discount_minor <= Voucher.budget_minor,
            ),
        )
        .values(
            uses_taken=Voucher.uses_taken + 1,
            budget_taken_minor=Voucher.budget_taken_minor + _of_budget(discount_minor),
        )
        .returning(Voucher.uses_per_phone)
    )
    per_phone = await session.scalar(in_all)
    if per_phone is None:
        return False
    of_phone = (
        insert(VoucherPhone)
        .values(voucher_id=voucher_id, phone=phone, taken=1)
        .on_conflict_do_update(
            index_elements=["voucher_id", "phone"],
            set_={"taken": VoucherPhone.taken + 1},
            where=VoucherPhone.taken < per_phone,
        )
        .returning(VoucherPhone.taken)
    )
    return await session.scalar(of_phone) is not None


async def count_down(session: AsyncSession, *, voucher_id: UUID, phone: str, discount_minor: int) -> None:
    """Give one use back, and its part of the budget."""
    await session.execute(
        update(Voucher)
        .where(Voucher.id == voucher_id)
        .values(
            uses_taken=Voucher.uses_taken - 1,
            budget_taken_minor=Voucher.budget_taken_minor - _of_budget(discount_minor),
        )
    )
    await session.execute(
        update(VoucherPhone)
        .where(VoucherPhone.voucher_id == voucher_id, VoucherPhone.phone == phone)
        .values(taken=VoucherPhone.taken - 1)
    )


def _of_budget(discount_minor: int) -> ColumnElement[int]:
    """What a use takes of the budget: nothing where the producer bears it."""
    return case((Voucher.budget_minor.is_(None), 0), else_=discount_minor)


def add_use(
    session: AsyncSession,
    *,
    order_id: UUID,
    order_code: str,
    voucher: Voucher,
    phone: str,
    discount_minor: int,
    now: datetime,
) -> None:
    """Write down that an order uses a voucher."""
    session.add(
        VoucherUse(
            order_id=order_id,
            order_code=order_code,
            voucher_id=voucher.id,
            phone=phone,
            discount_minor=discount_minor,
            is_taken=True,
            created_at=now,
        )
    )


async def insert_voucher(session: AsyncSession, values: Mapping[str, object]) -> Voucher | None:
    """Insert a voucher; None when its id is there or its code is taken."""
    statement = insert(Voucher).values(**values).on_conflict_do_nothing()
    return await session.scalar(statement.returning(Voucher))


async def find_by_id(session: AsyncSession, voucher_id: UUID) -> Voucher | None:
    """Select by id."""
    return await session.get(Voucher, voucher_id)


async def insert_producers(session: AsyncSession, voucher_id: UUID, producer_ids: Collection[UUID]) -> None:
    """Insert whose goods a code of the market is for."""
    rows = [{"voucher_id": voucher_id, "producer_id": one} for one in producer_ids]
    await session.execute(insert(VoucherProducer), rows)


async def list_producers(session: AsyncSession, voucher_ids: Collection[UUID]) -> list[VoucherProducer]:
    """Select whose goods some codes of the market are for."""
    statement = select(VoucherProducer).where(VoucherProducer.voucher_id.in_(voucher_ids))
    return list(await session.scalars(statement.order_by(VoucherProducer.producer_id)))


async def end_voucher(
    session: AsyncSession, *, voucher_id: UUID, producer_id: UUID | None, now: datetime
) -> bool:
    """Let a voucher of a producer (None: of the market) that is not over end now; False when they have no such voucher."""
    statement = (
        update(Voucher)
        .where(Voucher.id == voucher_id, Voucher.producer_id == producer_id)
        .values(valid_until=func.least(Voucher.valid_until, func.greatest(Voucher.valid_from, now)))
    )
    return await session.scalar(statement.returning(Voucher.id)) is not None


async def list_vouchers(session: AsyncSession, producer_id: UUID | None, *, limit: int) -> list[Voucher]:
    """Select the vouchers of a producer (None: of the market), the newest first, with the counters as they are now."""
    statement = select(Voucher).where(Voucher.producer_id == producer_id).order_by(Voucher.id.desc())
    return list(await session.scalars(statement.limit(limit).execution_options(populate_existing=True)))


async def list_uses(session: AsyncSession, voucher_ids: Collection[UUID], *, limit: int) -> list[VoucherUse]:
    """Select the newest uses of some vouchers."""
    statement = select(VoucherUse).where(VoucherUse.voucher_id.in_(voucher_ids))
    return list(await session.scalars(statement.order_by(VoucherUse.created_at.desc()).limit(limit)))
