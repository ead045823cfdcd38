"""A file of unsent records that somebody carried to where there is signal: checked, then delivered as its phone would."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Request
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE
from app.core.errors import AppError
from app.core.i18n import Text, _
from app.offline import delivery
from app.offline.delivery import Outcome, Result
from app.offline.errors import BadCarriedFileError, UnsignedFileError
from app.offline.schemas import MOST_RECORDS, Batch, Instant, Short
from app.offline.uploads import service as uploads
from app.offline.uploads.models import UploadState
from app.offline.uploads.ports import FileTakers
from app.offline.uploads.schemas import NewUpload, read_kind
from app.web.house import House

DEVICE_NAME = "tệp gửi hộ"
UNKNOWN_SKEW = timedelta(0)
"""A file says when it was packed, not when it was sent: nothing tells its way from a wrong clock."""
LOGGED_OUT = _(
    "Việc này ghi sau khi máy ấy đã bị đăng xuất nên chợ không nhận. Chính chủ đăng nhập lại trên máy ấy rồi gửi nhé."
)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class CarriedFile(_Wire):
    """What the phone wrote: the records as one text, signed by the phone's own login."""

    format: Literal["chophien-outbox/1"]
    login: UUID
    mac: Annotated[str, Field(max_length=64)]
    body: str


class _Attachment(_Wire):
    id: UUID
    field: Short
    type: Short = ""
    data: Base64Bytes


class _Written(_Wire):
    captured_at: Instant
    floor: Instant | None = None


class _Head(_Wire):
    device: UUID
    owner: UUID
    sent_at: Instant
    records: list[dict[str, object]]


@dataclass(frozen=True)
class CarriedRecord:
    """One record of the file and what became of it; `lost_files` are photos that were refused, with the words."""

    title: str
    captured_at: str
    state: Outcome
    message: str = ""
    file_count: int = 0
    refused_files: Sequence[Text] = field(default=())


async def carry(house: House, app: FastAPI, text: str, *, host: str, now: datetime) -> list[CarriedRecord]:
    """Deliver the records of a file in the name of the phone that signed it; the same file again changes nothing.

    When the phone was logged out before the file was packed, what was written since is refused.

    Raises `BadCarriedFileError` for a text that is no such file, `UnsignedFileError` when its signature is not that of
    a login we know (changed on the way, or older than we remember).
    """
    try:
        carried = CarriedFile.model_validate_json(text)
        head = _Head.model_validate_json(carried.body)
    except ValueError as error:
        raise BadCarriedFileError from error
    _check_signature(house, carried)
    async with house.database.transaction() as session:
        login = await accounts.find_any_login(session, carried.login)
        if login is None or login.person_id != head.owner:
            raise UnsignedFileError
        closed_at = login.revoked_at
        token = await accounts.open_login(session, person_id=login.person_id, device=DEVICE_NAME, now=now)
    try:
        return await _deliver(house, _request(app, token, host), head, closed_at=closed_at, now=now)
    finally:
        async with house.database.transaction() as session:
            await accounts.end_login(session, token=token, now=now)


def _check_signature(house: House, carried: CarriedFile) -> None:
    _login, _dot, key = accounts.proof_of(house.secret, carried.login).partition(".")
    made = hmac.new(key.encode(), carried.body.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(made.encode(), carried.mac.encode()):
        raise UnsignedFileError


def _request(app: FastAPI, token: str, host: str) -> Request:
    """A request of nobody's browser: the delivery asks our own application through it."""
    headers = [(b"host", host.encode()), (b"cookie", f"{SESSION_COOKIE}={token}".encode())]
    return Request(
        {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": headers,
            "app": app,
        }
    )


def _is_late(record: dict[str, object], head: _Head, closed_at: datetime | None) -> bool:
    """Whether a record was written after its phone was logged out; what says no hour counts as late."""
    if closed_at is None or head.sent_at < closed_at:
        return False
    try:
        said = _Written.model_validate(record)
    except ValueError:
        return True
    return max(said.captured_at, said.floor or said.captured_at) >= closed_at


async def _deliver(
    house: House, request: Request, head: _Head, *, closed_at: datetime | None, now: datetime
) -> list[CarriedRecord]:
    results: dict[int, Result] = {}
    due: list[int] = []
    for place, record in enumerate(head.records):
        name = str(record.get("id", ""))
        results[place] = Result(
            name, Outcome.STORED
        )  # without a path its words came before: files alone follow
        if _is_late(record, head, closed_at):
            results[place] = delivery.refuse(request, name, LOGGED_OUT, HTTPStatus.FORBIDDEN)
        elif "path" in record:
            due.append(place)
    for start in range(0, len(due), MOST_RECORDS):
        part = due[start : start + MOST_RECORDS]
        items = [head.records[place] for place in part]
        batch = Batch(device=head.device, owner=head.owner, sent_at=head.sent_at, items=items)
        answers = await delivery.deliver(request, batch, skew=UNKNOWN_SKEW, now=now)
        results |= dict(zip(part, answers, strict=True))
    return [
        await _with_files(house, head, record, results[place], now)
        for place, record in enumerate(head.records)
    ]


async def _with_files(
    house: House, head: _Head, record: dict[str, object], result: Result, now: datetime
) -> CarriedRecord:
    """Hand over the photos of a record that arrived, now or before."""
    name = str(record.get("id", ""))
    files = record.get("files")
    refused: list[Text] = []
    found = files if isinstance(files, list) and result.state is Outcome.STORED else []
    for said in found:
        try:
            await _take(house, head.owner, UUID(name), _Attachment.model_validate(said), now)
        except ValueError:
            refused.append(BadCarriedFileError().message)
        except AppError as error:
            refused.append(error.message)
    return CarriedRecord(
        title=str(record.get("title", "")),
        captured_at=str(record.get("captured_at", "")),
        state=result.state,
        message=result.message,
        file_count=len(found) - len(refused),
        refused_files=refused,
    )


async def _take(house: House, owner_id: UUID, record_id: UUID, said: _Attachment, now: datetime) -> None:
    """Take one file in, or pass over one that came by another way."""
    told = json.dumps({"id": str(said.id), "carried": True})
    kind = read_kind(said.type)
    new = NewUpload(
        id=said.id, record_id=record_id, field=said.field, kind=kind, length=len(said.data), told=told
    )
    takers = house.port(FileTakers)
    async with house.database.transaction() as session:
        upload = await uploads.open_upload(session, takers, upload=new, person_id=owner_id, now=now)
        if upload.state is UploadState.OPEN:
            start = upload.received
            await uploads.finish(
                session, house.files, takers, upload=upload, start=start, content=said.data, now=now
            )
    async with house.database.transaction() as session:
        uploads.check_not_refused(await uploads.get_upload(session, upload_id=said.id, person_id=owner_id))
