"""Pages of visits: what visitors see, then what hosts see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from app.core.i18n import Text
from app.core.money import format_dong
from app.places.service import CommuneChoice
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.models import Producer
from storefront.catalog.models import Card
from storefront.invoices.models import Invoice
from storefront.payments.service import TransferView
from storefront.tours.bookings import Party
from storefront.tours.extra_pages import ExtraLine
from storefront.tours.models import (
    AvailabilityType,
    BelowRule,
    BookingState,
    Departure,
    DepartureState,
    Tour,
    TourOption,
)


@dataclass(frozen=True)
class UnitLine:
    """A price type as a visitor reads it; `field` is its place in the booking form."""

    words: Text
    price_minor: int
    field: str


@dataclass(frozen=True)
class OfferLine:
    """A way to take the tour with its prices."""

    name: str
    units: list[UnitLine]


@dataclass(frozen=True)
class SeasonPriceLine:
    """What tickets cost on some days."""

    price_id: UUID
    name: str
    option: str
    """Empty where a tour has one way to take it."""
    days: Text
    prices: list[tuple[Text, int]]

    @property
    def money(self) -> list[tuple[Text, str]]:
        """The prices in words."""
        return [(words, format_dong(minor)) for words, minor in self.prices]


@dataclass(frozen=True)
class TourCard:
    """A tour in a list."""

    tour: Tour
    place: str
    price_minor: int | None
    per: Text | None
    photo_id: UUID | None
    chip: Text | None


@dataclass(frozen=True)
class DateLine:
    """A departure as a visitor reads it."""

    departure_id: UUID
    day: Text
    day_of_month: Text
    """The same without the year, below a heading that names it."""
    hours: Text
    state: Text
    kind: str
    is_bookable: bool
    can_wait: bool
    """Sold out, or not sure yet: a name may be left for when there are seats."""
    least: Text | None
    """How many guests the day needs, while it is not sure."""
    sights: Text | None = None
    price: Text | None = None
    """What a ticket costs that day, where that is not the usual."""
    languages: Text | None = None
    """In which languages guests are led that day."""


@dataclass(frozen=True, kw_only=True)
class ToursPage(Page):
    """Every visit that the market offers."""

    template: ClassVar[str] = "storefront/tours/list.html"
    cards: list[TourCard]
    stays: list[Card]
    """Houses where one may sleep, as the catalogue shows them."""


@dataclass(frozen=True, kw_only=True)
class TourPage(Page):
    """One visit: what, where, how long, when, for how much."""

    template: ClassVar[str] = "storefront/tours/show.html"
    tour: Tour
    producer: Producer
    place: str
    photo_ids: list[UUID]
    offers: list[OfferLine]
    seasons: list[SeasonPriceLine]
    extras: list[ExtraLine]
    dates: list[DateLine]
    later: int
    """How many dates more the page of the year shows."""
    duration: Text
    cutoff: Text
    deposit: Text | None
    """What is paid at booking, where that is not all."""
    until: Text | None
    """Until when one may book, where that is not the start."""
    needs: Text | None
    """How many guests a day needs."""
    address: str
    json_ld: Markup


@dataclass(frozen=True)
class MonthLine:
    """A month that has dates; `month` is how the address names it."""

    month: str
    words: Text
    bookable: int
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class YearPage(Page):
    """The dates of one visit, a month at a time."""

    template: ClassVar[str] = "storefront/tours/year.html"
    tour: Tour
    month: Text
    months: list[MonthLine]
    dates: list[DateLine]
    address: str
    json_ld: Markup


@dataclass(frozen=True, kw_only=True)
class BookPage(Page):
    """The booking form."""

    template: ClassVar[str] = "storefront/tours/book.html"
    form: Form
    tour: Tour
    booking_id: str
    dates: list[tuple[str, Text, Text]]
    offers: list[OfferLine]
    is_priced: bool
    """Whether some day costs something else than the form says."""
    extras: list[ExtraLine]
    cutoff: Text
    deposit: Text | None
    until: Text | None
    can_wait: bool
    """Whether a name may be left for a day that is not among the dates."""
    wait_query: str
    """What was typed, for the form of the waiting list, once the day was too small for the party."""
    made_href: str
    """What the form booked before, when it now asks for something else."""
    again_query: str
    """What was typed then, for the same form anew."""


@dataclass(frozen=True, kw_only=True)
class PeoplePage(Page):
    """Who of a party does not come, and who comes besides."""

    template: ClassVar[str] = "storefront/tours/people.html"
    token: str
    tour: Tour
    when: Text
    is_paid: bool
    why_not: Text | None
    can_drop: bool
    """Whether it may, once it takes no add-ons any more."""
    tickets: list[tuple[str, Text, int]]
    """Of each ticket (its place, who it is for with its code, its price)."""
    offers: list[OfferLine]
    booking_id: str
    seen: int
    form: Form


@dataclass(frozen=True, kw_only=True)
class MovePage(Page):
    """The days to which a party may move."""

    template: ClassVar[str] = "storefront/tours/move.html"
    token: str
    tour: Tour
    heads: int
    when: Text
    why_not: Text | None
    dates: list[tuple[str, Text, Text]]
    form: Form


@dataclass(frozen=True, kw_only=True)
class ChoicePage(Page):
    """What guests of a day called off may choose; without `until` they have chosen, or their time is over."""

    template: ClassVar[str] = "storefront/tours/choice.html"
    token: str
    tour: Tour
    why: Text
    until: Text | None
    when: Text
    heads: int
    total_minor: int
    dates: list[tuple[str, Text, Text]]
    form: Form


@dataclass(frozen=True)
class TicketLine:
    """One ticket of a party."""

    words: Text
    code: str
    is_in: bool


@dataclass(frozen=True)
class BalanceLine:
    """A price in two parts: what is paid at booking, and what later."""

    deposit_minor: int
    owed_minor: int
    is_deposit_paid: bool
    is_over: bool
    """Whether the time for the rest is over."""
    is_settled: bool
    """Whether the rest is not waited for any more."""
    how: Text
    """Until when the rest is paid, and how."""
    transfer: TransferView | None
    """How to pay the rest, while it is open, or what became of the money that came."""


@dataclass(frozen=True)
class SeenLine:
    """A lot that the party has seen: its story, and where to buy it while the shop sells it."""

    words: Text
    story_href: str
    slug: str | None
    price_minor: int | None


@dataclass(frozen=True, kw_only=True)
class BookingPage(Page):
    """A party's own page: how to pay, then its ticket."""

    template: ClassVar[str] = "storefront/tours/booking.html"
    token: str
    party: Party
    producer: Producer
    place: str
    state: BookingState
    state_words: Text
    state_kind: str
    when: Text
    lines: list[tuple[Text, int]]
    tickets: list[TicketLine]
    held_until: datetime | None
    """Until when the seats of an unpaid party are kept."""
    extensions_left: int
    sights: Text | None
    """What the party sees that day, as far as the host said."""
    languages: Text | None
    """In which languages the party is led, as far as the host said."""
    seen: list[SeenLine]
    """What it has seen, once somebody came in."""
    transfer: TransferView | None
    balance: BalanceLine | None
    qr_svg: Markup
    again_href: str
    why_not: Text | None
    why_fixed: Text | None
    """Why nobody joins or leaves it any more, or not yet."""
    along: list[tuple[str, Text, Text]]
    """The other parts of a party that was added to: (address, who, state)."""
    can_move: bool
    extras: Text | None
    """What the party takes besides its tickets."""
    can_change_extras: bool
    called_off: Text | None
    """Why the party cannot come, while it has not chosen what it wants instead."""
    choose_until: Text | None
    cutoff: Text
    back_minor: int | None
    """What comes back to a paid party that cancels now, in đồng."""
    returned_minor: int
    """What a cancelled party that had paid gets back, in đồng."""
    least: Text | None
    """How many guests the day needs, while it is not sure."""
    refusal: Text | None
    invoice: Invoice | None
    can_ask_invoice: bool
    is_invoice_asked: bool
    form: Form
    """Whom the invoice is to be made out to."""
    feed_href: str | None
    """Where the party's calendar asks for its day, when it asked for such an address."""


