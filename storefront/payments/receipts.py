"""Receipts: money that arrived is judged, booked and, when nobody can judge it, queued for a human (FLOWS.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.errors import ConflictError, InvalidError, NotFoundError
from app.core.events import emit
from app.core.i18n import _
from app.core.ids import uuid7
from app.core.money import format_dong
from storefront.ledger import accounts
from storefront.ledger import service as ledger
from storefront.payments import repository
from storefront.payments import service as payments
from storefront.payments.events import PaymentArrivedLate, PaymentNamed, PaymentPaid
from storefront.payments.models import Payment, PaymentState, Receipt, ReceiptOutcome, Resolution

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

DIVIDED, IN_HAND = "courier", "producer"
"""Who told of money that no bank tells of by itself: a part of a courier's transfer, and the producer who has it."""
_UNPAID = payments.OPEN_STATES | {PaymentState.EXPIRED}
_MATCHABLE = {ReceiptOutcome.UNMATCHED, ReceiptOutcome.DUPLICATE, ReceiptOutcome.LATE}
_WHOLE = {ReceiptOutcome.MATCHED, ReceiptOutcome.OVER}


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Money as a channel reports it: `external_id` is the channel's own, `account` the account that holds it.

    `amount_minor` is đồng above 0; `payment_id` is None when the channel cannot say what it is for; `reference` is the
    bank's own of the movement, empty when it was not told.
    """

    provider: str
    external_id: str
    account: str
    amount_minor: int
    memo: str
    payment_id: UUID | None
    arrived_at: datetime
    reference: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What money means for a payment: the receipt's outcome, the payment's next state, the part above the price."""

    outcome: ReceiptOutcome
    state: PaymentState
    surplus_minor: int


_OF_NOBODY = Verdict(outcome=ReceiptOutcome.UNMATCHED, state=PaymentState.PENDING, surplus_minor=0)


@dataclass(frozen=True, kw_only=True)
class QueueItem:
    """Money that waits for a human; `payment` is None when nobody knows whose it is."""

    receipt: Receipt
    payment: Payment | None
    return_minor: int
    is_waiting: bool
    """The payer still has time to send the rest: nothing to do yet."""


def judge(payment: Payment, amount_minor: int, *, now: datetime) -> Verdict:
    """Judge `amount_minor` đồng that arrived for `payment` (FLOWS.md, P1 to P6); changes nothing."""
    if payment.state not in _UNPAID:
        return Verdict(outcome=ReceiptOutcome.DUPLICATE, state=payment.state, surplus_minor=amount_minor)
    due = payment.amount_minor - payment.received_minor
    if amount_minor < due:
        return Verdict(outcome=ReceiptOutcome.UNDER, state=PaymentState.UNDERPAID, surplus_minor=0)
    surplus = amount_minor - due
    if payment.state is PaymentState.EXPIRED or payment.expires_at <= now:
        return Verdict(outcome=ReceiptOutcome.LATE, state=PaymentState.PAID_LATE, surplus_minor=surplus)
    outcome = ReceiptOutcome.OVER if surplus else ReceiptOutcome.MATCHED
    return Verdict(outcome=outcome, state=PaymentState.PAID, surplus_minor=surplus)


async def record_arrival(session: AsyncSession, arrival: Arrival, *, now: datetime) -> Receipt | None:
    """Take money in: receipt, journal and the payment's state in one transaction.

    None when `(provider, external_id)` is here already.
    """
    payment = await _lock_named(session, arrival.payment_id)
    verdict = judge(payment, arrival.amount_minor, now=now) if payment else _OF_NOBODY
    receipt = await repository.insert_receipt(
        session,
        provider=arrival.provider,
        external_id=arrival.external_id,
        account=arrival.account,
        amount_minor=arrival.amount_minor,
        memo=arrival.memo,
        reference=arrival.reference,
        payment_id=payment.id if payment else None,
        outcome=verdict.outcome,
        surplus_minor=verdict.surplus_minor,
        arrived_at=arrival.arrived_at,
        created_at=now,
    )
    if receipt is None:
        return None
    if payment is not None:
        source = str(receipt.id)
        debits = [(arrival.account, arrival.amount_minor)]
        await _settle(
            session, receipt, payment, verdict, kind="receipt", source=source, debits=debits, now=now
        )
        return receipt
    await ledger.record(
        session,
        kind="receipt",
        source=str(receipt.id),
        memo=receipt.memo,
        entries=[
            (receipt.account, receipt.amount_minor),
            (accounts.suspense_unmatched(), -receipt.amount_minor),
        ],
        occurred_at=receipt.arrived_at,
        now=now,
    )
    return receipt


