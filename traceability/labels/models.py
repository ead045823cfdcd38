"""Tables of labels: print jobs and serials."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class LabelSheet(Identified, Base):
    """A print job: so many serials of one lot."""

    __tablename__ = "label_sheets"
    __table_args__ = (CheckConstraint("count > 0", name="count_positive"),)

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    count: Mapped[int]
    layout: Mapped[str]
    printed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    pdf_key: Mapped[str | None]
    """Where the PDF lies once the worker has made it."""


class SerialState(StrEnum):
    """What became of a label."""

    ISSUED = "issued"
    SOLD = "sold"
    VOID = "void"


class Serial(Identified, Base):
    """A printed unit: GTIN + lot + serial (AI 21), random and unguessable."""

    __tablename__ = "serials"
    __table_args__ = (UniqueConstraint("gtin", "serial"),)

    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("label_sheets.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    gtin: Mapped[str]
    serial: Mapped[str]
    state: Mapped[SerialState]
    sold_at: Mapped[datetime | None]
