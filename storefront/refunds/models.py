"""Tables of refunds: what goes back to whom, why, and when it went."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from storefront.payments.models import PayableKind


class RefundReason(StrEnum):
    """Why money goes back: goods came back, were recalled, weighed less than was paid; a visit was called off."""

    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"
    WEIGHED = "weighed"


class Refund(Identified, Base):
    """Money owed to the payer of one order or booking; open until `paid_at`."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index(None, "payable_kind", "payable_id"),
        Index("ix_refunds_open", "created_at", postgresql_where="paid_at IS NULL"),
    )

    payable_kind: Mapped[PayableKind]
    payable_id: Mapped[UUID]
    code: Mapped[str]
    """Of the order or booking, as its payer knows it."""
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    """Whose money it was."""
    payee_name: Mapped[str]
    payee_phone: Mapped[str]
    reason: Mapped[RefundReason]
    source: Mapped[str] = mapped_column(unique=True)
    """What it is for, in one word of the room that opened it; the same thing is never refunded twice."""
    amount_minor: Mapped[int]
    opened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    paid_at: Mapped[datetime | None]
    paid_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reference: Mapped[str | None]
    """The bank's own reference of the transfer."""
