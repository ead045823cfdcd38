"""The page on which a weight is put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.orders.pages import TurnView


@dataclass(frozen=True)
class OtherLine:
    """Another line of the parcel that was weighed."""

    id: UUID
    title: str
    quantity_words: Text


@dataclass(frozen=True, kw_only=True)
class WeighedLine:
    """A line with all that the scale said of it, in đồng what was paid and what it costs."""

    id: UUID
    title: str
    quantity_words: Text
    bounds_words: Text
    turns: Sequence[TurnView]
    paid_minor: int
    final_minor: int
    record_id: UUID
    """Of the weighing that would be put right."""
    typed: str
    """The last weights as they are typed."""


@dataclass(frozen=True, kw_only=True)
class ReweighPage(Page):
    """One weighed line of a parcel, to be weighed again."""

    template: ClassVar[str] = "storefront/fulfilment/reweigh.html"
    area: ClassVar[str] = "farmer"
    id: UUID
    code: str
    line: WeighedLine | None
    other_lines: Sequence[OtherLine]
    stopped_words: Text | None
    """Why its weight stands, if it does."""
    form: Form
    record_id: str
    kept: Sequence[UUID] = ()
    """Photos that an earlier try of this form stored."""
