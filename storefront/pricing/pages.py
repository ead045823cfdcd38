"""The page on which a producer says what a parcel costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True)
class MethodRow:
    """A way in a list."""

    id: UUID | None
    name: str
    kind_words: Text
    place: str
    days: Sequence[Text]


@dataclass(frozen=True, kw_only=True)
class DeliveryPage(Page):
    """The fee of one parcel, and the ways that stand in its place."""

    template: ClassVar[str] = "storefront/delivery.html"
    area: ClassVar[str] = "farmer"
    form: Form
    is_saved: bool
    methods: Sequence[MethodRow]
