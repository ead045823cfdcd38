"""Tables of remittances: money on delivery as it came, and for which orders."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Remittance(Identified, Base):
    """One transfer of a courier, taken apart; or, without a receipt, what a producer has in hand."""

    __tablename__ = "remittances"
    __table_args__ = (
        CheckConstraint("(receipt_id IS NULL) <> (producer_id IS NULL)", name="courier_or_producer"),
    )

    receipt_id: Mapped[UUID | None] = mapped_column(ForeignKey("receipts.id"), unique=True)
    """The courier's transfer as the bank told of it."""
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"), index=True)
    """Who has the money in hand."""
    booked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class RemittanceLine(Identified, Base):
    """What came for one order, and what somebody kept of it: the courier as its price, or the producer all of it."""

    __tablename__ = "remittance_lines"
    __table_args__ = (
        UniqueConstraint("remittance_id", "order_id"),
        CheckConstraint("came_minor >= 0 AND kept_minor >= 0", name="not_negative"),
        CheckConstraint("came_minor + kept_minor > 0", name="says_something"),
    )

    remittance_id: Mapped[UUID] = mapped_column(ForeignKey("remittances.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    came_minor: Mapped[int]
    kept_minor: Mapped[int]
