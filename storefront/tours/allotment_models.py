"""Tables of allotments: seats that are held for an operator until some days before."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class AllotmentRule(Identified, Base):
    """So many seats of every date of a tour on some weekdays are an operator's; the rows on dates are what counts."""

    __tablename__ = "allotment_rules"
    __table_args__ = (
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("release_days >= 0", name="release_not_after"),
    )

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"), index=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    weekdays: Mapped[list[str]]
    """"0" is Monday; none is every day."""
    until_on: Mapped[date]
    heads: Mapped[int]
    release_days: Mapped[int]
    ended_at: Mapped[datetime | None]


class Allotment(Identified, Base):
    """Seats of one date that are an operator's until so many days before; none left is a promise that was ended."""

    __tablename__ = "allotments"
    __table_args__ = (
        UniqueConstraint("departure_id", "operator_id"),
        CheckConstraint("heads >= 0", name="heads_not_negative"),
        CheckConstraint("release_days >= 0", name="release_not_after"),
    )

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"))
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("allotment_rules.id"), index=True)
    heads: Mapped[int]
    """With those that the operator has booked: its own bookings are taken from them first."""
    release_days: Mapped[int]
    """So many days before the start what is left is free for everybody, by the clock."""
    noted_at: Mapped[datetime | None]
    """When pages and the waiting list were told that it is free; nothing else depends on it."""
