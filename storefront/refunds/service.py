"""Refunds: opened once for one reason, paid back by the accountant, both booked (ledger/BOOKS.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from producers.listings.models import TaxKind
from storefront.fees import service as fees
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments.models import PayableKind
from storefront.refunds import repository
from storefront.refunds.errors import RefundedError, TooMuchError, WithdrawnError
from storefront.refunds.models import Refund, RefundReason
from storefront.taxes import service as taxes

MOST_SHOWN = 200
_KINDS = {
    PayableKind.ORDER: TaxKind.GOODS,
    PayableKind.BOOKING: TaxKind.SERVICES,
    PayableKind.STAY: TaxKind.SERVICES,
    PayableKind.BATCH: TaxKind.SERVICES,
}


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
    gift_minor: int = 0
    """What the market had paid of these goods besides: it goes back to the market, not to the payer."""
    goods_kinds: Mapping[TaxKind, int] | None = None
    """What of the goods, with the market's part, is what to the tax office; None: an order's are goods, a visit a service."""
    credit_minor: int = 0
    """What of `paid_minor` was paid with the store credit of `payer_id`."""
    payer_id: UUID | None = None


async def open_refund(
    session: AsyncSession, claim: Claim, *, person_id: UUID | None, now: datetime
) -> Refund | None:
    """Owe the payer money, and take it from what is owed to the producer with the market's part; None when this was opened before.

    What was paid with store credit goes back there at once, after all that was paid in money (C5); the answer is the
    part in money, if there is one. The caller holds the lock of the order or booking. Raises `TooMuchError` when more
    would go back than was paid.
    """
    amount = claim.goods_minor + claim.delivery_minor
    earned = claim.goods_minor + claim.gift_minor
    in_credit = 0
    if claim.credit_minor:
        before, _credit = await repository.sum_ways(session, claim.payable_kind, claim.payable_id)
        in_money = max(0, claim.paid_minor - claim.credit_minor - before)
        in_credit = max(0, amount - in_money)
    row = {
        "payable_kind": claim.payable_kind,
        "payable_id": claim.payable_id,
        "code": claim.code,
        "producer_id": claim.producer_id,
        "payee_name": claim.payee_name,
        "payee_phone": claim.payee_phone,
        "reason": claim.reason,
        "opened_by_id": person_id,
        "created_at": now,
    }
    first = amount - in_credit or in_credit
    refund = await repository.insert_refund(
        session,
        row
        | {
            "id": uuid7(),
            "source": claim.source,
            "amount_minor": first,
            "gift_minor": claim.gift_minor,
            "is_to_credit": first == in_credit == amount,
        },
    )
    if refund is None:
        return None
    credited = refund if first == in_credit == amount else None
    if in_credit and credited is None:
        rest = {
            "id": uuid7(),
            "source": f"{claim.source}:credit",
            "amount_minor": in_credit,
            "is_to_credit": True,
        }
        credited = await repository.insert_refund(session, row | rest)
    if await repository.sum_refunds(session, claim.payable_kind, claim.payable_id) > claim.paid_minor:
        raise TooMuchError
    await ledger.record(
        session,
        kind="refund_owed",
        source=claim.source,
        memo=claim.code,
        entries=[
            (accounts.seller_payable(claim.producer_id), earned),
            (accounts.delivery_payable(claim.producer_id), claim.delivery_minor),
            (accounts.refund_payable(claim.payable_kind, claim.payable_id), -amount),
            (accounts.marketing_expense(), -claim.gift_minor),
        ],
        occurred_at=now,
        now=now,
    )
    await fees.give_back(
        session,
        sale=f"{claim.payable_kind}:{claim.payable_id}",
        producer_id=claim.producer_id,
        goods_minor=earned,
        source=claim.source,
        memo=claim.code,
        now=now,
    )
    await taxes.set_off(
        session,
        sale=f"{claim.payable_kind}:{claim.payable_id}",
        producer_id=claim.producer_id,
        parts=taxes.sum_parts(
            claim.goods_kinds or {_KINDS[claim.payable_kind]: earned},
            delivery_minor=claim.delivery_minor,
        ),
        source=claim.source,
        memo=claim.code,
        now=now,
    )
    if credited is not None and claim.payer_id is not None:
        await give_credit(session, refund_id=credited.id, person_id=claim.payer_id, now=now)
    return refund


async def give_credit(session: AsyncSession, *, refund_id: UUID, person_id: UUID, now: datetime) -> Refund:
    """Let a buyer keep what goes back as store credit, as they wish; raises `RefundedError` (C1).

    Whoever calls has seen that it is this person's money: whether they agreed, nobody else can say.
    """
    refund = await repository.mark_credited(session, refund_id, person_id=person_id, now=now)
    if refund is None:
        raise RefundedError
    await ledger.record(
        session,
        kind="refund_credited",
        source=f"refund:{refund.id}",
        memo=refund.code,
        entries=[
            (accounts.refund_payable(refund.payable_kind, refund.payable_id), refund.amount_minor),
            (accounts.store_credit(person_id), -refund.amount_minor),
        ],
        occurred_at=now,
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

    `bank_account` is the account of the books that paid, `reference` the bank's own. Raises `RefundedError`, and
    `WithdrawnError` when another took its place: that other sum was not what the bank sent.
    """
    refund = await repository.mark_paid(session, refund_id, person_id=person_id, reference=reference, now=now)
    if refund is None:
        is_withdrawn = await repository.is_withdrawn(session, refund_id)
        raise WithdrawnError if is_withdrawn else RefundedError
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
