"""Table of what people have learnt."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class LessonProgress(Base):
    """A step of a lesson that a person has done, the first time."""

    __tablename__ = "lesson_progress"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    lesson: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]
