"""Tables of the log: entries that wait for their place, entries in the tree, its tiles, its signed heads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class LogQueue(Base):
    """An entry that was written and has no place in the tree yet."""

    __tablename__ = "log_queue"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entry: Mapped[bytes] = mapped_column(LargeBinary)


class LogEntry(Base):
    """An entry at its place. Never updated or deleted (a trigger refuses)."""

    __tablename__ = "log_entries"
    __table_args__ = (Index("ix_log_entries_entry", "entry", postgresql_using="hash"),)

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry: Mapped[bytes] = mapped_column(LargeBinary)


class LogTile(Base):
    """Up to 256 hashes of the tree; it only ever grows at its end (a trigger refuses anything else)."""

    __tablename__ = "log_tiles"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class LogCheckpoint(Base):
    """A signed head. Never updated or deleted (a trigger refuses)."""

    __tablename__ = "log_checkpoints"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    created_at: Mapped[datetime]


class LogCosignature(Base):
    """A witness's line under a head."""

    __tablename__ = "log_cosignatures"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    created_at: Mapped[datetime]