async def list_queue(session: AsyncSession, *, now: datetime, limit: int = 200) -> list[QueueItem]:
    """List the money that waits for a human, oldest first."""
    queued = await repository.list_queue(session, limit=limit)
    return [_queue_item(receipt, payment, now) for receipt, payment in queued]


async def get_queued(session: AsyncSession, receipt_id: UUID, *, now: datetime) -> QueueItem:
    """Get one sum of money that waits; ConflictError when it waits no more, NotFoundError when it never came."""
    receipt = await _get_receipt(session, receipt_id)
    if not _is_queued(receipt):
        raise _not_waiting()
    payment = await repository.find_by_id(session, receipt.payment_id) if receipt.payment_id else None
    return _queue_item(receipt, payment, now)


async def match_receipt(
    session: AsyncSession, *, receipt_id: UUID, code: str, person_id: UUID, now: datetime
) -> Receipt:
    """Give money of nobody, a second payment or late money to the payment whose code was read or said by the payer.

    From there on it is judged as if it had arrived now. InvalidError for a code that names no payment or the one that
    the money is with already, ConflictError when the money is not waiting for a match any more.
    """
    named = await payments.find_by_code(session, code)
    if named is None:
        wrong = _("Không có khoản thanh toán nào mang mã này. Bạn xem lại mã giúp nhé.")
        raise InvalidError(wrong, fields={"code": wrong})
    seen = await _get_receipt(session, receipt_id)
    if seen.outcome in _MATCHABLE and seen.payment_id == named.id:
        same = _("Khoản này đang ở đúng đơn đó rồi. Bạn chọn đơn khác giúp nhé.")
        raise InvalidError(same, fields={"code": same})
    payment = await _lock_named(session, named.id)
    receipt = await repository.lock_receipt(session, receipt_id)
    is_open = receipt.outcome in _MATCHABLE and receipt.resolved_at is None
    if payment is None or not is_open or receipt.payment_id == payment.id:
        raise _not_waiting()
    receipt.resolved_by_id = person_id
    is_first = receipt.payment_id is None
    debits = await _let_go(session, receipt)
    # A second payment may be moved more than once, and each time is a journal of its own.
    source = str(receipt.id) if is_first else f"{receipt.id}:{uuid7()}"
    verdict = judge(payment, receipt.amount_minor, now=now)
    receipt.payment_id, receipt.outcome = payment.id, verdict.outcome
    receipt.surplus_minor = verdict.surplus_minor
    await _settle(session, receipt, payment, verdict, kind="match", source=source, debits=debits, now=now)
    return receipt


async def _let_go(session: AsyncSession, receipt: Receipt) -> list[tuple[str, int]]:
    """Take a sum out of where it waits: what each account of the books holds of it until then.

    A late payment of which nothing waits any more is where it would be without this money.
    """
    before = await repository.lock_payment(session, receipt.payment_id) if receipt.payment_id else None
    if before is None:
        return [(accounts.suspense_unmatched(), receipt.amount_minor)]
    before.received_minor -= receipt.amount_minor
    late = await repository.list_open_receipts(session, before.id, ReceiptOutcome.LATE)
    if before.state is PaymentState.PAID_LATE and late == [receipt]:
        before.state = PaymentState.REFUNDED if before.received_minor else PaymentState.EXPIRED
    kept = receipt.amount_minor - receipt.surplus_minor
    return [
        (accounts.buyer_receivable(before.payable_kind, before.payable_id), kept),
        (accounts.refund_payable(before.payable_kind, before.payable_id), receipt.surplus_minor),
    ]


