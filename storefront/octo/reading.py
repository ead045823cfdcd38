"""Bodies: what comes in over the wire, read strictly, and refused in OCTO's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.clock import find_day, is_plausible
from storefront.octo import errors
from storefront.octo.errors import OctoError
from storefront.tours.schemas import MAX_UNITS

MOST_BYTES = 256 * 1024
MOST_TEXT = 500
MOST_IDS = 100
_MOST_WHOLE = 10_000
CONTACT_FIELDS = (
    "fullName",
    "firstName",
    "lastName",
    "emailAddress",
    "phoneNumber",
    "postalCode",
    "country",
    "notes",
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ItemWish:
    """A unit that is asked for (OCTO: unitItem)."""

    unit_id: str
    uuid: UUID | None = None
    reference: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)


def read_body(raw: bytes) -> Body:
    """Read a JSON object; nothing at all is an empty one. Raises `OctoError`."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        is_clean = _is_clean(body)
    except (ValueError, RecursionError) as error:
        raise errors.bad_request("the body is no JSON") from error
    if not isinstance(body, dict):
        raise errors.bad_request("the body must be an object")
    if not is_clean:
        raise errors.bad_request("the body holds a character that is no text")
    return body


def _refuse_constant(said: str) -> Any:
    raise ValueError(f"{said} is no JSON")


def _is_clean(value: Any) -> bool:
    """Whether every text can be stored: no null character, no half of a surrogate pair."""
    if isinstance(value, str):
        return not any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in value)
    if isinstance(value, dict):
        return all(_is_clean(name) and _is_clean(one) for name, one in value.items())
    return all(_is_clean(one) for one in value) if isinstance(value, list) else True


def read_text(body: Body, name: str, *, most: int = MOST_TEXT) -> str | None:
    """A text of the body, None when it is absent or null; raises `OctoError`."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most:
        raise errors.bad_request(f"{name} must be a text of at most {most} characters")
    return value


def read_id(body: Body, name: str, refuse: Callable[[str], OctoError]) -> str:
    """An id of the body; what is none is refused in its own words."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise refuse("" if value is None else str(value))
    return value


def find_id(body: Body, name: str, refuse: Callable[[str], OctoError]) -> str | None:
    """An id of the body that may be absent."""
    return None if body.get(name) is None else read_id(body, name, refuse)


def read_uuid(said: str, refuse: Callable[[str], OctoError]) -> UUID:
    """The UUID that an id spells; what is none is refused in its own words."""
    try:
        return UUID(said)
    except ValueError as error:
        raise refuse(said) from error


def read_minutes(body: Body) -> int | None:
    """`expirationMinutes`, None when it is absent; raises `OctoError`."""
    value = body.get("expirationMinutes")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise errors.bad_request("expirationMinutes must be a whole number above 0")
    return min(value, _MOST_WHOLE)


def read_day(value: Any, name: str) -> date:
    """A local date; raises `OctoError`."""
    day = find_day(value) if isinstance(value, str) else None
    if day is None:
        raise errors.bad_request(f"{name} must be a date such as 2026-11-14")
    return day


def read_instant(said: str) -> datetime:
    """The instant at which an availability starts, as its id spells it; raises `OctoError`."""
    try:
        instant = datetime.fromisoformat(said)
    except ValueError as error:
        raise errors.invalid_availability(said) from error
    if instant.tzinfo is None or not is_plausible(instant):
        raise errors.invalid_availability(said)
    return instant


def check_currency(body: Body) -> None:
    """Refuse (`OctoError`) any money but đồng."""
    currency = read_text(body, "currency")
    if currency not in {None, "VND"}:
        raise errors.bad_request("currency: prices are in VND")


def read_contact(body: Body) -> dict[str, Any] | None:
    """`contact` with the fields that were said, None when it is absent; raises `OctoError`."""
    value = body.get("contact")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise errors.bad_request("contact must be an object")
    said: dict[str, Any] = {name: read_text(value, name) for name in CONTACT_FIELDS if name in value}
    email = said.get("emailAddress")
    if email and not _EMAIL.fullmatch(email):
        raise errors.bad_request("emailAddress must be an e-mail address")
    locales = value.get("locales")
    if locales is not None:
        if not isinstance(locales, list) or not all(isinstance(one, str) for one in locales):
            raise errors.bad_request("locales must be a list of texts")
        said["locales"] = [one[:MOST_TEXT] for one in locales[:MAX_UNITS]]
    return said


def read_items(body: Body) -> list[ItemWish]:
    """`unitItems`: one or more; raises `OctoError`."""
    value = body.get("unitItems")
    if value is None or value == []:
        raise errors.unprocessable("unitItems: at least one unit is needed")
    if not isinstance(value, list):
        raise errors.bad_request("unitItems must be a list")
    if len(value) > MAX_UNITS:
        raise errors.unprocessable(f"unitItems: {MAX_UNITS} units at most")
    items = [_read_item(one) for one in value]
    named = [item.uuid for item in items if item.uuid is not None]
    if len(set(named)) < len(named):
        raise errors.bad_request("unitItems: each uuid may stand once")
    return items


def _read_item(value: Any) -> ItemWish:
    if not isinstance(value, dict):
        raise errors.bad_request("unitItems must be a list of objects")
    uuid = read_text(value, "uuid")
    return ItemWish(
        unit_id=read_id(value, "unitId", errors.invalid_unit),
        uuid=None if uuid is None else read_uuid(uuid, lambda _said: errors.bad_request("uuid: is no UUID")),
        reference=read_text(value, "resellerReference"),
        contact=read_contact(value) or {},
    )


def read_counts(body: Body) -> dict[str, int] | None:
    """`units` of an availability check as {unit id: how many}, None when it is absent; raises `OctoError`."""
    value = body.get("units")
    if value is None:
        return None
    if not isinstance(value, list):
        raise errors.bad_request("units must be a list")
    counts: dict[str, int] = {}
    for one in value:
        if not isinstance(one, dict):
            raise errors.bad_request("units must be a list of objects")
        quantity = one.get("quantity")
        if isinstance(quantity, bool) or not isinstance(quantity, int) or not 0 <= quantity <= _MOST_WHOLE:
            raise errors.bad_request("quantity must be a whole number")
        unit_id = read_id(one, "id", errors.invalid_unit)
        counts[unit_id] = counts.get(unit_id, 0) + quantity
    return counts
