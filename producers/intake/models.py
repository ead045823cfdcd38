"""Tables of intake: weigh slips of what the cooperative buys from its members."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified, UuidPk


class Grade(StrEnum):
    """Quality as the buying desk says it: bud only, bud and one leaf, bud and two or three leaves; fish."""

    BUD = "bud"
    ONE_LEAF = "one_leaf"
    TWO_LEAVES = "two_leaves"
    FISH = "fish"


class IntakeSlip(Base):
    """Fresh leaf or fish weighed in from a member household: settlement line and the lot's source at once."""

    __tablename__ = "intake_slips"
    __table_args__ = (
        Index(None, "producer_id", "weighed_at"),
        CheckConstraint("weight_g > 0", name="weight_positive"),
        CheckConstraint("price_per_kg_minor > 0", name="price_positive"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    )

    id: Mapped[UuidPk]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    farm_id: Mapped[UUID] = mapped_column(ForeignKey("farms.id"), index=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    weight_g: Mapped[int]
    grade: Mapped[Grade]
    price_per_kg_minor: Mapped[int]
    amount_minor: Mapped[int]
    """weight x price per kilo, rounded half up to the đồng."""
    place: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    weighed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("intake_slips.id"), unique=True)
    helper_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_flagged: Mapped[bool] = mapped_column(server_default="false")
    """Written by a helper under a mandate that was over when it came: kept, to be looked at."""


class DayPrice(Identified, Base):
    """What a kilo of a grade costs from a day on, until a later price; slips keep the price that they were written with."""

    __tablename__ = "day_prices"
    __table_args__ = (
        UniqueConstraint("producer_id", "grade", "valid_from"),
        CheckConstraint("price_per_kg_minor > 0", name="price_positive"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    grade: Mapped[Grade]
    valid_from: Mapped[date]
    price_per_kg_minor: Mapped[int]
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class SlipPhoto(Base):
    """The photo of the scale that arrived after its slip: one, never another."""

    __tablename__ = "slip_photos"

    slip_id: Mapped[UUID] = mapped_column(ForeignKey("intake_slips.id"), primary_key=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    received_at: Mapped[datetime]
