"""Tables of people: who they are, how they proved it, what they tried."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class Person(Identified, Base):
    """Someone with a phone number, or none (enrolled by somebody else). Roles come from memberships."""

    __tablename__ = "people"

    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str] = mapped_column(server_default="vi")


class OtpChallenge(Identified, Base):
    """A one-time code sent to a phone; the code is a keyed hash of the id, so nothing of it is kept."""

    __tablename__ = "otp_challenges"

    phone: Mapped[str] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(server_default="0")
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]


class LoginSession(Identified, Base):
    """A device on which a person is logged in; the cookie's hash is the key.

    On a phone with a PIN a second token opens the same login: the phone keeps it sealed in that person's vault.
    """

    __tablename__ = "login_sessions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    device: Mapped[str]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    phone_id: Mapped[UUID | None]
    """The id that the phone gave itself; only with a credential."""
    credential_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)


class PhoneKey(Identified, Base):
    """The way back to records behind a forgotten PIN: opens nothing without the phone, which holds the other half."""

    __tablename__ = "phone_keys"
    __table_args__ = (Index(None, "person_id", "created_at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    phone_id: Mapped[UUID]
    secret: Mapped[bytes] = mapped_column(LargeBinary)


class Attempt(Identified, Base):
    """Something tried under a limit (a code asked for, a code typed); written in a transaction of its own."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "kind", "key", "created_at"),)

    kind: Mapped[str]
    key: Mapped[str]


class StaffRole(StrEnum):
    """What a member of the platform's staff may do."""

    ADMIN = "admin"
    ACCOUNTANT = "accountant"


class StaffMember(Identified, Base):
    """A person who works for the platform."""

    __tablename__ = "staff_members"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    role: Mapped[StaffRole]


class KeyKind(StrEnum):
    """What a program's key opens."""

    OCTO = "octo"
    EPCIS = "epcis"
    INSPECTOR = "inspector"


class ApiKey(Identified, Base):
    """A program's key; only its hash is kept."""

    __tablename__ = "api_keys"

    kind: Mapped[KeyKind]
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    party: Mapped[str | None]
    """Who holds it, as events name a party: a GLN's thirteen digits, or a URI."""
    subject_id: Mapped[UUID | None]
    """Whose it is: the producer whose own records it reads, or the tour operator on whose account it books."""
    ended_at: Mapped[datetime | None]
    """When it ends or ended; None: it holds until somebody ends it."""
