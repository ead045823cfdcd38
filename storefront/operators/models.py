"""Tables of tour operators: who they are, who works for them, and each sale on their account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Operator(Identified, Base):
    """A company that sells visits to its own guests and pays the market later."""

    __tablename__ = "operators"
    __table_args__ = (
        CheckConstraint("0 <= discount_basis_points AND discount_basis_points < 10000", name="discount"),
    )

    name: Mapped[str] = mapped_column(unique=True)
    contact_name: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str | None]
    discount_basis_points: Mapped[int] = mapped_column(server_default="0")
    """What it pays less than a visitor does, of each ticket."""
    credit_limit_minor: Mapped[int | None]
    """How much it may owe at most, in đồng; None: as much as it likes."""
    payment_code: Mapped[str | None] = mapped_column(unique=True)
    """What stands in the memo of its transfers: money that bears it is its own."""


class OperatorMember(Identified, Base):
    """A person who works for an operator, at its own pages."""

    __tablename__ = "operator_members"
    __table_args__ = (
        UniqueConstraint("operator_id", "person_id"),
        # One place of work: a page never has to ask for whom.
        Index("uq_operator_members_at_work", "person_id", unique=True, postgresql_where="ended_at IS NULL"),
    )

    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]


class OperatorSale(Identified, Base):
    """What one booking cost an operator, until it was taken back; a booking that changes is sold anew."""

    __tablename__ = "operator_sales"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("0 <= kept_minor AND kept_minor <= amount_minor", name="kept_within"),
        Index(None, "booking_id", unique=True, postgresql_where="reversed_at IS NULL"),
    )

    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    booking_id: Mapped[UUID]
    """The booking's id; its table stands on a higher floor."""
    code: Mapped[str]
    amount_minor: Mapped[int]
    reversed_at: Mapped[datetime | None]
    kept_minor: Mapped[int] = mapped_column(server_default="0")
    """What of it stays on the account, though the booking was cancelled."""
