"""The staff's pages of tour operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class OperatorRow:
    """An operator with what it owes, in đồng."""

    id: UUID
    name: str
    phone: str
    discount: str
    owed_minor: int


@dataclass(frozen=True, kw_only=True)
class OperatorsPage(Page):
    """What each operator owes, and money of nobody that may be theirs."""

    template: ClassVar[str] = "storefront/operators/desk.html"
    area: ClassVar[str] = "office"
    rows: list[OperatorRow]
    operators: list[tuple[str, str]]
    sums: list[tuple[str, Text]]
    is_saved: bool
    form: Form
    new_form: Form
    """Of an operator that is not there yet."""


@dataclass(frozen=True, kw_only=True)
class OperatorPage(Page):
    """One operator: who works for it, and how much it may owe."""

    template: ClassVar[str] = "storefront/operators/one.html"
    area: ClassVar[str] = "office"
    row: OperatorRow
    limit_minor: int | None
    people: list[tuple[UUID, str, str]]
    """(id, name, number as it is shown)."""
    form: Form
    limit_form: Form
