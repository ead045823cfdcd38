"""Tables of the basket."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Cart(Identified, Base):
    """A basket, known by the hash of its cookie."""

    __tablename__ = "carts"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    touched_at: Mapped[datetime]
    ordered_at: Mapped[datetime | None]
    joins_order_id: Mapped[UUID | None]
    """The order whose parcels take along what lies in it. It may have left by now: whoever places it looks again."""
    edits_order_id: Mapped[UUID | None]
    """The unpaid order whose place it takes. It may be paid or over by now: whoever places it looks again."""


class CartLine(Identified, Base):
    """A variant in a basket, in the variant's own unit."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        UniqueConstraint("cart_id", "variant_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    cart_id: Mapped[UUID] = mapped_column(ForeignKey("carts.id", ondelete="CASCADE"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    quantity: Mapped[int]
