"""Tables of the OCTO API: what a reseller said of its bookings beside what every booking holds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ResellerBooking(Identified, Base):
    """A booking that came by a key; only its operator sees it."""

    __tablename__ = "reseller_bookings"
    __table_args__ = (Index(None, "operator_id", "reference"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), unique=True)
    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"))
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    """The key that booked; its operator may go on with another one."""
    reference: Mapped[str | None]
    """OCTO: resellerReference."""
    notes: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(JSONB)
    cancel_reason: Mapped[str | None]
    changed_at: Mapped[datetime]


class ResellerItem(Identified, Base):
    """A ticket as its reseller names it (OCTO: unitItem)."""

    __tablename__ = "reseller_items"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("unit_items.id", ondelete="CASCADE"), unique=True)
    uuid: Mapped[UUID]
    """Made by the reseller, or by us when it sent none."""
    reference: Mapped[str | None]
    contact: Mapped[dict[str, Any]] = mapped_column(JSONB)


class WebhookEvent(StrEnum):
    """What an operator wants to be told."""

    BOOKING_UPDATE = "booking_update"
    AVAILABILITY_UPDATE = "availability_update"


class Webhook(Identified, Base):
    """An address of an operator that is told what became of its bookings, or of dates."""

    __tablename__ = "reseller_webhooks"

    operator_id: Mapped[UUID] = mapped_column(ForeignKey("operators.id"), index=True)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    """With the key that asked for it the telling ends."""
    event: Mapped[WebhookEvent]
    url: Mapped[str]
    is_retried: Mapped[bool]
    is_in_contact_language: Mapped[bool]
    headers: Mapped[dict[str, str]]
    capabilities: Mapped[list[str]]
    """Those of the request that made it; what is told is written with them."""
    failures: Mapped[int]
    """In a row."""
    due_at: Mapped[datetime] = mapped_column(index=True)
    """Not before: the end of the pause after a failure."""
    claim_id: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    """When a claim whose holder died is over."""


class Tiding(Identified, Base):
    """What a webhook was told last of a booking or a date; what is another now is told again."""

    __tablename__ = "reseller_tidings"
    __table_args__ = (UniqueConstraint("webhook_id", "ref_id"),)

    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("reseller_webhooks.id", ondelete="CASCADE"))
    ref_id: Mapped[UUID]
    """A booking or a departure."""
    seen: Mapped[str]
    """A digest of all that is told of it."""
