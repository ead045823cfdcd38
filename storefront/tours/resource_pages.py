"""Pages of what a day needs besides seats: guides and cars, pond-houses and who went into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.models import Departure, Tour
from storefront.tours.resource_models import ResourceKind, TourResource


@dataclass(frozen=True)
class ResourceForm:
    """The form of one guide, car or boat; without one, of a new one of its kind."""

    resource: TourResource | None
    kind: ResourceKind
    words: Text
    form: Form
    languages: list[str]


@dataclass(frozen=True)
class ShortLine:
    """A date with more guests than seats in its cars, and where another car is chosen."""

    words: Text
    crew_href: str


@dataclass(frozen=True, kw_only=True)
class ResourcesPage(Page):
    """Who leads guests, and what they go in."""

    template: ClassVar[str] = "storefront/tours/host_resources.html"
    area: ClassVar[str] = "farmer"
    lines: list[ResourceForm]
    members: list[tuple[str, str]]
    languages: list[tuple[str, Text]]
    short: list[ShortLine]
    can_edit: bool


@dataclass(frozen=True, kw_only=True)
class CrewPage(Page):
    """Who leads a date and what it goes in: the host ticks them."""

    template: ClassVar[str] = "storefront/tours/host_crew.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    departure: Departure
    when: Text
    guides: list[tuple[str, Text]]
    vehicles: list[tuple[str, Text]]
    chosen: list[str]
    form: Form


@dataclass(frozen=True)
class LedLine:
    """A date that somebody leads."""

    title: str
    when: Text
    meeting_point: str
    crew: Text | None
    heads: int
    day_href: str


@dataclass(frozen=True, kw_only=True)
class LedPage(Page):
    """A guide's own days."""

    template: ClassVar[str] = "storefront/tours/host_led.html"
    area: ClassVar[str] = "farmer"
    lines: list[LedLine]


@dataclass(frozen=True)
class HouseLine:
    """A place of the farm with its limit, and the days on which somebody goes in."""

    site_id: UUID
    name: str
    form: Form
    field: str
    days: list[tuple[Text, Text, str]]
    """(day, how many come, kind of the mark)."""


@dataclass(frozen=True, kw_only=True)
class HousesPage(Page):
    """How many visitors a day each place takes."""

    template: ClassVar[str] = "storefront/tours/host_houses.html"
    area: ClassVar[str] = "farmer"
    houses: list[HouseLine]
    can_edit: bool
    can_trace: bool


@dataclass(frozen=True)
class EntryLine:
    """People who went into a place."""

    at: str
    name: str
    phone: str
    heads: int
    code: str
    title: str
    by: str
    is_odd: bool


@dataclass(frozen=True, kw_only=True)
class HouseLogPage(Page):
    """Who went into a place on a day, to trace and to print."""

    template: ClassVar[str] = "storefront/tours/host_house_log.html"
    area: ClassVar[str] = "farmer"
    name: str
    day: Text
    lines: list[EntryLine]
    heads: int
    previous_href: str
    next_href: str
