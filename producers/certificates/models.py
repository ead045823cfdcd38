"""Tables of certificates."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class CertificateKind(StrEnum):
    """What was certified."""

    VIETGAP = "vietgap"
    ORGANIC = "organic"
    OCOP = "ocop"
    FOOD_SAFETY = "food_safety"


class Certificate(Identified, Base):
    """A paper with a number, an issuer and an end; its badge hides by itself after that day."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("valid_until >= valid_from", name="ends_after_start"),
        CheckConstraint("(kind = 'ocop') = (stars IS NOT NULL)", name="ocop_has_stars"),
        CheckConstraint("stars BETWEEN 3 AND 5", name="stars_3_to_5"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    farm_id: Mapped[UUID | None] = mapped_column(ForeignKey("farms.id"))
    kind: Mapped[CertificateKind]
    number: Mapped[str]
    issuer: Mapped[str]
    stars: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
