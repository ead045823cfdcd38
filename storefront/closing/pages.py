"""The accountant's page of the close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class FindingLine:
    """One thing that does not fit; amounts as they are shown, None where there is nothing."""

    label: str
    href: str | None
    must_be: str
    is_now: str


@dataclass(frozen=True)
class CheckLine:
    """One question with what does not fit; `count` may be more than the findings shown."""

    words: Text
    findings: list[FindingLine]
    count: int


@dataclass(frozen=True)
class SumLine:
    """One account in the period."""

    name: Text
    owner: str
    debit_minor: int
    credit_minor: int
    balance_minor: int


@dataclass(frozen=True)
class AfterLine:
    """A journal that was dated inside closed days and booked later."""

    memo: str
    occurred_at: datetime
    booked_at: datetime


@dataclass(frozen=True)
class CloseLine:
    """One close in the list."""

    since: date
    until: date
    href: str
    closed_at: datetime
    by: str | None


@dataclass(frozen=True, kw_only=True)
class ClosePage(Page):
    """Some days of the books: what does not fit, the sums, and whether they are closed."""

    template: ClassVar[str] = "storefront/closing/close.html"
    area: ClassVar[str] = "office"
    form: Form
    since: date
    until: date
    checks: list[CheckLine]
    sums: list[SumLine]
    journal_count: int
    is_whole: bool
    is_over: bool
    closed_at: datetime | None
    closed_by: str | None
    after: list[AfterLine]
    moved: list[tuple[Text, str, int]]
    """Kinds of account in words, whose they are, and by how much each moved."""
    closes: list[CloseLine]
    refusal: Text | None
