"""Bytes coming in: kept piece by piece in short transactions, for a slow phone must not hold a connection.

A piece is written under a key of its own first and counted afterwards: a power cut in between leaves a key that
nobody counts, and the sweep finds it.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.errors import NotFoundError
from app.offline.uploads import service
from app.offline.uploads.errors import OffsetMovedError, TooHeavyError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.core.db import Database
    from app.core.files import Files
    from app.offline.uploads.models import Upload
    from app.offline.uploads.ports import FileTakers

FOLDER = "uploads"
PIECE_BYTES = 256 * 1024
"""As much as a power cut may cost of one long request."""


async def receive(
    database: Database,
    files: Files,
    takers: FileTakers,
    *,
    upload: Upload,
    chunks: AsyncIterator[bytes],
    now: datetime,
) -> int:
    """Keep the bytes that follow what `upload` has, as far as they come; answers where what is kept ends now.

    The last byte hands the file over. Raises `TooHeavyError` for bytes past its length, `OffsetMovedError` when
    somebody else moved it meanwhile.
    """
    end, held = upload.received, bytearray()
    async for chunk in chunks:
        held += chunk
        if end + len(held) > upload.length:
            raise TooHeavyError
        if PIECE_BYTES <= len(held) < upload.length - end:
            end = await _keep(database, files, upload_id=upload.id, start=end, content=bytes(held), now=now)
            held.clear()
    if not held:
        return end
    if end + len(held) < upload.length:
        return await _keep(database, files, upload_id=upload.id, start=end, content=bytes(held), now=now)
    await _finish(database, files, takers, upload=upload, start=end, last=bytes(held), now=now)
    return upload.length


async def _keep(
    database: Database, files: Files, *, upload_id: UUID, start: int, content: bytes, now: datetime
) -> int:
    key = f"{FOLDER}/{upload_id}-{start}-{secrets.token_hex(8)}"
    await files.put(key, content)
    try:
        async with database.transaction() as session:
            await service.add_piece(
                session, upload_id=upload_id, start=start, length=len(content), key=key, now=now
            )
    except OffsetMovedError:
        await files.delete(key)
        raise
    return start + len(content)


async def _finish(
    database: Database,
    files: Files,
    takers: FileTakers,
    *,
    upload: Upload,
    start: int,
    last: bytes,
    now: datetime,
) -> None:
    async with database.transaction() as session:
        pieces = await service.list_pieces(session, upload_id=upload.id, until=start)
    try:
        content = b"".join([await files.get(piece.key) for piece in pieces]) + last
    except NotFoundError as error:
        async with database.transaction() as session:
            await service.start_again(session, upload_id=upload.id, start=start, now=now)
        raise OffsetMovedError from error
    async with database.transaction() as session:
        await service.finish(session, files, takers, upload=upload, start=start, content=content, now=now)
    for piece in pieces:
        await files.delete(piece.key)
