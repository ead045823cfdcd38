"""Tables of visits; names follow OCTO (an OCTO availability is our departure row)."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.orm import Base, Identified

_NOW = text("now()")


class AvailabilityType(StrEnum):
    """OCTO: a start time, or the opening hours of a day (a day pass)."""

    START_TIME = "start_time"
    OPENING_HOURS = "opening_hours"


class BelowRule(StrEnum):
    """Too few guests at the hour of decision: called off by itself, or the host is asked first."""

    CALL_OFF = "call_off"
    ASK = "ask"


class BalanceRule(StrEnum):
    """The rest of a price that did not come in time: the party ends by its terms, or pays in cash at the gate."""

    CANCEL = "cancel"
    GATE = "gate"


class Tour(Identified, Base):
    """A visit that a producer offers (OCTO: product)."""

    __tablename__ = "tours"

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"), index=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    description: Mapped[str]
    meeting_point: Mapped[str]
    commune_code: Mapped[str] = mapped_column(ForeignKey("admin_units.code"))
    duration_minutes: Mapped[int]
    availability_type: Mapped[AvailabilityType]
    cancellation_cutoff_hours: Mapped[int]
    """Free cancellation until so many hours before the start."""
    cancellation_steps: Mapped[list[list[int]]] = mapped_column(JSONB, server_default="[]")
    """And after that: [until so many hours before the start, per cent that come back], the earliest first."""
    booking_lead_hours: Mapped[int] = mapped_column(server_default="0")
    """Bookable until so many hours before the start; 0 is until the start, for a day pass until its day ends."""
    booking_until: Mapped[time | None]
    """And not after this hour (Vietnam's) of the day before."""
    deposit_percent: Mapped[int] = mapped_column(server_default="0")
    """So many per cent of the price are paid at booking; 0: all of it."""
    balance_hours: Mapped[int] = mapped_column(server_default="72")
    """The rest is due so many hours before the start, where a party ends without it."""
    balance_rule: Mapped[BalanceRule] = mapped_column(server_default=BalanceRule.GATE)
    minimum_heads: Mapped[int] = mapped_column(server_default="0")
    """So many heads must have paid for a day to go; 0: every day goes."""
    decide_hours: Mapped[int] = mapped_column(server_default="48")
    """So many hours before the start it is decided whether enough have paid."""
    below: Mapped[BelowRule] = mapped_column(server_default=BelowRule.CALL_OFF)
    is_published: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    """When the row last changed, by the database's clock (a trigger): calendars say it of the dates of the tour."""


class TourPhoto(Identified, Base):
    """A photo of a tour, in order."""

    __tablename__ = "tour_photos"
    __table_args__ = (UniqueConstraint("tour_id", "photo_id"),)

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id"))
    position: Mapped[int]


class TourOption(Identified, Base):
    """A way to take the tour (OCTO: option): with lunch, in English."""

    __tablename__ = "tour_options"

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"), index=True)
    name: Mapped[str]
    is_default: Mapped[bool]
    max_units: Mapped[int]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class UnitType(StrEnum):
    """OCTO's unit types that we sell."""

    ADULT = "adult"
    CHILD = "child"
    FAMILY = "family"


class TourUnit(Identified, Base):
    """A price type of an option; `pax_count` heads each (a family ticket is four)."""

    __tablename__ = "tour_units"
    __table_args__ = (
        UniqueConstraint("option_id", "kind"),
        CheckConstraint("pax_count > 0", name="heads_positive"),
        CheckConstraint("price_minor > 0", name="price_positive"),
    )

    option_id: Mapped[UUID] = mapped_column(ForeignKey("tour_options.id"))
    kind: Mapped[UnitType]
    name: Mapped[str]
    pax_count: Mapped[int]
    price_minor: Mapped[int]
    position: Mapped[int]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class SeasonPrice(Identified, Base):
    """What an option costs on some days, where that is not the usual; a kind that is left out costs the usual."""

    __tablename__ = "season_prices"
    __table_args__ = (
        CheckConstraint("from_on <= until_on", name="prices_forward"),
        CheckConstraint("least(adult_minor, child_minor, family_minor) > 0", name="prices_positive"),
    )

    option_id: Mapped[UUID] = mapped_column(ForeignKey("tour_options.id"), index=True)
    name: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date]
    weekdays: Mapped[list[int]] = mapped_column(JSONB, server_default="[]")
    """On these days of the week alone (0 is Monday); none: on all."""
    adult_minor: Mapped[int | None]
    child_minor: Mapped[int | None]
    family_minor: Mapped[int | None]

    def price_minor(self, kind: UnitType) -> int | None:
        """What a ticket of a kind costs by this list, in đồng; None when the list says nothing of it."""
        prices = {
            UnitType.ADULT: self.adult_minor,
            UnitType.CHILD: self.child_minor,
            UnitType.FAMILY: self.family_minor,
        }
        return prices[kind]


