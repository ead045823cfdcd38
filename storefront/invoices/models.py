"""Tables of electronic invoices: what was issued for what was sold, and whom its buyer wants it made out to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified


class SoldKind(StrEnum):
    """What an invoice is of: one seller's parcel of an order, or a booking of a visit."""

    PARCEL = "parcel"
    BOOKING = "booking"
    STAY = "stay"


class Invoice(Identified, Base):
    """An electronic invoice as it was issued; insert-only, of several for the same sale the newest counts."""

    __tablename__ = "e_invoices"
    __table_args__ = (
        CheckConstraint("number <> '' AND symbol <> '' AND lookup_code <> ''", name="can_be_found"),
        Index(None, "sold_kind", "sold_id"),
    )

    sold_kind: Mapped[SoldKind]
    sold_id: Mapped[UUID]
    symbol: Mapped[str]
    """The series, like `1C26TAA`."""
    number: Mapped[str]
    """Digits; leading zeros are part of it."""
    lookup_code: Mapped[str]
    lookup_url: Mapped[str]
    """Where the provider or the tax office shows it."""
    issued_on: Mapped[date]
    provider: Mapped[str] = mapped_column(server_default="")
    """Who issued it for the seller; empty where nobody said."""
    recorded_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class InvoiceBuyer(Base):
    """Whom a buyer wants the invoice made out to; changed as often as they like until it is issued."""

    __tablename__ = "invoice_buyers"
    __table_args__ = (CheckConstraint("name <> ''", name="has_name"),)

    sold_kind: Mapped[SoldKind] = mapped_column(primary_key=True)
    sold_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    """Of the person or the company."""
    tax_code: Mapped[str] = mapped_column(server_default="")
    """Empty for a person who has none."""
    address: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime]
