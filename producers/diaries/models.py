"""Tables of the production diary: append-only, corrected by a later entry."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, UuidPk


class EntryKind(StrEnum):
    """Kinds of work: tea garden and workshop, then fish, then what a VietGAP book asks of both."""

    FERTILISE = "fertilise"
    SPRAY = "spray"
    WEED = "weed"
    PRUNE = "prune"
    PICK = "pick"
    WITHER = "wither"
    FIX = "fix"
    ROLL = "roll"
    DRY = "dry"
    STOCK = "stock"
    FEED = "feed"
    WATER = "water"
    TREAT = "treat"
    GRADE = "grade"
    MORTALITY = "mortality"
    HARVEST = "harvest"
    PROCESS = "process"
    PACK = "pack"
    PLANT = "plant"
    IRRIGATE = "irrigate"
    PURCHASE = "purchase"
    CLEAN = "clean"
    WASTE = "waste"
    TRAIN = "train"
    NOTE = "note"


class DiaryEntry(Base):
    """One record of work. The id is made on the device; a repeat finds the first (never an error).

    Never updated or deleted (a trigger refuses): `corrects_id` points to the entry that this one replaces.
    """

    __tablename__ = "diary_entries"
    __table_args__ = (
        Index(None, "producer_id", "performed_at"),
        Index(None, "site_id", "performed_at"),
        CheckConstraint("corrects_id <> id", name="corrects_another"),
    )

    id: Mapped[UuidPk]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[EntryKind]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    helper_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    device_id: Mapped[UUID | None]
    sequence: Mapped[int | None]
    performed_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    """The device's clock when it was written down."""
    received_at: Mapped[datetime]
    input_id: Mapped[UUID | None] = mapped_column(ForeignKey("inputs.id"))
    quantity_g: Mapped[int | None]
    """The weight this work is about, grams: leaf picked, feed given, fish harvested."""
    details: Mapped[dict[str, Any]]
    """Typed details of the kind, by `producers.diaries.schemas`."""
    warnings: Mapped[list[str]] = mapped_column(server_default="[]")
    """What looked wrong when it was recorded (`producers.diaries.cautions.Caution`): kept, never refused."""
    note: Mapped[str] = mapped_column(server_default="")
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("diary_entries.id"), unique=True)
    is_void: Mapped[bool] = mapped_column(server_default="false")
    """A correction that takes the earlier entry back and puts nothing in its place."""
    is_flagged: Mapped[bool] = mapped_column(server_default="false")
    """Written by a helper under a mandate that was over when it came: kept, to be looked at."""


class DiaryPhoto(Base):
    """A photo of an entry; a row of its own, for it may arrive later, and once however often it arrives."""

    __tablename__ = "diary_photos"
    __table_args__ = (UniqueConstraint("entry_id", "photo_id"),)

    id: Mapped[UuidPk]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("diary_entries.id"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    received_at: Mapped[datetime]
