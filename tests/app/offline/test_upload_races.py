"""Two tabs that send the same file: real connections, and a negative control that shows what would happen unguarded."""

from __future__ import annotations

import asyncio
import hashlib

from sqlalchemy import func, select, update

from app.core.ids import uuid7
from app.media.models import Photo
from app.offline.uploads import receiving, repository
from app.offline.uploads.errors import OffsetMovedError
from app.offline.uploads.models import Upload, UploadPiece
from app.offline.uploads.ports import FileTakers
from producers.diaries.models import DiaryPhoto
from tests.factories.people import NOW, make_upload, picture_bytes

PICTURE = picture_bytes(kind="WEBP", size=(640, 480))
TABS = 8


async def test_tabs_that_send_at_once_neither_double_nor_interleave(db, phone):
    """Eight senders of pieces of different sizes from the same place: the photo's bytes are right and attached once."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)

    async def send(step):
        while True:
            start = int((await phone.look(made)).headers["Upload-Offset"])
            if start == len(PICTURE):
                return
            answer = await phone.append(made, start, PICTURE[start : start + step])
            assert answer.status_code in {204, 409}, answer.text

    await asyncio.gather(*(send(90 + 37 * tab) for tab in range(TABS)))
    async with db.transaction() as session:
        [photo] = await session.scalars(select(Photo))
        assert photo.sha256 == hashlib.sha256(PICTURE).digest()
        assert await session.scalar(select(func.count()).select_from(DiaryPhoto)) == 1


async def _keep_twice(db, house, upload):
    """Two requests that found the same place keep a piece each; answers how many were turned away."""
    at_the_door = asyncio.Barrier(2)

    async def send(part):
        async def body():
            await at_the_door.wait()
            yield part

        await receiving.receive(db, house.files, FileTakers({}), upload=upload, chunks=body(), now=NOW)

    answers = await asyncio.gather(send(b"a" * 30), send(b"b" * 20), return_exceptions=True)
    return sum(isinstance(answer, OffsetMovedError) for answer in answers)


async def _kept(db, upload):
    async with db.transaction() as session:
        row = await session.get_one(Upload, upload.id)
        pieces = await session.scalars(select(UploadPiece.length).where(UploadPiece.upload_id == upload.id))
        return row.received, sum(pieces)


async def test_of_two_pieces_for_one_place_one_is_kept(db, house):
    """Whoever comes second is turned away, its bytes are not left lying, and what is counted is what is kept."""
    async with db.transaction() as session:
        upload = await make_upload(session)
    assert await _keep_twice(db, house, upload) == 1
    received, kept = await _kept(db, upload)
    assert received == kept and received in {20, 30}
    keys = [key for key in await house.files.list_keys(receiving.FOLDER) if str(upload.id) in key]
    assert len(keys) == 1


async def test_a_place_that_is_set_without_looking_loses_count(db, house, monkeypatch):
    """Negative control: when the place moves without the condition, pieces and count no longer agree."""

    async def move_carelessly(session, upload_id, *, start, end, state, now):
        del start, now
        await session.execute(update(Upload).where(Upload.id == upload_id).values(received=end, state=state))
        return True

    async def keep_carelessly(session, *, upload_id, start, length, key):
        session.add(UploadPiece(upload_id=upload_id, start=start + length, length=length, key=key))

    monkeypatch.setattr(repository, "move", move_carelessly)
    monkeypatch.setattr(repository, "insert_piece", keep_carelessly)
    async with db.transaction() as session:
        upload = await make_upload(session)
    assert await _keep_twice(db, house, upload) == 0
    received, kept = await _kept(db, upload)
    assert kept == 50 and received != kept
