"""Tables of farms and their sites."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Farm(Identified, Base):
    """A household's place within a producer: where the work is done."""

    __tablename__ = "farms"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    """The household's person, when the farm is a member's own."""
    name: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"))
    hamlet: Mapped[str]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    altitude_m: Mapped[int | None]


class SiteKind(StrEnum):
    """Where things grow: tea in plots, fish in water."""

    PLOT = "plot"
    POND = "pond"
    TANK = "tank"
    RACEWAY = "raceway"
    CAGE = "cage"


class Crop(StrEnum):
    """What grows there; intervals and yields are kept per crop."""

    TEA = "tea"
    STURGEON = "sturgeon"
    SALMON = "salmon"


class Site(Identified, Base):
    """A plot, pond, tank, raceway or cage of a farm."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("(kind = 'plot') = (area_m2 IS NOT NULL)", name="plots_have_area"),
        CheckConstraint("(kind <> 'plot') = (volume_m3 IS NOT NULL)", name="waters_have_volume"),
    )

    farm_id: Mapped[UUID] = mapped_column(ForeignKey("farms.id"), index=True)
    name: Mapped[str]
    kind: Mapped[SiteKind]
    crop: Mapped[Crop]
    variety: Mapped[str] = mapped_column(server_default="")
    area_m2: Mapped[int | None]
    volume_m3: Mapped[int | None]
    planted_year: Mapped[int | None]
    planting_area_code: Mapped[str | None]
    outline: Mapped[dict[str, Any] | None]
    """GeoJSON polygon, WGS 84."""
