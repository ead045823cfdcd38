"""Facts that payments announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.events import Event
from storefront.payments.models import PayableKind


@dataclass(frozen=True, kw_only=True)
class PaymentNamed(Event):
    """Money or a card page names this payment; nothing is decided yet.

    Who owns the order or booking locks it now, for the payment is locked after it (one order of locks).
    """

    payment_id: UUID
    payable_kind: PayableKind
    payable_id: UUID


@dataclass(frozen=True, kw_only=True)
class MoneyUnnamed(Event):
    """Money came to the collecting account whose memo names no payment; it waits as money of nobody.

    Whoever knows the memo otherwise takes it up in the same transaction (`receipts.put_on_account`).
    """

    receipt_id: UUID
    memo: str
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentPaid(Event):
    """The whole price is here in time, or was accepted late; `amount_minor` is the price in đồng."""

    payment_id: UUID
    payable_kind: PayableKind
    payable_id: UUID
    amount_minor: int
    paid_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentArrivedLate(Event):
    """The whole price came after the hold was over.

    Who can still deliver calls `service.accept_late` (which announces PaymentPaid); otherwise staff send it back.
    """

    payment_id: UUID
    payable_kind: PayableKind
    payable_id: UUID
    amount_minor: int
    arrived_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentExtended(Event):
    """The payer went to the card page: whatever is held for this payment is held until `expires_at` (UTC)."""

    payment_id: UUID
    payable_kind: PayableKind
    payable_id: UUID
    expires_at: datetime
