"""Suggestions: which payment money without a code may be for, each with its reasons (FLOWS.md, P25)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.text import fold
from storefront.payments import repository
from storefront.payments import service as payments
from storefront.payments.models import PayableKind, Payment, PaymentState, Receipt, ReceiptOutcome

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storefront.payments.ports import Payer, PayerBooks

BEFORE = timedelta(days=14)
AFTER = timedelta(days=1)  # clocks of banks, and statements that tell the day alone
MATCHABLE = frozenset({ReceiptOutcome.UNMATCHED, ReceiptOutcome.DUPLICATE, ReceiptOutcome.LATE})
_LOOK_AT = 300
_MOST = 3
_LEAST = 30
_LONG_NAME = 6
_READ = 200
_LOCAL_DIGITS = 9  # of a Vietnamese number, without 0 or +84


class Reason(StrEnum):
    """Why money may be for a payment."""

    REPLACED = "replaced"
    CODE = "code"
    CODE_NEAR = "code_near"
    PAYABLE_CODE = "payable_code"
    PHONE = "phone"
    SAME_AMOUNT = "same_amount"
    NAME = "name"


_WEIGHTS = {
    Reason.REPLACED: 90,
    Reason.CODE: 80,
    Reason.CODE_NEAR: 60,
    Reason.PAYABLE_CODE: 60,
    Reason.PHONE: 50,
    Reason.SAME_AMOUNT: 35,
    Reason.NAME: 25,
}


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A payment that money may be for, why, and how many days before the money it was asked for."""

    payment: Payment
    payer: Payer | None
    reasons: list[Reason]
    days: int
    due_minor: int

    @property
    def weight(self) -> int:
        """How much speaks for it."""
        return sum(_WEIGHTS[reason] for reason in self.reasons)


async def suggest(session: AsyncSession, receipt: Receipt, *, books: PayerBooks) -> list[Suggestion]:
    """Suggest up to three payments for money that names none, or came twice or late; the likeliest first.

    Looks at what was asked for in the fourteen days before, and at what took the place of what it was sent for. A name
    alone suggests nothing.
    """
    if receipt.outcome not in MATCHABLE:
        return []
    found = await repository.list_unpaid_near(
        session,
        since=receipt.arrived_at - BEFORE,
        until=receipt.arrived_at + AFTER,
        amount_minor=receipt.amount_minor,
        limit=_LOOK_AT,
    )
    meant = await _find_meant(session, receipt, books)
    if meant is not None and meant not in found:
        found = [*found, meant]
    payers = await _list_payers(session, found, books)
    memo = receipt.memo[:_READ]
    told = [
        Suggestion(
            payment=payment,
            payer=payers.get(payment.payable_id),
            reasons=[
                *([Reason.REPLACED] if payment is meant else []),
                *find_reasons(memo, receipt.amount_minor, payment, payers.get(payment.payable_id)),
            ],
            days=max(0, (receipt.arrived_at - payment.created_at).days),
            due_minor=payments.due_minor(payment),
        )
        for payment in found
    ]
    likely = [suggestion for suggestion in told if suggestion.weight >= _LEAST]
    return sorted(likely, key=lambda suggestion: (-suggestion.weight, suggestion.days))[:_MOST]


def find_reasons(memo: str, amount_minor: int, payment: Payment, payer: Payer | None) -> list[Reason]:
    """Find what speaks for a payment: its code or nearly so, its order's code, phone, amount, name."""
    squeezed = re.sub(r"[^A-Z0-9]", "", fold(memo).upper())
    reasons = []
    if payment.code in squeezed:  # beside another payment's code, or on another account
        reasons.append(Reason.CODE)
    elif is_near(payment.code, squeezed):
        reasons.append(Reason.CODE_NEAR)
    if payment.payable_code and payment.payable_code.upper() in squeezed:
        reasons.append(Reason.PAYABLE_CODE)
    if payer and _squeeze_digits(payer.phone)[-_LOCAL_DIGITS:] in _squeeze_digits(memo) and payer.phone:
        reasons.append(Reason.PHONE)
    if payments.due_minor(payment) == amount_minor:
        reasons.append(Reason.SAME_AMOUNT)
    name = re.sub(r"[^A-Z0-9]", "", fold(payer.name).upper()) if payer else ""
    if len(name) >= _LONG_NAME and name in squeezed:
        reasons.append(Reason.NAME)
    return reasons


def is_near(code: str, squeezed: str) -> bool:
    """Whether a memo (A-Z and 0-9 alone) holds the code with one character wrong, lost or too many."""
    length = len(code)
    for size in (length - 1, length, length + 1):
        for start in range(len(squeezed) - size + 1):
            if _differ_by_one(code, squeezed[start : start + size]):
                return True
    return False


def _differ_by_one(code: str, text: str) -> bool:
    """Whether one change makes one of the other."""
    short, long = sorted((code, text), key=len)
    same = next((place for place, char in enumerate(short) if char != long[place]), len(short))
    rest = same if len(short) < len(long) else same + 1
    return short[rest:] == long[same + 1 :]


async def _find_meant(session: AsyncSession, receipt: Receipt, books: PayerBooks) -> Payment | None:
    """Find the payment that is asked for instead of the one that money was sent for, while it may be paid."""
    before = await repository.find_by_id(session, receipt.payment_id) if receipt.payment_id else None
    if before is None or before.payable_kind not in books:
        return None
    successor = await books[before.payable_kind].find_successor(session, before.payable_id)
    if successor is None:
        return None
    meant = await payments.find_payment(session, payable_kind=before.payable_kind, payable_id=successor)
    is_unpaid = meant is not None and meant.state in {*payments.OPEN_STATES, PaymentState.EXPIRED}
    return meant if is_unpaid else None


async def _list_payers(
    session: AsyncSession, found: Sequence[Payment], books: PayerBooks
) -> dict[UUID, Payer]:
    wanted: dict[PayableKind, list[UUID]] = defaultdict(list)
    for payment in found:
        wanted[payment.payable_kind].append(payment.payable_id)
    payers: dict[UUID, Payer] = {}
    for kind, payable_ids in wanted.items():
        if kind in books:
            payers |= await books[kind].list_payers(session, payable_ids)
    return payers


def _squeeze_digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)
