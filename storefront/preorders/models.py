"""Tables of pre-orders: what is promised of a coming harvest with its counter, and which order line waits for it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class PreorderOffer(Identified, Base):
    """So much of a coming harvest of one variant may be ordered before it is there, in the variant's own unit."""

    __tablename__ = "preorder_offers"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= cap", name="taken_within_cap"),
        Index("uq_preorder_offers_open", "variant_id", unique=True, postgresql_where="ended_at IS NULL"),
        Index(None, "variant_id"),
    )

    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    cap: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
    expected_on: Mapped[date]
    """The day on which the harvest is expected; the last one on which it may be ordered before it is there."""
    ended_at: Mapped[datetime | None]
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class PreorderState(StrEnum):
    """`taken` counts until `expires_at`; `paid` waits for the harvest; `filled` holds stock; `released` is free again."""

    TAKEN = "taken"
    PAID = "paid"
    FILLED = "filled"
    RELEASED = "released"


class Preorder(Base):
    """What one order line takes of an offer."""

    __tablename__ = "preorders"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(None, "offer_id", "state"),
        Index(None, "order_id"),
    )

    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("preorder_offers.id"))
    order_id: Mapped[UUID]
    quantity: Mapped[int]
    state: Mapped[PreorderState]
    expires_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]
    """Since when its goods are stock's to keep; late money looks for them there again."""
    created_at: Mapped[datetime]
