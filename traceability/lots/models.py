"""Tables of lots, their sources and the yield bands."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.farms.models import Crop


class LotState(StrEnum):
    """`held` until every interval has cleared, then `released`; `recalled` and `exhausted` are ends."""

    HELD = "held"
    RELEASED = "released"
    RECALLED = "recalled"
    EXHAUSTED = "exhausted"


OPEN = (LotState.HELD, LotState.RELEASED)
"""The states that are no end."""


class Lot(Identified, Base):
    """A quantity of one product with one history."""

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("gtin", "code"),
        Index(None, "code"),
        CheckConstraint("quantity_g > 0", name="quantity_positive"),
        CheckConstraint(
            "labelled_g >= 0 AND moved_g >= 0 AND labelled_g + moved_g <= quantity_g", name="taken_within_lot"
        ),
        CheckConstraint("expires_on > produced_on", name="expires_after_production"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    variant_id: Mapped[UUID] = mapped_column(ForeignKey("variants.id"), index=True)
    gtin: Mapped[str]
    code: Mapped[str]
    """Lot code, GS1 AI 10: at most 20 characters."""
    quantity_g: Mapped[int]
    labelled_g: Mapped[int] = mapped_column(server_default="0")
    """Grams that printed labels stand for; taken by a conditional update."""
    moved_g: Mapped[int] = mapped_column(server_default="0")
    """Grams that went on into other lots; taken by a conditional update, never given back."""
    produced_on: Mapped[date]
    expires_on: Mapped[date]
    state: Mapped[LotState]
    held_until: Mapped[date | None]
    """The first clear day, when an interval holds the lot."""
    held_by_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("diary_entries.id"))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    released_at: Mapped[datetime | None]
    helper_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    is_flagged: Mapped[bool] = mapped_column(server_default="false")
    """Made by a helper under a mandate that was over when it came: kept, to be looked at."""

    @property
    def left_g(self) -> int:
        """Grams that no label stands for and that are in no other lot."""
        return self.quantity_g - self.labelled_g - self.moved_g


class LotSource(Identified, Base):
    """What went into a lot: a harvest of the diary, a weigh slip of the intake, or another lot; grams of each."""

    __tablename__ = "lot_sources"
    __table_args__ = (
        CheckConstraint("num_nonnulls(diary_entry_id, intake_slip_id, from_lot_id) = 1", name="one_source"),
        CheckConstraint("quantity_g > 0", name="quantity_positive"),
        Index(None, "diary_entry_id"),
        Index(None, "intake_slip_id"),
        Index(None, "from_lot_id"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"), index=True)
    diary_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("diary_entries.id"))
    intake_slip_id: Mapped[UUID | None] = mapped_column(ForeignKey("intake_slips.id"))
    from_lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))
    quantity_g: Mapped[int]


class SourceBalance(Base):
    """How much of a harvest or slip has already gone into lots (`source_id` is the entry's or slip's id)."""

    __tablename__ = "source_balances"
    __table_args__ = (CheckConstraint("0 <= used_g AND used_g <= quantity_g", name="used_within_source"),)

    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    quantity_g: Mapped[int]
    used_g: Mapped[int]


class YieldBand(Base):
    """How many grams go in for 1,000 grams out, at least and at most, per crop."""

    __tablename__ = "yield_bands"
    __table_args__ = (
        CheckConstraint(
            "0 < min_in_per_1000_out AND min_in_per_1000_out <= max_in_per_1000_out", name="band"
        ),
    )

    crop: Mapped[Crop] = mapped_column(primary_key=True)
    min_in_per_1000_out: Mapped[int]
    max_in_per_1000_out: Mapped[int]
    valid_from: Mapped[date] = mapped_column(primary_key=True)
