"""What a recording is, by its own bytes: the names that phones give to files are not believed."""

from __future__ import annotations

from app.media import errors

MOST_BYTES = 5 * 1024 * 1024
_EBML = b"\x1a\x45\xdf\xa3"
_HEAD = 4096
"""Where the tracks are named in what recorders write."""


def read_kind(content: bytes) -> str:
    """The content type: WebM or Ogg with Opus, MP4 with AAC. BadRecordingError for anything else, films too."""
    if not content:
        raise errors.silent()
    if len(content) > MOST_BYTES:
        raise errors.too_long()
    head = content[:_HEAD]
    if head.startswith(_EBML) and b"webm" in head and b"A_OPUS" in head and b"V_" not in head:
        return "audio/webm"
    if head.startswith(b"OggS") and b"OpusHead" in head:
        return "audio/ogg"
    # the description of an MP4 stands at its end as often as at its beginning
    if content[4:8] == b"ftyp" and b"mp4a" in content and b"vide" not in content:
        return "audio/mp4"
    raise errors.not_a_recording()
