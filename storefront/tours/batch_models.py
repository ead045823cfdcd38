"""Tables of paper tickets: a batch lies at a sales point in the village, is sold there for cash, and settled by the host."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class TicketState(StrEnum):
    """`out` in the sales point's hands, sold or not; `sold` and settled; `back`, void for good."""

    OUT = "out"
    SOLD = "sold"
    BACK = "back"


class TicketBatch(Identified, Base):
    """Paper tickets for one departure, or for any day from a first until a last. The id is made by the client, stored once."""

    __tablename__ = "ticket_batches"
    __table_args__ = (
        CheckConstraint("count BETWEEN 1 AND 200", name="count_of_a_batch"),
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("0 <= keep_minor AND keep_minor < price_minor", name="keep_within_price"),
        CheckConstraint("valid_from <= valid_until", name="valid_forward"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"))
    option_id: Mapped[UUID] = mapped_column(ForeignKey("tour_options.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("tour_units.id"))
    departure_id: Mapped[UUID | None] = mapped_column(ForeignKey("departures.id"), index=True)
    """Whose seats it has taken; None: each ticket takes seats once its day is known."""
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    code: Mapped[str] = mapped_column(unique=True)
    """For the books and for words between host and sales point; it opens no gate."""
    point_name: Mapped[str]
    point_phone: Mapped[str]
    count: Mapped[int]
    heads: Mapped[int]
    """Heads of one ticket."""
    price_minor: Mapped[int]
    """What a guest pays for one, in đồng."""
    keep_minor: Mapped[int]
    """What of it the sales point keeps; a matter between it and the host, not in the books."""
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class BatchSettlement(Identified, Base):
    """Tickets that a sales point paid for or handed back, at one time. The id is made by the client, stored once."""

    __tablename__ = "batch_settlements"
    __table_args__ = (
        CheckConstraint("sold >= 0 AND back >= 0 AND sold + back > 0", name="something_settled"),
        CheckConstraint("amount_minor >= 0 AND keep_minor >= 0", name="amounts_not_negative"),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_batches.id"), index=True)
    sold: Mapped[int]
    back: Mapped[int]
    amount_minor: Mapped[int]
    """What guests paid for those that were sold."""
    keep_minor: Mapped[int]
    """What of it stayed with the sales point; the rest the host has in hand."""
    settled_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class BatchTicket(Identified, Base):
    """One paper ticket of a batch; a guest's name is never kept."""

    __tablename__ = "batch_tickets"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        CheckConstraint("(state = 'sold') = (settlement_id IS NOT NULL)", name="sold_when_settled"),
        CheckConstraint("state <> 'back' OR booking_id IS NULL", name="back_leads_nowhere"),
        CheckConstraint("returned_at IS NULL OR state = 'sold'", name="returned_once_sold"),
        Index("ix_batch_tickets_booking_id", "booking_id", unique=True),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("ticket_batches.id"))
    number: Mapped[int]
    code: Mapped[str] = mapped_column(unique=True)
    """Printed and said aloud: of one for a departure its booking's, of one for any day that of its unit item."""
    state: Mapped[TicketState]
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
    """Where it leads to; None: handed back, or for any day and its day is not known."""
    settlement_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch_settlements.id"), index=True)
    returned_at: Mapped[datetime | None]
    """When the host gave its guest the money back, because the day was called off."""
