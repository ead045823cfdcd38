"""Tables of events: insert-only; what is wrong is corrected by a later event."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified, UuidPk


class EventContext(Base):
    """The namespaces that hold in an event: the prefixes that its document declared."""

    __tablename__ = "event_contexts"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The first 64 bits of the hash of the prefixes, signed."""
    namespaces: Mapped[dict[str, str]]


class StoredEvent(Base):
    """One EPCIS event as it was captured. Never updated or deleted (a trigger refuses)."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("event_id", "is_error"),
        Index("ix_events_terms", "terms", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index(None, "event_time", "sequence"),
        Index("ix_events_recorded_at", "recorded_at", postgresql_using="brin"),
        Index(None, "owner_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    """The order of capture, which is the order of commit: one capture at a time gives out numbers."""
    event_id: Mapped[str]
    is_error: Mapped[bool]
    """It carries an error declaration, and so the id of the event that it declares wrong."""
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """The event hash (CBV 2.0, 8.9), 32 bytes."""
    event_time: Mapped[datetime]
    recorded_at: Mapped[datetime]
    """The standard's `recordTime`."""
    owner_id: Mapped[UUID]
    """Who captured it: an API key, or the producer whose diary wrote it."""
    context_id: Mapped[int]
    terms: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    """What it is found by, see `traceability.events.facts`."""
    document: Mapped[str]
    """The event as JSON with its id and without its record time, byte for byte as it is logged."""


class CaptureJob(Base):
    """One document that somebody sent, and what became of it."""

    __tablename__ = "capture_jobs"
    __table_args__ = (Index(None, "owner_id", "id"),)

    id: Mapped[UuidPk]
    owner_id: Mapped[UUID]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    behaviour: Mapped[str]
    is_success: Mapped[bool]
    captured: Mapped[int]
    """How many events it brought in, repeats left out."""
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """Problem documents (RFC 9457)."""


class EventElement(Base):
    """Master data of one thing: what lies inside it, and its attributes. The latest word holds."""

    __tablename__ = "event_elements"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(primary_key=True)
    children: Mapped[list[str]]
    attributes: Mapped[dict[str, Any]]


class NamedQuery(Identified, Base):
    """A query under a name of its owner's."""

    __tablename__ = "named_queries"
    __table_args__ = (UniqueConstraint("owner_id", "name"),)

    owner_id: Mapped[UUID]
    name: Mapped[str]
    query: Mapped[dict[str, Any]]
