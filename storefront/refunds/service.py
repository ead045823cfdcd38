"""Refunds: opened once for one reason, paid back by the accountant, both booked (ledger/BOOKS.md)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.refunds import repository
from storefront.refunds.errors import RefundedError, TooMuchError
from storefront.refunds.models import Refund, RefundReason

MOST_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What goes back, in đồng, of which order or booking, to whom and why; `paid_minor` is all that was paid for it."""

    payable_kind: PayableKind
    payable_id: UUID
    code: str
    producer_id: UUID
    payee_name: str
    payee_phone: str
    reason: RefundReason
    source: str
    paid_minor: int
    goods_minor: int
    delivery_minor: int = 0


async def open_refund(
    session: AsyncSession, claim: Claim, *, person_id: UUID | None, now: datetime
) -> Refund | None:
    """Owe the payer money, and take it from what is owed to the producer; None when this was opened before.

    The caller holds the lock of the order or booking. Raises `TooMuchError` when more would go back than was paid.
    """
    amount = claim.goods_minor + claim.delivery_minor
    refund = await repository.insert_refund(
        session,
        {
            "id": uuid7(),
            "payable_kind": claim.payable_kind,
            "payable_id": claim.payable_id,
            "code": claim.code,
            "producer_id": claim.producer_id,
            "payee_name": claim.payee_name,
            "payee_phone": claim.payee_phone,
            "reason": claim.reason,
            "source": claim.source,
            "amount_minor": amount,
            "opened_by_id": person_id,
            "created_at": now,
        },
    )
    if refund is None:
        return None
    if await repository.sum_refunds(session, claim.payable_kind, claim.payable_id) > claim.paid_minor:
        raise TooMuchError
    await ledger.record(
        session,
        kind="refund_owed",
        source=claim.source,
        memo=claim.code,
        entries=[
            (accounts.seller_payable(claim.producer_id), claim.goods_minor),
            (accounts.delivery_payable(claim.producer_id), claim.delivery_minor),
            (accounts.refund_payable(claim.payable_kind, claim.payable_id), -amount),
        ],
        occurred_at=now,
        now=now,
    )
    await fees.give_back(
        session,
        sale=f"{claim.payable_kind}:{claim.payable_id}",
        producer_id=claim.producer_id,
        goods_minor=claim.goods_minor,
        source=claim.source,
        memo=claim.code,
        now=now,
    )
    return refund


async def record_paid(
    session: AsyncSession,
    *,
    refund_id: UUID,
    bank_account: str,
    reference: str,
    person_id: UUID,
    now: datetime,
) -> Refund:
    """Write down that the payer has the money back.

    `bank_account` is the account of the books that paid, `reference` the bank's own. Raises `RefundedError`.
    """
    refund = await repository.mark_paid(session, refund_id, person_id=person_id, reference=reference, now=now)
    if refund is None:
        raise RefundedError
    await ledger.record(
        session,
        kind="refund_paid",
        source=f"refund:{refund.id}",
        memo=f"{refund.code} {reference}",
        entries=[
            (accounts.refund_payable(refund.payable_kind, refund.payable_id), refund.amount_minor),
            (bank_account, -refund.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )
    return refund


async def list_refunds(session: AsyncSession, *, limit: int = MOST_SHOWN) -> list[Refund]:
    """List refunds for the desk, those that wait longest first, then what was paid last."""
    return await repository.list_refunds(session, limit=limit)


async def list_of(
    session: AsyncSession, payable_kind: PayableKind, payable_ids: Collection[UUID]
) -> list[Refund]:
    """List the refunds of some orders or bookings, the oldest first; one query."""
    return await repository.list_of(session, payable_kind, payable_ids)
