"""Recordings: a voice as proof, known by its first bytes whatever its name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core.i18n import _
from producers.mandates.errors import BadRecordingError

if TYPE_CHECKING:
    from uuid import UUID

MOST_BYTES = 5_000_000
_WEBM = b"\x1a\x45\xdf\xa3"
_OGG = b"OggS"
_MP4 = slice(4, 8)


def key_of(recording_id: UUID) -> str:
    """Where a recording's file is kept."""
    return f"mandates/{recording_id}"


def check(content: bytes) -> None:
    """Raise `BadRecordingError` unless these bytes begin as WebM, Ogg or MP4 and are 5 MB at most."""
    if not content:
        raise BadRecordingError(_("Tệp ghi âm này trống. Bạn ghi lại giúp nhé."))
    if len(content) > MOST_BYTES:
        raise BadRecordingError(_("Tệp ghi âm này nặng quá 5 MB. Bạn ghi ngắn lại, chừng một phút là đủ."))
    if not (content.startswith((_WEBM, _OGG)) or content[_MP4] == b"ftyp"):
        raise BadRecordingError(_("Tệp này không phải tệp ghi âm của điện thoại. Bạn ghi lại giúp nhé."))
