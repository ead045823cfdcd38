"""Vouchers: what a code takes off a basket, and its scarce uses. Rules V1 to V7 of pricing/PRICING.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.text import fold
from storefront.vouchers import repository
from storefront.vouchers.errors import BasketTooSmallError, VoucherNotFoundError, VoucherUsedUpError
from storefront.vouchers.models import Voucher


@dataclass(frozen=True)
class Goods:
    """One line of a basket: whose it is and what it costs, in đồng."""

    producer_id: UUID
    amount_minor: int


@dataclass(frozen=True)
class Discount:
    """What a voucher takes off: `parts_minor` line by line, in the order of the lines; their sum is `total_minor`."""

    voucher: Voucher
    parts_minor: tuple[int, ...]
    total_minor: int


def normalise(typed: str) -> str:
    """Spell a code as it is kept: case, blanks, marks and dashes do not matter."""
    return re.sub(r"[^a-z0-9]", "", fold(typed))


def spread(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide whole đồng in proportion to weights (none negative, their sum above zero); the parts add up to `total`.

    Each gets its share rounded down; the đồng left go one each to the largest remainders, the earlier line first.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(total * weights[at] % whole), at))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return tuple(parts)


def count_discount(voucher: Voucher, goods: Sequence[Goods]) -> Discount:
    """Count what a voucher takes off these goods, whatever the day and its uses.

    Raises `VoucherNotFoundError` when none of the goods are those it is for, or when it would take off nothing, and
    `BasketTooSmallError` when they are too few.
    """
    weights = [line.amount_minor if voucher.producer_id in (None, line.producer_id) else 0 for line in goods]
    worth = sum(weights)
    if not worth:
        raise VoucherNotFoundError
    if worth < voucher.minimum_minor:
        raise BasketTooSmallError(voucher.minimum_minor)
    total = voucher.amount_minor if voucher.percent is None else worth * voucher.percent // 100
    total = min(total or 0, worth, voucher.most_minor or worth)
    if not total:
        raise VoucherNotFoundError
    return Discount(voucher, spread(total, weights), total)


async def price_voucher(
    session: AsyncSession, *, code: str, goods: Sequence[Goods], now: datetime
) -> Discount:
    """Price a code as somebody typed it, for a basket; nothing is taken.

    Raises `VoucherNotFoundError`, `BasketTooSmallError`, and `VoucherUsedUpError` when no use is left.
    """
    voucher = await repository.find_voucher(session, normalise(code))
    if voucher is None or not voucher.valid_from <= now < voucher.valid_until:
        raise VoucherNotFoundError
    discount = count_discount(voucher, goods)
    if voucher.uses_taken >= voucher.uses_most:
        raise VoucherUsedUpError
    return discount


async def take(
    session: AsyncSession, *, order_id: UUID, phone: str, discount: Discount, now: datetime
) -> None:
    """Take one use for a new order, in its transaction; `phone` in E.164.

    Raises `VoucherUsedUpError` when somebody was faster or the phone number had its share; nothing has changed then.
    """
    await _count_up(session, voucher_id=discount.voucher.id, phone=phone)
    repository.add_use(
        session,
        order_id=order_id,
        voucher=discount.voucher,
        phone=phone,
        discount_minor=discount.total_minor,
        now=now,
    )
    await session.flush()


async def release(session: AsyncSession, *, order_id: UUID) -> None:
    """Give back what an order took, once; an order without a voucher has nothing to give."""
    use = await repository.lock_use(session, order_id)
    if use is None or not use.is_taken:
        return
    use.is_taken = False
    await session.flush()
    await repository.count_down(session, voucher_id=use.voucher_id, phone=use.phone)


async def take_again(session: AsyncSession, *, order_id: UUID) -> None:
    """Take a given-back use anew for late money, whatever the day; raises `VoucherUsedUpError` as `take` does."""
    use = await repository.lock_use(session, order_id)
    if use is None or use.is_taken:
        return
    await _count_up(session, voucher_id=use.voucher_id, phone=use.phone)
    use.is_taken = True
    await session.flush()


async def _count_up(session: AsyncSession, *, voucher_id: UUID, phone: str) -> None:
    savepoint = await session.begin_nested()
    if not await repository.count_up(session, voucher_id=voucher_id, phone=phone):
        await savepoint.rollback()
        raise VoucherUsedUpError
    await savepoint.commit()