class SeasonRule(Identified, Base):
    """When a tour goes in a season: a generator of departures (RFC 5545 RRULE); the rows are what is booked."""

    __tablename__ = "season_rules"
    __table_args__ = (
        CheckConstraint("from_on <= until_on", name="season_forward"),
        CheckConstraint("capacity > 0", name="capacity_positive"),
    )

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"), index=True)
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("season_rules.id"), unique=True)
    """The rule that this one took over from, when a change counted for "this and following"."""
    from_on: Mapped[date]
    until_on: Mapped[date]
    rrule: Mapped[str]
    starts: Mapped[list[str]]
    """Hours of a day ("08:00", Vietnam's), the earliest first."""
    closes: Mapped[time | None]
    """When the gate of a day pass closes; None: as long as the tour lasts."""
    capacity: Mapped[int]
    ended_at: Mapped[datetime | None]


class BlackoutDay(Identified, Base):
    """A day on which a producer receives nobody new."""

    __tablename__ = "blackout_days"
    __table_args__ = (UniqueConstraint("producer_id", "closed_on"),)

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producers.id"))
    closed_on: Mapped[date]
    note: Mapped[str] = mapped_column(server_default="")


class CallOffReason(StrEnum):
    """Why a day is called off: what a host says, or that too few have paid."""

    WEATHER = "weather"
    ROAD = "road"
    FARM = "farm"
    TOO_FEW = "too_few"
    OTHER = "other"


class DepartureState(StrEnum):
    """`provisional` until the host knows the day, `open` for booking, `go` runs, then `closed` or `cancelled`."""

    PROVISIONAL = "provisional"
    OPEN = "open"
    GO = "go"
    CANCELLED = "cancelled"
    CLOSED = "closed"


LOCAL_AT = "CAST(timezone('Asia/Ho_Chi_Minh', starts_at) AS time)"
"""At which time of the day in Viet Nam a departure starts, as its index spells it."""


class Departure(Identified, Base):
    """A date of a tour: seats are counted in heads, shared by all its options."""

    __tablename__ = "departures"
    __table_args__ = (
        UniqueConstraint("tour_id", "starts_at"),
        UniqueConstraint("rule_id", "slot_at"),
        Index("ix_departures_times", "tour_id", text(LOCAL_AT), "ends_at"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="seats_within_capacity"),
        CheckConstraint("capacity <= car_seats", name="seats_in_cars"),
    )

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"))
    local_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
    has_allotments: Mapped[bool] = mapped_column(server_default="false")
    """Whether seats were ever held for an operator: only then the counter asks for them."""
    car_seats: Mapped[int | None]
    """Guests' seats in its cars and boats, where the host says that no more may come; None: they do not limit."""
    state: Mapped[DepartureState]
    rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("season_rules.id"))
    slot_at: Mapped[datetime | None]
    """Which start of its rule this is, wherever it was moved to (RFC 5545 RECURRENCE-ID)."""
    dropped_at: Mapped[datetime | None]
    """Its rule makes it no more, and nobody had booked."""
    closed_for_id: Mapped[UUID | None] = mapped_column(ForeignKey("blackout_days.id", ondelete="SET NULL"))
    cancel_reason: Mapped[CallOffReason | None]
    cancel_note: Mapped[str] = mapped_column(server_default="")
    asked_at: Mapped[datetime | None]
    """When the host was asked whether the day goes with too few guests."""
    sure_at: Mapped[datetime | None]
    """Since when it is sure that enough come, whatever is sold: a day that is closed and opened again stays sure."""
    sequence: Mapped[int] = mapped_column(server_default="0")
    """iCalendar's SEQUENCE: a trigger raises it when start, end, state or capacity change, whoever changes them."""
    previous_starts_at: Mapped[datetime | None]
    """Where the start was before it last changed (the same trigger); None while it never did."""
    changed_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    """When the row last changed, by the database's clock (the same trigger)."""


class DepartureSight(Identified, Base):
    """What a party sees on a date: a plot or water of the farm, or a lot that is being made."""

    __tablename__ = "departure_sights"
    __table_args__ = (
        UniqueConstraint("departure_id", "site_id"),
        UniqueConstraint("departure_id", "lot_id"),
        Index("ix_departure_sights_site_id", "site_id"),
        CheckConstraint("num_nonnulls(site_id, lot_id) = 1", name="one_thing"),
    )

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"))
    lot_id: Mapped[UUID | None] = mapped_column(ForeignKey("lots.id"))


