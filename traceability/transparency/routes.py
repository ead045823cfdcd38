"""The doors of the log: everything in it is public, and files that never change."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from app.core.errors import NotFoundError
from app.core.i18n import _
from app.web.dependencies import DbSession, Now, TheHouse
from traceability.transparency import service
from traceability.transparency.service import LogKeeper

router = APIRouter(prefix="/log")
OPEN = {"Access-Control-Allow-Origin": "*"}
FOR_EVER = OPEN | {"Cache-Control": "public, max-age=31536000, immutable"}
NOW_ONLY = OPEN | {"Cache-Control": "public, max-age=2"}


@router.get("/checkpoint", name="traceability.transparency.checkpoint")
async def show_checkpoint(house: TheHouse, session: DbSession) -> Response:
    """The latest signed head."""
    note = await service.show_checkpoint(session, house.port(LogKeeper))
    return PlainTextResponse(note, headers=NOW_ONLY)


@router.get("/key", name="traceability.transparency.key")
async def show_key(house: TheHouse) -> Response:
    """The key under which heads are signed."""
    return PlainTextResponse(house.port(LogKeeper).key.spell() + "\n", headers=NOW_ONLY)


@router.get("/tile/{path:path}", name="traceability.transparency.tile")
async def show_tile(path: str, session: DbSession) -> Response:
    """A tile of the tree, or a bundle of entries."""
    data = await service.read_tile(session, f"tile/{path}")
    if data is None:
        raise _NothingError
    return Response(data, media_type="application/octet-stream", headers=FOR_EVER)


@router.post("/cosignatures/{size}", name="traceability.transparency.cosign")
async def add_cosignature(
    size: int, request: Request, house: TheHouse, session: DbSession, now: Now
) -> Response:
    """Take a witness's line under the head of this size."""
    line = (await request.body())[:1_000].decode("utf-8", "replace")
    await service.add_cosignature(session, keeper=house.port(LogKeeper), size=size, line=line, now=now)
    return Response(status_code=HTTPStatus.NO_CONTENT)


class _NothingError(NotFoundError):
    """The log has no such part."""

    def __init__(self) -> None:
        super().__init__(_("Sổ công khai không có phần này."))
