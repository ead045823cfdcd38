"""The operators' pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.portal.statements import Statement, Transfer
from storefront.tours.bookings import Party
from storefront.tours.models import Tour
from storefront.tours.pages import OfferLine, TicketsPage


@dataclass(frozen=True)
class VisitLine:
    """A visit with what a grown-up costs the operator, and what a visitor pays; `soonest` has room."""

    tour_id: UUID
    title: str
    words: Text | None
    net_minor: int
    retail_minor: int


@dataclass(frozen=True)
class BookingLine:
    """A booking in a list."""

    id: UUID
    name: str
    words: Text
    state: Text
    kind: str


@dataclass(frozen=True)
class GuestLine:
    """A party on the paper that goes with the driver."""

    name: str
    phone: str
    is_company: bool
    """Whether that is the operator's number, as the guest gave none."""
    heads: int
    who: list[tuple[int, Text]]
    code: str
    note: str


@dataclass(frozen=True)
class GroupLine:
    """The operator's guests on one departure."""

    title: str
    when: Text
    meeting_point: str
    place: str
    host: str
    host_phone: str
    heads: int
    guests: list[GuestLine]


@dataclass(frozen=True, kw_only=True)
class HomePage(Page):
    """What can be sold, and what is owed."""

    template: ClassVar[str] = "storefront/portal/home.html"
    area: ClassVar[str] = "operator"
    name: str
    owed_minor: int
    limit_minor: int | None
    visits: list[VisitLine]


@dataclass(frozen=True, kw_only=True)
class VisitPage(Page):
    """One visit: the dates with room, and the form that books, with both prices."""

    template: ClassVar[str] = "storefront/portal/visit.html"
    area: ClassVar[str] = "operator"
    tour: Tour
    dates: list[tuple[str, Text, Text]]
    offers: list[OfferLine]
    cutoff: Text
    booking_id: str
    form: Form


@dataclass(frozen=True, kw_only=True)
class BookingPage(Page):
    """A booking: what is held or sold, and the tickets."""

    template: ClassVar[str] = "storefront/portal/booking.html"
    area: ClassVar[str] = "operator"
    party: Party
    state_words: Text
    state_kind: str
    when: Text
    place: str
    host: str
    host_phone: str
    lines: list[tuple[Text, int]]
    charged_minor: int
    """What of it the operator pays: all of it, or what was kept of one that was cancelled."""
    back_minor: int | None
    """What comes off the account when it is cancelled now; None: nothing stands there, or it is too late."""
    held_until: datetime | None
    is_sold: bool
    is_live: bool
    """Whether anything can still be done with it: it is held or sold, and nobody was told not to come."""
    qr_svg: Markup
    why_not: Text | None
    """Why it is given back no more."""
    cutoff: Text
    refusal: Text | None


@dataclass(frozen=True, kw_only=True)
class ChangePage(Page):
    """Another party, another day, another name."""

    template: ClassVar[str] = "storefront/portal/change.html"
    area: ClassVar[str] = "operator"
    party: Party
    dates: list[tuple[str, Text, Text]]
    offers: list[OfferLine]
    """None of them when the operator's own system keeps the people."""
    form: Form


@dataclass(frozen=True, kw_only=True)
class OwnTicketsPage(TicketsPage):
    """The tickets one by one, as the operator prints them."""

    area: ClassVar[str] = "operator"


@dataclass(frozen=True, kw_only=True)
class GuestsPage(Page):
    """Who comes in the next days."""

    template: ClassVar[str] = "storefront/portal/guests.html"
    area: ClassVar[str] = "operator"
    days: list[tuple[date, Text, list[BookingLine]]]


@dataclass(frozen=True, kw_only=True)
class ManifestPage(Page):
    """Who comes on a day: the paper for the driver and the guide."""

    template: ClassVar[str] = "storefront/portal/manifest.html"
    area: ClassVar[str] = "operator"
    name: str
    day: Text
    on: date
    before: date
    after: date
    groups: list[GroupLine]


@dataclass(frozen=True, kw_only=True)
class StatementLinks:
    """Where the months beside a statement are, and its files; None: that month has not begun."""

    before: str
    after: str | None
    csv: str
    xlsx: str


@dataclass(frozen=True, kw_only=True)
class StatementPage(Page):
    """A month: what was bought, given back and paid, and what is owed."""

    template: ClassVar[str] = "storefront/portal/statement.html"
    statement: Statement
    links: StatementLinks
    back_href: str | None
    transfer: Transfer | None


@dataclass(frozen=True, kw_only=True)
class OwnStatementPage(StatementPage):
    """As the operator reads it, with the code that pays."""

    area: ClassVar[str] = "operator"


@dataclass(frozen=True, kw_only=True)
class DeskStatementPage(StatementPage):
    """As the office reads it."""

    area: ClassVar[str] = "office"
