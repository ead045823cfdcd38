"""Tables of what a day needs besides seats: who leads it, what it drives in, and which pond-houses take how many."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ResourceKind(StrEnum):
    """Who leads guests, and what they go in."""

    GUIDE = "guide"
    CAR = "car"
    BOAT = "boat"


class TourResource(Identified, Base):
    """A guide with languages, or a car or boat with the guests' seats, of a producer."""

    __tablename__ = "tour_resources"
    __table_args__ = (
        CheckConstraint("(kind = 'guide') = (seats IS NULL)", name="vehicles_have_seats"),
        CheckConstraint("seats > 0", name="seats_positive"),
        CheckConstraint("kind = 'guide' OR person_id IS NULL", name="guides_are_people"),
        Index(
            "uq_tour_resources_person",
            "producer_id",
            "person_id",
            unique=True,
            postgresql_where="person_id IS NOT NULL",
        ),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    kind: Mapped[ResourceKind]
    name: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Which member the guide is, who then reads their own days."""
    languages: Mapped[list[str]] = mapped_column(server_default="[]")
    seats: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class DepartureResource(Base):
    """A guide or vehicle on a departure. Two that overlap in time never have the same one (an exclusion constraint)."""

    __tablename__ = "departure_resources"

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("tour_resources.id"), primary_key=True)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """From the departure's start to its end; a trigger keeps it so, and takes the row off a day that is called off."""


class HouseLimit(Base):
    """How many visitors a day a pond-house takes at most. Its row is the lock behind which places are counted."""

    __tablename__ = "house_limits"
    __table_args__ = (CheckConstraint("visitors > 0", name="visitors_positive"),)

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    visitors: Mapped[int]
    changed_at: Mapped[datetime]


class HouseEntry(Base):
    """That people of a scan at the gate went into a place of the farm, as the date showed it then."""

    __tablename__ = "house_entries"

    scan_id: Mapped[UUID] = mapped_column(ForeignKey("gate_scans.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True, index=True)
