"""Tables of photos and recordings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Photo(Identified, Base):
    """A picture, kept as WebP in a few widths; its place and time come from EXIF and leave the file."""

    __tablename__ = "photos"
    __table_args__ = (Index(None, "owner_id", "sha256"),)

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    width: Mapped[int]
    height: Mapped[int]
    byte_count: Mapped[int]
    thumbnail: Mapped[bytes] = mapped_column(LargeBinary)
    """A WebP of 160 px at most, small enough to stand inside a page."""
    taken_at: Mapped[datetime | None]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    is_public: Mapped[bool]


class Recording(Identified, Base):
    """Somebody's voice, kept byte for byte as it came."""

    __tablename__ = "recordings"
    __table_args__ = (Index(None, "owner_id", "sha256"),)

    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content_type: Mapped[str]
    """What the bytes are, read from the bytes themselves: audio/webm, audio/ogg or audio/mp4."""
    byte_count: Mapped[int]
    duration_ms: Mapped[int | None]
    """As the recorder told it; nobody measured."""
    is_public: Mapped[bool]
