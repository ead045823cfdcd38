"""Pages of seasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from producers.cooperatives.work import DueLine


@dataclass(frozen=True)
class DoneLine:
    """One kind of work on one site and day."""

    words: Text
    place: str
    icon: str
    count: int


@dataclass(frozen=True)
class CalendarDay:
    """One day of the month on which something was done or is due."""

    on: date
    done: Sequence[DoneLine]
    due: Sequence[DueLine]


@dataclass(frozen=True, kw_only=True)
class CalendarPage(Page):
    """One month of the season, day by day, and its year in figures."""

    template: ClassVar[str] = "producers/calendar.html"
    area: ClassVar[str] = "farmer"
    month: date
    days: Sequence[CalendarDay]
    rows: Sequence[tuple[Text, Sequence[int]]]
    """Of each kind of work, how often it was done in each month of the year."""
    sites: Sequence[tuple[str, str]]
    form: Form
    earlier_href: str
    later_href: str
    can_write: bool
