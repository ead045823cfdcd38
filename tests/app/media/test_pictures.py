"""Pictures: every horror gets a plain refusal, and nothing that EXIF tells stays in a file."""

import io
import struct
import zlib
from datetime import UTC, datetime

import pytest
from PIL import ExifTags, Image, ImageDraw

from app.core.errors import InvalidError
from app.media import pictures
from tests.factories.people import picture_bytes


def opened(content):
    """The picture behind some bytes."""
    return Image.open(io.BytesIO(content))


def photo(size=(400, 300), kind="JPEG", *, exif=None, **how):
    """A picture with a red left half and a blue right half."""
    image = Image.new("RGB", size, "blue")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), fill="red")
    held = io.BytesIO()
    image.save(held, kind, **({"exif": exif} if exif is not None else {}), **how)
    return held.getvalue()


def exif_of(*, taken="2026:11:10 08:30:00", offset=None, gps=None, orientation=None):
    """EXIF as a phone writes it."""
    exif = Image.Exif()
    inside = exif.get_ifd(ExifTags.IFD.Exif)
    if taken is not None:
        inside[ExifTags.Base.DateTimeOriginal] = taken
    if offset is not None:
        inside[ExifTags.Base.OffsetTimeOriginal] = offset
    if gps is not None:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    if orientation is not None:
        exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "SECRETPHONE"
    return exif


def png_claiming(width, height):
    """A few bytes that claim to be a picture of any size."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


HANOI = {
    ExifTags.GPS.GPSLatitudeRef: "N",
    ExifTags.GPS.GPSLatitude: (21.0, 1.0, 42.0),
    ExifTags.GPS.GPSLongitudeRef: "E",
    ExifTags.GPS.GPSLongitude: (105.0, 51.0, 15.0),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_widths_and_a_small_one(kind):
    """WebP in three widths, and one of 160 points and 5 KB at most."""
    picture = pictures.develop(photo((2000, 1500), kind))
    assert (picture.width, picture.height) == (2000, 1500)
    assert {width: opened(file).size for width, file in picture.files.items()} == {
        320: (320, 240),
        640: (640, 480),
        1280: (1280, 960),
    }
    assert {opened(file).format for file in picture.files.values()} == {"WEBP"}
    assert opened(picture.thumbnail).size == (160, 120)
    assert len(picture.thumbnail) <= 5 * 1024


def test_a_small_picture_is_not_blown_up():
    """A picture of 100 points stays one of 100 points, under every width."""
    picture = pictures.develop(photo((100, 80)))
    assert {opened(file).size for file in picture.files.values()} == {(100, 80)}


def test_a_thin_picture_keeps_a_point():
    """A strip is narrowed to a line, never to nothing."""
    picture = pictures.develop(photo((4000, 2), "PNG"))
    assert opened(picture.files[320]).size == (320, 1)


def test_noise_still_fits_the_small_one():
    """The hardest picture to press is made coarser until it fits."""
    noise = Image.effect_noise((640, 640), 200).convert("RGB")
    held = io.BytesIO()
    noise.save(held, "JPEG", quality=95)
    assert len(pictures.develop(held.getvalue()).thumbnail) <= 5 * 1024


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [(1, (400, 300), "left"), (3, (400, 300), "right"), (6, (300, 400), "top"), (8, (300, 400), "bottom")],
)
def test_pictures_stand_upright(orientation, size, red):
    """However the phone was held, the picture is turned as it was seen, and its size with it."""
    picture = pictures.develop(photo(exif=exif_of(orientation=orientation)))
    assert (picture.width, picture.height) == size
    shown = opened(picture.files[320]).convert("RGB")
    points = {
        "left": (5, shown.height // 2),
        "right": (shown.width - 5, shown.height // 2),
        "top": (shown.width // 2, 5),
        "bottom": (shown.width // 2, shown.height - 5),
    }
    seen = {side: shown.getpixel(at) for side, at in points.items()}
    assert seen[red][0] > 200 > seen[red][2] + 100


def test_what_is_transparent_becomes_white():
    """Transparent places, palettes and greys come out as a plain picture on white."""
    for mode in ("RGBA", "LA", "P", "L", "1", "I;16"):
        held = io.BytesIO()
        Image.new(mode, (40, 40), 0).save(held, "PNG")
        assert opened(pictures.develop(held.getvalue()).files[320]).mode == "RGB"
    held = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(held, "PNG")
    assert min(opened(pictures.develop(held.getvalue()).files[320]).getpixel((20, 20))) > 250
    held = io.BytesIO()
    Image.new("CMYK", (40, 40)).save(held, "JPEG")
    assert pictures.develop(held.getvalue()).width == 40


def test_place_and_time_are_kept_beside_and_leave_the_file():
    """Columns know when and where; no file holds EXIF, GPS, the camera's name or a colour profile."""
    picture = pictures.develop(photo(exif=exif_of(gps=HANOI), comment=b"SECRETPHONE"))
    assert picture.taken_at == datetime(2026, 11, 10, 1, 30, tzinfo=UTC)
    assert (picture.latitude_e6, picture.longitude_e6) == (21_028_333, 105_854_167)
    for file in [*picture.files.values(), picture.thumbnail]:
        assert not opened(file).getexif()
        assert "exif" not in opened(file).info
        assert b"SECRETPHONE" not in file
        assert b"EXIF" not in file


