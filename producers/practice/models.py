"""Table of practice farms: whose is which."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class PracticeFarm(Base):
    """The practice farm of one person; a fresh one takes the place of the last."""

    __tablename__ = "practice_farms"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"), unique=True)
    """Absent only until the one who came first has made it."""
