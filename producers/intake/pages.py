"""Pages of intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.intake.models import IntakeSlip
from producers.intake.service import Totals


@dataclass(frozen=True)
class SlipLine:
    """A slip as lists show it."""

    slip: IntakeSlip
    farm: str
    grade: Text


@dataclass(frozen=True, kw_only=True)
class IntakePage(Page):
    """The slips of one day with their totals."""

    template: ClassVar[str] = "producers/intake.html"
    area: ClassVar[str] = "farmer"
    on: date
    lines: Sequence[SlipLine]
    totals: Totals
    earlier: date
    later: date | None
    can_weigh: bool


@dataclass(frozen=True, kw_only=True)
class SlipFormPage(Page):
    """A weigh slip, new or corrected."""

    template: ClassVar[str] = "producers/slip_form.html"
    area: ClassVar[str] = "farmer"
    form: Form
    title: Text
    action: str
    sites: Sequence[tuple[str, str]]
    grades: Sequence[tuple[str, Text, Text | None]]
    has_prices: bool
    kept: Sequence[UUID]
    newer_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class PricesPage(Page):
    """What a kilo costs today, by grade, and the form for another price."""

    template: ClassVar[str] = "producers/intake_prices.html"
    area: ClassVar[str] = "farmer"
    prices: Sequence[tuple[Text, int]]
    can_set: bool
    form: Form
    grades: Sequence[tuple[str, Text]]


@dataclass(frozen=True, kw_only=True)
class SlipPage(Page):
    """One slip, as it is handed to the household."""

    template: ClassVar[str] = "producers/slip.html"
    area: ClassVar[str] = "farmer"
    line: SlipLine
    site: str
    person: Text
    late: Text | None
    photo_uri: str | None
    newer_id: UUID | None
    can_correct: bool
    is_saved: bool
