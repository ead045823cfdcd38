"""Fees: taken of each sale, given back in the same share as its goods. The rules stand in ledger/BOOKS.md (BF1 to BF6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.clock import today
from app.core.ids import uuid7
from storefront.fees import repository
from storefront.fees.errors import FeeBoundsError, FeeDayError, FeeSetError
from storefront.fees.models import FeeKind, FeeRule
from storefront.ledger import accounts
from storefront.ledger import service as ledger

WHOLE = 10_000
"""Basis points of the whole price."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What shall be taken: basis points of the goods' price, and the bounds for one sale in đồng (None: no most)."""

    basis_points: int
    least_minor: int = 0
    most_minor: int | None = None


def compute_fee(terms: Terms | FeeRule, goods_minor: int) -> int:
    """The fee on goods of this worth, in đồng: half a đồng counts up, within the bounds, never more than the goods."""
    if terms.basis_points == 0:
        return 0
    share = (2 * goods_minor * terms.basis_points + WHOLE) // (2 * WHOLE)
    share = max(share, terms.least_minor)
    if terms.most_minor is not None:
        share = min(share, terms.most_minor)
    return min(share, goods_minor)


def share_given(amount_minor: int, base_minor: int, given_base_minor: int) -> int:
    """How much of a fee is given back, in all, once this much of its goods went back; all of it with the last."""
    return (2 * amount_minor * given_base_minor + base_minor) // (2 * base_minor)


async def take_fees(
    session: AsyncSession, *, sale: str, memo: str, goods: Mapping[UUID, int], now: datetime
) -> None:
    """Take the fees of a sale that was just booked; `goods` is each producer's part of it in đồng.

    Once per sale: the caller holds the lock of the order or booking and books the sale itself once.
    """
    left = dict(goods)
    rows = []
    for rule in await repository.list_in_force(session, today(now), list(goods)):
        amount = min(compute_fee(rule, goods[rule.producer_id]), left[rule.producer_id])
        if amount == 0:
            continue
        left[rule.producer_id] -= amount
        rows.append(
            {
                "id": uuid7(),
                "sale": sale,
                "producer_id": rule.producer_id,
                "kind": rule.kind,
                "rule_id": rule.id,
                "base_minor": goods[rule.producer_id],
                "amount_minor": amount,
                "created_at": now,
            }
        )
        await ledger.record(
            session,
            kind="fee",
            source=f"{sale}:{rule.producer_id}:{rule.kind}",
            memo=f"{memo}, {format_percent(rule.basis_points)}",
            entries=[
                (accounts.seller_payable(rule.producer_id), amount),
                (accounts.platform_fee(), -amount),
            ],
            occurred_at=now,
            now=now,
        )
    if rows:
        await repository.insert_taken(session, rows)


async def give_back(
    session: AsyncSession,
    *,
    sale: str,
    producer_id: UUID,
    goods_minor: int,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Give fees back with a refund of goods of this worth; `source` is the refund's own, so that it happens once."""
    await _give(
        session, sale, producer_id, goods_minor, kind="fee_reversed", source=source, memo=memo, now=now
    )


async def take_again(
    session: AsyncSession,
    *,
    sale: str,
    producer_id: UUID,
    goods_minor: int,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Take again what was given back with a refund of goods of this worth, which is not owed any more (BF6)."""
    await _give(
        session, sale, producer_id, -goods_minor, kind="fee_retaken", source=source, memo=memo, now=now
    )


async def _give(
    session: AsyncSession,
    sale: str,
    producer_id: UUID,
    goods_minor: int,
    *,
    kind: str,
    source: str,
    memo: str,
    now: datetime,
) -> None:
    """Give back what belongs to so much more of the goods, or take what belongs to so much less."""
    for taken in await repository.lock_taken(session, sale, producer_id):
        base = min(taken.base_minor, taken.given_base_minor + goods_minor)
        given = share_given(taken.amount_minor, taken.base_minor, base)
        more = given - taken.given_minor
        taken.given_base_minor, taken.given_minor = base, given
        if more:
            await ledger.record(
                session,
                kind=kind,
                source=f"{source}:{taken.kind}",
                memo=memo,
                entries=[(accounts.platform_fee(), more), (accounts.seller_payable(producer_id), -more)],
                occurred_at=now,
                now=now,
            )
    await session.flush()


async def set_fee(
    session: AsyncSession,
    *,
    producer_id: UUID,
    kind: FeeKind,
    terms: Terms,
    valid_from: date,
    person_id: UUID,
    now: datetime,
) -> None:
    """Keep what a producer pays from a day on; `FeeDayError`, `FeeBoundsError`, or `FeeSetError` when it was taken already."""
    if valid_from < today(now):
        raise FeeDayError
    if terms.most_minor is not None and terms.most_minor < terms.least_minor:
        raise FeeBoundsError
    values = {
        "id": uuid7(),
        "producer_id": producer_id,
        "kind": kind,
        "basis_points": terms.basis_points,
        "least_minor": terms.least_minor,
        "most_minor": terms.most_minor,
        "valid_from": valid_from,
        "set_by_id": person_id,
        "created_at": now,
    }
    if not await repository.save_rule(session, values):
        raise FeeSetError


async def list_rules(session: AsyncSession, *, now: datetime) -> Sequence[FeeRule]:
    """List the rules in force; ended ones (0 basis points) are left out."""
    return [rule for rule in await repository.list_in_force(session, today(now)) if rule.basis_points]


async def list_coming(session: AsyncSession, *, now: datetime) -> Sequence[FeeRule]:
    """List the rules that begin on a later day."""
    return await repository.list_coming(session, today(now))


def format_percent(basis_points: int) -> str:
    """Basis points as people say them: 250 is `2,5 %`."""
    whole, part = divmod(basis_points, 100)
    return f"{whole},{part:02d}".rstrip("0").rstrip(",") + " %" if part else f"{whole} %"
