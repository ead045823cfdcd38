"""Tables of pricing: what a producer takes for carrying a parcel."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class DeliveryRate(Base):
    """A flat fee per parcel, waived from a basket of `free_from_minor` on."""

    __tablename__ = "delivery_rates"
    __table_args__ = (
        CheckConstraint("fee_minor >= 0", name="fee_not_negative"),
        CheckConstraint("minimum_minor >= 0", name="minimum_not_negative"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)
    fee_minor: Mapped[int]
    free_from_minor: Mapped[int | None]
    minimum_minor: Mapped[int] = mapped_column(server_default="0")
    """Less than this worth of goods the producer does not send, in đồng."""