@dataclass(frozen=True, kw_only=True)
class FeedPage(Page):
    """The address at which a host's own calendar asks for the dates."""

    template: ClassVar[str] = "storefront/tours/host_calendar.html"
    area: ClassVar[str] = "farmer"
    feed_href: str | None


@dataclass(frozen=True)
class TicketCard:
    """One ticket to print: who it is for and what the gate scans."""

    words: Text
    code: str
    qr_svg: Markup


@dataclass(frozen=True, kw_only=True)
class TicketsPage(Page):
    """A party's tickets one by one, to print or to send to each."""

    template: ClassVar[str] = "storefront/tours/tickets.html"
    back_href: str
    tour: Tour
    when: Text
    cards: list[TicketCard]


@dataclass(frozen=True, kw_only=True)
class TicketPage(Page):
    """What a phone's own camera opens: that a ticket is right, and what for."""

    template: ClassVar[str] = "storefront/tours/ticket.html"
    tour: Tour
    when: Text
    place: str
    heads: int
    state_words: Text
    state_kind: str


@dataclass(frozen=True)
class HostTour:
    """A tour in its host's list."""

    tour: Tour
    photo_id: UUID | None
    price_minor: int | None
    next_words: Text | None


@dataclass(frozen=True, kw_only=True)
class HostToursPage(Page):
    """What the producer invites visitors to."""

    template: ClassVar[str] = "storefront/tours/host_list.html"
    area: ClassVar[str] = "farmer"
    tours: list[HostTour]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class TourFormPage(Page):
    """The form of a tour."""

    template: ClassVar[str] = "storefront/tours/host_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    tour: Tour | None
    choices: list[CommuneChoice]
    photo_ids: list[UUID]
    durations: list[tuple[str, Text]]
    cutoffs: list[tuple[str, Text]]
    leads: list[tuple[str, Text]]
    types: list[tuple[AvailabilityType, Text, Text]]
    decisions: list[tuple[str, Text]]
    below: list[tuple[BelowRule, Text]]


