"""The table of closes: who closed which days, and what the books said then."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class BookClose(Identified, Base):
    """A day or a month as it was when somebody closed it; closing it again makes a new row, insert-only."""

    __tablename__ = "book_closes"
    __table_args__ = (
        CheckConstraint("since <= until", name="in_order"),
        Index(None, "since", "until"),
    )

    since: Mapped[date]
    until: Mapped[date]
    """Days in Vietnam, both counted."""
    closed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None when it was closed by command."""
    journal_count: Mapped[int]
    sums: Mapped[dict[str, Any]]
    """{account: [debits, credits, balance at the end]} in đồng; accounts of payers are summed by kind."""
