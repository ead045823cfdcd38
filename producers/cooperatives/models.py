"""Tables of producers and their members."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class ProducerKind(StrEnum):
    """The legal shape of who sells."""

    COOPERATIVE = "cooperative"
    HOUSEHOLD = "household"
    COMPANY = "company"


class Producer(Identified, Base):
    """Who sells and is paid."""

    __tablename__ = "producers"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[ProducerKind]
    about: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"))
    address_line: Mapped[str] = mapped_column(server_default="")
    photo_id: Mapped[UUID | None] = mapped_column(ForeignKey("photos.id"))
    gs1_prefix: Mapped[str]
    """GS1 company prefix, 7 to 10 digits; 952 is for demonstrations."""
    next_item_number: Mapped[int] = mapped_column(server_default="1")
    """The next item reference under the prefix, taken by a conditional update."""
    tax_code: Mapped[str | None]
    """As the tax office gives it: 10 digits, 12 of a person, or 13 of a branch."""
    payout_bank_bin: Mapped[str | None]
    payout_account: Mapped[str | None]
    payout_account_name: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    verification_method: Mapped[str | None]
    is_practice: Mapped[bool] = mapped_column(server_default="false")
    """A farm for learning: nothing of it is shown or sold. It stays so, and the database refuses what would leave it."""


class Role(StrEnum):
    """What a member does for the producer."""

    MANAGER = "manager"
    MEMBER = "member"
    PACKER = "packer"
    ACCOUNTANT = "accountant"
    GUIDE = "guide"


class Membership(Identified, Base):
    """A person in a producer."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("person_id", "producer_id", "role"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    role: Mapped[Role]
    ended_at: Mapped[datetime | None]
