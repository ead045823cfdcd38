"""Pages of stays: what guests see, then what hosts see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from app.core.i18n import Text
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.models import Producer
from storefront.invoices.models import Invoice
from storefront.payments.service import TransferView
from storefront.stays.bookings import Party
from storefront.stays.models import OffReason, PlaceKind, SleepingPlace, Stay, StayState


@dataclass(frozen=True)
class PlaceLine:
    """Where one sleeps, as a guest reads it."""

    place: SleepingPlace
    unit: Text
    price_minor: int
    weekend_minor: int | None


@dataclass(frozen=True)
class Cell:
    """One night of one place: what is free in words, and what it costs; no price where it is not sold."""

    words: Text
    kind: str
    price_minor: int | None


@dataclass(frozen=True)
class NightRow:
    """One night of a house; `book_href` leads to the form while something is free."""

    night: Text
    cells: list[Cell]
    book_href: str | None


@dataclass(frozen=True, kw_only=True)
class StayPage(Page):
    """One house: where, what, how much, and its nights as a table."""

    template: ClassVar[str] = "storefront/stays/show.html"
    stay: Stay
    producer: Producer
    place: str
    photo_ids: list[UUID]
    places: list[PlaceLine]
    heads: list[tuple[Text | str, bool]]
    """The table's columns: the night, and each sleeping place."""
    rows: list[NightRow]
    span: Text
    """Which nights the table shows."""
    earlier_href: str | None
    later_href: str | None
    hours: Text
    cutoff: Text
    address: str
    json_ld: Markup


@dataclass(frozen=True, kw_only=True)
class BookPage(Page):
    """The booking form."""

    template: ClassVar[str] = "storefront/stays/book.html"
    form: Form
    stay: Stay
    booking_id: str
    places: list[tuple[str, str, Text]]
    cutoff: Text
    hours: Text
    first_on: date
    last_on: date
    made_href: str
    """What the form booked before, when it now asks for something else."""
    again_query: str
    """What was typed then, for the same form anew."""


@dataclass(frozen=True, kw_only=True)
class BookingPage(Page):
    """A party's own page: how to pay, then its code."""

    template: ClassVar[str] = "storefront/stays/booking.html"
    token: str
    party: Party
    producer: Producer
    place: str
    state: StayState
    state_words: Text
    state_kind: str
    what: Text
    span: Text
    hours: Text
    lines: list[tuple[Text, int]]
    held_until: datetime | None
    extensions_left: int
    transfer: TransferView | None
    qr_svg: Markup
    again_href: str
    why_not: Text | None
    free_until: Text
    off: Text | None
    """Why the host could not receive them."""
    refusal: Text | None
    invoice: Invoice | None
    can_ask_invoice: bool
    is_invoice_asked: bool
    form: Form
    """Whom the invoice is to be made out to."""


@dataclass(frozen=True)
class HostStay:
    """A stay in its host's list."""

    stay: Stay
    photo_id: UUID | None
    price_minor: int | None
    tonight: Text | None


@dataclass(frozen=True, kw_only=True)
class HostStaysPage(Page):
    """The houses in which the producer lets beds."""

    template: ClassVar[str] = "storefront/stays/host_list.html"
    area: ClassVar[str] = "farmer"
    stays: list[HostStay]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class StayFormPage(Page):
    """The form of a stay."""

    template: ClassVar[str] = "storefront/stays/host_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    stay: Stay | None
    choices: list[CommuneChoice]
    photo_ids: list[UUID]
    cutoffs: list[tuple[str, Text]]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class PlacesPage(Page):
    """Where one sleeps in a house, and for how much."""

    template: ClassVar[str] = "storefront/stays/host_places.html"
    area: ClassVar[str] = "farmer"
    stay: Stay
    places: list[PlaceLine]
    edited: SleepingPlace | None
    """Whose form this is; None: of a new one."""
    new_id: str
    """The id of a new one: the form sent twice makes one."""
    form: Form
    kinds: list[tuple[PlaceKind, Text, Text]]
    can_edit: bool


@dataclass(frozen=True)
class BedCell:
    """One night of one place in its host's hands."""

    words: Text
    kind: str


@dataclass(frozen=True)
class BedRow:
    """One night: who sleeps is a tap away."""

    night: Text
    href: str
    cells: list[BedCell]


@dataclass(frozen=True, kw_only=True)
class NightsPage(Page):
    """The calendar of beds, and a form to close days or change their beds."""

    template: ClassVar[str] = "storefront/stays/host_nights.html"
    area: ClassVar[str] = "farmer"
    stay: Stay
    heads: list[tuple[Text | str, bool]]
    rows: list[BedRow]
    span: Text
    earlier_href: str | None
    later_href: str | None
    form: Form
    places: list[tuple[str, str]]
    kept: list[tuple[Text, str]]
    """Who had booked nights that are closed, and keeps them: (words, address of the party)."""
    can_edit: bool


@dataclass(frozen=True)
class GuestLine:
    """One party of a day."""

    booking_id: UUID
    name: str
    phone: str
    heads: int
    what: Text
    span: Text
    code: str
    note: str
    state: Text
    kind: str
    can_come_in: bool


@dataclass(frozen=True, kw_only=True)
class TonightPage(Page):
    """Who arrives, stays and leaves on a day."""

    template: ClassVar[str] = "storefront/stays/host_tonight.html"
    area: ClassVar[str] = "farmer"
    day: Text
    is_today: bool
    heads: int
    groups: list[tuple[Text, list[GuestLine]]]
    previous_href: str
    next_href: str
    is_host: bool


@dataclass(frozen=True, kw_only=True)
class DoorPage(Page):
    """A code, and whom it lets in."""

    template: ClassVar[str] = "storefront/stays/host_door.html"
    area: ClassVar[str] = "farmer"
    form: Form
    guest: GuestLine | None
    stay_title: str
    refusal: Text | None
    welcome: Text | None
    is_host: bool


@dataclass(frozen=True, kw_only=True)
class GuestPage(Page):
    """One party in its host's hands: let it go, or tell it that it cannot come."""

    template: ClassVar[str] = "storefront/stays/host_guest.html"
    area: ClassVar[str] = "farmer"
    guest: GuestLine
    stay_title: str
    total_minor: int | None
    """None for who neither receives guests nor keeps the books."""
    can_tell_off: bool
    can_let_go: bool
    unused: int
    """How many paid nights the guests would not use if they left now."""
    reasons: list[tuple[OffReason, Text]]
    form: Form
    back_href: str
    invoice_href: str | None
    off: Text | None
    is_host: bool
