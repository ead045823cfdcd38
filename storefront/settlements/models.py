"""Tables of settlements: a household's book, its advances, and what was settled slip by slip."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from app.core.quantity import format_scaled

_MILLI_PLACES = 3


class HouseholdBook(Base):
    """What a producer keeps of one household: where it is paid. Whoever settles holds its row (BM3)."""

    __tablename__ = "household_books"
    __table_args__ = (
        CheckConstraint("num_nulls(bank_bin, bank_account, account_name) IN (0, 3)", name="account_whole"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    bank_bin: Mapped[str | None]
    bank_account: Mapped[str | None]
    account_name: Mapped[str | None]
    created_at: Mapped[datetime]


class AdvanceKind(StrEnum):
    """What a household got before its leaf was settled: money, or inputs on credit."""

    CASH = "cash"
    INPUT = "input"


class Advance(Identified, Base):
    """What a household got ahead, in đồng; `set_off_minor` is how much of it was taken off settlements so far."""

    __tablename__ = "advances"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("set_off_minor BETWEEN 0 AND amount_minor", name="set_off_within"),
        CheckConstraint("voided_at IS NULL OR set_off_minor = 0", name="voided_whole"),
        CheckConstraint("quantity_milli > 0", name="quantity_positive"),
        CheckConstraint("num_nulls(quantity_milli, unit) IN (0, 2)", name="quantity_whole"),
        CheckConstraint("kind = 'input' OR quantity_milli IS NULL", name="quantity_of_inputs"),
        Index(None, "producer_id", "person_id"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[AdvanceKind]
    amount_minor: Mapped[int]
    set_off_minor: Mapped[int] = mapped_column(server_default="0")
    given_on: Mapped[date]
    what_for: Mapped[str]
    quantity_milli: Mapped[int | None]
    """How much was handed over, in thousandths of `unit`; None of money, and of inputs that were written down before."""
    unit: Mapped[str | None]
    """As people count it: a sack, a kilo, a seedling."""
    given_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    voided_at: Mapped[datetime | None]
    voided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    @property
    def left_minor(self) -> int:
        """What is still to be set off; nothing of one that was voided."""
        return 0 if self.voided_at else self.amount_minor - self.set_off_minor

    @property
    def what(self) -> str:
        """What was handed over and how much of it, or what the money is for: "2 bao phân NPK"."""
        if self.quantity_milli is None:
            return self.what_for
        return f"{format_scaled(self.quantity_milli, _MILLI_PLACES)} {self.unit} {self.what_for}"


class Settlement(Identified, Base):
    """What a household sold in a period, what was set off, and what it gets (đồng); days in Vietnam, both counted."""

    __tablename__ = "settlements"
    __table_args__ = (
        CheckConstraint("since <= until", name="in_order"),
        CheckConstraint("goods_minor > 0", name="goods_positive"),
        CheckConstraint("set_off_minor BETWEEN 0 AND goods_minor", name="set_off_within"),
        CheckConstraint("num_nulls(paid_at, paid_by_id, reference) IN (0, 3)", name="paid_whole"),
        CheckConstraint("paid_at IS NULL OR set_off_minor < goods_minor", name="paid_if_due"),
        CheckConstraint("attempt > 0", name="attempt_positive"),
        Index(None, "producer_id", "person_id"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    code: Mapped[str] = mapped_column(unique=True)
    """Stands in the transfer's memo, so that both sides find it again."""
    since: Mapped[date]
    until: Mapped[date]
    goods_minor: Mapped[int]
    set_off_minor: Mapped[int]
    settled_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    paid_at: Mapped[datetime | None]
    paid_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reference: Mapped[str | None]
    """The bank's own reference of the transfer, or how else it was handed over."""
    paid_to: Mapped[str | None]
    """The household's account as it was then, like `970415:113366668888`; None when it had none."""
    attempt: Mapped[int] = mapped_column(server_default="1")
    """Grows with each payment that came back, so that the next one is booked as its own."""
    return_reason: Mapped[str | None]

    @property
    def due_minor(self) -> int:
        """What the household gets."""
        return self.goods_minor - self.set_off_minor

    @property
    def is_due(self) -> bool:
        """Whether something is still to be paid."""
        return self.paid_at is None and self.due_minor > 0


class SettlementLine(Identified, Base):
    """One slip in a settlement: what it says less what the household got for the slips that it corrects (đồng).

    `takes_back`: the slip went to another household, and this one gives back what it got.
    """

    __tablename__ = "settlement_lines"
    __table_args__ = (
        UniqueConstraint("slip_id", "person_id"),
        Index("ix_settlement_lines_once", "slip_id", unique=True, postgresql_where=text("NOT takes_back")),
        Index(None, "person_id"),
    )

    settlement_id: Mapped[UUID] = mapped_column(ForeignKey("settlements.id"), index=True)
    slip_id: Mapped[UUID] = mapped_column(ForeignKey("intake_slips.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    amount_minor: Mapped[int]
    before_minor: Mapped[int]
    """What the household got for what this slip corrects."""
    takes_back: Mapped[bool]


class SetOff(Base):
    """How much of an advance a settlement took off (đồng)."""

    __tablename__ = "advance_set_offs"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    settlement_id: Mapped[UUID] = mapped_column(ForeignKey("settlements.id"), primary_key=True)
    advance_id: Mapped[UUID] = mapped_column(ForeignKey("advances.id"), primary_key=True, index=True)
    amount_minor: Mapped[int]
