"""Tables of labels: print jobs and serials."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, query_expression

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
    """Where the PDF lies once the worker has made it; a sheet with PINs is never kept."""
    has_pin: Mapped[bool] = mapped_column(server_default="false")
    """Whether each label carries a PIN under a scratch field."""


class SerialState(StrEnum):
    """What became of a label."""

    ISSUED = "issued"
    SOLD = "sold"
    VOID = "void"


class Serial(Identified, Base):
    """A printed unit: GTIN + lot + serial (AI 21), random and unguessable."""

    __tablename__ = "serials"
    __table_args__ = (
        UniqueConstraint("gtin", "serial"),
        Index("ix_serials_parcel_id", "parcel_id", postgresql_where="parcel_id IS NOT NULL"),
    )

    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("label_sheets.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    gtin: Mapped[str]
    serial: Mapped[str]
    state: Mapped[SerialState]
    sold_at: Mapped[datetime | None]
    parcel_id: Mapped[UUID | None]
    """The parcel into which it was scanned, as the shop names it: one step forward."""
    pin_used_at: Mapped[datetime | None]
    """The hour in which its PIN was first typed rightly; set once, by a conditional update."""
    pin_province_code: Mapped[str | None] = mapped_column(ForeignKey("admin_units.code"))
    has_pin: Mapped[bool] = query_expression(default_expr=false())
    """Whether its sheet was printed with PINs; known to whoever asks for it (see the repository), else False."""
    """Where that was, if it was said."""


class PrintAct(StrEnum):
    """What was done with labels: printed for the first time, printed again, or made void."""

    PRINT = "print"
    REPRINT = "reprint"
    VOID = "void"


class Reason(StrEnum):
    """Why labels are printed again or made void."""

    SPOILT = "spoilt"
    LOST = "lost"
    OTHER = "other"


class LabelPrint(Identified, Base):
    """Who printed, reprinted or voided what, when and why: one file of a print job, or one label. Insert-only."""

    __tablename__ = "label_prints"
    __table_args__ = (
        CheckConstraint("num_nonnulls(part, serial_id) = 1", name="one_thing"),
        CheckConstraint("(act = 'print') = (reason IS NULL)", name="reason_for_again"),
        Index(None, "sheet_id", "created_at"),
        Index(
            "uq_label_prints_first_of_part", "sheet_id", "part", unique=True, postgresql_where="act = 'print'"
        ),
        Index(
            "uq_label_prints_once_of_serial",
            "serial_id",
            "act",
            unique=True,
            postgresql_where="act <> 'reprint'",
        ),
    )

    sheet_id: Mapped[UUID] = mapped_column(ForeignKey("label_sheets.id"))
    part: Mapped[int | None]
    """The number of the file, from 1."""
    serial_id: Mapped[UUID | None] = mapped_column(ForeignKey("serials.id"))
    act: Mapped[PrintAct]
    reason: Mapped[Reason | None]
    note: Mapped[str] = mapped_column(server_default="")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
