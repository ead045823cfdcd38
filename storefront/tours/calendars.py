"""Visits as calendars read them: iCalendar (RFC 5545, RFC 7986), the same bytes for the same facts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from app.core.clock import in_vietnam
from app.core.i18n import Text

PRODUCT = "-//Cho Phien//Visits//VI"
ZONE = "Asia/Ho_Chi_Minh"
REFRESH = timedelta(hours=1)
"""How often a calendar may ask again."""
_OFFSET = timedelta(hours=7)
_ZONE_BEGINS = datetime(1975, 6, 13)  # noqa: DTZ001 - local by RFC 5545, 3.6.5: since then the whole country has +07:00
_TAG_BYTES = 16


class Status(StrEnum):
    """RFC 5545, 3.8.1.11."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of a calendar. `sequence` never falls, whatever became of the visit; what a feed calls `address` opens nothing private."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    status: Status
    title: str
    place: str
    words: Text
    address: str


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A calendar: its name and events; `source` is where it is asked for again, None for a file that is handed over."""

    name: Text
    entries: Sequence[Entry]
    source: str | None


def party_uid(booking_id: UUID, host: str) -> str:
    """The UID of a party's own event.

    A calendar is passed on to others, and a booking's id is a key: sent again with the form, it opens the booking.
    """
    return f"{hashlib.blake2b(booking_id.bytes, digest_size=_TAG_BYTES).hexdigest()}@{host}"


def tag(sheet: Sheet, language: str) -> str:
    """The ETag of a calendar, from its facts alone: writing it is not needed to know that it stands as it stood."""
    return f'"{hashlib.blake2b(repr((sheet, language)).encode(), digest_size=_TAG_BYTES).hexdigest()}"'


def write(sheet: Sheet, speak: Callable[[Text], str]) -> bytes:
    """Write a calendar; a cancelled date stays in it, for one that were left out would stand in phones for ever."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    name = speak(sheet.name)
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("X-WR-TIMEZONE", ZONE)
    if sheet.source is None:
        calendar.add("METHOD", "PUBLISH")
    else:
        # The library leaves VALUE out, which RFC 7986 (5.7, 5.8) requires: the default type of both is TEXT.
        calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", "PT1H")
        calendar.add("SOURCE", sheet.source, parameters={"VALUE": "URI"})
    calendar.add_component(_zone())
    for entry in sheet.entries:
        calendar.add_component(_event(entry, speak))
    return bytes(calendar.to_ical())


def _zone() -> Timezone:
    """Vietnam's clock: one offset, no summer time."""
    standard = TimezoneStandard()
    standard.add("DTSTART", _ZONE_BEGINS)
    standard.add("TZOFFSETFROM", _OFFSET)
    standard.add("TZOFFSETTO", _OFFSET)
    standard.add("TZNAME", "+07")
    zone = Timezone()
    zone.add("TZID", ZONE)
    zone.add_component(standard)
    return zone


def _event(entry: Entry, speak: Callable[[Text], str]) -> Event:
    changed_at = entry.changed_at.astimezone(UTC)
    event = Event()
    event.add("UID", entry.uid)
    # Without METHOD the stamp is that of the last revision (RFC 5545, 3.8.7.2): the same facts, the same bytes.
    event.add("DTSTAMP", changed_at)
    event.add("LAST-MODIFIED", changed_at)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTART", in_vietnam(entry.starts_at))
    event.add("DTEND", in_vietnam(entry.ends_at))
    event.add("SUMMARY", entry.title)
    event.add("LOCATION", entry.place)
    event.add("DESCRIPTION", speak(entry.words))
    event.add("URL", entry.address)
    event.add("STATUS", entry.status.value)
    return event
