"""Tables of the catalogue: one searchable row for each thing that the shop shows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class EntryKind(StrEnum):
    """What a catalogue entry leads to."""

    LISTING = "listing"
    PRODUCER = "producer"
    TOUR = "tour"
    STAY = "stay"


class Card(NamedTuple):
    """What a card shows of a thing: a value, so that cards with the same words are drawn once."""

    ref_id: UUID
    kind: EntryKind
    slug: str
    title: str
    subtitle: str
    price_minor: int | None
    price_unit: str
    photo_id: UUID | None


class CatalogEntry(Base):
    """What a card and the search need to know, written when the thing itself changes."""

    __tablename__ = "catalog_entries"
    __table_args__ = (
        # Read far more often than written: a list of what is not sorted in yet was most of what a search took.
        Index(
            "ix_catalog_entries_folded_tsv",
            "folded_tsv",
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
        Index(None, "kind", "is_visible", "ranked_at"),
    )

    ref_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind]
    slug: Mapped[str]
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    title: Mapped[str]
    subtitle: Mapped[str]
    price_minor: Mapped[int | None]
    price_unit: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    is_visible: Mapped[bool]
    ranked_at: Mapped[datetime]
    exact_text: Mapped[str]
    """Everything searchable, lower case with marks, NFC."""
    folded_text: Mapped[str]
    """The same without marks, with synonyms (chè = trà, htx = hợp tác xã)."""
    folded_tsv: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', folded_text)", persisted=True)
    )
