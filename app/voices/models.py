"""Tables of audio packs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class VoiceClip(Identified, Base):
    """A prompt as somebody said it; the newest of a prompt is the one that counts."""

    __tablename__ = "voice_clips"
    __table_args__ = (Index(None, "language", "prompt_id", "created_at"),)

    language: Mapped[str]
    prompt_id: Mapped[str]
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"))
    recorded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))


class VoicePack(Base):
    """One version of a language's pack: what phones download, frozen."""

    __tablename__ = "voice_packs"

    language: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    published_at: Mapped[datetime]
    published_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    clips: Mapped[dict[str, str]]
    """The recording of each prompt, by the prompt's id."""
