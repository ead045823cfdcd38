"""Tables of reports: a label that somebody found suspicious. Nothing about who reports."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Sign(StrEnum):
    """What somebody found wrong."""

    PACK = "pack"
    GOODS = "goods"
    SCANS = "scans"
    PLACE = "place"
    OTHER = "other"


class SuspectReport(Identified, Base):
    """One report. Insert-only: all that can change, once, is that the producer looked into it (a trigger keeps it so)."""

    __tablename__ = "suspect_reports"
    __table_args__ = (
        CheckConstraint("(handled_at IS NULL) = (handled_by_id IS NULL)", name="handled_by_somebody"),
        Index(None, "producer_id", "created_at"),
        Index(None, "created_at"),
        Index(None, "gtin", "created_at", postgresql_where=text("handled_at IS NULL")),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    gtin: Mapped[str]
    lot_code: Mapped[str | None]
    serial: Mapped[str | None]
    """As it stood in the address, whether we issued it or not."""
    sign: Mapped[Sign]
    note: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    province_code: Mapped[str | None]
    """Where the pack is, when the visitor had said so."""
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
