"""Tables of waiting lists: a party, and what it wants."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class WaitingState(StrEnum):
    """`waiting` for seats, `offered` once (what became of it says the booking), `left`, or `closed` with its day."""

    WAITING = "waiting"
    OFFERED = "offered"
    LEFT = "left"
    CLOSED = "closed"


class WaitingParty(Identified, Base):
    """A party on the waiting list of a departure. The id is made by the client, stored once."""

    __tablename__ = "waiting_parties"
    __table_args__ = (
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("(state = 'offered') = (booking_id IS NOT NULL)", name="offered_with_a_booking"),
        Index(
            "uq_waiting_parties_once",
            "departure_id",
            "contact_phone",
            unique=True,
            postgresql_where="state = 'waiting'",
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[WaitingState]
    heads: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
    offered_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class WaitingUnit(Identified, Base):
    """So many of one price type that a waiting party wants."""

    __tablename__ = "waiting_units"
    __table_args__ = (
        UniqueConstraint("party_id", "unit_id"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("waiting_parties.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("tour_units.id"))
    number: Mapped[int]
