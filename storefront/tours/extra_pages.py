"""Pages of add-ons: the host's list, and what a party takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.extra_models import ExtraPer, TourExtra
from storefront.tours.models import Tour


@dataclass(frozen=True)
class ExtraForm:
    """The form of one add-on; without one, of a new one."""

    extra: TourExtra | None
    form: Form


@dataclass(frozen=True, kw_only=True)
class ExtrasPage(Page):
    """The add-ons of a tour."""

    template: ClassVar[str] = "storefront/tours/host_extras.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    lines: list[ExtraForm]
    pers: list[tuple[ExtraPer, Text]]
    kinds: list[tuple[str, Text]]
    can_edit: bool


@dataclass(frozen=True)
class ExtraLine:
    """An add-on as a visitor reads it; `field` is its place in the form. `is_whole`: for everybody who comes."""

    name: str
    price_minor: int
    field: str
    is_whole: bool
    most: int


@dataclass(frozen=True, kw_only=True)
class ExtraChangePage(Page):
    """What a party takes besides its tickets, to take other things."""

    template: ClassVar[str] = "storefront/tours/extras.html"
    token: str
    tour: Tour
    when: Text
    heads: int
    offered: list[ExtraLine]
    is_paid: bool
    why_not: Text | None
    form: Form
