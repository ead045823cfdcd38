"""A recording as an answer: whole, or the part that a player asks for (Safari plays nothing without parts)."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import Response

from app.media import service

if TYPE_CHECKING:
    from fastapi import Request

    from app.core.files import Files
    from app.media.models import Recording

PRIVATE = "private, no-cache"
PUBLIC = "public, max-age=31536000, immutable"
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


async def answer_recording(request: Request, files: Files, recording: Recording, *, caching: str) -> Response:
    """Answer with the recording's bytes; the caller has judged who listens."""
    etag = f'"{recording.id.hex}"'
    headers = {
        "Cache-Control": caching,
        "ETag": etag,
        "Accept-Ranges": "bytes",
        # named, so that nothing on the way packs the bytes and moves the places that a part is counted by
        "Content-Encoding": "identity",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = await service.read_recording(files, recording)
    size = len(content)
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", etag) != etag:
        return Response(content, media_type=recording.content_type, headers=headers)
    part = find_part(asked, size)
    if part is None:
        return Response(content, media_type=recording.content_type, headers=headers)
    first, last = part
    if first > last or first >= size:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(
        content[first : last + 1],
        status_code=HTTPStatus.PARTIAL_CONTENT,
        media_type=recording.content_type,
        headers=headers,
    )


def find_part(asked: str, size: int) -> tuple[int, int] | None:
    """The first and last byte of the one part that `Range` names; None when it names none or several."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return (max(size - int(found[2]), 0), size - 1) if int(found[2]) else (size, size)
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    return int(found[1]), last
