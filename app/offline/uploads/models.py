"""Tables of files on their way from a phone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class UploadState(StrEnum):
    """`open` until its last byte is here; then its room took it (`done`) or said why not (`refused`)."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class Upload(Identified, Base):
    """One file of one record. The id is made on the phone; a repeat finds the first.

    The last byte and what the file does commit together: a file that is whole is never still open.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index(None, "person_id", "state"),
        CheckConstraint("0 <= received AND received <= length", name="received_within_length"),
        CheckConstraint("(state = 'open') = (received < length)", name="whole_is_not_open"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    """Whose phone sends it: the record's writer or who helped."""
    record_id: Mapped[UUID]
    field: Mapped[str]
    kind: Mapped[str]
    """The media type, as the phone said it."""
    told: Mapped[str]
    """The metadata as they came (tus `Upload-Metadata`)."""
    length: Mapped[int]
    received: Mapped[int] = mapped_column(server_default="0")
    """Bytes that are kept, from the first on."""
    state: Mapped[UploadState]
    reason: Mapped[str | None]
    """Why its room refused it: the sentence, and what fills its places."""
    reason_params: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    taken_at: Mapped[datetime | None]
    latitude_e6: Mapped[int | None]
    longitude_e6: Mapped[int | None]
    moved_at: Mapped[datetime]


class UploadPiece(Base):
    """Bytes of a file that is not whole yet: where they begin, how many, and under which key they lie."""

    __tablename__ = "upload_pieces"

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    length: Mapped[int]
    key: Mapped[str]
