"""What a phone says of a file before it sends it (tus 1.0, Creation, `Upload-Metadata`)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.clock import is_plausible
from app.offline.uploads.errors import BadHeaderError

MOST_TOLD = 4_000
_LENGTH = re.compile(r"\d{1,12}", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KIND = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,80}")
UNKNOWN_KIND = "application/octet-stream"
_PLACE = re.compile(r"(-?\d{1,8}),(-?\d{1,9})", re.ASCII)
_MOST_LATITUDE, _MOST_LONGITUDE = 90_000_000, 180_000_000
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewUpload:
    """A file that is announced; `length` in bytes, `kind` its media type without parameters, place as in `Photo`.

    `owner_id`: on whose phone it lies; a phone of before does not say it.
    """

    id: UUID
    record_id: UUID
    field: str
    kind: str
    length: int
    told: str
    owner_id: UUID | None = None
    taken_at: datetime | None = None
    latitude_e6: int | None = None
    longitude_e6: int | None = None


def read_length(text: str | None) -> int:
    """Read a number of bytes; BadHeaderError when it is none."""
    if text is None or not _LENGTH.fullmatch(text):
        raise BadHeaderError
    return int(text)


def read_kind(text: str) -> str:
    """Read a media type without its parameters; BadHeaderError when it is none.

    A phone may not know what an iPhone's photo is and say nothing: the room looks at the bytes, and says it in words.
    """
    kind = text.partition(";")[0].strip().lower() or UNKNOWN_KIND
    if not _KIND.fullmatch(kind):
        raise BadHeaderError
    return kind


def read_new(told: str, length: str | None, *, now: datetime) -> NewUpload:
    """Read the two headers of a creation; BadHeaderError for what cannot be read.

    A place or a time that cannot be is left out: no photo is lost for it.
    """
    said = _read_pairs(told)
    field = said.get("field", "")
    if not _FIELD.fullmatch(field):
        raise BadHeaderError
    latitude, longitude = _read_place(said.get("place", ""))
    try:
        return NewUpload(
            id=UUID(said["id"]),
            record_id=UUID(said["record"]),
            field=field,
            kind=read_kind(said.get("type", "")),
            length=read_length(length),
            told=told,
            owner_id=UUID(said["owner"]) if "owner" in said else None,
            taken_at=_read_instant(said.get("taken", ""), now),
            latitude_e6=latitude,
            longitude_e6=longitude,
        )
    except (KeyError, ValueError) as error:
        raise BadHeaderError from error


def _read_pairs(told: str) -> dict[str, str]:
    if len(told) > MOST_TOLD:
        raise BadHeaderError
    pairs = [part.strip().partition(" ") for part in told.split(",") if part.strip()]
    try:
        return {key: base64.b64decode(value, validate=True).decode() for key, _blank, value in pairs}
    except ValueError as error:
        raise BadHeaderError from error


def _read_place(text: str) -> tuple[int | None, int | None]:
    found = _PLACE.fullmatch(text)
    if found is None:
        return None, None
    latitude, longitude = int(found[1]), int(found[2])
    if abs(latitude) > _MOST_LATITUDE or abs(longitude) > _MOST_LONGITUDE or (latitude, longitude) == (0, 0):
        return None, None
    return latitude, longitude


def _read_instant(text: str, now: datetime) -> datetime | None:
    try:
        told = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return told if is_plausible(told.date()) and told <= now + _AHEAD else None
