"""The smallest valid people, places, photos and notices."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID

import httpx
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.dependencies import SESSION_COOKIE
from app.accounts.models import Person, PhoneKey, StaffMember, StaffRole
from app.core.ids import uuid7
from app.core.inbox import receive
from app.media.models import Photo
from app.notices.models import Notice
from app.offline.uploads.models import Upload, UploadState
from app.places.models import Address

NOW = datetime(2026, 11, 12, 2, 0, tzinfo=UTC)
LA_BANG = "05818"  # Xã La Bằng, Tỉnh Thái Nguyên
R = TypeVar("R")
_numbers = itertools.count(1)


def new_phone() -> str:
    """A number that nobody else in this run has (E.164)."""
    return f"+8491{next(_numbers):07d}"


async def make_person(session: AsyncSession, **overrides: Any) -> Person:
    """Somebody with a phone."""
    given: dict[str, Any] = {"name": "Lường Thị Hoa", "phone": new_phone(), "created_at": NOW}
    return await _keep(session, Person(**{"language": "vi"} | given | overrides))


async def make_staff(session: AsyncSession, **overrides: Any) -> StaffMember:
    """Somebody of the platform's staff."""
    if "person_id" not in overrides:
        overrides["person_id"] = (await make_person(session)).id
    given: dict[str, Any] = {"role": StaffRole.ADMIN, "created_at": NOW}
    return await _keep(session, StaffMember(**given | overrides))


async def make_phone_key(session: AsyncSession, **overrides: Any) -> PhoneKey:
    """The way back to a forgotten PIN."""
    given: dict[str, Any] = {"phone_id": uuid7(), "secret": bytes(range(32)), "created_at": NOW}
    if "person_id" not in overrides:
        overrides["person_id"] = (await make_person(session)).id
    return await _keep(session, PhoneKey(**given | overrides))


async def make_address(session: AsyncSession, **overrides: Any) -> Address:
    """A house in La Bằng."""
    given: dict[str, Any] = {
        "recipient_name": "Nguyễn Thị Mai",
        "phone": "+84912345678",
        "commune_code": LA_BANG,
        "line": "Xóm Rừng Vần, nhà bà Mai",
        "created_at": NOW,
    }
    return await _keep(session, Address(**given | overrides))


async def make_photo(session: AsyncSession, **overrides: Any) -> Photo:
    """A row of a photo; its files are not written (use `media.service.store_photo` for those)."""
    given: dict[str, Any] = {
        "sha256": bytes(32),
        "width": 1280,
        "height": 960,
        "byte_count": 1000,
        "thumbnail": picture_bytes(kind="WEBP", size=(16, 12)),
        "is_public": True,
        "created_at": NOW,
    }
    return await _keep(session, Photo(**given | overrides))


async def make_notice(session: AsyncSession, **overrides: Any) -> Notice:
    """Something to read."""
    given: dict[str, Any] = {
        "kind": "test",
        "msgid": "Không tìm thấy tin này.",
        "params": {},
        "href": "/me",
        "created_at": NOW,
    }
    if "person_id" not in overrides:
        overrides["person_id"] = (await make_person(session)).id
    return await _keep(session, Notice(**given | overrides))


async def make_upload(session: AsyncSession, **overrides: Any) -> Upload:
    """A photo of a hundred bytes of which none has arrived; its record is not made."""
    given: dict[str, Any] = {
        "record_id": uuid7(),
        "field": "photos",
        "kind": "image/jpeg",
        "told": "",
        "length": 100,
        "received": 0,
        "state": UploadState.OPEN,
        "reason": None,
        "reason_params": {},
        "created_at": NOW,
        "moved_at": NOW,
    }
    if "person_id" not in overrides:
        overrides["person_id"] = (await make_person(session)).id
    return await _keep(session, Upload(**given | overrides))


async def make_submission(session: AsyncSession, **overrides: Any) -> UUID:
    """The words of a record that came by the outbox; answers its id. `person_id` is needed."""
    record_id = overrides.pop("id", None) or uuid7()
    route = overrides.pop("route", "producers.diaries.record")
    said = {"path": "/producer/diary/new/pick", "helper_id": None} | overrides
    payload = {name: str(value) if isinstance(value, UUID) else value for name, value in said.items()}
    await receive(session, source="outbox", external_id=str(record_id), kind=route, payload=payload, now=NOW)
    return UUID(str(record_id))


def picture_bytes(
    *,
    kind: str = "JPEG",
    size: tuple[int, int] = (64, 48),
    color: str = "green",
    **how: Any,
) -> bytes:
    """The bytes of a one-coloured picture."""
    held = BytesIO()
    Image.new("RGB", size, color).save(held, kind, **how)
    return held.getvalue()


def sound_bytes(kind: str = "webm", *, size: int = 400) -> bytes:
    """The beginning of a recording as phones write it, and then silence; `size` bytes in all."""
    head = {
        "webm": b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm" + bytes(20) + b"\x86\x86A_OPUS",
        "ogg": b"OggS" + bytes(24) + b"OpusHead\x01\x01",
        "mp4": b"\x00\x00\x00\x1cftypmp42" + bytes(16) + b"mp4a",
    }[kind]
    return head + bytes(size - len(head))


async def log_in(
    session: AsyncSession, client: httpx.AsyncClient, person_id: UUID, *, now: datetime = NOW
) -> str:
    """Make `client` a browser in which this person is logged in; answers the cookie's token."""
    token = await accounts.open_login(session, person_id=person_id, device="Android · Chrome", now=now)
    client.cookies.set(SESSION_COOKIE, token)
    return token


async def _keep(session: AsyncSession, row: R) -> R:
    session.add(row)
    await session.flush()
    return row
