"""Pictures: opened with suspicion, turned upright, stripped of what they tell about place and time, made small."""

from __future__ import annotations

import io
import math
import struct
import threading
import warnings
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from PIL import ExifTags, Image, ImageOps

from app.core.clock import VN
from app.media import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 25 * 1024 * 1024
WIDTHS = (320, 640, 1280)
THUMBNAIL_SIDE = 160
THUMBNAIL_BYTES = 5 * 1024
QUALITY = 78

# A camera of 108 million points is the largest that phones carry; beyond that it is a bomb, not a photo.
Image.MAX_IMAGE_PIXELS = 110_000_000
MOST_DRAWN = 30_000_000  # PNG and WebP cannot be read at a part of their size as JPEG can
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# Two at a time: an opened photo takes hundreds of megabytes for a moment.
_desk = threading.BoundedSemaphore(2)
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError)
# What Pillow's readers raise on nonsense, as its fuzzers found.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, KeyError, OverflowError, struct.error,
           zlib.error, ZeroDivisionError, AttributeError)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A photo made ready: its size upright in points, WebP by width, a small one, and what EXIF told.

    `latitude_e6` and `longitude_e6` are millionths of a degree (WGS 84).
    """

    width: int
    height: int
    files: dict[int, bytes]
    thumbnail: bytes
    taken_at: datetime | None
    latitude_e6: int | None
    longitude_e6: int | None


def develop(content: bytes) -> Picture:
    """Make the pictures of one uploaded file; takes a processor for up to a second. BadPhotoError says what is wrong."""
    _check_kind(content)
    try:
        with _desk, Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
            return _develop(opened)
    except _BOMBS as error:
        raise errors.too_large() from error
    except _BROKEN as error:
        raise errors.broken() from error


def _check_kind(content: bytes) -> None:
    """Look at the first bytes, not at the name."""
    if not content:
        raise errors.empty()
    if len(content) > MAX_BYTES:
        raise errors.too_heavy()
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        raise errors.heic()
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    if not (content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or is_webp):
        raise errors.not_a_photo()


def _develop(opened: Image.Image) -> Picture:
    exif = _read_exif(opened)
    width, height = opened.size
    if opened.format != "JPEG" and width * height > MOST_DRAWN:
        raise errors.too_large()
    opened.draft(
        "RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1])
    )  # a JPEG is then read at a half, a quarter or an eighth
    # Every picture is drawn anew from its points: EXIF, GPS, comments and hidden thumbnails stay behind.
    upright = _flat(ImageOps.exif_transpose(opened))
    if (upright.width > upright.height) != (width > height):
        width, height = height, width
    files = {side: _webp(_narrowed(upright, side), QUALITY) for side in WIDTHS}
    latitude, longitude = _place(exif.get_ifd(ExifTags.IFD.GPSInfo))
    return Picture(
        width=width,
        height=height,
        files=files,
        thumbnail=_thumbnail(upright),
        taken_at=_instant(exif.get_ifd(ExifTags.IFD.Exif)),
        latitude_e6=latitude,
        longitude_e6=longitude,
    )


def _read_exif(opened: Image.Image) -> Image.Exif:
    """The EXIF of a picture; a damaged one is as good as none."""
    try:
        exif = opened.getexif()
        exif.get_ifd(ExifTags.IFD.Exif)
        exif.get_ifd(ExifTags.IFD.GPSInfo)
    except _BROKEN:
        return Image.Exif()
    return exif


def _flat(image: Image.Image) -> Image.Image:
    """Red, green, blue on white paper, whatever was transparent."""
    if image.mode == "RGB":
        return image
    with_alpha = image.convert("RGBA")
    paper = Image.new("RGBA", with_alpha.size, "white")
    return Image.alpha_composite(paper, with_alpha).convert("RGB")


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    """At most `width` points wide; a small picture is never blown up."""
    if image.width <= width:
        return image
    height = max(1, round(image.height * width / image.width))
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def _webp(image: Image.Image, quality: int) -> bytes:
    held = io.BytesIO()
    image.save(held, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return held.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    """A picture small enough to stand inside a page: coarser until it fits in 5 KB."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    quality = 60
    while len(made := _webp(small, quality)) > THUMBNAIL_BYTES and quality > 1:
        quality //= 2
    return made


def _instant(exif: Mapping[int, Any]) -> datetime | None:
    """When it was taken (UTC): the camera's own clock, taken as Vietnam's when it does not name its offset."""
    try:
        told = datetime.strptime(str(exif[ExifTags.Base.DateTimeOriginal]), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - see the offset below
        offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
        zone = datetime.strptime(str(offset), "%z").tzinfo if offset else VN
        return told.replace(tzinfo=zone).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return None


def _place(gps: Mapping[int, Any]) -> tuple[int | None, int | None]:
    """Where it was taken, in millionths of a degree; nothing unless both make a place on earth."""
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude])
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude])
    except (KeyError, ValueError, TypeError, ZeroDivisionError):
        return None, None
    south = gps.get(ExifTags.GPS.GPSLatitudeRef) == "S"
    west = gps.get(ExifTags.GPS.GPSLongitudeRef) == "W"
    if not (0 <= latitude <= 90 and 0 <= longitude <= 180) or (latitude, longitude) == (0, 0):  # noqa: PLR2004 - degrees of the earth; 0, 0 is a phone without a fix
        return None, None
    return round(latitude * 1_000_000) * (-1 if south else 1), round(longitude * 1_000_000) * (
        -1 if west else 1
    )


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("not a number of degrees")
    return value
