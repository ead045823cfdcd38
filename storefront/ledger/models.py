"""Tables of the books: journals of entries that sum to zero, insert-only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Journal(Identified, Base):
    """One movement of money; `(kind, source)` is unique, so that a fact is booked once."""

    __tablename__ = "journals"
    __table_args__ = (UniqueConstraint("kind", "source"), Index(None, "occurred_at"))

    kind: Mapped[str]
    source: Mapped[str]
    """What it books, like `order:{id}` or `bank:{transaction id}`."""
    memo: Mapped[str]
    occurred_at: Mapped[datetime]


class JournalEntry(Identified, Base):
    """One side of a journal: đồng, debit positive, credit negative."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index(None, "account", "created_at"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
    )

    journal_id: Mapped[UUID] = mapped_column(ForeignKey("journals.id"), index=True)
    account: Mapped[str]
    """Like `bank:970436:0123456789`, `seller_payable:{producer}`, `suspense_unmatched`."""
    amount_minor: Mapped[int]
