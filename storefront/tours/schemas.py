"""What comes in about visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.fields import Count, Day, Dong, FormModel, Phone
from app.core.i18n import Text, _
from producers.listings.models import TaxKind
from storefront.tours.extra_models import ExtraPer
from storefront.tours.models import AvailabilityType, BalanceRule, BelowRule, CallOffReason, UnitType
from storefront.tours.resource_models import ResourceKind

MAX_SEATS = 500
MAX_UNITS = 50
MAX_GROUP = 200
"""Heads of one group: a ticket's symbol counts so far."""
MAX_BATCH = 200
"""Tickets of one batch."""
MAX_SIGHTS = 20
_UNIT_PREFIX = "unit_"
_EXTRA_PREFIX = "extra_"


class TourFields(FormModel):
    """A tour as its form gives it; the commune comes beside it."""

    title: str = Field(min_length=1, max_length=120)
    summary: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=4000)
    meeting_point: str = Field(min_length=1, max_length=300)
    duration_minutes: Annotated[Count, Field(ge=15, le=24 * 60)]
    availability_type: AvailabilityType
    cancellation_cutoff_hours: Annotated[Count, Field(le=30 * 24)]
    booking_lead_hours: Annotated[Count, Field(le=30 * 24)] = 0
    booking_until: time | None = None
    minimum_heads: Annotated[Count, Field(le=MAX_SEATS)] = 0
    decide_hours: Annotated[Count, Field(ge=1, le=30 * 24)] = 48
    below: BelowRule = BelowRule.CALL_OFF


class OptionFields(FormModel):
    """A way to take the tour with its prices; a price left empty is not sold."""

    name: str = Field(min_length=1, max_length=80)
    max_units: Annotated[Count, Field(ge=1, le=MAX_UNITS)]
    adult_minor: Annotated[Dong, Field(gt=0)] | None = None
    child_minor: Annotated[Dong, Field(gt=0)] | None = None
    family_minor: Annotated[Dong, Field(gt=0)] | None = None
    family_heads: Annotated[Count, Field(ge=2, le=10)] = 4

    def prices(self) -> dict[UnitType, tuple[int, int]]:
        """What is sold: {kind: (heads of one, price of one in đồng)}."""
        rows = {
            UnitType.ADULT: (1, self.adult_minor),
            UnitType.CHILD: (1, self.child_minor),
            UnitType.FAMILY: (self.family_heads, self.family_minor),
        }
        return {kind: (heads, price) for kind, (heads, price) in rows.items() if price is not None}


class AfterSteps(StrEnum):
    """Once the last step is over: nobody cancels any more, or everybody may until the start and gets nothing back."""

    CLOSED = "closed"
    NOTHING = "nothing"


class TermsFields(FormModel):
    """What comes back to who cancels: all until so many hours before the start, then perhaps a part, then perhaps nothing.

    And what is paid at booking, when that is not all.
    """

    cancellation_cutoff_hours: Annotated[Count, Field(le=30 * 24)]
    part_percent: Annotated[Count, Field(lt=100)] = 0
    part_hours: Annotated[Count, Field(le=30 * 24)] = 0
    after: AfterSteps = AfterSteps.CLOSED
    deposit_percent: Annotated[Count, Field(lt=100)] = 0
    balance_rule: BalanceRule = BalanceRule.GATE
    balance_hours: Annotated[Count, Field(le=30 * 24)] = 72

    @property
    def later(self) -> list[list[int]]:
        """The steps after the first, as a tour keeps them."""
        rows = [[self.part_hours, self.part_percent]] if self.part_percent else []
        least = self.part_hours if rows else self.cancellation_cutoff_hours
        return [*rows, [0, 0]] if self.after is AfterSteps.NOTHING and least else rows


class SeasonPriceFields(FormModel):
    """What an option costs on some days: from a day until a day, on some weekdays (0 is Monday) or on all."""

    option_id: UUID
    name: str = Field(min_length=1, max_length=60)
    from_on: Day
    until_on: Day
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list)
    adult_minor: Annotated[Dong, Field(gt=0)] | None = None
    child_minor: Annotated[Dong, Field(gt=0)] | None = None
    family_minor: Annotated[Dong, Field(gt=0)] | None = None


