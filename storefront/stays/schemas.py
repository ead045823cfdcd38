"""What comes in about stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.fields import Count, Day, Dong, FormModel, Phone
from storefront.stays.models import OffReason, PlaceKind

MAX_NUMBER = 60
MAX_HEADS = 20


class StayFields(FormModel):
    """A stay as its form gives it; the commune comes beside it."""

    title: str = Field(min_length=1, max_length=120)
    summary: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=4000)
    meeting_point: str = Field(min_length=1, max_length=300)
    check_in: time
    check_out: time
    cancellation_hours: Annotated[Count, Field(le=30 * 24)]


class PlaceFields(FormModel):
    """Where one sleeps: so many beds or rooms, each for so many heads, at the price of one for a night."""

    new_id: UUID | None = None
    """Of one that is made; of one that is changed nobody asks for it."""
    kind: PlaceKind
    name: str = Field(min_length=1, max_length=80)
    number: Annotated[Count, Field(ge=1, le=MAX_NUMBER)]
    heads_each: Annotated[Count, Field(ge=1, le=MAX_HEADS)]
    price_minor: Annotated[Dong, Field(gt=0)]
    weekend_minor: Annotated[Dong, Field(gt=0)] | None = None
    is_active: bool = False


class NightFields(FormModel):
    """Nights of a place, one or until another, both included: closed, or with another number of beds."""

    place_id: UUID
    from_on: Day
    until_on: Day | None = None
    capacity: Annotated[Count, Field(le=MAX_NUMBER)] | None = None


class StayBookingFields(FormModel):
    """A booking as its form gives it."""

    id: UUID
    place_id: UUID
    arrives_on: Day
    leaves_on: Day
    units: Annotated[Count, Field(ge=1, le=MAX_NUMBER)] | None = None
    """As few as the party fits into, where the guest does not say."""
    heads: Annotated[Count, Field(ge=1, le=MAX_NUMBER * MAX_HEADS)]
    contact_name: str = Field(min_length=1, max_length=80)
    contact_phone: Phone
    note: str = Field("", max_length=500)


class OffFields(FormModel):
    """Why guests cannot come."""

    reason: OffReason
    note: str = Field("", max_length=120)


@dataclass(frozen=True, kw_only=True)
class NewStay:
    """A party that wants beds from one day to another: `id` is made by the client, phone in E.164."""

    id: UUID
    place_id: UUID
    arrives_on: date
    leaves_on: date
    units: int
    heads: int
    contact_name: str
    contact_phone: str
    note: str = ""
