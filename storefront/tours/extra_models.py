"""Tables of add-ons: what a tour has besides its tickets, and what a party took of it."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.listings.models import TaxKind


class ExtraPer(StrEnum):
    """How an add-on is counted: one for everybody who comes, or as many pieces as the party wants."""

    HEAD = "head"
    PIECE = "piece"


class TourExtra(Identified, Base):
    """An add-on of a tour: lunch for everybody, a basket to pick with, a fish to take home."""

    __tablename__ = "tour_extras"
    __table_args__ = (
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("most > 0", name="most_positive"),
    )

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"), index=True)
    name: Mapped[str]
    per: Mapped[ExtraPer]
    price_minor: Mapped[int]
    tax_kind: Mapped[TaxKind]
    most: Mapped[int | None]
    """How many of it a date has; None: as many as are asked for."""
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class BookingExtra(Identified, Base):
    """So many of an add-on that a party took, at the price and under the name of that moment."""

    __tablename__ = "booking_extras"
    __table_args__ = (
        UniqueConstraint("booking_id", "extra_id"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"))
    extra_id: Mapped[UUID] = mapped_column(ForeignKey("tour_extras.id"), index=True)
    name: Mapped[str]
    tax_kind: Mapped[TaxKind]
    number: Mapped[int]
    price_minor: Mapped[int]
    """Of one, in đồng."""
