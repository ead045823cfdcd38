"""Tables of the chronicle: records that were written and are not told yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Identity
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class Fact(StrEnum):
    """What was written."""

    ENTRY = "entry"
    SLIP = "slip"
    LOT = "lot"
    LABELS = "labels"
    LABEL_VOID = "label_void"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RECALLED = "recalled"
    VISITED = "visited"


class ChronicleItem(Base):
    """A record whose events are still to be written; gone once they are."""

    __tablename__ = "chronicle_queue"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    fact: Mapped[Fact]
    record_id: Mapped[UUID]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What only the room that wrote it knows: a parcel's order and lots, the lots of a recall, where guests were."""
    noted_at: Mapped[datetime]
    fault: Mapped[str | None]
    """Why it could not be told: kept for whoever looks after the house, it stops nobody else's."""
