"""Tables of the offline transport: the phones that write, and what was refused to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base


class PhoneReport(Base):
    """What a phone last said of one person's outbox; so a village team sees who waits for signal."""

    __tablename__ = "phone_reports"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    device_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    seen_at: Mapped[datetime]
    unsent: Mapped[int]
    oldest_at: Mapped[datetime | None]
    """When the oldest record that still waits was written."""
    refused: Mapped[int]
    skew_s: Mapped[int]
    """By how many seconds the phone's clock runs behind ours."""
    version: Mapped[str]


class Refusal(Base):
    """A record that was refused; it stays on the phone, and here until it came through or was taken back."""

    __tablename__ = "refusals"

    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[UUID]
    device_id: Mapped[UUID]
    title: Mapped[str]
    reason: Mapped[str]
    fields: Mapped[dict[str, Any]]
    """What was written, as it was typed: {"fields": [[name, value], …]}."""
    captured_at: Mapped[datetime]
    refused_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
