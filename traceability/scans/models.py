"""Tables of scans: what was scanned, in which hour and province, and which labels became suspicious by it.

No address, no exact place, no person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified, UuidPk


class Scan(Base):
    """One look at a label."""

    __tablename__ = "scans"
    __table_args__ = (
        # What one label's page reads, newest first, without touching the table.
        Index(
            None,
            "gtin",
            "serial",
            "hour_at",
            postgresql_include=["province_code", "device_class", "is_located"],
            postgresql_where=text("serial IS NOT NULL AND device_class <> 'robot'"),
        ),
        Index(None, "gtin", "hour_at", postgresql_where=text("NOT is_issued")),
    )

    id: Mapped[UuidPk]
    gtin: Mapped[str]
    lot_code: Mapped[str | None]
    serial: Mapped[str | None]
    hour_at: Mapped[datetime]
    """The scan's instant, cut to the hour."""
    device_class: Mapped[str]
    province_code: Mapped[str | None]
    """Where it was scanned, when the visitor or the operator's proxy said so; never guessed from an address."""
    is_located: Mapped[bool] = mapped_column(server_default="false")
    """The province is the proxy's word for the visitor's place; else it is the visitor's for the place of the pack."""
    is_issued: Mapped[bool] = mapped_column(server_default="true")
    """False for a code that we never issued, read off something that looks like our label."""


class Suspect(Identified, Base):
    """A label that was called suspicious: its highest score, and the reasons for it. Found once, seen again and again."""

    __tablename__ = "suspects"
    __table_args__ = (
        CheckConstraint("0 <= score AND score <= 100", name="score_in_range"),
        Index(None, "producer_id", "seen_at"),
    )

    serial_id: Mapped[UUID] = mapped_column(ForeignKey("serials.id"), unique=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    score: Mapped[int]
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """As `reasons.pack` makes them."""
    seen_at: Mapped[datetime]
    """When it was last scanned while suspicious."""
