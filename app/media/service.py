"""Photos (WebP in three widths) and recordings (as they came): taken in once, given to whoever may have them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.ids import uuid7
from app.media import errors, pictures, repository, sounds
from app.media.models import Photo, Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.core.files import Files

WIDTHS = pictures.WIDTHS


async def store_photo(
    session: AsyncSession,
    files: Files,
    *,
    content: bytes,
    owner_id: UUID | None,
    is_public: bool,
    now: datetime,
    taken_at: datetime | None = None,
    place_e6: tuple[int, int] | None = None,
    keeps_place: bool = True,
) -> Photo:
    """Keep a photo (JPEG, PNG or WebP, 25 MB at most); the same bytes of the same owner are kept once.

    `taken_at` and `place_e6` (latitude and longitude in millionths of a degree) are what a phone read before it made
    the photo small; what the file itself tells goes first.

    With `keeps_place` off neither place nor time is kept, for a photo of somebody who is nobody's business.

    Sent again as public, a private photo becomes public; never the other way round. The files are written before the
    row commits: a row never lacks its files, and files whose row was rolled back lie unused and harm nobody.
    BadPhotoError (an InvalidError, field `photo`) says in plain words what is wrong with the file.
    """
    sha256 = hashlib.sha256(content).digest()
    same = await repository.find_same(session, owner_id=owner_id, sha256=sha256)
    if same is not None:
        same.is_public = same.is_public or is_public
        await session.flush()
        return same
    picture = await asyncio.to_thread(pictures.develop, content)
    place = (picture.latitude_e6, picture.longitude_e6)
    if place == (None, None) and place_e6 is not None:
        place = place_e6
    photo = Photo(
        id=uuid7(),
        created_at=now,
        owner_id=owner_id,
        sha256=sha256,
        width=picture.width,
        height=picture.height,
        byte_count=sum(len(file) for file in picture.files.values()),
        thumbnail=picture.thumbnail,
        taken_at=(picture.taken_at or taken_at) if keeps_place else None,
        latitude_e6=place[0] if keeps_place else None,
        longitude_e6=place[1] if keeps_place else None,
        is_public=is_public,
    )
    for width, file in picture.files.items():
        await files.put(_key(photo.id, width), file)
    session.add(photo)
    await session.flush()
    return photo


def _key(photo_id: UUID, width: int) -> str:
    return f"photos/{photo_id}/{width}.webp"


async def get_photo(session: AsyncSession, photo_id: UUID) -> Photo:
    """The photo; NotFoundError when there is none."""
    photo = await repository.find_photo(session, photo_id)
    if photo is None:
        raise errors.unknown_photo()
    return photo


async def get_photos(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Photo]:
    """The photos by id; NotFoundError when one is missing."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = {photo.id: photo for photo in await repository.list_photos(session, wanted)}
    if wanted - found.keys():
        raise errors.unknown_photo()
    return found


def check_viewer(photo: Photo, *, width: int, viewer_id: UUID | None) -> None:
    """NotFoundError for a width that we do not keep, and for a stranger at a private photo."""
    is_allowed = photo.is_public or (viewer_id is not None and viewer_id == photo.owner_id)
    if width not in WIDTHS or not is_allowed:
        raise errors.unknown_photo()


async def read_file(files: Files, *, photo: Photo, width: int) -> bytes:
    """The WebP of a photo in one of WIDTHS; the caller has called `check_viewer`. NotFoundError when it is gone."""
    return await files.get(_key(photo.id, width))


def thumbnail_uri(photo: Photo) -> str:
    """The small picture as a `data:` address, to stand inside a page (5 KB, 160 points at most)."""
    return "data:image/webp;base64," + base64.b64encode(photo.thumbnail).decode()


async def store_recording(
    session: AsyncSession,
    files: Files,
    *,
    content: bytes,
    owner_id: UUID | None,
    is_public: bool,
    now: datetime,
    duration_ms: int | None = None,
) -> Recording:
    """Keep a recording (WebM or Ogg with Opus, MP4 with AAC; 5 MB at most); the same bytes of an owner are kept once.

    As with photos: what was sent again as public becomes public, and the file is written before the row commits.
    BadRecordingError (an InvalidError, field `voice`) says in plain words what is wrong with the file.
    """
    content_type = sounds.read_kind(content)
    sha256 = hashlib.sha256(content).digest()
    same = await repository.find_same_recording(session, owner_id=owner_id, sha256=sha256)
    if same is not None:
        same.is_public = same.is_public or is_public
        await session.flush()
        return same
    recording = Recording(
        id=uuid7(),
        created_at=now,
        owner_id=owner_id,
        sha256=sha256,
        content_type=content_type,
        byte_count=len(content),
        duration_ms=duration_ms,
        is_public=is_public,
    )
    await files.put(_recording_key(recording.id), content)
    session.add(recording)
    await session.flush()
    return recording


def _recording_key(recording_id: UUID) -> str:
    return f"recordings/{recording_id}"


async def get_recording(session: AsyncSession, recording_id: UUID) -> Recording:
    """The recording; NotFoundError when there is none."""
    recording = await repository.find_recording(session, recording_id)
    if recording is None:
        raise errors.unknown_recording()
    return recording


async def get_recordings(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Recording]:
    """Those recordings that there are, by id."""
    return {recording.id: recording for recording in await repository.list_recordings(session, ids)}


def check_listener(recording: Recording, *, viewer_id: UUID | None) -> None:
    """NotFoundError for a stranger at a private recording."""
    if not (recording.is_public or (viewer_id is not None and viewer_id == recording.owner_id)):
        raise errors.unknown_recording()


async def read_recording(files: Files, recording: Recording) -> bytes:
    """The bytes of a recording; the caller has judged who listens. NotFoundError when the file is gone."""
    return await files.get(_recording_key(recording.id))
