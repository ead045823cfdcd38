"""The table of subscriptions: what a partner asked for, and how far it was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from traceability.events.answering import EpcFormat


class Subscription(Identified, Base):
    """A standing query whose events are posted to an address."""

    __tablename__ = "event_subscriptions"

    query_id: Mapped[UUID] = mapped_column(ForeignKey("named_queries.id", ondelete="CASCADE"), index=True)
    """The query, and through it the key that asked: a query that is deleted takes its subscriptions along."""
    dest: Mapped[str]
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The token that signs reports, sealed (see `sealing`)."""
    epc_format: Mapped[EpcFormat]
    schedule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Fields of a schedule; none is a stream."""
    report_if_empty: Mapped[bool]
    since: Mapped[datetime | None]
    """`initialRecordTime` as it was said: older events are never reported."""
    min_record_time: Mapped[datetime]
    """The standard's `minRecordTime`: the start, then the last execution. What is reported next is said by `after`."""
    after: Mapped[int]
    """The number of the last event that the receiver has, or that does not concern it; moves on after a 2xx alone."""
    batch_size: Mapped[int]
    """How many events one report holds at most; halved for good when the receiver says 413."""
    failures: Mapped[int]
    """In a row."""
    due_at: Mapped[datetime] = mapped_column(index=True)
    """Not before: the next time of the schedule, or the end of the pause after a failure."""
    last_notified_at: Mapped[datetime | None]
    claim_id: Mapped[UUID | None]
    """Who reports just now."""
    claimed_until: Mapped[datetime | None]
    """When a claim whose holder died is over."""
