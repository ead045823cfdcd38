"""A file of unsent records that somebody carried to where there is signal: checked, then delivered as its phone would."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Request
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE
from app.core.errors import AppError
from app.core.i18n import Text
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
        owner_id = await accounts.find_login_owner(session, carried.login)
        if owner_id is None or owner_id != head.owner:
            raise UnsignedFileError
        token = await accounts.open_login(session, person_id=owner_id, device=DEVICE_NAME, now=now)
    try:
        request = _request(app, token, host)
        return await _deliver(house, request, head, now)
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


async def _deliver(house: House, request: Request, head: _Head, now: datetime) -> list[CarriedRecord]:
    results: dict[str, Result] = {}
    written = [record for record in head.records if "path" in record]
    for start in range(0, len(written), MOST_RECORDS):
        batch = Batch(
            device=head.device,
            owner=head.owner,
            sent_at=head.sent_at,
            items=written[start : start + MOST_RECORDS],
        )
        results |= {
            result.id: result for result in await delivery.deliver(request, batch, skew=UNKNOWN_SKEW, now=now)
        }
    return [await _with_files(house, head, record, results, now) for record in head.records]


async def _with_files(
    house: House, head: _Head, record: dict[str, object], results: dict[str, Result], now: datetime
) -> CarriedRecord:
    """Hand over the photos of a record that arrived, now or before."""
    name = str(record.get("id", ""))
    result = results.get(name, Result(name, Outcome.STORED))
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
