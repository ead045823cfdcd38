"""The pages on which a producer says how goods travel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class MethodPage(Page):
    """A way of delivery: a new one, or one that is offered."""

    template: ClassVar[str] = "storefront/delivery/method.html"
    area: ClassVar[str] = "farmer"
    method_id: UUID | None
    form: Form
    kinds: Sequence[tuple[str, Text]]
    zones: Sequence[tuple[str, Text]]
    temperatures: Sequence[tuple[str, Text]]
    weekdays: Sequence[tuple[str, Text]]
    carries: Collection[str]
    """Those that are ticked."""
    goes_on: Collection[str]
    """The weekdays that are ticked."""


@dataclass(frozen=True, kw_only=True)
class RegionPage(Page):
    """Which provinces are near."""

    template: ClassVar[str] = "storefront/delivery/region.html"
    area: ClassVar[str] = "farmer"
    provinces: Sequence[tuple[str, str]]
    near: Collection[str]
