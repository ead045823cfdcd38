"""What this browser looked at within the last two hours: known to the browser alone, so that nobody is counted twice.

And the province that the visitor named, for the next labels.

Who reloads a page, or says in which province they are, looks once. The cookie holds keyed hashes (nobody else can read
from it what was scanned, or make one), and ends after two hours. Nothing of it is written down on our side.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

COOKIE = "looked"
COOKIE_AGE = 2 * 3600
MOST = 8
PLACE_COOKIE = "province"
PLACE_AGE = 12 * 3600
"""How long a visitor stays in the province that they named: about as long as one goes shopping."""
_SIZE = 8
_HOUR = timedelta(hours=1)


def cut_to_hour(instant: datetime) -> datetime:
    """The hour (UTC) that an instant lies in: finer we keep nothing."""
    return instant.replace(minute=0, second=0, microsecond=0)


def mark(secret: bytes, *, gtin: str, serial: str, hour_at: datetime) -> str:
    """The word that stands for one label in one hour."""
    told = f"{hour_at.isoformat()}/{gtin}/{serial}".encode()
    return hashlib.blake2b(told, key=secret[:64], person=b"looked", digest_size=_SIZE).hexdigest()


def find_hour(cookie: str, secret: bytes, *, gtin: str, serial: str, now: datetime) -> datetime | None:
    """The hour in which this browser looked at this label, when it was this one or the one before."""
    marks = set(cookie.split(".")[:MOST])
    this = cut_to_hour(now)
    return next(
        (
            hour
            for hour in (this, this - _HOUR)
            if mark(secret, gtin=gtin, serial=serial, hour_at=hour) in marks
        ),
        None,
    )


def remember(cookie: str, secret: bytes, *, gtin: str, serial: str, now: datetime) -> str:
    """The cookie with this label in front; the oldest fall off."""
    made = mark(secret, gtin=gtin, serial=serial, hour_at=cut_to_hour(now))
    kept = [word for word in cookie.split(".") if len(word) == 2 * _SIZE and word.isalnum() and word != made]
    return ".".join([made, *kept][:MOST])
