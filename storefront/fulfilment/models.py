"""Tables of fulfilment: which lot really went into which parcel, what was paid back, who was told of a recall."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class PackedItem(Identified, Base):
    """So much of one lot for one order line: one step forward for the lot, one step back for the parcel."""

    __tablename__ = "packed_items"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("weight_g > 0", name="weight_positive"),
    )

    consignment_id: Mapped[UUID] = mapped_column(ForeignKey("consignments.id"), index=True)
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    quantity: Mapped[int]
    weight_g: Mapped[int | None]
    """What these pieces really weighed, where the scale settles the price: the lot's weight is balanced with it."""
    packed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class RecallMessage(Base):
    """What a buyer was told of a recall, by whom and when: once for each order."""

    __tablename__ = "recall_messages"

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recalls.id"), primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True, index=True)
    words: Mapped[str]
    sent_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
