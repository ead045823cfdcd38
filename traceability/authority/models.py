"""Tables of the authority's room: inspectors who are logged in, and every look of theirs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Way(StrEnum):
    """How an inspector looked."""

    PAGE = "page"
    FILE = "file"
    PROGRAM = "program"


class InspectorSession(Identified, Base):
    """A browser in which an inspector typed the key; only the hash of its token is kept."""

    __tablename__ = "inspector_sessions"

    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]


class InspectorLook(Identified, Base):
    """An inspector saw the papers of a lot. Never updated or deleted (a trigger refuses)."""

    __tablename__ = "inspector_looks"
    __table_args__ = (Index(None, "lot_id", "created_at"),)

    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lots.id"))
    way: Mapped[Way]
