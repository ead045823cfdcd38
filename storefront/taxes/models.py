"""Tables of taxes: rates and lines of revenue by their first day, what was withheld of which sale, what was paid on."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified
from producers.listings.models import TaxKind


class RevenueLine(StrEnum):
    """Lines of a household's yearly revenue: below the first no tax is due, from the second on invoices are a duty."""

    TAX_FREE = "tax_free"
    E_INVOICE = "e_invoice"


class TaxRate(Base):
    """What is withheld of a kind from a day on, in basis points (100 are 1 %); never changed, only followed."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        CheckConstraint("vat_basis_points >= 0 AND pit_basis_points >= 0", name="not_negative"),
        CheckConstraint("vat_basis_points + pit_basis_points <= 10000", name="a_part"),
    )

    kind: Mapped[TaxKind] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    vat_basis_points: Mapped[int]
    pit_basis_points: Mapped[int]
    law: Mapped[str]
    """The decree that says so, as an accountant names it."""


class TaxThreshold(Base):
    """How many đồng of revenue in a year one of the lines is, from a day on."""

    __tablename__ = "tax_thresholds"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="positive"),)

    line: Mapped[RevenueLine] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]


class TaxEntry(Identified, Base):
    """Tax of one kind in one producer's part of a sale, in đồng: withheld above zero, set off by a refund below.

    Insert-only. `source` is the sale's for what was withheld and the refund's for what was set off, so that each stands
    once. A refund that was withdrawn stands against itself, above zero.
    """

    __tablename__ = "tax_entries"
    __table_args__ = (
        UniqueConstraint("sale", "producer_id", "kind", "source"),
        CheckConstraint(
            "(base_minor > 0 AND vat_minor >= 0 AND pit_minor >= 0)"
            " OR (base_minor < 0 AND vat_minor <= 0 AND pit_minor <= 0 AND source <> sale)",
            name="one_way",
        ),
    )

    sale: Mapped[str]
    """The source of the sale in the books, like `order:{id}`."""
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    kind: Mapped[TaxKind]
    source: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    """Of the sale or the refund, in Viet Nam: it belongs to this day's month."""
    base_minor: Mapped[int]
    vat_basis_points: Mapped[int]
    pit_basis_points: Mapped[int]
    vat_minor: Mapped[int]
    pit_minor: Mapped[int]


class TaxPayment(Identified, Base):
    """What was paid to the tax office for all days up to the end of a month, once a month; insert-only."""

    __tablename__ = "tax_payments"
    __table_args__ = (
        UniqueConstraint("month"),
        CheckConstraint("extract(day from month) = 1", name="first_day"),
    )

    month: Mapped[date]
    """Its first day."""
    reference: Mapped[str]
    """The bank's, or the number of the receipt."""
    paid_from: Mapped[str]
    """The account of the books that paid."""
    paid_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class TaxPaymentPart(Identified, Base):
    """How much of a payment is for which seller, in đồng; insert-only."""

    __tablename__ = "tax_payment_parts"
    __table_args__ = (
        UniqueConstraint("payment_id", "producer_id"),
        CheckConstraint("vat_minor >= 0 AND pit_minor >= 0 AND vat_minor + pit_minor > 0", name="something"),
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("tax_payments.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    vat_minor: Mapped[int]
    pit_minor: Mapped[int]
