"""Tables of cash on delivery: what a producer allows."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class CashTerms(Base):
    """Up to how much a producer's parcel may be paid on delivery; no row, no money on delivery."""

    __tablename__ = "cash_terms"
    __table_args__ = (CheckConstraint("most_minor > 0", name="most_positive"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)
    most_minor: Mapped[int]
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
