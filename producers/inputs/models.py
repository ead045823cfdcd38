"""Tables of inputs and their waiting times."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.farms.models import Crop


class InputKind(StrEnum):
    """What is brought onto the plot or into the water."""

    FERTILISER = "fertiliser"
    PESTICIDE = "pesticide"
    FEED = "feed"
    DRUG = "drug"


class Input(Identified, Base):
    """A registered product, as its own label names it. `producer_id` None: known to the whole house."""

    __tablename__ = "inputs"

    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"), index=True)
    kind: Mapped[InputKind]
    name: Mapped[str]
    active_ingredient: Mapped[str] = mapped_column(server_default="")
    registration: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))


class InputInterval(Identified, Base):
    """How long to wait after use before harvest, per crop, as the product's label says."""

    __tablename__ = "input_intervals"
    __table_args__ = (
        UniqueConstraint("input_id", "crop"),
        CheckConstraint("num_nonnulls(days, degree_days) = 1", name="days_or_degree_days"),
    )

    input_id: Mapped[UUID] = mapped_column(ForeignKey("inputs.id", ondelete="CASCADE"))
    crop: Mapped[Crop]
    days: Mapped[int | None]
    """`phi_days` of a pesticide, withdrawal days of a drug."""
    degree_days: Mapped[int | None]
    """Withdrawal of a drug in cold water: sum of daily mean °C."""
