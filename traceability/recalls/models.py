"""Tables of recalls: what was asked, what was reached, and the signed report."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class StartKind(StrEnum):
    """Where a recall begins."""

    LOT = "lot"
    SITE = "site"
    FARM = "farm"
    INPUT = "input"
    DAY = "day"


class Recall(Identified, Base):
    """A recall, or the practice of one (`is_mock`: nothing is stopped). Never updated or deleted (a trigger refuses)."""

    __tablename__ = "recalls"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    opened_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    is_mock: Mapped[bool]
    start_kind: Mapped[StartKind]
    start: Mapped[dict[str, Any]]
    """What it begins with: an id, or a span of days."""
    reason: Mapped[str]
    report: Mapped[dict[str, Any]]
    """Lots, parcels and sources that were reached, and how long it took."""
    signature: Mapped[str]
    """Over the report as `traceability.recalls.service.spell` writes it."""


class RecallLot(Base):
    """A lot that a recall stopped."""

    __tablename__ = "recall_lots"

    recall_id: Mapped[UUID] = mapped_column(ForeignKey("recalls.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), primary_key=True, index=True)