class BookingState(StrEnum):
    """OCTO's booking status, lower case in our tables."""

    ON_HOLD = "on_hold"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REDEEMED = "redeemed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class Booking(Identified, Base):
    """A party on a departure. The id is OCTO's `uuid`: made by the client, stored once."""

    __tablename__ = "bookings"
    __table_args__ = (
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("0 <= kept_minor AND kept_minor + owed_minor <= total_minor", name="kept_within"),
        CheckConstraint("0 <= owed_minor AND owed_minor < total_minor", name="owed_within"),
        CheckConstraint("0 <= returned_minor AND returned_minor <= total_minor", name="returned_within"),
        Index("ix_bookings_due", "expires_at", postgresql_where="state = 'on_hold'"),
    )

    code: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"))
    option_id: Mapped[UUID] = mapped_column(ForeignKey("tour_options.id"))
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    operator_id: Mapped[UUID | None] = mapped_column(ForeignKey("operators.id"), index=True)
    """On whose account the party comes; the prices are then that operator's own."""
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket_batches.id"), index=True)
    """Of a paper ticket its batch: who comes with it is not known, and its money is settled with the sales point."""
    state: Mapped[BookingState]
    heads: Mapped[int]
    total_minor: Mapped[int]
    cancellation_steps: Mapped[list[list[int]]] = mapped_column(JSONB, server_default="[[0, 100]]")
    """As they were when it was booked: [until so many hours before the start, per cent that come back]."""
    owed_minor: Mapped[int] = mapped_column(server_default="0")
    """What of it is paid after the deposit, as long as it is not here."""
    kept_minor: Mapped[int] = mapped_column(server_default="0")
    """What the producer kept of what was paid when the booking ended."""
    group_name: Mapped[str] = mapped_column(server_default="")
    """The school or company that comes, for whoever stands at the gate."""
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    expires_at: Mapped[datetime]
    extensions: Mapped[int] = mapped_column(server_default="0")
    """How many times the hold was made longer."""
    tickets_made: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many tickets it ever had: the place of the next one, so that none is given twice."""
    returned_minor: Mapped[int] = mapped_column(server_default="0")
    """What went back of `total_minor` for people who left a paid party."""
    joins_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"), index=True)
    """The party that these people come along with, added after it had paid."""
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(server_default="0")
    """Added to the departure's it is the SEQUENCE of the party's own event: raised by a trigger, on another day too."""
    changed_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    """When the row last changed, by the database's clock (the same trigger)."""

    @property
    def paid_minor(self) -> int:
        """What a party that has its tickets has paid, in đồng."""
        return self.total_minor - self.owed_minor

    @property
    def standing_minor(self) -> int:
        """What the tickets that it still has cost, in đồng."""
        return self.total_minor - self.returned_minor

    @property
    def refundable_minor(self) -> int:
        """What it has paid and did not get back yet, in đồng."""
        return self.paid_minor - self.returned_minor

    @property
    def party_name(self) -> str:
        """Who comes, as the gate calls them: a group by its own name and its leader's."""
        return f"{self.group_name} ({self.contact_name})" if self.group_name else self.contact_name


class CalendarFeed(Identified, Base):
    """A secret address that a calendar asks for dates: a person's at a producer, or a party's. Of it a hash is kept."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(producer_id, person_id) = CASE WHEN booking_id IS NULL THEN 2 ELSE 0 END",
            name="one_reader",
        ),
        Index(
            "uq_calendar_feeds_member",
            "person_id",
            "producer_id",
            unique=True,
            postgresql_where="ended_at IS NULL AND booking_id IS NULL",
        ),
        Index(
            "uq_calendar_feeds_party",
            "booking_id",
            unique=True,
            postgresql_where="ended_at IS NULL AND booking_id IS NOT NULL",
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    producer_id: Mapped[UUID | None] = mapped_column(ForeignKey("producers.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
    language: Mapped[str]
    ended_at: Mapped[datetime | None]


class UnitItem(Identified, Base):
    """One unit of a booking (OCTO: unitItem), with its ticket's code."""

    __tablename__ = "unit_items"
    __table_args__ = (
        UniqueConstraint("booking_id", "place"),
        CheckConstraint("0 <= place AND place < 255", name="place_fits_a_symbol"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), index=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    """Which of its booking's tickets a signed symbol means: never another's, whoever comes and goes."""
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("tour_units.id"))
    unit_name: Mapped[str]
    heads: Mapped[int]
    price_minor: Mapped[int]
    ticket_code: Mapped[str | None] = mapped_column(unique=True)
    redeemed_at: Mapped[datetime | None]
    redeemed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class ChoiceAnswer(StrEnum):
    """What became of a visit that was called off: another day, the money at the guest's word, or back by itself."""

    MOVED = "moved"
    REFUNDED = "refunded"
    LAPSED = "lapsed"


class VisitChoice(Identified, Base):
    """A paid party whose day was called off chooses: another day, or all of its money."""

    __tablename__ = "visit_choices"
    __table_args__ = (
        UniqueConstraint("booking_id", "departure_id"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_whole"),
        Index("ix_visit_choices_due", "expires_at", postgresql_where="answer IS NULL"),
    )

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"))
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    expires_at: Mapped[datetime]
    answer: Mapped[ChoiceAnswer | None]
    answered_at: Mapped[datetime | None]
