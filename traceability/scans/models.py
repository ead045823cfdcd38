"""Tables of scans: what was scanned and in which hour; no address, no exact place, no person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from app.core.orm import Base, UuidPk


class Scan(Base):
    """One look at a label."""

    __tablename__ = "scans"
    __table_args__ = (Index(None, "gtin", "lot_code", "serial"),)

    id: Mapped[UuidPk]
    gtin: Mapped[str]
    lot_code: Mapped[str | None]
    serial: Mapped[str | None]
    hour_at: Mapped[datetime]
    """The scan's instant, cut to the hour."""
    device_class: Mapped[str]
