"""Files on their way: announced once, moved on byte by byte, handed to their room when they are whole.

What is kept of a file is a chain of pieces; where it ends stands in one row and moves by one conditional UPDATE, so
two senders can neither double nor interleave. The last move and what the file does commit together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.errors import AppError, BusyError, LimitedError, UpstreamError
from app.core.i18n import Text
from app.offline.errors import OtherPersonError
from app.offline.uploads import repository
from app.offline.uploads.errors import (
    FileRefusedError,
    NotTakenError,
    OffsetMovedError,
    OtherFileError,
    RecordFirstError,
    TooHeavyError,
    TooManyOpenError,
    UploadNotFoundError,
)
from app.offline.uploads.models import Upload, UploadPiece, UploadState
from app.offline.uploads.ports import ArrivedFile, FileTaker, FileTakers, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files
    from app.offline.uploads.schemas import NewUpload

PHOTO_BYTES = 12_000_000
VOICE_BYTES = 5_000_000
MOST_OPEN = 40
OPEN_MEANS = timedelta(days=1)
"""A file counts as under way while it moved within a day: forty that a lost phone left do not lock its owner out."""
KEPT = timedelta(days=60)
"""How long an unfinished file waits for its next byte."""
_PASSING = (BusyError, LimitedError, UpstreamError)


async def open_upload(
    session: AsyncSession, takers: FileTakers, *, upload: NewUpload, person_id: UUID, now: datetime
) -> Upload:
    """Announce a file, or find what came of it when it was announced before.

    Raises `OtherPersonError` when it lies on the phone for somebody else than this person, `TooHeavyError`, `RecordFirstError`, `NotTakenError`, `TooManyOpenError`; for a known id `OtherFileError`
    when the file is another one, `UploadNotFoundError` when it is somebody else's.
    """
    if upload.owner_id not in {None, person_id}:
        raise OtherPersonError
    known = await repository.find_upload(session, upload.id)
    if known is None:
        await _check_new(session, takers, upload, person_id, now)
        await repository.insert_upload(
            session,
            {
                "id": upload.id,
                "created_at": now,
                "moved_at": now,
                "person_id": person_id,
                "record_id": upload.record_id,
                "field": upload.field,
                "kind": upload.kind,
                "told": upload.told,
                "length": upload.length,
                "state": UploadState.OPEN,
                "taken_at": upload.taken_at,
                "latitude_e6": upload.latitude_e6,
                "longitude_e6": upload.longitude_e6,
            },
        )
    found = await get_upload(session, upload_id=upload.id, person_id=person_id)
    if any(
        getattr(found, name) != getattr(upload, name) for name in ("record_id", "field", "kind", "length")
    ):
        raise OtherFileError
    return found


async def _check_new(
    session: AsyncSession, takers: FileTakers, upload: NewUpload, person_id: UUID, now: datetime
) -> None:
    most = VOICE_BYTES if upload.kind.startswith("audio/") else PHOTO_BYTES
    if upload.length > most:
        raise TooHeavyError(most)
    if upload.length == 0:
        raise NotTakenError
    record = await find_record(session, upload.record_id)
    if record is None or person_id not in {record.person_id, record.helper_id}:
        raise RecordFirstError
    if record.route not in takers.by_route:
        raise NotTakenError
    # Besides itself: its first announcement may have come in since we looked.
    under_way = await repository.count_open(session, person_id, but=upload.id, since=now - OPEN_MEANS)
    if under_way >= MOST_OPEN:
        raise TooManyOpenError


async def find_record(session: AsyncSession, record_id: UUID) -> StoredRecord | None:
    """Find the record whose words arrived under this id."""
    message = await repository.find_submission(session, record_id)
    if message is None:
        return None
    said = message.payload
    return StoredRecord(
        id=record_id,
        route=message.kind,
        path=said["path"],
        person_id=UUID(said["person_id"]),
        helper_id=UUID(said["helper_id"]) if said.get("helper_id") else None,
    )


async def get_upload(session: AsyncSession, *, upload_id: UUID, person_id: UUID) -> Upload:
    """Get a file of this person; somebody else's does not exist for them (`UploadNotFoundError`)."""
    upload = await repository.find_upload(session, upload_id)
    if upload is None or upload.person_id != person_id:
        raise UploadNotFoundError
    return upload


def check_not_refused(upload: Upload) -> None:
    """Raise `FileRefusedError` with the reason of a file that its room refused."""
    if upload.reason is not None:
        raise FileRefusedError(Text(upload.reason, upload.reason_params))


async def add_piece(
    session: AsyncSession, *, upload_id: UUID, start: int, length: int, key: str, now: datetime
) -> None:
    """Add bytes that lie under `key` already; `OffsetMovedError` unless they begin where what is kept ends."""
    moved = await repository.move(
        session, upload_id, start=start, end=start + length, state=UploadState.OPEN, now=now
    )
    if not moved:
        raise OffsetMovedError
    await repository.insert_piece(session, upload_id=upload_id, start=start, length=length, key=key)


async def list_pieces(session: AsyncSession, *, upload_id: UUID, until: int) -> Sequence[UploadPiece]:
    """List the pieces of a file; `OffsetMovedError` unless they are all of its first `until` bytes."""
    pieces = await repository.list_pieces(session, upload_id)
    if sum(piece.length for piece in pieces) != until:
        raise OffsetMovedError
    return pieces


async def start_again(session: AsyncSession, *, upload_id: UUID, start: int, now: datetime) -> None:
    """Forget all bytes of a file whose pieces are lost (a copy put back without them): it comes again from the first."""
    if await repository.move(session, upload_id, start=start, end=0, state=UploadState.OPEN, now=now):
        await repository.delete_pieces(session, upload_id)


async def finish(
    session: AsyncSession,
    files: Files,
    takers: FileTakers,
    *,
    upload: Upload,
    start: int,
    content: bytes,
    now: datetime,
) -> None:
    """Hand a whole file to its room; `start` is where its last bytes begin (`OffsetMovedError` when they do not).

    What the room refuses is written down with its reason and commits; what may pass (busy, upstream) is raised.
    """
    moved = await repository.move(
        session, upload.id, start=start, end=upload.length, state=UploadState.DONE, now=now
    )
    if not moved:
        raise OffsetMovedError
    await repository.delete_pieces(session, upload.id)
    try:
        async with session.begin_nested():
            taker, record = await _find_taker(session, takers, upload)
            await taker(session, files, record=record, file=_arrived(upload, content), now=now)
    except _PASSING:
        raise
    except AppError as error:
        params = {name: str(value) for name, value in error.message.params.items()}
        await repository.refuse(session, upload.id, reason=error.message.msgid, params=params)


async def _find_taker(
    session: AsyncSession, takers: FileTakers, upload: Upload
) -> tuple[FileTaker, StoredRecord]:
    record = await find_record(session, upload.record_id)
    taker = takers.by_route.get(record.route) if record else None
    if record is None or taker is None:
        raise NotTakenError
    return taker, record


def _arrived(upload: Upload, content: bytes) -> ArrivedFile:
    latitude, longitude = upload.latitude_e6, upload.longitude_e6
    return ArrivedFile(
        field=upload.field,
        kind=upload.kind,
        content=content,
        taken_at=upload.taken_at,
        place_e6=(latitude, longitude) if latitude is not None and longitude is not None else None,
    )


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop unfinished files that waited `KEPT` for their next byte; what is done or refused is known for ever."""
    await repository.delete_old(session, before=now - KEPT)
