"""Uploads over HTTP: tus 1.0.0, core and creation (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.accounts import dependencies as accounts
from app.accounts.errors import logged_out
from app.core.errors import AppError
from app.offline.uploads import receiving, service
from app.offline.uploads.errors import (
    BadHeaderError,
    NotBytesError,
    OffsetMovedError,
    TooHeavyError,
    WrongVersionError,
)
from app.offline.uploads.models import Upload
from app.offline.uploads.ports import FileTakers
from app.offline.uploads.schemas import read_length, read_new
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import answer, on_app_error
from app.web.house import House

VERSION = "1.0.0"
STATUS: dict[type[AppError], HTTPStatus] = {
    BadHeaderError: HTTPStatus.BAD_REQUEST,
    NotBytesError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooHeavyError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongVersionError: HTTPStatus.PRECONDITION_FAILED,
}
"""What the protocol answers in another way than the house does."""


class _TusRoute(APIRoute):
    """Answers refusals as the protocol asks, and names its version on every answer."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_tus(request: Request) -> Response:
            try:
                response = await handle(request)
            except AppError as error:
                response = await _refuse(request, error)
            response.headers["Tus-Resumable"] = VERSION
            response.headers["Cache-Control"] = "no-store"
            return response

        return handle_tus


async def _refuse(request: Request, error: AppError) -> Response:
    status = STATUS.get(type(error))
    if status is None:
        return await on_app_error(request, error)
    response = await answer(request, status, error.message, code=error.code)
    if status is HTTPStatus.PRECONDITION_FAILED:
        response.headers["Tus-Version"] = VERSION
    return response


router = APIRouter(prefix="/offline/uploads", route_class=_TusRoute)


@router.options("", name="app.offline.uploads.describe")
async def describe() -> Response:
    """Say which parts of the protocol are spoken here."""
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation",
        "Tus-Max-Size": str(max(service.PHOTO_BYTES, service.VOICE_BYTES)),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


@router.post("", name="app.offline.uploads.create")
async def create(
    request: Request, session: DbSession, house: TheHouse, *, person: accounts.CurrentPerson, now: Now
) -> Response:
    """Announce a file; announced again it answers how much of it is here."""
    _check_version(request)
    new = read_new(request.headers.get("upload-metadata", ""), request.headers.get("upload-length"), now=now)
    upload = await service.open_upload(
        session, house.port(FileTakers), upload=new, person_id=person.id, now=now
    )
    service.check_not_refused(upload)
    location = str(request.app.url_path_for("app.offline.uploads.look", upload_id=upload.id))
    headers = {"Location": location, "Upload-Offset": str(upload.received)}
    return Response(status_code=HTTPStatus.CREATED, headers=headers)


@router.head("/{upload_id}", name="app.offline.uploads.look")
async def look(
    request: Request, upload_id: UUID, session: DbSession, *, person: accounts.CurrentPerson
) -> Response:
    """How much of a file is here."""
    upload = await service.get_upload(session, upload_id=upload_id, person_id=person.id)
    _check_version(request)
    service.check_not_refused(upload)
    headers = {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.length),
        "Upload-Metadata": upload.told,
    }
    return Response(headers=headers)


@router.patch("/{upload_id}", name="app.offline.uploads.append")
async def append(request: Request, upload_id: UUID, house: TheHouse, now: Now) -> Response:
    """Take the next bytes of a file; a line that breaks keeps what came."""
    return await _append(request, upload_id, house, now)


@router.post("/{upload_id}", name="app.offline.uploads.append_by_post")
async def append_by_post(request: Request, upload_id: UUID, house: TheHouse, now: Now) -> Response:
    """The same for a way in between that lets no PATCH through (`X-HTTP-Method-Override`)."""
    if request.headers.get("x-http-method-override") != "PATCH":
        raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "HEAD, PATCH"})
    return await _append(request, upload_id, house, now)


async def _append(request: Request, upload_id: UUID, house: House, now: datetime) -> Response:
    upload = await _find_for(request, upload_id, house, now)
    _check_version(request)
    service.check_not_refused(upload)
    if request.headers.get("content-type") != "application/offset+octet-stream":
        raise NotBytesError
    if read_length(request.headers.get("upload-offset")) != upload.received:
        raise OffsetMovedError
    if int(request.headers.get("content-length", "0")) > upload.length - upload.received:
        raise TooHeavyError
    takers = house.port(FileTakers)
    end = await receiving.receive(
        house.database, house.files, takers, upload=upload, chunks=_chunks(request), now=now
    )
    if end == upload.length:
        service.check_not_refused(await _find_for(request, upload_id, house, now))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Upload-Offset": str(end)})


async def _find_for(request: Request, upload_id: UUID, house: House, now: datetime) -> Upload:
    """The upload, for its owner alone, in a transaction that is over before the slow bytes are read."""
    async with house.database.transaction() as session:
        login = await accounts.find_login(request, session, now)
        if login is None:
            raise logged_out()
        return await service.get_upload(session, upload_id=upload_id, person_id=login.person.id)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes, to its end or to where the line broke."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise WrongVersionError
