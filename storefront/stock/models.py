"""Tables of stock: whole pieces or grams per lot and variant, and who holds them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class StockItem(Identified, Base):
    """What lies ready of one lot for one variant, in the variant's own unit (pieces or grams)."""

    __tablename__ = "stock_items"
    __table_args__ = (
        UniqueConstraint("lot_id", "variant_id"),
        CheckConstraint("reserved >= 0 AND allocated >= 0", name="not_negative"),
        CheckConstraint("reserved + allocated <= on_hand", name="held_within_on_hand"),
        Index(None, "variant_id", "expires_on"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"))
    expires_on: Mapped[date]
    on_hand: Mapped[int]
    reserved: Mapped[int] = mapped_column(server_default="0")
    allocated: Mapped[int] = mapped_column(server_default="0")
    is_blocked: Mapped[bool] = mapped_column(server_default="false")
    """Frozen (a recall): nothing more is taken from it."""


class ReservationState(StrEnum):
    """`reserved` counts until `expires_at`; `allocated` is paid for; `shipped` has left; `released` is free again."""

    RESERVED = "reserved"
    ALLOCATED = "allocated"
    SHIPPED = "shipped"
    RELEASED = "released"


class Reservation(Identified, Base):
    """So much of one stock item for one holder's line (an order line's id)."""

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index(None, "holder_id"),
        Index("ix_reservations_due", "expires_at", postgresql_where="state = 'reserved'"),
    )

    stock_item_id: Mapped[UUID] = mapped_column(ForeignKey("stock_items.id"), index=True)
    holder_id: Mapped[UUID]
    """The order that holds it."""
    line_id: Mapped[UUID]
    quantity: Mapped[int]
    state: Mapped[ReservationState]
    expires_at: Mapped[datetime]


class StockMovement(Identified, Base):
    """Why what lies ready changed: insert-only."""

    __tablename__ = "stock_movements"

    stock_item_id: Mapped[UUID] = mapped_column(ForeignKey("stock_items.id"), index=True)
    delta: Mapped[int]
    reason: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
