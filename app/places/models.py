"""Tables of places: administrative units with the names people still say, and addresses."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class UnitLevel(StrEnum):
    """The levels since 2025-07-01: province or city, and below it commune, ward or special zone."""

    PROVINCE = "province"
    CITY = "city"
    COMMUNE = "commune"
    WARD = "ward"
    SPECIAL_ZONE = "special_zone"


class AdminUnit(Base):
    """A unit by its code of the National Statistics Office (2 digits a province, 5 a commune)."""

    __tablename__ = "admin_units"

    code: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[UnitLevel]
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(index=True)
    province_code: Mapped[str | None] = mapped_column(ForeignKey("admin_units.code"), index=True)


class AdminUnitAlias(Base):
    """A name used before 2025-07-01 (commune, district, province) and the unit that holds it now."""

    __tablename__ = "admin_unit_aliases"
    __table_args__ = (Index(None, "name_folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"), index=True)
    name: Mapped[str]
    name_folded: Mapped[str]


class Address(Identified, Base):
    """Where a parcel goes: who receives it, the commune, and the line a neighbour would say."""

    __tablename__ = "addresses"

    recipient_name: Mapped[str]
    phone: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"))
    line: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
