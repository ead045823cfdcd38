"""Tables of fees: what is taken of whom since when, and what was taken of which sale."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class FeeKind(StrEnum):
    """What a fee is for: the market's work, and taking the payment in."""

    MARKET = "market"
    PAYMENT = "payment"


class FeeRule(Identified, Base):
    """One part of a producer's fee from a day on, until a later rule of the same kind; 0 basis points end it."""

    __tablename__ = "fee_rules"
    __table_args__ = (
        UniqueConstraint("producer_id", "kind", "valid_from"),
        CheckConstraint("basis_points BETWEEN 0 AND 10000", name="a_part"),
        CheckConstraint("least_minor >= 0", name="least_not_negative"),
        CheckConstraint("most_minor IS NULL OR most_minor >= least_minor", name="most_not_below_least"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    kind: Mapped[FeeKind]
    basis_points: Mapped[int]
    """Of the goods' price; 250 are 2,5 %."""
    least_minor: Mapped[int]
    most_minor: Mapped[int | None]
    """Bounds of what is taken of one producer's part of one sale, in đồng."""
    valid_from: Mapped[date]
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class FeeTaken(Identified, Base):
    """What was taken of one producer's part of one sale, and how much of it went back with refunds (đồng)."""

    __tablename__ = "fees_taken"
    __table_args__ = (
        UniqueConstraint("sale", "producer_id", "kind"),
        CheckConstraint("amount_minor > 0 AND amount_minor <= base_minor", name="within_the_goods"),
        CheckConstraint("given_base_minor BETWEEN 0 AND base_minor", name="given_base_within"),
        CheckConstraint("given_minor BETWEEN 0 AND amount_minor", name="given_within"),
    )

    sale: Mapped[str]
    """The source of the sale in the books, like `order:{id}`."""
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    kind: Mapped[FeeKind]
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("fee_rules.id"), index=True)
    base_minor: Mapped[int]
    amount_minor: Mapped[int]
    given_base_minor: Mapped[int] = mapped_column(server_default="0")
    given_minor: Mapped[int] = mapped_column(server_default="0")
