"""Tables of groups: what a school or company asks for, and what the host answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class GroupState(StrEnum):
    """`asked`, `offered` a price, `accepted` with a booking; `declined` by the host, `withdrawn` by the group."""

    ASKED = "asked"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class GroupRequest(Identified, Base):
    """A group that asks for a day, and the price that the host answered. The id is made by the client, stored once."""

    __tablename__ = "group_requests"
    __table_args__ = (
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("offer_minor > 0", name="offer_positive"),
        CheckConstraint("(offer_minor IS NULL) = (offer_until IS NULL)", name="offered_whole"),
        CheckConstraint("(state = 'accepted') = (booking_id IS NOT NULL)", name="accepted_with_a_booking"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    state: Mapped[GroupState]
    group_name: Mapped[str]
    heads: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    offer_minor: Mapped[int | None]
    """The price of the whole group, in đồng."""
    offer_deposit_percent: Mapped[int] = mapped_column(server_default="0")
    offer_note: Mapped[str] = mapped_column(server_default="")
    offer_until: Mapped[datetime | None]
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