async def return_receipt(
    session: AsyncSession, *, receipt_id: UUID, reference: str, person_id: UUID, now: datetime
) -> Receipt:
    """Book that money went back to its payer; `reference` is the bank's own of the transfer that staff made.

    Gives back what the queue shows: all of an unmatched, short, late or second transfer, the surplus of one too large.
    ConflictError when the receipt waits no more, or its payer still has time to send the rest.
    """
    seen = await _get_receipt(session, receipt_id)
    payment = await _lock_named(session, seen.payment_id)
    receipt = await repository.lock_receipt(session, receipt_id)
    if not _is_queued(receipt):
        raise _not_waiting()
    if payment is not None and _is_waiting(receipt, payment, now):
        raise ConflictError(_("Khách vẫn còn giờ để chuyển nốt. Bạn chờ hết giờ rồi hãy trả lại."))
    amount = _return_minor(receipt)
    if payment is None:
        sides = [(accounts.suspense_unmatched(), amount)]
    else:
        kept = amount - receipt.surplus_minor
        sides = [
            (accounts.buyer_receivable(payment.payable_kind, payment.payable_id), kept),
            (accounts.refund_payable(payment.payable_kind, payment.payable_id), receipt.surplus_minor),
        ]
        payment.received_minor -= amount
    receipt.resolved_at, receipt.resolved_by_id = now, person_id
    receipt.resolution, receipt.resolution_reference = Resolution.RETURNED, reference
    await session.flush()
    if payment is not None:
        await _note_empty(session, payment)
    await ledger.record(
        session,
        kind="return",
        source=str(receipt.id),
        memo=reference,
        entries=[*sides, (receipt.account, -amount)],
        occurred_at=now,
        now=now,
    )
    return receipt


