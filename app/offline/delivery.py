"""Delivers the records of a batch, each through its own form's door, and says of each what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import ValidationError

from app.core.i18n import Text, _
from app.offline import service, transport
from app.offline.ports import OfflineRooms
from app.offline.schemas import Batch, Record, storable
from app.web.house import house_of
from app.web.pages import language_of
from app.web.security import public_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request

    from app.web.envelope import Envelope

PROBLEM = "application/problem+json"
_AGAIN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of a record: it is in the books, it stays on the phone with a reason, or it comes again later."""

    STORED = "stored"
    REFUSED = "refused"
    LATER = "later"


@dataclass
class Result:
    """The answer to one record."""

    id: str
    state: Outcome
    status: int = int(HTTPStatus.OK)
    location: str | None = None
    message: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


async def deliver(request: Request, batch: Batch, *, skew: timedelta, now: datetime) -> list[Result]:
    """Deliver a batch in the order in which it was written; one refused record keeps no other back.

    `skew`: how far our clock is ahead of the phone's, as far as that is known.
    """
    results = []
    for item in batch.items:
        try:
            record = Record.model_validate(item)
        except ValidationError:
            words = _("Chợ không đọc được dòng này. Dòng vẫn còn trong máy, bạn nhờ người giúp xem nhé.")
            given = item.get("id")  # a list in a list in a list has no words
            name = str(storable(str(given))) if isinstance(given, str | int) else ""
            results.append(refuse(request, name, words, HTTPStatus.UNPROCESSABLE_ENTITY))
            continue
        try:
            results.append(await _deliver_one(request, batch, record, skew=skew, now=now))
        except Exception:
            log.exception("delivery", path=public_path(record.path))
            results.append(Result(str(record.id), Outcome.LATER, int(HTTPStatus.INTERNAL_SERVER_ERROR)))
    await _note_stored(request, results, now)
    return results


def refuse(request: Request, id: str, words: Text, status: HTTPStatus) -> Result:  # noqa: A002 - the record's id
    """Refuse a record in the visitor's words; nothing is written down."""
    said = house_of(request).catalogue.translate(words, language_of(request))
    return Result(id, Outcome.REFUSED, int(status), message=said)


async def _deliver_one(
    request: Request, batch: Batch, record: Record, *, skew: timedelta, now: datetime
) -> Result:
    rooms = house_of(request).port(OfflineRooms)
    route = transport.find_route(request.app, record.path, rooms.routes)
    if route is None:
        words = _("Việc này không gửi sau được. Bạn mở trang và làm lại khi có sóng nhé.")
        return refuse(request, str(record.id), words, HTTPStatus.NOT_FOUND)
    envelope = service.address(record, batch=batch, route=route, skew=skew, now=now)
    reply = await transport.call(
        request,
        method="POST",
        target=record.path,
        accept=PROBLEM,
        fields=record.fields,
        context={name: value for name, value in record.context.items() if name in rooms.context},
        envelope=envelope,
    )
    if envelope.was_known:
        return await _repeat(request, envelope)
    if reply.status < HTTPStatus.BAD_REQUEST and not envelope.was_taken:
        log.error("delivery", reason="nothing was taken in", path=public_path(record.path))
        return Result(str(record.id), Outcome.LATER, int(HTTPStatus.INTERNAL_SERVER_ERROR))
    if reply.status < HTTPStatus.BAD_REQUEST:
        return Result(str(record.id), Outcome.STORED, location=reply.headers.get("location"))
    problem = reply.problem()
    if reply.status in _AGAIN or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Result(str(record.id), Outcome.LATER, reply.status, message=str(problem.get("detail", "")))
    result = Result(
        str(record.id),
        Outcome.REFUSED,
        reply.status,
        message=str(problem.pop("detail", "")),
        errors=problem.pop("errors", {}),
    )
    result.details = {name: problem[name] for name in problem if name not in {"type", "title", "status"}}
    async with house_of(request).database.transaction() as session:
        await service.note_refused(
            session, envelope, record=record, sender_id=batch.owner, reason=result.message
        )
    return result


async def _repeat(request: Request, envelope: Envelope) -> Result:
    """Answer a record that arrived before with its first result, to whoever sent it then and to nobody else."""
    async with house_of(request).database.transaction() as session:
        first = await service.find_stored(session, envelope.id)
    is_same = (
        first is not None
        and first.route == envelope.route
        and (first.person_id, first.helper_id) == (envelope.person_id, envelope.helper_id)
    )
    if first is None or not is_same:
        words = _("Chợ không nhận được dòng này. Bạn chép lại thành dòng mới nhé.")
        return refuse(request, str(envelope.id), words, HTTPStatus.CONFLICT)
    return Result(str(envelope.id), Outcome.STORED, location=first.location)


async def _note_stored(request: Request, results: Sequence[Result], now: datetime) -> None:
    """The records are in the books already: where to look at them is a courtesy, and losing that loses nothing."""
    places = {UUID(one.id): one.location for one in results if one.state is Outcome.STORED}
    if not places:
        return
    try:
        async with house_of(request).database.transaction() as session:
            await service.note_stored(session, places, now=now)
    except Exception:
        log.exception("delivery", reason="where stored records stand was not noted")
