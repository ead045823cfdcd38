"""Tables of notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Notice(Identified, Base):
    """Something a person should know: a catalogue message with its values, and where to go."""

    __tablename__ = "notices"
    __table_args__ = (Index(None, "person_id", "created_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    kind: Mapped[str]
    msgid: Mapped[str]
    params: Mapped[dict[str, Any]]
    href: Mapped[str]
    read_at: Mapped[datetime | None]
