"""Tables of payments: what is asked for, and what arrived."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class PayableKind(StrEnum):
    """What a payment is for."""

    ORDER = "order"
    BOOKING = "booking"
    STAY = "stay"
    BALANCE = "balance"
    """The rest of a booking, after its deposit."""
    BATCH = "batch"
    """Paper tickets that a sales point has sold, as far as one settlement goes."""


class PaymentState(StrEnum):
    """Where a payment stands; `underpaid`, `overpaid` and `paid_late` wait for a human."""

    CREATED = "created"
    PENDING = "pending"
    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID_LATE = "paid_late"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Payment(Identified, Base):
    """One amount asked of one payer; its code stands in the bank memo."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("payable_kind", "payable_id"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("received_minor >= 0", name="received_not_negative"),
    )

    payable_kind: Mapped[PayableKind]
    payable_id: Mapped[UUID]
    payable_code: Mapped[str]
    """The order's or booking's own code, for words to people."""
    code: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)
    """Opens the payment's own addresses (state, QR picture, card): made for its links, says nothing of the payer."""
    amount_minor: Mapped[int]
    received_minor: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[PaymentState]
    expires_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class AttemptState(StrEnum):
    """How far a try to pay by card came; it never goes back."""

    INTENDED = "intended"
    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"


class CardAttempt(Identified, Base):
    """One try to pay by card: written before the provider is called, completed after."""

    __tablename__ = "card_attempts"
    __table_args__ = (UniqueConstraint("payment_id", "number"),)

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    number: Mapped[int]
    provider: Mapped[str]
    amount_minor: Mapped[int]
    idempotency_key: Mapped[str] = mapped_column(unique=True)
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    redirect_url: Mapped[str | None]
    state: Mapped[AttemptState]


class ReceiptOutcome(StrEnum):
    """What became of money that arrived."""

    MATCHED = "matched"
    UNDER = "under"
    OVER = "over"
    LATE = "late"
    DUPLICATE = "duplicate"
    UNMATCHED = "unmatched"


class Resolution(StrEnum):
    """How a receipt left its queue."""

    REST_ARRIVED = "rest_arrived"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    DIVIDED = "divided"
    ON_ACCOUNT = "on_account"


class Receipt(Identified, Base):
    """Money that arrived, by whatever channel; `(provider, external_id)` once."""

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("provider", "external_id"),
        Index(None, "outcome", "resolved_at"),
        Index(None, "account", "amount_minor", "arrived_at"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("surplus_minor BETWEEN 0 AND amount_minor", name="surplus_within"),
    )

    provider: Mapped[str]
    external_id: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payments.id"), index=True)
    account: Mapped[str]
    """The account of the books that holds it, like `bank:970436:0123456789`."""
    amount_minor: Mapped[int]
    surplus_minor: Mapped[int] = mapped_column(server_default="0")
    """The part above the price: all of a duplicate."""
    memo: Mapped[str]
    reference: Mapped[str] = mapped_column(server_default="")
    """The bank's own reference as far as it was told; with the amount it is how two reports of one movement meet."""
    outcome: Mapped[ReceiptOutcome]
    arrived_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    resolution: Mapped[Resolution | None]
    resolution_reference: Mapped[str | None]
    """The bank's reference of the money that went back."""


class ReceiptReport(Identified, Base):
    """A second messenger that told of the same money; each tells of a receipt once."""

    __tablename__ = "receipt_reports"
    __table_args__ = (
        UniqueConstraint("provider", "external_id"),
        UniqueConstraint("receipt_id", "provider"),
    )

    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"))
    provider: Mapped[str]
    external_id: Mapped[str]


class Statement(Identified, Base):
    """A bank's statement as the accountant handed it in."""

    __tablename__ = "statements"

    file_name: Mapped[str]
    account: Mapped[str]
    """The account of the books that it is of."""
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    row_count: Mapped[int]
    repeat_count: Mapped[int]
    """Rows that an earlier statement brought already."""
    problems: Mapped[dict[str, str]]
    """{line number: why it could not be read}."""


class LineOutcome(StrEnum):
    """What became of a line of a statement."""

    BOOKED = "booked"
    KNOWN = "known"
    OUTGOING = "outgoing"
    DOUBTFUL = "doubtful"


class StatementLine(Identified, Base):
    """One movement on a statement, kept once however often it is handed in."""

    __tablename__ = "statement_lines"
    __table_args__ = (
        Index(None, "statement_id", "line"),
        CheckConstraint("amount_minor <> 0", name="amount_moves"),
        CheckConstraint("amount_minor < 0 OR outcome <> 'outgoing'", name="outgoing_leaves"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("statements.id"))
    line: Mapped[int]
    """Where it stood in the file, counted from 1."""
    hash: Mapped[str] = mapped_column(unique=True)
    """SHA-256 over bank, account, reference, amount and time."""
    amount_minor: Mapped[int]
    """Below zero when it went out."""
    reference: Mapped[str]
    memo: Mapped[str]
    happened_at: Mapped[datetime]
    has_time: Mapped[bool]
    outcome: Mapped[LineOutcome]
    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"), index=True)
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class BankPull(Base):
    """How far a provider's own list of transactions was read."""

    __tablename__ = "bank_pulls"

    provider: Mapped[str] = mapped_column(primary_key=True)
    read_until: Mapped[datetime | None]
    """Everything up to here was read to the end; None before the first whole reading."""
    tried_at: Mapped[datetime]
    problem: Mapped[str]
    """Why the last reading ended early; empty when it was whole."""


class SandboxObject(Base):
    """What the demo's card house remembers (sessions, intents, refunds, replayed keys)."""

    __tablename__ = "sandbox_objects"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
