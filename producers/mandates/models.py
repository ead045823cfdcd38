"""Tables of mandates: whom a farmer lets act, for what, how long, and what proves it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified, UuidPk


class Scope(StrEnum):
    """What a helper may do; only work whose record keeps both names."""

    DIARY = "diary"
    FARMS = "farms"
    INTAKE = "intake"
    LOTS = "lots"


class ProofKind(StrEnum):
    """How the farmer said yes: a code from her own phone, her voice, her hand on paper."""

    OTP = "otp"
    VOICE = "voice"
    PAPER = "paper"


class Mandate(Base):
    """A farmer lets a helper act for her; inserted once and taken back once (a trigger refuses all else)."""

    __tablename__ = "mandates"
    __table_args__ = (
        Index(None, "helper_id", "farmer_id"),
        CheckConstraint("farmer_id <> helper_id", name="two_people"),
        CheckConstraint("starts_at < ends_at AND ends_at <= starts_at + interval '731 days'", name="ends"),
        CheckConstraint("num_nonnulls(challenge_id, recording_id, photo_id) = 1", name="one_proof"),
        CheckConstraint("num_nonnulls(revoked_at, revoked_by_id) <> 1", name="revoked_by_somebody"),
    )

    id: Mapped[UuidPk]
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    helper_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    scopes: Mapped[list[str]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    proof: Mapped[ProofKind]
    challenge_id: Mapped[UUID | None] = mapped_column(unique=True)
    """The code's challenge; no key, for codes are forgotten after a month."""
    recording_id: Mapped[UUID | None]
    """The voice, kept under `mandates/<recording>`; a room of recordings may take it over."""
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class MandateRequest(Identified, Base):
    """What a helper asked for by code: the message named exactly this, and the code grants exactly this."""

    __tablename__ = "mandate_requests"

    challenge_id: Mapped[UUID] = mapped_column(unique=True)
    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    helper_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    scopes: Mapped[list[str]]
    ends_at: Mapped[datetime]


class Enrolment(Identified, Base):
    """A farmer enrolled on a helper's phone, and the one-time link that logs her own phone in."""

    __tablename__ = "enrolments"

    helper_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    phone: Mapped[str | None]
    """What the helper typed; it becomes the person's number when a code from it proves it."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class HelpTelling(Identified, Base):
    """A day's message to a farmer about one helper's work, sent once; the next begins where it ended."""

    __tablename__ = "help_tellings"
    __table_args__ = (UniqueConstraint("farmer_id", "helper_id", "told_on"),)

    farmer_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    helper_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    told_on: Mapped[date]
    until_at: Mapped[datetime]
