"""Vouchers: what a code takes off a basket, and its scarce uses and budget. Rules V1 to V16 of pricing/PRICING.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import VN, today
from app.core.i18n import _
from app.core.ids import uuid7
from app.core.text import fold
from storefront.vouchers import repository
from storefront.vouchers.errors import (
    BasketTooSmallError,
    BudgetError,
    CodeError,
    OtherVoucherError,
    VoucherDayError,
    VoucherNotFoundError,
    VoucherUsedUpError,
    WindowError,
)
from storefront.vouchers.models import Voucher, VoucherUse

MOST_PERCENT = 90
"""No voucher takes off more of its goods: there is always something to pay."""
LEAST_LINE = 10
"""What costs less, in đồng, the market does not lower: of each line that it does the buyer pays something."""
LEAST_CODE, MOST_CODE = 4, 20
MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a voucher gives: `amount_minor` đồng or `percent` of the goods, `most_minor` at most (None: no most).

    From `first_day` to the end of `last_day` in Vietnam; `minimum_minor` is how much of the goods must be bought.
    """

    amount_minor: int | None
    percent: int | None
    most_minor: int | None
    minimum_minor: int
    first_day: date
    last_day: date
    uses_most: int
    uses_per_phone: int


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

    @property
    def is_gift(self) -> bool:
        """Whether the market pays it, so that its producers earn the full price."""
        return self.voucher.producer_id is None


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


def _weigh(voucher: Voucher, line: Goods, only: Collection[UUID]) -> int:
    """How much of a line a voucher is for, in đồng."""
    if voucher.producer_id is not None:
        return line.amount_minor if line.producer_id == voucher.producer_id else 0
    is_meant = not only or line.producer_id in only
    return line.amount_minor if is_meant and line.amount_minor >= LEAST_LINE else 0


