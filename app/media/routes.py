"""Photos and recordings over HTTP: immutable bytes by id."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.accounts import dependencies as accounts
from app.media import answers, service
from app.web.dependencies import DbSession, Now, TheHouse

router = APIRouter()


@router.get("/media/{photo_id}/{width}.webp", name="app.media.show")
async def show(
    request: Request, session: DbSession, house: TheHouse, *, now: Now, photo_id: UUID, width: int
) -> Response:
    """Answer one picture; a private one only to its owner, and never to a shared cache."""
    photo = await service.get_photo(session, photo_id)
    if photo.is_public:
        viewer_id, caching = None, "public, max-age=31536000, immutable"
    else:
        login = await accounts.find_login(request, session, now)
        viewer_id, caching = login.person.id if login else None, "private, no-cache"
    service.check_viewer(photo, width=width, viewer_id=viewer_id)
    headers = {"Cache-Control": caching, "ETag": f'"{photo_id.hex}-{width}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = await service.read_file(house.files, photo=photo, width=width)
    return Response(content, media_type="image/webp", headers=headers)


@router.get("/media/{recording_id}.audio", name="app.media.hear")
async def hear(
    request: Request, session: DbSession, house: TheHouse, *, now: Now, recording_id: UUID
) -> Response:
    """Answer one recording or a part of it; a private one only to its owner."""
    recording = await service.get_recording(session, recording_id)
    viewer_id = None
    if not recording.is_public:
        login = await accounts.find_login(request, session, now)
        viewer_id = login.person.id if login else None
    service.check_listener(recording, viewer_id=viewer_id)
    caching = answers.PUBLIC if recording.is_public else answers.PRIVATE
    return await answers.answer_recording(request, house.files, recording, caching=caching)
