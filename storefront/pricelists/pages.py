"""The producer's pages of price lists and of groups of buyers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class StepRow:
    """A step in words; `retail_minor` is what the listing asks."""

    variant_id: UUID
    from_quantity: int
    pack: str
    quantity_words: Text
    price_minor: int
    retail_minor: int


@dataclass(frozen=True)
class ListRow:
    """A price list in words, with its steps and the form for another."""

    id: UUID
    name: str
    state: Text
    kind: str
    group: str | None
    first_day: date
    last_day: date | None
    is_open: bool
    steps: Sequence[StepRow]
    form: Form


@dataclass(frozen=True, kw_only=True)
class PriceListsPage(Page):
    """All price lists of a producer, and the form for another."""

    template: ClassVar[str] = "storefront/pricelists/lists.html"
    area: ClassVar[str] = "farmer"
    rows: list[ListRow]
    groups: list[tuple[str, str]]
    packs: list[tuple[str, str]]
    first_day: date
    is_saved: bool
    form: Form


@dataclass(frozen=True)
class GroupRow:
    """A group and the form that holds its numbers."""

    id: UUID
    name: str
    count: int
    form: Form


@dataclass(frozen=True, kw_only=True)
class GroupsPage(Page):
    """The buyers whom a producer knows, group by group."""

    template: ClassVar[str] = "storefront/pricelists/groups.html"
    area: ClassVar[str] = "farmer"
    rows: list[GroupRow]
    is_saved: bool
    form: Form
