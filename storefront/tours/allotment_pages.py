"""The page on which hosts hold seats for operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.models import Tour


@dataclass(frozen=True)
class RuleLine:
    """A promise for many dates."""

    id: UUID
    operator: str
    words: Text
    weekdays: list[Text]


@dataclass(frozen=True)
class HeldLine:
    """What is held on one date, and how much of it is booked."""

    departure_id: UUID
    operator_id: UUID
    operator: str
    when: Text
    heads: int
    booked: int
    free_at: Text


@dataclass(frozen=True, kw_only=True)
class AllotmentsPage(Page):
    """What is held for whom, and a form to hold more."""

    template: ClassVar[str] = "storefront/tours/host_allotments.html"
    area: ClassVar[str] = "farmer"
    tour: Tour
    rules: list[RuleLine]
    held: list[HeldLine]
    operators: list[tuple[str, str]]
    dates: list[tuple[str, Text]]
    weekdays: list[tuple[str, Text]]
    chosen: list[str]
    form: Form
    can_edit: bool
