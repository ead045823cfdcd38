"""Tables of scans: what was scanned, in which hour and province; no address, no exact place, no person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, UuidPk


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
            postgresql_include=["province_code", "device_class"],
            postgresql_where=text("serial IS NOT NULL AND is_issued AND device_class <> 'robot'"),
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
    is_issued: Mapped[bool] = mapped_column(server_default="true")
    """False for a code that we never issued, read off something that looks like our label."""
