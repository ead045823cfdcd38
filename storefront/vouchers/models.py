"""Tables of vouchers: the codes with their counters, and which order used which."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Voucher(Identified, Base):
    """A code that lowers goods in a basket by an amount, or by a percentage up to a most: a producer's, or the market's."""

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint("uses_taken >= 0 AND uses_taken <= uses_most", name="uses_within_most"),
        CheckConstraint("(amount_minor IS NULL) <> (percent IS NULL)", name="amount_or_percent"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="percent_in_range"),
        CheckConstraint("most_minor > 0 AND minimum_minor >= 0", name="limits_not_negative"),
        CheckConstraint("valid_from <= valid_until", name="window_in_order"),
        CheckConstraint("uses_per_phone > 0", name="uses_per_phone_positive"),
        CheckConstraint("(producer_id IS NULL) = (budget_minor IS NOT NULL)", name="market_has_budget"),
        CheckConstraint("budget_taken_minor BETWEEN 0 AND coalesce(budget_minor, 0)", name="within_budget"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    """Folded: a-z and 0-9 alone."""
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"), index=True)
    """Whose goods it lowers, and who bears it; None: the market pays, for goods of the producers in `VoucherProducer`."""
    amount_minor: Mapped[int | None]
    percent: Mapped[int | None]
    most_minor: Mapped[int | None]
    minimum_minor: Mapped[int] = mapped_column(server_default="0")
    """How much of the goods that it is for must lie in the basket, in đồng."""
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    """The first instant at which it no longer counts."""
    uses_most: Mapped[int]
    uses_taken: Mapped[int] = mapped_column(server_default="0")
    uses_per_phone: Mapped[int]
    budget_minor: Mapped[int | None]
    """How much the market pays in all, in đồng."""
    budget_taken_minor: Mapped[int] = mapped_column(server_default="0")
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class VoucherProducer(Base):
    """A producer whose goods a code of the market is for; a code without any is for all goods."""

    __tablename__ = "voucher_producers"

    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"), primary_key=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)


class VoucherPhone(Base):
    """How often one phone number (E.164) has used a voucher."""

    __tablename__ = "voucher_phones"
    __table_args__ = (CheckConstraint("taken >= 0", name="taken_not_negative"),)

    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"), primary_key=True)
    phone: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[int]


class VoucherUse(Base):
    """One order's use of a voucher; `is_taken` turns false when the order gave it back."""

    __tablename__ = "voucher_uses"
    __table_args__ = (CheckConstraint("discount_minor > 0", name="discount_positive"),)

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    order_code: Mapped[str]
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"), index=True)
    phone: Mapped[str]
    discount_minor: Mapped[int]
    is_taken: Mapped[bool]
    created_at: Mapped[datetime]
