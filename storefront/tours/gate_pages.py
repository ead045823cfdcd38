"""Pages of whoever receives guests: the day, who comes, and the gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.pages import KeptLine
from storefront.tours.tickets import Gate


@dataclass(frozen=True)
class VisitorLine:
    """One party of the day's manifest."""

    name: str
    phone: str
    heads: int
    who: str
    extras: Text | None
    code: str
    note: str
    can_come_in: bool
    paid_minor: int | None
    """None for who neither receives guests nor keeps the books."""
    owed_minor: int
    """What the host has yet to take from them."""
    booking_id: UUID
    state: Text
    kind: str
    invoice_id: UUID | None
    """Of the booking, for whoever writes invoices."""
    is_invoice_asked: bool


@dataclass(frozen=True)
class WaitingLine:
    """One party that waits for seats of the day."""

    name: str
    phone: str
    heads: int
    note: str


@dataclass(frozen=True)
class HeldLine:
    """One party of the day that holds its seats and has not paid."""

    booking_id: UUID
    name: str
    phone: str
    who: str
    until: Text


@dataclass(frozen=True)
class PaperLine:
    """The paper tickets of one sales point for the day."""

    batch_id: UUID | None
    """For whoever settles with it."""
    name: str
    phone: str
    tickets: int
    heads: int
    inside: int


@dataclass(frozen=True)
class ManifestCard:
    """One departure of the day."""

    title: str
    when: Text
    heads: int
    heads_in: int
    capacity: int
    parties: list[VisitorLine]
    is_off: bool
    waiting: list[WaitingLine]
    least: Text | None
    """What is missing for the day to go, while it is not sure."""
    go_href: str | None
    """Where whoever receives the guests says that it goes anyway."""
    odd: list[Text]
    """What the gates let in and a host should ask about."""
    held: list[HeldLine]
    hand_href: str | None
    """Where whoever receives the guests writes down one who telephones or stands at the gate."""
    crew: Text | None
    """Who leads it and what it goes in."""
    extras: Text | None
    """What all its parties together take besides their tickets."""
    kept: list[KeptLine]
    """For whoever writes invoices."""
    papers: list[PaperLine]
    unsold: int
    """Heads of paper tickets of which the sales point has not said yet whether they are sold."""


@dataclass(frozen=True, kw_only=True)
class DayPage(Page):
    """Who comes on a day."""

    template: ClassVar[str] = "storefront/tours/host_day.html"
    area: ClassVar[str] = "farmer"
    on: date
    day: Text
    cards: list[ManifestCard]
    previous_href: str
    next_href: str


@dataclass(frozen=True, kw_only=True)
class GatePage(Page):
    """The gate: a code, and whom it lets in."""

    template: ClassVar[str] = "storefront/tours/host_gate.html"
    area: ClassVar[str] = "farmer"
    form: Form
    gate: Gate | None
    who: str
    extras: Text | None
    when: Text | None
    refusal: Text | None
    welcome: Text | None
    can_check_in: bool
    reads_paid: bool