@pytest.mark.parametrize(
    ("taken", "offset", "instant"),
    [
        ("2026:11:10 08:30:00", "+00:00", datetime(2026, 11, 10, 8, 30, tzinfo=UTC)),
        ("2026:11:10 08:30:00", "nonsense", None),
        ("0000:00:00 00:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        (None, None, None),
    ],
)
def test_the_instant_is_read_or_left_out(taken, offset, instant):
    """A named offset counts; an impossible instant is none."""
    assert pictures.develop(photo(exif=exif_of(taken=taken, offset=offset))).taken_at == instant


def test_south_and_west_are_negative():
    """The other halves of the earth have the other sign."""
    gps = HANOI | {ExifTags.GPS.GPSLatitudeRef: "S", ExifTags.GPS.GPSLongitudeRef: "W"}
    picture = pictures.develop(photo(exif=exif_of(gps=gps)))
    assert (picture.latitude_e6, picture.longitude_e6) == (-21_028_333, -105_854_167)


@pytest.mark.parametrize(
    "change",
    [
        {ExifTags.GPS.GPSLatitude: (91.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLongitude: (181.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (0.0, 0.0, 0.0), ExifTags.GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        {ExifTags.GPS.GPSLatitude: (21.0, 1.0)},
    ],
)
def test_no_place_on_earth_is_no_place(change):
    """A place off the earth, at 0 0 (a phone without a fix) or half told is left out."""
    picture = pictures.develop(photo(exif=exif_of(gps=HANOI | change)))
    assert (picture.latitude_e6, picture.longitude_e6) == (None, None)


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_not_a_number_is_no_place(number):
    """A zero under the line of a fraction gives no place."""
    with pytest.raises(ValueError, match="not a number"):
        pictures._degrees((float(number), 0, 0))


def test_half_a_place_is_none():
    """A latitude alone is no place."""
    gps = {ExifTags.GPS.GPSLatitude: (21.0, 1.0, 42.0)}
    assert pictures.develop(photo(exif=exif_of(gps=gps))).latitude_e6 is None


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow grumbles about the nonsense, and goes on
def test_damaged_exif_is_as_good_as_none():
    """A picture whose EXIF is nonsense is still a picture."""
    good = photo(exif=exif_of(gps=HANOI))
    start = good.index(b"Exif\x00\x00") + 6
    for bad in (
        good[:start] + b"XX" + good[start + 2 :],
        good[: start + 8] + b"\xff" * 60 + good[start + 68 :],
    ):
        picture = pictures.develop(bad)
        assert picture.width == 400
        assert (picture.taken_at, picture.latitude_e6) == (None, None)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"", "photo_empty", id="empty"),
        pytest.param(b"\xff\xd8\xff" + bytes(25 * 1024 * 1024), "photo_too_heavy", id="too_heavy"),
        pytest.param(HEIC, "photo_heic", id="heic"),
        pytest.param(SVG, "photo_unknown", id="svg"),
        pytest.param(b"Chao ban, day la thu.", "photo_unknown", id="words"),
        pytest.param(b"<html><script>alert(1)</script>", "photo_unknown", id="html"),
        pytest.param(picture_bytes(kind="GIF"), "photo_unknown", id="gif"),
        pytest.param(picture_bytes(kind="BMP"), "photo_unknown", id="bmp"),
        pytest.param(picture_bytes(kind="TIFF"), "photo_unknown", id="tiff"),
        pytest.param(b"%PDF-1.7\n", "photo_unknown", id="pdf"),
        pytest.param(b"PK\x03\x04" + bytes(50), "photo_unknown", id="zip"),
        pytest.param(b"RIFF\x10\x00\x00\x00WAVEfmt ", "photo_unknown", id="wave"),
        pytest.param(b"\xff\xd8\xff", "photo_broken", id="three_bytes"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"not a jpeg at all" * 20, "photo_broken", id="no_jpeg"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(64), "photo_broken", id="png_of_zeros"),
        pytest.param(b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20), "photo_broken", id="webp_of_zeros"),
        pytest.param(png_claiming(60_000, 60_000), "photo_too_large", id="bomb_60000"),
        pytest.param(png_claiming(12_000, 12_000), "photo_too_large", id="bomb_12000"),
        pytest.param(png_claiming(6_000, 6_000), "photo_too_large", id="bomb_6000"),
        pytest.param(png_claiming(0, 0), "photo_broken", id="png_of_nothing"),
        pytest.param(png_claiming(50, 50), "photo_broken", id="png_without_data"),
    ],
)
def test_horrors_get_plain_words(content, code):
    """Whatever its name said: what is no photo, broken, too heavy or a bomb is refused beside the field."""
    with pytest.raises(InvalidError) as refused:
        pictures.develop(content)
    assert refused.value.code == code
    assert refused.value.fields["photo"] == refused.value.message


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_photo_that_was_cut_off_is_refused(kind, share):
    """An upload that broke off is not kept as half a picture."""
    noise = Image.effect_noise((300, 300), 100).convert("RGB")
    held = io.BytesIO()
    noise.save(held, kind)
    content = held.getvalue()
    with pytest.raises(InvalidError) as refused:
        pictures.develop(content[: int(len(content) * share)])
    assert refused.value.code == "photo_broken"


def test_a_picture_with_a_script_behind_it_leaves_the_script():
    """What hangs behind the picture's end never reaches a file that we serve."""
    picture = pictures.develop(photo() + b"<script>alert(1)</script>")
    assert all(b"script" not in file for file in picture.files.values())
