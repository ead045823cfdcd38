"""The phone's side of an upload, against a fair that a test lets stumble."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Page

from tests.factories.people import picture_bytes

pytestmark = pytest.mark.browser

# A fair in a few lines: keeps bytes, answers as tus does; `faults` are taken one for each PATCH, null for none.
FAIR = """
const { upload, cost, line, mayUpload, megabytes, RefusedFile, NotYet, LoggedOut, OddAnswer } = await import('/static/offline/uploads.js');
const problem = (status, code, detail = '') => new Response(JSON.stringify({ type: `about:blank#${code}`, detail }),
  { status, headers: { 'content-type': 'application/problem+json' } });
const makeFair = (faults = [], first = null) => {
  const fair = { kept: new Uint8Array(0), calls: [], bodies: [], told: null };
  const at = (status) => new Response(null, { status, headers: { 'Upload-Offset': String(fair.kept.length) } });
  fair.keep = (bytes) => { fair.kept = new Uint8Array([...fair.kept, ...bytes]); };
  fair.fetch = async (path, { method, headers, body, signal }) => {
    signal?.throwIfAborted();
    fair.calls.push(`${method} ${path.split('/').length > 3 ? headers['Upload-Offset'] : 'new'}`);
    if (method === 'POST') {
      fair.told = Object.fromEntries(headers['Upload-Metadata'].split(',').map((pair) => pair.split(' ')));
      fair.length = headers['Upload-Length'];
      return first ? first() : at(201);
    }
    const bytes = new Uint8Array(await body.arrayBuffer());
    const fault = faults.shift();
    if (fault) { const answer = await fault(fair, bytes, signal); if (answer) return answer; }
    if (Number(headers['Upload-Offset']) !== fair.kept.length) return problem(409, 'offset');
    fair.keep(bytes);
    return at(204);
  };
  return fair;
};
const blob = new Blob([Uint8Array.from({ length: 100 }, (_, step) => step)], { type: 'image/webp' });
const file = { id: 'a-b', record: 'r', owner: 'me', field: 'photos', name: 'ảnh 1.webp', place: '21594000,-105774000' };
const isWhole = (fair) => fair.kept.length === 100 && fair.kept.every((byte, step) => byte === step);
const tryIt = async (fair, options = {}) => {
  const heard = [];
  try {
    await upload(blob, file, { fetch: fair.fetch, chunk: 40, onOffset: (offset) => heard.push(offset), ...options });
    return { heard, whole: isWhole(fair), calls: fair.calls };
  } catch (error) { return { heard, threw: error.constructor.name, message: error.message, calls: fair.calls }; }
};
"""


def run(lab: Page, body: str, argument: object = None) -> Any:
    """Evaluate `body` beside the fair."""
    return lab.evaluate("async (given) => {" + FAIR + body + "}", argument)


def test_a_file_goes_in_pieces_and_each_is_heard_of(lab: Page) -> None:
    """Announced with what is known of it, then piece by piece; progress is what the fair confirmed."""
    made = run(
        lab, "const fair = makeFair(); return { ...await tryIt(fair), told: fair.told, length: fair.length };"
    )
    assert made["whole"] and made["heard"] == [0, 40, 80, 100] and made["length"] == "100"
    assert made["calls"] == ["POST new", "PATCH 0", "PATCH 40", "PATCH 80"]
    told = {name: base64.b64decode(value).decode() for name, value in made["told"].items()}
    assert told == {
        "id": "a-b", "owner": "me", "record": "r", "field": "photos", "name": "ảnh 1.webp", "type": "image/webp",
        "place": "21594000,-105774000",
    }  # fmt: skip


def test_after_a_break_it_goes_on_where_the_fair_is(lab: Page) -> None:
    """A line that breaks in a piece throws as it is; the next call sends only what is missing, whatever arrived."""
    made = run(
        lab,
        """const fair = makeFair([null, async (fair, bytes) => { fair.keep(bytes.slice(0, 7)); throw new TypeError('gone'); }]);
        return [await tryIt(fair), await tryIt(fair)];""",
    )
    assert made[0]["threw"] == "TypeError" and made[0]["heard"] == [0, 40]
    assert made[1]["whole"] and made[1]["heard"] == [47, 87, 100]


def test_a_reply_that_is_lost_sends_nothing_twice(lab: Page) -> None:
    """All bytes arrived and the answer did not: the next call finds the file whole and sends none."""
    made = run(
        lab,
        """const fair = makeFair([null, null, async (fair, bytes) => { fair.keep(bytes); throw new TypeError('gone'); }]);
        await tryIt(fair); fair.calls = []; return await tryIt(fair);""",
    )
    assert made == {"heard": [100], "whole": True, "calls": ["POST new"]}


def test_another_tab_that_is_faster_is_followed(lab: Page) -> None:
    """A place that moved (409) or was forgotten (404) is asked for again, and the file becomes whole."""
    made = run(
        lab,
        """const other = (fair) => { fair.keep(Uint8Array.from({ length: 30 }, (_, step) => fair.kept.length + step)); };
        const forgot = (fair) => { fair.kept = new Uint8Array(0); return problem(404, 'not_found'); };
        return [await tryIt(makeFair([null, other])), await tryIt(makeFair([null, forgot]))];""",
    )
    assert made[0]["whole"] and made[0]["heard"] == [0, 40, 70, 100]
    assert made[1]["whole"] and made[1]["heard"] == [0, 40, 0, 40, 80, 100]


ANSWERS = {
    "problem(422, 'file-refused', 'Ảnh này bị hỏng.')": "RefusedFile",
    "problem(413, 'too-heavy', 'Ảnh này bị hỏng.')": "RefusedFile",
    "problem(409, 'record-first', 'Chờ chữ.')": "NotYet",
    "problem(429, 'too-many-open')": "NotYet",
    "problem(401, 'unauthenticated')": "LoggedOut",
    "problem(409, 'other-person')": "OtherPerson",
    "problem(404, 'not-found', 'Không có.')": "NotYet",
    "problem(503, 'busy')": "OddAnswer",
    "new Response('<h1>Wi-Fi</h1>', { status: 403, headers: { 'content-type': 'text/html' } })": "OddAnswer",
    "new Response('<h1>Wi-Fi</h1>', { status: 200 })": "OddAnswer",
    "new Response(null, { status: 201 })": "OddAnswer",
    "new Response(null, { status: 201, headers: { 'Upload-Offset': '101' } })": "OddAnswer",
}


def test_only_the_fairs_own_no_is_final(lab: Page) -> None:
    """A refusal in our words ends the file and is told; anything else, and whatever a captive portal says, does not."""
    tries = ", ".join(f"await tryIt(makeFair([], () => {answer}))" for answer in ANSWERS)
    made = run(lab, f"return [{tries}];")
    assert [one["threw"] for one in made] == list(ANSWERS.values())
    assert all(one["message"] == "Ảnh này bị hỏng." for one in made if one["threw"] == "RefusedFile")
    assert all(one["heard"] == [] for one in made)


def test_a_refusal_at_the_last_byte_is_told(lab: Page) -> None:
    """A photo that turns out to be broken when it is whole says why."""
    made = run(
        lab, "return await tryIt(makeFair([null, null, () => problem(422, 'file-refused', 'Hỏng.')]));"
    )
    assert (made["threw"], made["message"], made["heard"]) == ("RefusedFile", "Hỏng.", [0, 40, 80])


def test_a_fair_that_goes_in_circles_is_left(lab: Page) -> None:
    """A place that is refused and answered again, or that does not move, ends the try instead of the battery."""
    made = run(
        lab,
        """const no = () => problem(409, 'offset');
        const still = (fair) => new Response(null, { status: 204, headers: { 'Upload-Offset': '0' } });
        return [await tryIt(makeFair([no, no, no])), await tryIt(makeFair([still]))];""",
    )
    assert [one["threw"] for one in made] == ["OddAnswer", "OddAnswer"]
    assert len(made[0]["calls"]) == 3


def test_an_upload_can_be_stopped(lab: Page) -> None:
    """Whoever switches to Wi-Fi only stops the file at once; it goes on later."""
    made = run(
        lab,
        """const stop = new AbortController(); const fair = makeFair([null, () => stop.abort()]);
        const first = await tryIt(fair, { signal: stop.signal }); return [first, await tryIt(fair)];""",
    )
    assert made[0]["threw"] == "DOMException" and made[0]["heard"] == [0, 40, 80]
    assert made[1]["whole"] and made[1]["heard"] == [80, 100]


def test_a_line_that_carries_nothing_ends_the_try(lab: Page) -> None:
    """A piece that nobody answers is given up when patience ends, and the file goes on with the next call."""
    made = run(
        lab,
        """const never = (fair, bytes, signal) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason)));
        const fair = makeFair([null, never]);
        return [await tryIt(fair, { patience: 50 }), await tryIt(fair, { patience: 50 })];""",
    )
    assert (made[0]["threw"], made[0]["message"], made[0]["heard"]) == ("DOMException", "no answer", [0, 40])
    assert made[1]["whole"] and made[1]["heard"] == [40, 80, 100]


def test_progress_is_written_down_before_the_next_piece_leaves(lab: Page) -> None:
    """A slow database is waited for: what it last wrote is never older than what the fair confirmed last."""
    made = run(
        lab,
        """const fair = makeFair(); const seen = [];
        const onOffset = async (offset) => { await new Promise((done) => setTimeout(done, 20)); seen.push([offset, fair.kept.length]); };
        await upload(blob, file, { fetch: fair.fetch, chunk: 40, onOffset }); return seen;""",
    )
    assert made == [[0, 0], [40, 40], [80, 80], [100, 100]]


def test_wifi_only_is_a_promise(lab: Page) -> None:
    """With the switch on only a line that says that it is Wi-Fi (or a cable) carries files; a silent one does not."""
    lines = [
        {"type": "wifi"},
        {"type": "ethernet"},
        {"type": "cellular"},
        {"type": "unknown"},
        {"effectiveType": "4g"},
        None,
    ]
    made = run(lab, "return given.map((one) => [mayUpload(true, one), mayUpload(false, one)]);", lines)
    assert made == [[True, True], [True, True], *[[False, True]] * 4]


def test_a_cost_is_said_in_words_and_never_too_small(lab: Page) -> None:
    """Tenths of a megabyte, rounded up, in the reader's own figures; what has arrived is not counted again."""
    made = run(
        lab,
        """const three = [{ size: 120000 }, { size: 130000 }, { size: 200000, offset: 99000 }];
        return [cost(three, 'gửi %(count)s ảnh ≈ %(size)s'), megabytes(1, 'vi'), megabytes(400000, 'vi'),
          megabytes(400001, 'en'), megabytes(12000000, 'vi'), line({ type: 'cellular' }), line({ type: 'wifi' }), line({})];""",
    )
    assert made == [
        "gửi 3 ảnh ≈ 0,4 MB",
        "0,1 MB",
        "0,4 MB",
        "0.5 MB",
        "12 MB",
        "cellular",
        "wifi",
        "unknown",
    ]


