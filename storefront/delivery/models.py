"""Tables of delivery: the ways in which a producer's goods travel, their prices, and what the producer calls near."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class MethodKind(StrEnum):
    """Sent to the buyer, or fetched by the buyer: at the farm, or at a stall of a market."""

    SENT = "sent"
    FARM = "farm"
    STALL = "stall"


class Zone(StrEnum):
    """Where a parcel goes, seen from the producer: nearest first."""

    COMMUNE = "commune"
    PROVINCE = "province"
    REGION = "region"
    REST = "rest"


class DeliveryMethod(Identified, Base):
    """A way in which a producer's goods travel; one that is no longer offered stays, inactive."""

    __tablename__ = "delivery_methods"
    __table_args__ = (
        CheckConstraint("weekdays BETWEEN 0 AND 127", name="weekdays_of_one_week"),
        CheckConstraint(
            "cutoff_days BETWEEN 0 AND 14 AND cutoff_hour BETWEEN 0 AND 23", name="cutoff_in_range"
        ),
        CheckConstraint("free_from_minor > 0", name="free_from_positive"),
        CheckConstraint("(kind = 'sent') = (place = '')", name="fetched_somewhere"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    name: Mapped[str]
    kind: Mapped[MethodKind]
    place: Mapped[str] = mapped_column(server_default="")
    """Where the goods are fetched, and when somebody is there, in the producer's words."""
    carries: Mapped[list[str]]
    """The `Temperature`s that it keeps."""
    weekdays: Mapped[int] = mapped_column(server_default="0")
    """The days on which it goes, a bit for each (1 is Monday, 64 Sunday); 0 for no fixed days."""
    cutoff_days: Mapped[int] = mapped_column(server_default="1")
    cutoff_hour: Mapped[int] = mapped_column(server_default="17")
    """Orders are taken until this hour (Vietnam's clock) of the day so many days before."""
    free_from_minor: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class DeliveryPrice(Identified, Base):
    """What one parcel of up to so many grams (None: of any weight) costs into a zone, in đồng."""

    __tablename__ = "delivery_prices"
    __table_args__ = (
        UniqueConstraint("method_id", "zone", "up_to_g", postgresql_nulls_not_distinct=True),
        CheckConstraint("up_to_g > 0 AND fee_minor >= 0", name="not_negative"),
    )

    method_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_methods.id"))
    zone: Mapped[Zone]
    up_to_g: Mapped[int | None]
    fee_minor: Mapped[int]


class DeliveryRegion(Base):
    """A province that a producer counts to their region; without any, the provinces that border on theirs."""

    __tablename__ = "delivery_regions"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"), primary_key=True)
