"""Tables of fulfilment: which lot really went into which parcel."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class PackedItem(Identified, Base):
    """So much of one lot for one order line: one step forward for the lot, one step back for the parcel."""

    __tablename__ = "packed_items"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    consignment_id: Mapped[UUID] = mapped_column(ForeignKey("consignments.id"), index=True)
    order_line_id: Mapped[UUID] = mapped_column(ForeignKey("order_lines.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    quantity: Mapped[int]
    packed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
