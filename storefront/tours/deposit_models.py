"""Tables of deposits: what was agreed about paying in two parts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from storefront.tours.models import BalanceRule


class VisitDeposit(Identified, Base):
    """What was agreed about paying a booking in two parts, and how far it came."""

    __tablename__ = "visit_deposits"
    __table_args__ = (
        CheckConstraint("deposit_minor > 0 AND balance_minor > 0", name="parts_positive"),
        CheckConstraint("(settled_at IS NULL) = (sold_minor IS NULL)", name="settled_whole"),
        Index("ix_visit_deposits_due", "due_at", postgresql_where="settled_at IS NULL"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), unique=True)
    rule: Mapped[BalanceRule]
    hours: Mapped[int]
    """The balance is due so many hours before the start, whichever day the party goes on."""
    deposit_minor: Mapped[int]
    balance_minor: Mapped[int]
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    """Since when the balance is here."""
    settled_at: Mapped[datetime | None]
    """Since when nothing of it waits any more: what was paid is sold, and of that perhaps given back."""
    sold_minor: Mapped[int | None]