async def put_on_account(
    session: AsyncSession,
    *,
    receipt_id: UUID,
    account: str,
    owner: str,
    person_id: UUID | None,
    now: datetime,
) -> Receipt:
    """Book a sum of nobody as paid by somebody who owes on an account of the books; `owner` is their name.

    `person_id` is None when its memo said so itself. ConflictError when it waits no more.
    """
    await _get_receipt(session, receipt_id)
    receipt = await repository.lock_receipt(session, receipt_id)
    if receipt.outcome is not ReceiptOutcome.UNMATCHED or receipt.resolved_at is not None:
        raise _not_waiting()
    receipt.resolved_at, receipt.resolved_by_id = now, person_id
    receipt.resolution = Resolution.ON_ACCOUNT
    await session.flush()
    await ledger.record(
        session,
        kind="account_paid",
        source=str(receipt.id),
        memo=owner,
        entries=[
            (accounts.suspense_unmatched(), receipt.amount_minor),
            (account, -receipt.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )
    return receipt


async def divide_receipt(
    session: AsyncSession,
    *,
    receipt_id: UUID,
    parts: Mapping[UUID, int],
    person_id: UUID,
    now: datetime,
) -> None:
    """Take one sum of nobody apart, as receipts of its own for several payments: payment -> đồng (P31).

    Each is judged as if it had arrived now. The caller holds the locks of their orders. InvalidError when the parts do
    not add up to the sum, ConflictError when it waits no more.
    """
    await _get_receipt(session, receipt_id)
    receipt = await repository.lock_receipt(session, receipt_id)
    if receipt.outcome is not ReceiptOutcome.UNMATCHED or receipt.resolved_at is not None:
        raise _not_waiting()
    if sum(parts.values()) != receipt.amount_minor:
        raise InvalidError(
            _(
                "Các đơn cộng lại là %(parts)s, mà khoản này là %(sum)s. Bạn sửa cho bằng nhau nhé.",
                parts=format_dong(sum(parts.values())),
                sum=format_dong(receipt.amount_minor),
            )
        )
    receipt.resolved_at, receipt.resolved_by_id = now, person_id
    receipt.resolution = Resolution.DIVIDED
    await session.flush()
    await ledger.record(
        session,
        kind="divided",
        source=str(receipt.id),
        memo=receipt.memo,
        entries=[
            (accounts.suspense_unmatched(), receipt.amount_minor),
            (receipt.account, -receipt.amount_minor),
        ],
        occurred_at=now,
        now=now,
    )
    for payment_id, amount in parts.items():
        arrival = Arrival(
            provider=DIVIDED,
            external_id=f"{receipt.id}:{payment_id}",
            account=receipt.account,
            amount_minor=amount,
            memo=receipt.memo,
            payment_id=payment_id,
            arrived_at=now,
            reference=receipt.reference,
        )
        await record_arrival(session, arrival, now=now)


async def _settle(
    session: AsyncSession,
    receipt: Receipt,
    payment: Payment,
    verdict: Verdict,
    *,
    kind: str,
    source: str,
    debits: list[tuple[str, int]],
    now: datetime,
) -> None:
    """Let a receipt that was judged pay for a locked payment, book it, and announce what follows."""
    payment.received_minor += receipt.amount_minor
    payment.state = verdict.state
    # Parts that came before are in what was received.
    has_parts = payment.received_minor != receipt.amount_minor
    if verdict.outcome in _WHOLE:
        payment.paid_at = now
    await session.flush()
    await ledger.record(
        session,
        kind=kind,
        source=source,
        memo=f"{payment.code} {receipt.memo}".strip(),
        entries=[
            *debits,
            (
                accounts.buyer_receivable(payment.payable_kind, payment.payable_id),
                receipt.surplus_minor - receipt.amount_minor,
            ),
            (accounts.refund_payable(payment.payable_kind, payment.payable_id), -receipt.surplus_minor),
        ],
        occurred_at=receipt.arrived_at if kind == "receipt" else now,
        now=now,
    )
    if has_parts and verdict.outcome in {*_WHOLE, ReceiptOutcome.LATE}:
        parts = await repository.list_open_receipts(session, payment.id, ReceiptOutcome.UNDER)
        for part in parts:
            if verdict.outcome is ReceiptOutcome.LATE:
                # The same late money: accepted, or sent back, together.
                part.outcome = ReceiptOutcome.LATE
            else:
                part.resolved_at, part.resolution = now, Resolution.REST_ARRIVED
    if verdict.outcome in _WHOLE:
        await emit(
            session,
            PaymentPaid(
                payment_id=payment.id,
                payable_kind=payment.payable_kind,
                payable_id=payment.payable_id,
                amount_minor=payment.amount_minor,
                paid_at=now,
            ),
        )
    elif verdict.outcome is ReceiptOutcome.LATE:
        await emit(
            session,
            PaymentArrivedLate(
                payment_id=payment.id,
                payable_kind=payment.payable_kind,
                payable_id=payment.payable_id,
                amount_minor=payment.amount_minor,
                arrived_at=now,
            ),
        )


async def _lock_named(session: AsyncSession, payment_id: UUID | None) -> Payment | None:
    """Lock a payment, after whoever must lock its order or booking before it."""
    payment = await repository.find_by_id(session, payment_id) if payment_id else None
    if payment is None:
        return None
    await emit(
        session,
        PaymentNamed(payment_id=payment.id, payable_kind=payment.payable_kind, payable_id=payment.payable_id),
    )
    return await repository.lock_payment(session, payment.id)


async def _get_receipt(session: AsyncSession, receipt_id: UUID) -> Receipt:
    receipt = await repository.find_receipt(session, receipt_id)
    if receipt is None:
        raise NotFoundError(_("Không tìm thấy khoản tiền này."))
    return receipt


def _is_queued(receipt: Receipt) -> bool:
    return receipt.outcome is not ReceiptOutcome.MATCHED and receipt.resolved_at is None


def _queue_item(receipt: Receipt, payment: Payment | None, now: datetime) -> QueueItem:
    return QueueItem(
        receipt=receipt,
        payment=payment,
        return_minor=_return_minor(receipt),
        is_waiting=payment is not None and _is_waiting(receipt, payment, now),
    )


def _return_minor(receipt: Receipt) -> int:
    return receipt.surplus_minor if receipt.outcome is ReceiptOutcome.OVER else receipt.amount_minor


def _is_waiting(receipt: Receipt, payment: Payment, now: datetime) -> bool:
    return receipt.outcome is ReceiptOutcome.UNDER and payment.expires_at > now


_EMPTIED = {
    PaymentState.UNDERPAID: (ReceiptOutcome.UNDER, PaymentState.EXPIRED),
    PaymentState.PAID_LATE: (ReceiptOutcome.LATE, PaymentState.REFUNDED),
}


async def _note_empty(session: AsyncSession, payment: Payment) -> None:
    """With nothing left that could still pay it, a payment is where it would be without this money.

    A second transfer that waits for its way back keeps nothing open: it pays for nothing.
    """
    if payment.state in _EMPTIED:
        outcome, emptied = _EMPTIED[payment.state]
        if not await repository.list_open_receipts(session, payment.id, outcome):
            payment.state = emptied


def _not_waiting() -> ConflictError:
    return ConflictError(_("Khoản tiền này đã có người xử lý rồi."))