def _take_off(voucher: Voucher, worth: int) -> int:
    """How much a voucher takes off goods of so many đồng; never less of more goods."""
    total = voucher.amount_minor if voucher.percent is None else worth * voucher.percent // 100
    return min(total or 0, worth * MOST_PERCENT // 100, voucher.most_minor or worth)


def is_given_away(voucher: Voucher) -> bool:
    """Whether the market's budget has too little left for even the smallest basket that the voucher is for."""
    if voucher.budget_minor is None:
        return False
    return voucher.budget_minor - voucher.budget_taken_minor < max(
        _take_off(voucher, voucher.minimum_minor), 1
    )


def count_discount(voucher: Voucher, goods: Sequence[Goods], only: Collection[UUID] = ()) -> Discount:
    """Count what a voucher takes off these goods, whatever the day and its uses; `only` are the market's chosen producers.

    Raises `VoucherNotFoundError` when none of the goods are those it is for, or when it would take off nothing, and
    `BasketTooSmallError` when they are too few.
    """
    weights = [_weigh(voucher, line, only) for line in goods]
    worth = sum(weights)
    if not worth:
        raise VoucherNotFoundError
    if worth < voucher.minimum_minor:
        raise BasketTooSmallError(voucher.minimum_minor, is_gift=voucher.producer_id is None)
    total = _take_off(voucher, worth)
    if not total:
        raise VoucherNotFoundError
    return Discount(voucher, spread(total, weights), total)


async def is_known(session: AsyncSession, code: str) -> bool:
    """Whether somebody made this code, as it was typed; whether it counts today or here is not asked."""
    return await repository.find_voucher(session, normalise(code)) is not None


async def price_voucher(
    session: AsyncSession,
    *,
    code: str,
    goods: Sequence[Goods],
    now: datetime,
    besides: UUID | None = None,
) -> Discount:
    """Price a code as somebody typed it, for a basket; nothing is taken, and what the order `besides` uses counts as free.

    Raises `VoucherNotFoundError`, `VoucherDayError`, `BasketTooSmallError`, and `VoucherUsedUpError` when no use is
    left, or less of the market's budget than it takes off.
    """
    voucher = await repository.find_voucher(session, normalise(code))
    if voucher is None:
        raise VoucherNotFoundError
    if not voucher.valid_from <= now < voucher.valid_until:
        raise VoucherDayError(None if now >= voucher.valid_until else today(voucher.valid_from))
    only: Collection[UUID] = ()
    if voucher.producer_id is None:
        only = {one.producer_id for one in await repository.list_producers(session, [voucher.id])}
    discount = count_discount(voucher, goods, only)
    use = await repository.find_use(session, besides) if besides else None
    own = use if use is not None and use.voucher_id == voucher.id else None
    budget, own_minor = voucher.budget_minor, own.discount_minor if own else 0
    if voucher.uses_taken - bool(own) >= voucher.uses_most or (
        budget is not None and voucher.budget_taken_minor - own_minor + discount.total_minor > budget
    ):
        raise VoucherUsedUpError
    return discount


async def take(
    session: AsyncSession, *, order_id: UUID, order_code: str, phone: str, discount: Discount, now: datetime
) -> None:
    """Take one use for a new order, in its transaction; `phone` in E.164.

    Raises `VoucherUsedUpError` when somebody was faster or the phone number had its share; nothing has changed then.
    """
    await _count_up(session, voucher_id=discount.voucher.id, phone=phone, discount_minor=discount.total_minor)
    repository.add_use(
        session,
        order_id=order_id,
        order_code=order_code,
        voucher=discount.voucher,
        phone=phone,
        discount_minor=discount.total_minor,
        now=now,
    )
    await session.flush()


async def find_code(session: AsyncSession, order_id: UUID) -> str:
    """Say which code an order uses; "" for none."""
    return await repository.find_code(session, order_id) or ""


async def lock(session: AsyncSession, *, order_id: UUID, code: str) -> None:
    """Lock what an order uses and what a code as it was typed would, both at once: the one is given back for the other."""
    await repository.lock_vouchers(session, order_id=order_id, code=normalise(code))


async def release(session: AsyncSession, *, order_id: UUID) -> None:
    """Give back what an order took, once; an order without a voucher has nothing to give."""
    use = await repository.lock_use(session, order_id)
    if use is None or not use.is_taken:
        return
    use.is_taken = False
    await session.flush()
    await repository.count_down(
        session, voucher_id=use.voucher_id, phone=use.phone, discount_minor=use.discount_minor
    )


async def take_again(session: AsyncSession, *, order_id: UUID) -> None:
    """Take a given-back use anew for late money, whatever the day; raises `VoucherUsedUpError` as `take` does."""
    use = await repository.lock_use(session, order_id)
    if use is None or use.is_taken:
        return
    await _count_up(session, voucher_id=use.voucher_id, phone=use.phone, discount_minor=use.discount_minor)
    use.is_taken = True
    await session.flush()


async def make(
    session: AsyncSession,
    *,
    producer_id: UUID | None,
    code: str,
    terms: Terms,
    person_id: UUID,
    now: datetime,
    budget_minor: int | None = None,
    only: Collection[UUID] = (),
    voucher_id: UUID | None = None,
) -> Voucher:
    """Make a voucher of a producer, or of the market (None) with its budget in đồng; `code` as somebody typed it.

    `only` are the producers whose goods a code of the market is for, none for all. Raises `CodeError` for a code that
    nobody could type, or that is taken, `WindowError` when its last day is over or before its first, and `BudgetError`
    when one use takes more than the budget. With a `voucher_id` that made one before that one is answered, another's is
    an `OtherVoucherError`.
    """
    spelt = normalise(code)
    if not LEAST_CODE <= len(spelt) <= MOST_CODE:
        raise CodeError(_("Mã dài từ 4 đến 20 chữ và số, ví dụ CHEMOI26."))
    if terms.last_day < max(terms.first_day, today(now)):
        raise WindowError
    if budget_minor is not None and budget_minor < (terms.amount_minor or 0):
        raise BudgetError
    wanted = voucher_id or uuid7()
    values = {
        "id": wanted,
        "code": spelt,
        "producer_id": producer_id,
        "amount_minor": terms.amount_minor,
        "percent": terms.percent,
        "most_minor": terms.most_minor,
        "minimum_minor": terms.minimum_minor,
        "valid_from": datetime.combine(terms.first_day, time(), VN),
        "valid_until": datetime.combine(terms.last_day + timedelta(days=1), time(), VN),
        "uses_most": terms.uses_most,
        "uses_per_phone": terms.uses_per_phone,
        "budget_minor": budget_minor,
        "made_by_id": person_id,
        "created_at": now,
    }
    voucher = await repository.insert_voucher(session, values)
    if voucher is None:
        known = await repository.find_by_id(session, wanted)
        if known is not None:
            if known.producer_id != producer_id:
                raise OtherVoucherError
            return known
        raise CodeError(_("Mã này đã có người dùng. Bạn đặt mã khác giúp nhé."))
    if only:
        await repository.insert_producers(session, voucher.id, sorted(set(only)))
    return voucher


async def end(session: AsyncSession, *, voucher_id: UUID, producer_id: UUID | None, now: datetime) -> None:
    """End a voucher of a producer (None: of the market) now; one that is over stays as it is. Raises `OtherVoucherError`."""
    if not await repository.end_voucher(session, voucher_id=voucher_id, producer_id=producer_id, now=now):
        raise OtherVoucherError


async def list_vouchers(session: AsyncSession, producer_id: UUID | None) -> list[Voucher]:
    """List the vouchers of a producer (None: of the market), the newest first."""
    return await repository.list_vouchers(session, producer_id, limit=MOST_SHOWN)


async def list_producers(session: AsyncSession, voucher_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Say whose goods some codes of the market are for, by the voucher's id; those for all are left out. One query."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for one in await repository.list_producers(session, voucher_ids):
        found[one.voucher_id].append(one.producer_id)
    return dict(found)


async def list_uses(session: AsyncSession, voucher_ids: Collection[UUID]) -> list[VoucherUse]:
    """List the newest uses of some vouchers, those that were given back too; one query."""
    return await repository.list_uses(session, voucher_ids, limit=MOST_SHOWN)


async def _count_up(session: AsyncSession, *, voucher_id: UUID, phone: str, discount_minor: int) -> None:
    savepoint = await session.begin_nested()
    if not await repository.count_up(
        session, voucher_id=voucher_id, phone=phone, discount_minor=discount_minor
    ):
        await savepoint.rollback()
        raise VoucherUsedUpError
    await savepoint.commit()
