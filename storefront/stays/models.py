"""Tables of stays: a house that lets beds, where one sleeps in it, its nights, and who booked which."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Stay(Identified, Base):
    """A house where a producer lets guests sleep."""

    __tablename__ = "stays"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    description: Mapped[str]
    meeting_point: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"))
    check_in: Mapped[time]
    """From this hour on (Vietnam's) guests are received."""
    check_out: Mapped[time]
    """Until this hour of the day of leaving the bed is theirs."""
    cancellation_hours: Mapped[int]
    """Free cancellation until so many hours before the check-in."""
    is_published: Mapped[bool]


class StayPhoto(Identified, Base):
    """A photo of a stay, in order."""

    __tablename__ = "stay_photos"
    __table_args__ = (UniqueConstraint("stay_id", "photo_id"),)

    stay_id: Mapped[UUID] = mapped_column(ForeignKey("stays.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    position: Mapped[int]


class PlaceKind(StrEnum):
    """Beds that strangers share a floor with, or rooms that one party has for itself."""

    SHARED = "shared"
    ROOM = "room"


class SleepingPlace(Identified, Base):
    """Where one sleeps: `number` beds or rooms of one kind, each for `heads_each`. A bed or a room is sold whole."""

    __tablename__ = "sleeping_places"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("heads_each > 0", name="heads_positive"),
        CheckConstraint("price_minor > 0", name="price_positive"),
        CheckConstraint("weekend_minor > 0", name="weekend_positive"),
    )

    stay_id: Mapped[UUID] = mapped_column(ForeignKey("stays.id"), index=True)
    kind: Mapped[PlaceKind]
    name: Mapped[str]
    number: Mapped[int]
    heads_each: Mapped[int]
    price_minor: Mapped[int]
    """One bed, or one room, for one night."""
    weekend_minor: Mapped[int | None]
    """The same for the nights of Friday and Saturday; None: like any night."""
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class StayNight(Identified, Base):
    """One night of one sleeping place: so many beds or rooms, so many of them taken."""

    __tablename__ = "stay_nights"
    __table_args__ = (
        UniqueConstraint("place_id", "night_on"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="beds_within_capacity"),
    )

    place_id: Mapped[UUID] = mapped_column(ForeignKey("sleeping_places.id"))
    night_on: Mapped[date]
    """The evening on which the night begins."""
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
    is_closed: Mapped[bool] = mapped_column(server_default="false")
    """Nobody new; who has booked keeps the bed."""


class StayState(StrEnum):
    """`on_hold` until it is paid, `confirmed`, `here` once the guests have come, `left` when they have gone."""

    ON_HOLD = "on_hold"
    CONFIRMED = "confirmed"
    HERE = "here"
    LEFT = "left"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OffReason(StrEnum):
    """Why a host cannot receive guests."""

    WEATHER = "weather"
    ROAD = "road"
    HOUSE = "house"
    OTHER = "other"


class StayBooking(Identified, Base):
    """A party that sleeps somewhere from one day to another. The id is made by the client, stored once."""

    __tablename__ = "stay_bookings"
    __table_args__ = (
        CheckConstraint("units > 0", name="units_positive"),
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("arrives_on < leaves_on", name="at_least_one_night"),
        CheckConstraint("(state = 'left') = (left_at IS NOT NULL)", name="left_dated"),
        Index("ix_stay_bookings_due", "expires_at", postgresql_where="state = 'on_hold'"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    stay_id: Mapped[UUID] = mapped_column(ForeignKey("stays.id"), index=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("sleeping_places.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[StayState]
    arrives_on: Mapped[date]
    leaves_on: Mapped[date]
    """The morning after the last night."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    free_until: Mapped[datetime]
    """Until when all of the money goes back; it is what was promised at the moment of booking, like the hours."""
    units: Mapped[int]
    """Beds or rooms."""
    heads: Mapped[int]
    total_minor: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    expires_at: Mapped[datetime]
    extensions: Mapped[int] = mapped_column(server_default="0")
    """How many times the hold was made longer."""
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    off_reason: Mapped[OffReason | None]
    """Why the host could not receive them; None where they cancelled by themselves."""
    off_note: Mapped[str] = mapped_column(server_default="")
    came_at: Mapped[datetime | None]
    received_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    left_at: Mapped[datetime | None]


class BookedNight(Base):
    """One night of a booking, at the price of its moment."""

    __tablename__ = "booked_nights"
    __table_args__ = (CheckConstraint("price_minor > 0", name="price_positive"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("stay_bookings.id"), primary_key=True)
    night_id: Mapped[UUID] = mapped_column(ForeignKey("stay_nights.id"), primary_key=True, index=True)
    price_minor: Mapped[int]
    """One bed or room."""
    freed_at: Mapped[datetime | None]
    """When the host gave it back to stock, because the guests left early."""
