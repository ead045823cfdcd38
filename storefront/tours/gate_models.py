"""Tables of the gate: who was let in, by which phone, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ScanMeans(StrEnum):
    """How somebody was known at the gate: by a signed symbol, or by a code that was said, typed or tapped in the list."""

    SYMBOL = "symbol"
    CODE = "code"


class ScanTrouble(StrEnum):
    """Why a host should ask about people who were let in where the market could not say no."""

    CANCELLED = "cancelled"
    WRONG_DAY = "wrong_day"
    UNPAID = "unpaid"
    FULL = "full"


class GateScan(Identified, Base):
    """People who were let in at a gate. The id is the phone's own, so that what comes twice is kept once."""

    __tablename__ = "gate_scans"
    __table_args__ = (CheckConstraint("heads > 0", name="heads_positive"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), index=True)
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    """Where the booking led to when the scan came."""
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    device_id: Mapped[UUID | None]
    """The phone, where it wrote this down and sent it later."""
    scanned_at: Mapped[datetime]
    means: Mapped[ScanMeans]
    heads: Mapped[int]
    trouble: Mapped[ScanTrouble | None]


class GateEntry(Base):
    """One ticket of a scan; a repeat came in after another scan of the same ticket, by the hours of the phones."""

    __tablename__ = "gate_entries"
    __table_args__ = (
        Index("uq_gate_entries_first", "item_id", unique=True, postgresql_where="NOT is_repeat"),
    )

    scan_id: Mapped[UUID] = mapped_column(ForeignKey("gate_scans.id"), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("unit_items.id"), primary_key=True)
    is_repeat: Mapped[bool]


class LeftDeparture(Base):
    """A departure that a party with tickets gave up for another: what was printed for it opens no gate on that day."""

    __tablename__ = "left_departures"

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    left_at: Mapped[datetime]
