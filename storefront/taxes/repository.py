"""Selects and locks of taxes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from producers.listings.models import TaxKind
from storefront.taxes.models import TaxEntry, TaxPayment, TaxPaymentPart, TaxRate, TaxThreshold

# Built once: building a statement anew costs a third of asking it, and this one is asked for every sale.
_RATES = (
    select(TaxRate)
    .where(TaxRate.valid_from <= bindparam("day"))
    .order_by(TaxRate.kind, TaxRate.valid_from.desc())
    .ext(distinct_on(TaxRate.kind))
)


async def list_rates(session: AsyncSession, day: date) -> Sequence[TaxRate]:
    """Select the rate of each kind that holds on a day."""
    return (await session.scalars(_RATES, {"day": day})).all()


async def list_thresholds(session: AsyncSession, day: date) -> Sequence[TaxThreshold]:
    """Select the lines of revenue that hold on a day, the lowest first."""
    statement = select(TaxThreshold).where(TaxThreshold.valid_from <= day)
    newest = statement.order_by(TaxThreshold.line, TaxThreshold.valid_from.desc())
    found = (await session.scalars(newest.ext(distinct_on(TaxThreshold.line)))).all()
    return sorted(found, key=lambda one: one.amount_minor)


async def insert_entries(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert what was withheld or set off."""
    await session.execute(insert(TaxEntry), rows)


async def lock_withheld(session: AsyncSession, sale: str, producer_id: UUID) -> Sequence[TaxEntry]:
    """Lock what was withheld of a producer's part of a sale, by kind."""
    statement = select(TaxEntry).where(
        TaxEntry.sale == sale, TaxEntry.producer_id == producer_id, TaxEntry.source == sale
    )
    locked = statement.order_by(TaxEntry.kind).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(locked)).all()


async def sum_set_off(
    session: AsyncSession, sale: str, producer_id: UUID
) -> dict[TaxKind, tuple[int, int, int]]:
    """Sum (base, VAT, PIT) of what refunds set off so far by kind, above zero."""
    statement = (
        select(
            TaxEntry.kind,
            -func.sum(TaxEntry.base_minor),
            -func.sum(TaxEntry.vat_minor),
            -func.sum(TaxEntry.pit_minor),
        )
        .where(TaxEntry.sale == sale, TaxEntry.producer_id == producer_id, TaxEntry.source != sale)
        .group_by(TaxEntry.kind)
    )
    return {
        kind: (int(base), int(vat), int(pit)) for kind, base, vat, pit in await session.execute(statement)
    }


async def sum_month(
    session: AsyncSession, since: date, until: date
) -> list[tuple[UUID, TaxKind, int, int, int, int, int, int]]:
    """Sum some days by seller and kind: base, VAT, PIT withheld, then the three set off; offsets stand below zero.

    What was set off and is not any more, because its refund was withdrawn, lessens what was set off.
    """
    sums = [
        func.coalesce(func.sum(column).filter(test), 0)
        for test in (TaxEntry.source == TaxEntry.sale, TaxEntry.source != TaxEntry.sale)
        for column in (TaxEntry.base_minor, TaxEntry.vat_minor, TaxEntry.pit_minor)
    ]
    statement = (
        select(TaxEntry.producer_id, TaxEntry.kind, *sums)
        .where(TaxEntry.day.between(since, until))
        .group_by(TaxEntry.producer_id, TaxEntry.kind)
        .order_by(TaxEntry.producer_id, TaxEntry.kind)
    )
    return [
        (row[0], row[1], *(int(amount) for amount in row[2:]))  # type: ignore[misc]  # six sums
        for row in await session.execute(statement)
    ]


async def sum_due(session: AsyncSession, until: date) -> list[tuple[UUID, int, int]]:
    """Sum (seller, VAT, PIT) of what was withheld up to a day, less what was set off until then and ever paid on."""
    parts = union_all(
        select(TaxEntry.producer_id, TaxEntry.vat_minor, TaxEntry.pit_minor).where(TaxEntry.day <= until),
        select(TaxPaymentPart.producer_id, -TaxPaymentPart.vat_minor, -TaxPaymentPart.pit_minor),
    ).subquery()
    owner, vat, pit = parts.c
    statement = select(owner, func.sum(vat), func.sum(pit)).group_by(owner).order_by(owner)
    return [(found, int(one), int(other)) for found, one, other in await session.execute(statement)]


async def lock_payments(session: AsyncSession) -> None:
    """Wait until nobody else pays tax on, and keep it so until the end of the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("tax that is paid on", 0))))


async def is_paid(session: AsyncSession, month: date) -> bool:
    """Whether a month (its first day) was paid."""
    return await session.scalar(select(TaxPayment.id).where(TaxPayment.month == month)) is not None


async def insert_payment(session: AsyncSession, values: dict[str, Any]) -> None:
    """Insert the payment of a month."""
    await session.execute(insert(TaxPayment).values(**values))


async def insert_parts(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert whom a payment is for."""
    await session.execute(insert(TaxPaymentPart), rows)


async def list_payments(session: AsyncSession, *, limit: int) -> list[tuple[TaxPayment, int, int]]:
    """Select the newest payments with their sums of VAT and PIT."""
    statement = (
        select(TaxPayment, func.sum(TaxPaymentPart.vat_minor), func.sum(TaxPaymentPart.pit_minor))
        .join(TaxPaymentPart, TaxPaymentPart.payment_id == TaxPayment.id)
        .group_by(TaxPayment.id)
        .order_by(TaxPayment.month.desc())
        .limit(limit)
    )
    return [(paid, int(vat), int(pit)) for paid, vat, pit in await session.execute(statement)]
