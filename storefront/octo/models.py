"""Tables of the OCTO API: what a reseller said of its bookings beside what every booking holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ResellerBooking(Identified, Base):
    """A booking that came by a key; only its operator sees it."""

    __tablename__ = "reseller_bookings"
    __table_args__ = (Index(None, "operator_id", "reference"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), unique=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    """The key that booked; its operator may go on with another one."""
    reference: Mapped[str | None]
    """OCTO: resellerReference."""
    notes: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(JSONB)
    cancel_reason: Mapped[str | None]
    changed_at: Mapped[datetime]


class ResellerItem(Identified, Base):
    """A ticket as its reseller names it (OCTO: unitItem)."""

    __tablename__ = "reseller_items"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("unit_items.id", ondelete="CASCADE"), unique=True)
    uuid: Mapped[UUID]
    """Made by the reseller, or by us when it sent none."""
    reference: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(JSONB)