class DepartureFields(FormModel):
    """Dates to add: one, or the chosen weekdays (0 is Monday) until a day; the time is Vietnam's."""

    from_on: date
    until_on: date | None = None
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list)
    starts: time
    capacity: Annotated[Count, Field(ge=1, le=MAX_SEATS)]
    is_provisional: bool = False
    """The host does not know yet whether the day can be: guests leave their names, nobody pays."""


class SeasonFields(FormModel):
    """A season: the weekdays (0 is Monday) from a day until a day, at these hours of Vietnam's clock."""

    from_on: Day
    until_on: Day
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list)
    starts: time
    starts_2: time | None = None
    starts_3: time | None = None
    closes: time | None = None
    capacity: Annotated[Count, Field(ge=1, le=MAX_SEATS)]

    def hours(self) -> list[time]:
        """The hours of a day, the earliest first, each once."""
        return sorted({hour for hour in (self.starts, self.starts_2, self.starts_3) if hour is not None})


class EndFields(FormModel):
    """From which day on a season makes nothing any more."""

    from_on: Day


class DayFields(FormModel):
    """One day that goes otherwise than its season; the gate of a day pass closes at `closes`."""

    starts: time
    closes: time | None = None
    capacity: Annotated[Count, Field(ge=1, le=MAX_SEATS)]


class BlackoutFields(FormModel):
    """Days on which nobody new is received: one, or until another."""

    from_on: Day
    until_on: Day | None = None
    note: str = Field("", max_length=120)


class CallOffFields(FormModel):
    """Why visitors cannot come."""

    reason: CallOffReason
    note: str = Field("", max_length=120)


class DayOffFields(CallOffFields):
    """And which day: never today by a slip of the form."""

    on: Day


class CapacityFields(FormModel):
    """How many heads a departure takes."""

    capacity: Annotated[Count, Field(ge=1, le=MAX_SEATS)]


class AllotmentFields(FormModel):
    """Seats held for an operator: of one date, or without it of all dates (on some weekdays) until a day."""

    operator_id: UUID
    heads: Annotated[Count, Field(ge=1, le=MAX_SEATS)]
    release_days: Annotated[Count, Field(le=180)]
    departure_id: UUID | None = None
    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list)
    until_on: Day | None = None


class SightFields(FormModel):
    """What a date shows: places of the farm and lots."""

    sites: list[UUID] = Field(default_factory=list, max_length=MAX_SIGHTS)
    lots: list[UUID] = Field(default_factory=list, max_length=MAX_SIGHTS)


class ResourceFields(FormModel):
    """A guide, car or boat; of a car its guests' seats."""

    kind: ResourceKind = ResourceKind.GUIDE
    name: str = Field(min_length=1, max_length=80)
    person_id: UUID | None = None
    languages: list[str] = Field(default_factory=list, max_length=MAX_SIGHTS)
    seats: Annotated[Count, Field(ge=1, le=MAX_SEATS)] | None = None
    is_active: bool = False


class CrewFields(FormModel):
    """Who leads a date and what it goes in, and whether the seats in the cars limit it."""

    resources: list[UUID] = Field(default_factory=list, max_length=MAX_SIGHTS)
    limits_seats: bool = False


class BatchFields(FormModel):
    """Paper tickets for a sales point: of one date, or for any day from one until another.

    Without a price each costs what the tour asks on its day, or usually.
    """

    id: UUID
    point_name: str = Field(min_length=1, max_length=60)
    point_phone: Phone
    unit_id: UUID
    departure_id: UUID | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None
    count: Annotated[Count, Field(ge=1, le=MAX_BATCH)]
    price_minor: Annotated[Dong, Field(gt=0)] | None = None
    keep_minor: Dong = 0


class SettleFields(FormModel):
    """Which paper tickets were sold and which come back: numbers ("1-12, 15") or codes."""

    id: UUID
    sold: str = Field("", max_length=2000)
    back: str = Field("", max_length=2000)


class ReturnFields(FormModel):
    """Of which paper tickets the host gave the money back."""

    numbers: str = Field(min_length=1, max_length=2000)


class HouseFields(FormModel):
    """How many visitors a day a place takes; left empty, as many as come."""

    site_id: UUID
    visitors: Annotated[Count, Field(ge=1, le=MAX_SEATS)] | None = None


