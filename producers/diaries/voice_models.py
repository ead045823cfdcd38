"""Tables of what was said instead of written: the voices of an entry, and what people made of them in writing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, UuidPk


class DiaryVoice(Base):
    """A recording of an entry; a row of its own, for it may arrive later."""

    __tablename__ = "diary_voices"
    __table_args__ = (UniqueConstraint("entry_id", "recording_id"),)

    id: Mapped[UuidPk]
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("diary_entries.id"))
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    received_at: Mapped[datetime]


class DiaryTranscript(Base):
    """What a recording says, written down by a person; never changed: the latest is shown."""

    __tablename__ = "diary_transcripts"
    __table_args__ = (Index(None, "recording_id", "written_at"),)

    id: Mapped[UuidPk]
    """Made where it was written; a repeat finds the first."""
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("diary_entries.id"))
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    text: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    helper_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Whose hand it is, when somebody helped."""
    written_at: Mapped[datetime]
    is_flagged: Mapped[bool] = mapped_column(server_default="false")
    """As in an entry: the helper's mandate was over when it came."""
