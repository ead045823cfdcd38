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
    """Why money goes back: goods came back, were recalled, weighed less than was paid; a visit or a harvest was called off."""

    RETURNED = "returned"
    RECALLED = "recalled"
    CANCELLED = "cancelled"
    WEIGHED = "weighed"


class Refund(Identified, Base):
    """Money owed to the payer of one order or booking; open until `paid_at`, or `withdrawn_at` when another took its place."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("gift_minor >= 0", name="gift_not_negative"),
        CheckConstraint("credited_to_id IS NULL OR paid_at IS NOT NULL", name="credited_at_once"),
        CheckConstraint("withdrawn_at IS NULL OR paid_at IS NULL", name="paid_or_withdrawn"),
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
    gift_minor: Mapped[int] = mapped_column(server_default="0")
    """What goes back to the market besides, which had paid a part of the goods."""
    opened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    paid_at: Mapped[datetime | None]
    paid_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reference: Mapped[str | None]
    """The bank's own reference of the transfer."""
    credited_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Whose store credit it became instead of a transfer."""
    is_to_credit: Mapped[bool] = mapped_column(server_default="false")
    """It was paid with store credit, and went back there at once."""
    withdrawn_at: Mapped[datetime | None]
    """Since when nothing is owed by it any more: it was counted wrong, and another says what is right."""
