"""Tables of visits; names follow OCTO (an OCTO availability is our departure row)."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
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
    booking_lead_hours: Mapped[int] = mapped_column(server_default="0")
    """Bookable until so many hours before the start; 0 is until the start, for a day pass until its day ends."""
    booking_until: Mapped[time | None]
    """And not after this hour (Vietnam's) of the day before."""
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


class Departure(Identified, Base):
    """A date of a tour: seats are counted in heads, shared by all its options."""

    __tablename__ = "departures"
    __table_args__ = (
        UniqueConstraint("tour_id", "starts_at"),
        UniqueConstraint("rule_id", "slot_at"),
        CheckConstraint("0 <= taken AND taken <= capacity", name="seats_within_capacity"),
        CheckConstraint("capacity <= car_seats", name="seats_in_cars"),
    )

    tour_id: Mapped[UUID] = mapped_column(ForeignKey("tours.id"))
    local_on: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default="0")
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
    state: Mapped[BookingState]
    heads: Mapped[int]
    total_minor: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    expires_at: Mapped[datetime]
    extensions: Mapped[int] = mapped_column(server_default="0")
    """How many times the hold was made longer."""
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    sequence: Mapped[int] = mapped_column(server_default="0")
    """Added to the departure's it is the SEQUENCE of the party's own event: raised by a trigger, on another day too."""
    changed_at: Mapped[datetime] = mapped_column(server_default=_NOW)
    """When the row last changed, by the database's clock (the same trigger)."""


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

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), index=True)
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


class WaitingState(StrEnum):
    """`waiting` for seats, `offered` once (what became of it says the booking), `left`, or `closed` with its day."""

    WAITING = "waiting"
    OFFERED = "offered"
    LEFT = "left"
    CLOSED = "closed"


class WaitingParty(Identified, Base):
    """A party on the waiting list of a departure. The id is made by the client, stored once."""

    __tablename__ = "waiting_parties"
    __table_args__ = (
        CheckConstraint("heads > 0", name="heads_positive"),
        CheckConstraint("(state = 'offered') = (booking_id IS NOT NULL)", name="offered_with_a_booking"),
        Index(
            "uq_waiting_parties_once",
            "departure_id",
            "contact_phone",
            unique=True,
            postgresql_where="state = 'waiting'",
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    state: Mapped[WaitingState]
    heads: Mapped[int]
    contact_name: Mapped[str]
    contact_phone: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    language: Mapped[str] = mapped_column(server_default="vi")
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"), unique=True)
    offered_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]


class WaitingUnit(Identified, Base):
    """So many of one price type that a waiting party wants."""

    __tablename__ = "waiting_units"
    __table_args__ = (
        UniqueConstraint("party_id", "unit_id"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("waiting_parties.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("tour_units.id"))
    number: Mapped[int]


class ScanMeans(StrEnum):
    """How somebody was known at the gate: by a signed symbol, or by a code that was said, typed or tapped in the list."""

    SYMBOL = "symbol"
    CODE = "code"


class ScanTrouble(StrEnum):
    """Why a host should ask about people who were let in where the market could not say no."""

    CANCELLED = "cancelled"
    WRONG_DAY = "wrong_day"
    UNPAID = "unpaid"


class GateScan(Identified, Base):
    """People who were let in at a gate. The id is the phone's own, so that what comes twice is kept once."""

    __tablename__ = "gate_scans"
    __table_args__ = (CheckConstraint("heads > 0", name="heads_positive"),)

    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), index=True)
    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), index=True)
    """Where the booking led to when the scan came."""
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    device_id: Mapped[UUID | None]
    """The phone, where it wrote this down and sent it later."""
    scanned_at: Mapped[datetime]
    means: Mapped[ScanMeans]
    heads: Mapped[int]
    trouble: Mapped[ScanTrouble | None]


class GateEntry(Base):
    """One ticket of a scan; a repeat came in after another scan of the same ticket, by the hours of the phones."""

    __tablename__ = "gate_entries"
    __table_args__ = (
        Index("uq_gate_entries_first", "item_id", unique=True, postgresql_where="NOT is_repeat"),
    )

    scan_id: Mapped[UUID] = mapped_column(ForeignKey("gate_scans.id"), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("unit_items.id"), primary_key=True)
    is_repeat: Mapped[bool]


class LeftDeparture(Base):
    """A departure that a party with tickets gave up for another: what was printed for it opens no gate on that day."""

    __tablename__ = "left_departures"

    departure_id: Mapped[UUID] = mapped_column(ForeignKey("departures.id"), primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id"), primary_key=True)
    left_at: Mapped[datetime]
