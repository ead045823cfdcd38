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


class LimitUnit(StrEnum):
    """What the label's largest dose counts: per litre of water, per hectare, per kilo of feed, per cubic metre."""

    ML_PER_LITRE = "ml_per_litre"
    G_PER_LITRE = "g_per_litre"
    ML_PER_HA = "ml_per_ha"
    G_PER_HA = "g_per_ha"
    G_PER_KG_FEED = "g_per_kg_feed"
    ML_PER_M3 = "ml_per_m3"
    G_PER_M3 = "g_per_m3"


class Input(Identified, Base):
    """A registered product, as its own label names it. `producer_id` None: known to the whole house."""

    __tablename__ = "inputs"
    __table_args__ = (
        CheckConstraint("(max_dose_tenths IS NULL) = (max_dose_unit IS NULL)", name="dose_has_unit"),
    )

    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"), index=True)
    kind: Mapped[InputKind]
    name: Mapped[str]
    active_ingredient: Mapped[str] = mapped_column(server_default="")
    registration: Mapped[str] = mapped_column(server_default="")
    pack_code: Mapped[str | None] = mapped_column(index=True)
    """The GTIN of the pack's bar code, written with 14 digits."""
    max_dose_tenths: Mapped[int | None]
    """The largest dose that the label allows, tenths of ml or g of its unit."""
    max_dose_unit: Mapped[LimitUnit | None]
    max_uses: Mapped[int | None]
    """How often at most on one site within a year (the label says: a season)."""
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
