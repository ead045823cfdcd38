"""Pages of the waiting list: leaving a name, and the place in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.tours.models import (
    BookingState,
    DepartureState,
    Tour,
)
from storefront.tours.pages import OfferLine
from storefront.tours.waiting_models import WaitingParty


@dataclass(frozen=True, kw_only=True)
class WaitPage(Page):
    """The form of the waiting list."""

    template: ClassVar[str] = "storefront/tours/wait.html"
    form: Form
    tour: Tour
    party_id: str
    dates: list[tuple[str, Text, Text]]
    offers: list[OfferLine]
    book_query: str
    """What was typed, for the booking form, once there is room after all."""


@dataclass(frozen=True, kw_only=True)
class WaitingPage(Page):
    """A waiting party's own page."""

    template: ClassVar[str] = "storefront/tours/waiting.html"
    token: str
    tour: Tour
    party: WaitingParty
    when: Text
    lines: list[tuple[Text, int]]
    before: int
    is_open: bool
    departure_state: DepartureState
    booking_state: BookingState | None
    held_until: datetime | None
    booking_token: str