def photo(
    *, gps: dict[int, object] | None = None, taken: str | None = None, offset: str | None = None
) -> str:
    """A JPEG as a phone's camera writes it, in base64."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "PHONE OF A LONG NAME"
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = offset
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
    return base64.b64encode(picture_bytes(size=(2000, 1500), exif=exif)).decode()


def place(south: str = "N", west: str = "E", latitude: float = 21.0) -> dict[int, object]:
    """A place as EXIF writes it."""
    return {
        ExifTags.GPS.GPSLatitudeRef: south, ExifTags.GPS.GPSLatitude: (latitude, 35.0, 38.4),
        ExifTags.GPS.GPSLongitudeRef: west, ExifTags.GPS.GPSLongitude: (105.0, 46.0, 26.4),
    }  # fmt: skip


BYTES = "const bytes = Uint8Array.from(atob(given), (one) => one.charCodeAt(0));"


PHOTOS: list[tuple[str, list[str | None]]] = [
    (photo(gps=place(), taken="2026:11:10 08:30:00"), ["21594000,105774000", "2026-11-10T01:30:00.000Z"]),
    (photo(gps=place("S", "W"), taken="2026:11:10 08:30:00", offset="+00:00"), ["-21594000,-105774000", "2026-11-10T08:30:00.000Z"]),
    (photo(taken="0000:00:00 00:00:00"), [None, None]),
    (photo(gps=place(latitude=91.0)), [None, None]),
    (photo(gps={ExifTags.GPS.GPSLatitudeRef: "N"}), [None, None]),
    (base64.b64encode(picture_bytes()).decode(), [None, None]),
    (base64.b64encode(picture_bytes(kind="WEBP")).decode(), [None, None]),
    (base64.b64encode(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00II*\x00\xff\xff\xff\xff").decode(), [None, None]),
    (base64.b64encode(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00I").decode(), [None, None]),
    ("", [None, None]),
]  # fmt: skip


def test_place_and_time_are_read_before_they_are_lost(lab: Page) -> None:
    """Degrees in millionths with their sign, the camera's clock as an instant; nonsense is nothing, and throws nothing."""
    made = lab.evaluate(
        "async (all) => { const { readExif } = await import('/static/offline/exif.js');"
        " return Promise.all(all.map(async (given) => {"
        + BYTES
        + "const { place, taken } = await readExif(new Blob([bytes])); return [place ?? null, taken ?? null]; })); }",
        [content for content, _facts in PHOTOS],
    )
    assert made == [facts for _content, facts in PHOTOS]


def test_a_photo_is_made_small_and_what_it_told_travels_beside_it(lab: Page) -> None:
    """`shrink` gives a small WebP without EXIF, and `recall` finds place and time of it on its way through a form."""
    made = lab.evaluate(
        "async (given) => { const { recall } = await import('/static/offline/exif.js');"
        " const { shrink } = await import('/static/app.js');"
        + BYTES
        + """const small = await shrink(new File([bytes], 'IMG 1.jpg', { type: 'image/jpeg', lastModified: 7 }));
        const way = new DataTransfer(); way.items.add(small);
        const text = new TextDecoder('latin1').decode(await small.arrayBuffer());
        return { type: small.type, size: small.size, said: text.includes('PHONE'), facts: recall(way.files[0]) }; }""",
        photo(gps=place(), taken="2026:11:10 08:30:00"),
    )
    assert made["type"] == "image/webp" and made["size"] < 60_000 and not made["said"]
    assert made["facts"] == {"place": "21594000,105774000", "taken": "2026-11-10T01:30:00.000Z"}
    assert datetime.fromisoformat(made["facts"]["taken"]).astimezone(UTC).hour == 1
