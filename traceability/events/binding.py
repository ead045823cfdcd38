"""What every address of the REST binding shares: who asks, in which form, page by page, and how it is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from app.accounts import keys
from app.accounts.models import ApiKey, KeyKind
from app.web.dependencies import DbSession
from traceability.events import errors, service
from traceability.events.answering import EpcFormat, spell_instant
from traceability.events.errors import EpcisError
from traceability.events.reading import DocumentError, read_json
from traceability.events.repository import Cursor

VERSION = "2.0.0"
TOKEN_LIFE = timedelta(days=1)
MOST_URL = 8_000
_JSON = frozenset({"application/json", "application/ld+json", "*/*", "application/*"})


@dataclass(frozen=True)
class Part:
    """Addresses that another room adds to the binding.

    `doors`: each address with what answers which method. `sockets`: what answers a WebSocket at an address.
    """

    doors: Sequence[tuple[str, Mapping[str, Callable[..., Any]]]] = ()
    sockets: Sequence[tuple[str, Callable[..., Any]]] = ()


# ---------------------------------------------------------------- who asks


async def identify(request: HTTPConnection, session: AsyncSession) -> ApiKey:
    """The key that was presented; raises `EpcisError` for none, a wrong one, or a request that nobody may make."""
    scheme, _space, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise errors.not_known("send the key as `Authorization: Bearer ...`")
    now: datetime = request.app.state.house.clock.now()
    found = await keys.find_key(session, key.strip(), now=now)
    if found is None:
        raise errors.not_known("this key is not known, or was ended")
    if found.kind not in {KeyKind.EPCIS, KeyKind.INSPECTOR}:
        raise errors.not_allowed("this key opens another door")
    _check_request(request)
    return found


def _check_request(request: HTTPConnection) -> None:
    """What every request of the binding must keep to, whatever it asks."""
    if len(str(request.url)) > MOST_URL:
        raise EpcisError("URITooLongException", 414, "URI too long", f"{MOST_URL} characters at most")
    accepted = [
        part.partition(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")
    ]
    if not _JSON.intersection(accepted):
        raise errors.not_acceptable("answers are JSON")
    for name in ("GS1-EPCIS-Min", "GS1-CBV-Min"):
        if _version(request.headers.get(name, "2.0.0")) > (2, 0, 0):
            raise errors.not_acceptable(f"{name}: this repository speaks {VERSION}")
    for name in ("GS1-EPCIS-Max", "GS1-CBV-Max", "GS1-EPCIS-Version", "GS1-CBV-Version"):
        if _version(request.headers.get(name, "2.0.0")) < (2, 0, 0):
            raise errors.not_acceptable(f"{name}: this repository speaks {VERSION}")


def _version(said: str) -> tuple[int, ...]:
    try:
        numbers = [int(part) for part in said.split(".")]
    except ValueError as error:
        raise errors.not_acceptable(f"{said!r} is no version") from error
    return tuple((*numbers, 0, 0)[:3])


async def _presented(request: Request, session: DbSession) -> ApiKey:
    return await identify(request, session)


TheKey = Annotated[ApiKey, Depends(_presented)]


def writer_of(key: ApiKey) -> UUID:
    """Whose the events are that this key brings; raises `EpcisError` for one that only reads."""
    if key.kind is KeyKind.INSPECTOR:
        raise errors.not_allowed("an inspector's key reads")
    return key.id


def format_of(request: HTTPConnection) -> EpcFormat:
    """How the reader wants EPCs spelled; raises `EpcisError`."""
    said = request.headers.get("GS1-EPC-Format", EpcFormat.DIGITAL_LINK.value)
    try:
        return EpcFormat(said)
    except ValueError as error:
        raise errors.not_acceptable(f"GS1-EPC-Format: {said!r} is not known") from error


async def read_body(request: Request) -> Any:
    """The JSON that was sent; raises `EpcisError`."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in {"application/json", "application/ld+json"}:
        raise errors.wrong_media_type("send application/json or application/ld+json")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > service.MOST_BYTES:
            raise errors.too_many_events(f"one capture takes {service.MOST_BYTES} bytes at most")
    try:
        return read_json(bytes(raw))
    except DocumentError as error:
        raise errors.invalid(str(error)) from error


# ---------------------------------------------------------------- pages


def read_token(request: Request, now: datetime) -> dict[str, Any]:
    """The place where the page before ended; empty on the first page."""
    said = request.query_params.get("nextPageToken")
    if said is None:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)))
        if not isinstance(found, dict) or datetime.fromtimestamp(found["end"], UTC) < now:
            raise errors.bad_parameter("nextPageToken: this token is too old")
        if "at" in found:
            Cursor(int(found["n"]), datetime.fromisoformat(found["at"]))
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise errors.bad_parameter("nextPageToken: this is no token of this repository") from error
    return found


def lead_on(request: Request, response: Response, token: Mapping[str, Any], now: datetime) -> None:
    """Say where the next page is."""
    end = now + TOKEN_LIFE
    written = json.dumps({**token, "end": int(end.timestamp())}, separators=(",", ":"))
    opaque = base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")
    pairs = [
        pair for pair in parse_qsl(request.url.query, keep_blank_values=True) if pair[0] != "nextPageToken"
    ]
    path = request.url.path
    response.headers["Link"] = f'<{path}?{urlencode([*pairs, ("nextPageToken", opaque)])}>; rel="next"'
    response.headers["GS1-Next-Page-Token-Expires"] = spell_instant(end)


def cursor_of(token: Mapping[str, Any]) -> Cursor | None:
    """The place among events that a token names."""
    return Cursor(int(token["n"]), datetime.fromisoformat(token["at"])) if "at" in token else None


def spell_cursor(cursor: Cursor) -> dict[str, Any]:
    """A place among events as a token names it."""
    return {"n": cursor.sequence, "at": cursor.event_time.isoformat() if cursor.event_time else ""}


def per_page_of(said: int | None) -> int:
    """How many a page holds when the reader asks for so many; raises `EpcisError` for none at all."""
    if said == 0:
        raise errors.bad_parameter("perPage: at least 1")
    return min(said or service.DEFAULT_PER_PAGE, service.MOST_PER_PAGE)


def page_size(request: Request) -> int:
    """How many a page of this request holds; raises `EpcisError`."""
    said = request.query_params.get("perPage", "")
    if said and not (said.isascii() and said.isdecimal() and len(said) < 10):  # noqa: PLR2004 - nine digits
        raise errors.bad_parameter("perPage: must be a whole number")
    return per_page_of(int(said) if said else None)


def answer_document(text: str) -> Response:
    """An EPCIS document as an answer."""
    return Response(text, media_type="application/ld+json")


def answer_problem(error: EpcisError) -> Response:
    """A refusal as an answer (RFC 9457)."""
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(error.problem, error.status, media_type="application/problem+json", headers=headers)