class ExtraFields(FormModel):
    """An add-on of a tour; `most` left empty: as many as are asked for."""

    name: str = Field(min_length=1, max_length=80)
    per: ExtraPer = ExtraPer.HEAD
    price_minor: Annotated[Dong, Field(gt=0)]
    tax_kind: TaxKind = TaxKind.SERVICES
    most: Annotated[Count, Field(ge=1, le=MAX_SEATS)] | None = None
    is_active: bool = False


class BookingFields(FormModel):
    """A booking as its form gives it; the party comes beside it."""

    id: UUID
    departure_id: UUID
    contact_name: str = Field(min_length=1, max_length=80)
    contact_phone: Phone
    note: str = Field("", max_length=500)


class CancelFields(FormModel):
    """What the page said would come back, in đồng."""

    back_minor: Count | None = None


class PeopleFields(FormModel):
    """Which tickets of a party leave; who comes besides stands in its steppers."""

    id: UUID
    """Of the added people, should the party have paid."""
    seen: Count
    """How many tickets the party had ever had when the form was made: the same form twice adds once."""
    leaving: list[Annotated[Count, Field(lt=255)]] = Field(default_factory=list, max_length=MAX_UNITS)


class HowPaid(StrEnum):
    """What a host and a guest agreed: cash in hand, a transfer now, or when they come."""

    CASH = "cash"
    TRANSFER = "transfer"
    LATER = "later"


class HandFields(FormModel):
    """A party that the host writes down; who gives no number has the ticket on the host's own phone."""

    id: UUID
    contact_name: str = Field(min_length=1, max_length=80)
    contact_phone: Phone | None = None
    how: HowPaid
    note: str = Field("", max_length=500)


class MoveFields(FormModel):
    """The day to which a party moves."""

    departure_id: UUID


class GroupFields(FormModel):
    """What a group asks for."""

    id: UUID
    departure_id: UUID
    group_name: str = Field(min_length=1, max_length=80)
    heads: Annotated[Count, Field(ge=1, le=MAX_GROUP)]
    contact_name: str = Field(min_length=1, max_length=80)
    contact_phone: Phone
    note: str = Field("", max_length=500)


class PricePer(StrEnum):
    """What a price of an offer is for."""

    HEAD = "head"
    TOTAL = "total"


class GroupOfferFields(FormModel):
    """What a host answers a group: a price, what of it is paid at once, and the last day to take it."""

    amount_minor: Annotated[Dong, Field(gt=0)]
    per: PricePer
    deposit_percent: Annotated[Count, Field(lt=100)] = 0
    until_on: Day
    note: str = Field("", max_length=300)


@dataclass(frozen=True, kw_only=True)
class NewBooking:
    """A party that wants seats: `id` is made by the client, `units` is {unit id: how many}, phone in E.164."""

    id: UUID
    departure_id: UUID
    units: Mapping[UUID, int]
    contact_name: str
    contact_phone: str
    note: str = ""
    extras: Mapping[UUID, int] = field(default_factory=dict)
    """{add-on id: how many}; of one for everybody any number means all."""


def read_extras(values: Mapping[str, str]) -> tuple[dict[UUID, int], dict[str, Text]]:
    """Read `extra_<id>` fields as `read_units` does."""
    return _read_numbers(values, _EXTRA_PREFIX)


def read_units(values: Mapping[str, str]) -> tuple[dict[UUID, int], dict[str, Text]]:
    """Read `unit_<id>` fields: ({unit id: how many above none}, {field: what is wrong})."""
    return _read_numbers(values, _UNIT_PREFIX)


def _read_numbers(values: Mapping[str, str], prefix: str) -> tuple[dict[UUID, int], dict[str, Text]]:
    units: dict[UUID, int] = {}
    errors: dict[str, Text] = {}
    for name, value in values.items():
        if not name.startswith(prefix) or value.strip() in {"", "0"}:
            continue
        try:
            count, unit_id = int(value), UUID(name.removeprefix(prefix))
        except ValueError:
            count, unit_id = 0, None
        if unit_id is None or not 0 < count <= MAX_UNITS:
            errors[name] = _("Bạn điền một số từ 0 đến %(most)s.", most=MAX_UNITS)
        else:
            units[unit_id] = count
    return units, errors


def read_places(text: str) -> frozenset[int] | None:
    """Which of a booking's tickets a gate let in ("0,2"); None when it does not say."""
    found = [part for part in text.split(",") if part.isascii() and part.isdigit()]
    return frozenset(int(part) for part in found[:MAX_GROUP]) or None
