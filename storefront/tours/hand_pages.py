"""Pages of a party that its host writes down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from app.core.i18n import Text
from app.web.forms import Form
from app.web.pages import Page
from storefront.payments.service import TransferView
from storefront.tours.models import Booking, BookingState, Tour
from storefront.tours.pages import OfferLine


@dataclass(frozen=True, kw_only=True)
class HandPage(Page):
    """The form for a party that telephones or stands at the gate."""

    template: ClassVar[str] = "storefront/tours/host_party.html"
    area: ClassVar[str] = "farmer"
    form: Form
    tour: Tour
    departure_id: UUID
    on: date
    when: Text
    left: Text
    offers: list[OfferLine]
    ways: list[tuple[str, Text, Text]]


@dataclass(frozen=True, kw_only=True)
class HandPaidPage(Page):
    """How a held party pays, to be shown to it; afterwards its code."""

    template: ClassVar[str] = "storefront/tours/host_paid.html"
    area: ClassVar[str] = "farmer"
    booking: Booking
    title: str
    on: date
    when: Text
    who: str
    phone: str
    state: BookingState
    until: Text | None
    due_minor: int
    transfer: TransferView | None
    refusal: Text | None