@dataclass(frozen=True, kw_only=True)
class TermsPage(Page):
    """On what terms a tour is paid and cancelled."""

    template: ClassVar[str] = "storefront/tours/host_terms.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    said: list[Text]
    """What visitors read of it."""
    form: Form
    cutoffs: list[tuple[str, Text]]
    percents: list[tuple[str, Text]]
    deposits: list[tuple[str, Text]]
    rules: list[tuple[str, Text]]
    dues: list[tuple[str, Text]]
    befores: list[tuple[str, Text]]
    afters: list[tuple[str, Text]]


@dataclass(frozen=True)
class OptionForm:
    """One option's form; without an option, the form of a new one."""

    option: TourOption | None
    form: Form


@dataclass(frozen=True, kw_only=True)
class PricesPage(Page):
    """Options and prices of a tour."""

    template: ClassVar[str] = "storefront/tours/host_prices.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    options: list[OptionForm]


@dataclass(frozen=True)
class HostDate:
    """A departure in its host's hands."""

    departure: Departure
    when: Text
    state: Text
    kind: str
    moves: list[tuple[DepartureState, Text, str]]
    form: Form
    field: str
    sights: Text | None
    crew: Text | None
    """Who leads it and what it goes in."""
    waiting: int
    """How many parties wait for seats."""


@dataclass(frozen=True, kw_only=True)
class DatesPage(Page):
    """The dates of a tour, and a form to add more."""

    template: ClassVar[str] = "storefront/tours/host_dates.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    dates: list[HostDate]
    form: Form
    weekdays: list[tuple[str, Text]]
    chosen: list[str]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class SightsPage(Page):
    """What a date shows: the host ticks plots, waters and lots."""

    template: ClassVar[str] = "storefront/tours/host_sights.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    departure: Departure
    when: Text
    sites: list[tuple[str, str]]
    lots: list[tuple[str, Text]]
    chosen: list[str]
    form: Form


@dataclass(frozen=True)
class KeptLine:
    """One party that comes no more, and of whose money something was kept that is invoiced."""

    booking_id: UUID
    name: str
    kept_minor: int
    is_invoice_asked: bool
