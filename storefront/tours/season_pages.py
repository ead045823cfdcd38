"""Pages on which hosts keep seasons, single days and days on which nobody is received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.models import CallOffReason, Departure, SeasonRule, Tour
from storefront.tours.pages import SeasonPriceLine


@dataclass(frozen=True)
class SeasonLine:
    """A season as its host reads it."""

    rule: SeasonRule
    weekdays: list[Text]
    words: Text


@dataclass(frozen=True)
class StandingDay:
    """A day with guests that stays as it was."""

    departure: Departure
    when: Text


@dataclass(frozen=True, kw_only=True)
class SeasonsPage(Page):
    """The seasons of a tour, and a form for one more."""

    template: ClassVar[str] = "storefront/tours/host_seasons.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    seasons: list[SeasonLine]
    form: Form
    weekdays: list[tuple[str, Text, str]]
    chosen: list[str]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class SeasonPage(Page):
    """One season: what it makes, what stays otherwise, and how it goes on from a day."""

    template: ClassVar[str] = "storefront/tours/host_season.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    season: SeasonLine
    is_over: bool
    made: int
    kept: list[StandingDay]
    left: list[StandingDay]
    next_id: UUID | None
    form: Form
    end_form: Form
    weekdays: list[tuple[str, Text, str]]
    chosen: list[str]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class DayChangePage(Page):
    """One day that goes otherwise: this day only, or all that follow."""

    template: ClassVar[str] = "storefront/tours/host_change.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    departure: Departure
    when: Text
    form: Form


@dataclass(frozen=True)
class BlackoutLine:
    """A day on which nobody new is received, and who had booked it."""

    blackout_id: UUID
    on: date
    day: Text
    note: str
    parties: int
    heads: int
    names: str


@dataclass(frozen=True, kw_only=True)
class BlackoutsPage(Page):
    """Days on which nobody new is received."""

    template: ClassVar[str] = "storefront/tours/host_blackouts.html"
    area: ClassVar[str] = "farmer"
    days: list[BlackoutLine]
    form: Form
    can_edit: bool


@dataclass(frozen=True)
class OffLine:
    """A departure on the page on which its day is called off."""

    title: str
    when: Text
    parties: int
    heads: int
    is_off: bool
    why: Text | None
    waiting: int
    moved: int
    refunded: int
    has_visitors: bool


@dataclass(frozen=True, kw_only=True)
class DayOffPage(Page):
    """A whole day, or one departure, to be called off with a reason; then what its guests chose."""

    template: ClassVar[str] = "storefront/tours/host_off.html"
    area: ClassVar[str] = "farmer"
    day: Text
    on: date
    action: str
    back_href: str
    lines: list[OffLine]
    parties: int
    heads: int
    papers: int
    """Paper tickets, of which sales points are told."""
    can_call_off: bool
    reasons: list[tuple[CallOffReason, Text, str]]
    form: Form
    deadline_days: int


@dataclass(frozen=True, kw_only=True)
class SeasonPricesPage(Page):
    """What a tour costs on some days, and a form for more."""

    template: ClassVar[str] = "storefront/tours/host_season_prices.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    seasons: list[SeasonPriceLine]
    options: list[tuple[str, str]]
    form: Form
    weekdays: list[tuple[str, Text, str]]
    chosen: list[str]
    can_edit: bool
