"""The page on which a producer says what a parcel costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from app.web.forms import Form
from app.web.pages import Page


@dataclass(frozen=True, kw_only=True)
class DeliveryPage(Page):
    """The fee of one parcel."""

    template: ClassVar[str] = "storefront/delivery.html"
    area: ClassVar[str] = "farmer"
    form: Form
    is_saved: bool
