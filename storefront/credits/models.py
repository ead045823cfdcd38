"""Tables of store credit: which order used how much of whose; the balance itself stands in the books."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class CreditUse(Base):
    """What an order took of its buyer's credit; `is_taken` until it is given back, and again for late money."""

    __tablename__ = "credit_uses"
    __table_args__ = (CheckConstraint("amount_minor > 0 AND takes > 0", name="positive"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    order_code: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    amount_minor: Mapped[int]
    is_taken: Mapped[bool]
    takes: Mapped[int]
    """How often it was taken: each time, and each time back, is a journal of its own."""
    created_at: Mapped[datetime]
