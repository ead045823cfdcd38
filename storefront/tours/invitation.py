"""A visit for the visitor's own calendar: one event of RFC 5545."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from storefront.tours.bookings import Party
from storefront.tours.models import BookingState, DepartureState

_LINE_BYTES = 75


def write_calendar(party: Party, *, address: str, host: str, now: datetime) -> bytes:
    """Write the visit as an iCalendar file: UTC stamps, CRLF, lines folded at 75 bytes (RFC 5545, section 3.1)."""
    booking, departure, tour = party.booking, party.departure, party.tour
    # A calendar is passed on to others, and a booking's id is a key: sent again with the form, it opens the booking.
    uid = hashlib.blake2b(booking.id.bytes, digest_size=16).hexdigest()
    is_off = booking.state is BookingState.CANCELLED or departure.state is DepartureState.CANCELLED
    status = "CANCELLED" if is_off else "CONFIRMED"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Cho Phien//Visits//VI",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{uid}@{host}",
        f"DTSTAMP:{_stamp(now)}",
        f"DTSTART:{_stamp(departure.starts_at)}",
        f"DTEND:{_stamp(departure.ends_at)}",
        f"SUMMARY:{_escape(tour.title)}",
        f"LOCATION:{_escape(tour.meeting_point)}",
        f"DESCRIPTION:{_escape(booking.code)}",
        f"URL:{address}",
        f"STATUS:{status}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_fold(line) for line in lines)


def _stamp(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    for char in "\\;,":
        text = text.replace(char, f"\\{char}")
    return "\\n".join(text.splitlines())


def _fold(line: str) -> bytes:
    """Break a long line between characters; what follows begins with a blank."""
    rows: list[bytes] = [b""]
    for char in line:
        piece = char.encode()
        if len(rows[-1]) + len(piece) > _LINE_BYTES:
            rows.append(b" ")
        rows[-1] += piece
    return b"\r\n".join(rows) + b"\r\n"
