"""Tables of payouts: batches, and what each producer gets of one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class PayoutState(StrEnum):
    """`in_transit` is taken from what we owe, `settled` the bank confirmed, `returned` is owed again."""

    IN_TRANSIT = "in_transit"
    SETTLED = "settled"
    RETURNED = "returned"


class PayoutBatch(Identified, Base):
    """What the accountant pays out in one go."""

    __tablename__ = "payout_batches"

    opened_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class Payout(Identified, Base):
    """One transfer to one producer, with the account as it was when the batch was opened.

    `goods_minor` and `delivery_minor` say what it took from either payable; one of them may be below zero, netted.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("amount_minor = goods_minor + delivery_minor", name="amount_is_sum"),
        CheckConstraint(
            "(state = 'in_transit') = (settled_at IS NULL AND returned_at IS NULL)", name="dated"
        ),
        Index(None, "producer_id", "created_at"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batches.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    code: Mapped[str] = mapped_column(unique=True)
    """Stands in the transfer's memo, so that both sides find it again."""
    amount_minor: Mapped[int]
    goods_minor: Mapped[int]
    delivery_minor: Mapped[int]
    bank_bin: Mapped[str]
    bank_account: Mapped[str]
    account_name: Mapped[str]
    state: Mapped[PayoutState]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    paid_from: Mapped[str | None]
    """The account of the books that paid, like `bank:970436:0123456789`."""
    reference: Mapped[str | None]
    """The bank's own reference of the transfer."""
    returned_at: Mapped[datetime | None]
    returned_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    return_reason: Mapped[str | None]
