"""Files of records written offline: tus 1.0 on the wire, each kept byte by byte and taken once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from PIL import ExifTags, Image
from sqlalchemy import func, select, update

from app.core.errors import BusyError
from app.core.i18n import Text
from app.core.ids import uuid7
from app.media.models import Photo
from app.offline.uploads import service
from app.offline.uploads.errors import OffsetMovedError
from app.offline.uploads.jobs import sweep
from app.offline.uploads.models import Upload, UploadPiece, UploadState
from app.offline.uploads.receiving import FOLDER, PIECE_BYTES
from producers.diaries.models import DiaryPhoto
from tests.app.offline.conftest import AT, BYTES, tell
from tests.factories.people import NOW, log_in, make_person, make_submission, make_upload, picture_bytes
from tests.instants import look_too_early

PICTURE = picture_bytes(kind="WEBP", size=(640, 480))


async def count(db, table):
    """How many rows."""
    async with db.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def the_upload(db, upload_id):
    """The row as committed."""
    async with db.transaction() as session:
        return await session.get(Upload, upload_id)


async def keys_of(house, upload_id):
    """The pieces of a file that lie in the store."""
    return [key for key in await house.files.list_keys(FOLDER) if str(upload_id) in key]


async def test_the_server_says_what_it_speaks(client):
    """OPTIONS names version, extension and the heaviest file, without a log-in."""
    answer = await client.options(AT)
    assert answer.status_code == 204
    said = {name: answer.headers[name] for name in ("Tus-Version", "Tus-Resumable", "Tus-Extension")}
    assert said == {"Tus-Version": "1.0.0", "Tus-Resumable": "1.0.0", "Tus-Extension": "creation"}
    assert answer.headers["Tus-Max-Size"] == "12000000"


async def test_a_photo_arrives_in_pieces_and_stands_in_the_diary(db, house, phone):
    """Announced, sent in three pieces, asked for in between: the entry has the photo, no piece is left."""
    made = uuid7()
    answer = await phone.announce(
        PICTURE, id=made, place="21594000,105774000", taken="2026-11-10T01:30:00.000Z"
    )
    assert answer.status_code == 201 and answer.headers["Location"] == f"{AT}/{made}"
    assert answer.headers["Upload-Offset"] == "0" and answer.headers["Tus-Resumable"] == "1.0.0"
    third = len(PICTURE) // 3
    for start, end in ((0, third), (third, 2 * third)):
        answer = await phone.append(made, start, PICTURE[start:end])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
    looked = await phone.look(made)
    assert looked.status_code == 200 and looked.headers["Cache-Control"] == "no-store"
    assert looked.headers["Upload-Offset"] == str(2 * third)
    assert looked.headers["Upload-Length"] == str(len(PICTURE))
    assert tell(name="ảnh 1.webp") in looked.headers["Upload-Metadata"]
    assert len(await keys_of(house, made)) == 2
    assert (await phone.append(made, 2 * third, PICTURE[2 * third :])).status_code == 204
    async with db.transaction() as session:
        [shown] = await session.scalars(select(DiaryPhoto))
        photo = await session.get(Photo, shown.photo_id)
    assert shown.entry_id == phone.record_id and photo.owner_id == phone.person_id
    assert (photo.latitude_e6, photo.longitude_e6) == (21_594_000, 105_774_000)
    assert photo.taken_at == datetime(2026, 11, 10, 1, 30, tzinfo=UTC)
    assert await keys_of(house, made) == [] and await count(db, UploadPiece) == 0
    page = await phone.client.get(f"/media/{photo.id}/640.webp")
    assert page.status_code == 200


async def test_announced_again_a_file_answers_how_much_is_here(db, phone):
    """A lost reply costs nothing: the same creation answers the same place and how far it is, open or done."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    await phone.append(made, 0, PICTURE[:50])
    again = await phone.announce(PICTURE, id=made)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "50")
    assert again.headers["Location"] == f"{AT}/{made}"
    await phone.append(made, 50, PICTURE[50:])
    done = await phone.announce(PICTURE, id=made)
    assert (done.status_code, done.headers["Upload-Offset"]) == (201, str(len(PICTURE)))
    lost = await phone.append(made, 50, PICTURE[50:])
    assert lost.status_code == 409 and lost.json()["type"].endswith("#offset")
    nothing = await phone.append(made, len(PICTURE), b"")
    assert (nothing.status_code, nothing.headers["Upload-Offset"]) == (204, str(len(PICTURE)))
    assert await count(db, DiaryPhoto) == 1


async def test_the_same_photo_under_two_ids_is_attached_once(db, phone):
    """A photo that a phone saved twice stands in the entry once."""
    await phone.send(PICTURE)
    await phone.send(PICTURE)
    assert await count(db, DiaryPhoto) == 1 and await count(db, Photo) == 1


@pytest.mark.parametrize("change", [{"type": "image/jpeg"}, {"field": "photo"}, {"record": str(uuid7())}, {}])
async def test_an_id_stands_for_one_file(phone, change):
    """Another record, field, kind or length under a known id is a conflict."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    answer = await phone.announce(PICTURE if change else PICTURE + b"1", id=made, **change)
    assert answer.status_code == 409 and answer.json()["type"].endswith("#other-file")


async def test_words_go_before_pictures(db, phone):
    """A file whose record is not here, or is somebody else's, waits; the record's helper may send it too."""
    answer = await phone.announce(PICTURE, id=uuid7(), record=str(uuid7()))
    assert answer.status_code == 409 and answer.json()["type"].endswith("#record-first")
    async with db.transaction() as session:
        other = (await make_person(session)).id
        theirs = await make_submission(session, person_id=other)
        helped = await make_submission(session, person_id=other, helper_id=phone.person_id)
    answer = await phone.announce(PICTURE, id=uuid7(), record=str(theirs))
    assert answer.status_code == 409 and answer.json()["type"].endswith("#record-first")
    assert (await phone.announce(PICTURE, id=uuid7(), record=str(helped))).status_code == 201


async def test_a_file_of_somebody_else_on_the_phone_waits_for_them(db, phone):
    """While another person is logged in, no file of its owner is judged: half sent or new, it hears who is asked for."""
    half = uuid7()
    await phone.announce(PICTURE, id=half, owner=str(phone.person_id))
    await phone.append(half, 0, PICTURE[:50])
    async with db.transaction() as session:
        await log_in(session, phone.client, (await make_person(session)).id)
    for made in (half, uuid7()):
        answer = await phone.announce(PICTURE, id=made, owner=str(phone.person_id))
        assert (answer.status_code, answer.json()["type"]) == (409, "about:blank#other-person")
    async with db.transaction() as session:
        await log_in(session, phone.client, phone.person_id)
    again = await phone.announce(PICTURE, id=half, owner=str(phone.person_id))
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "50")


async def test_what_is_on_its_way_is_its_senders_alone(db, phone, new_client):
    """Unknown and somebody else's are the same: 404; a visitor is asked to log in."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    async with new_client() as stranger:
        phone.client = stranger
        assert (await phone.announce(PICTURE, id=made)).status_code == 401
        assert (await phone.look(made)).status_code == 401
        assert (await phone.append(made, 0, PICTURE)).status_code == 401
        async with db.transaction() as session:
            await log_in(session, stranger, (await make_person(session)).id)
        assert (await phone.announce(PICTURE, id=made)).status_code == 404
        for unknown in (made, uuid7(), "x"):
            assert (await phone.look(unknown)).status_code == 404
            assert (await phone.append(unknown, 0, PICTURE)).status_code == 404


async def test_another_version_of_the_protocol_is_refused(db, phone):
    """412 with the version that is spoken here, and nothing is done."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    headers = {"Tus-Resumable": "0.2.2"}
    for answer in (
        await phone.append(made, 0, PICTURE, **headers),
        await phone.look(made, **headers),
        await phone.client.post(AT, headers=headers | {"Accept": "*/*"}),
    ):
        assert answer.status_code == 412 and answer.headers["Tus-Version"] == "1.0.0"
    assert (await the_upload(db, made)).received == 0


@pytest.mark.parametrize(
    ("start", "part", "headers", "status"),
    [
        (7, b"12345", {}, 409),
        (0, PICTURE + b"1", {}, 413),
        (0, b"12345", {"Content-Type": "image/webp"}, 415),
        (0, b"12345", {"Upload-Offset": "x"}, 400),
        (0, b"12345", {"Upload-Offset": "-1"}, 400),
    ],
)
async def test_a_piece_that_does_not_fit_changes_nothing(db, phone, start, part, headers, status):
    """A wrong place is 409, bytes past the end 413, another content type 415, no number 400."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    answer = await phone.append(made, start, part, **headers)
    assert answer.status_code == status and answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await the_upload(db, made)).received == 0


async def test_a_body_that_lies_about_its_length_is_stopped(db, phone):
    """Bytes past the end without a Content-Length are 413 too; whole pieces before them stay."""
    made, content = uuid7(), bytes(PIECE_BYTES * 2)

    async def too_much():
        yield content[:PIECE_BYTES]
        yield content

    await phone.announce(content, id=made)
    answer = await phone.append(made, 0, too_much())
    assert answer.status_code == 413
    assert (await the_upload(db, made)).received == PIECE_BYTES


@pytest.mark.parametrize(
    ("length", "said", "status"),
    [
        ("12000001", {}, 413),
        ("5000001", {"type": "audio/webm;codecs=opus"}, 413),
        ("0", {}, 422),
        ("x", {}, 400),
        ("1", {"type": "ảnh"}, 400),
        ("1", {"field": "Ảnh!"}, 400),
        ("1", {"record": "x"}, 400),
        ("1", {"name": "x" * 4000}, 400),
    ],
)
async def test_a_file_that_cannot_come_is_refused_before_it_travels(db, phone, length, said, status):
    """Too heavy (with the limit in words), empty, or unreadable: said at the announcement."""
    told = {"id": str(uuid7()), "record": str(phone.record_id), "field": "photos", "type": "image/webp"}
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": length, "Upload-Metadata": tell(**told | said)}
    answer = await phone.client.post(AT, headers=headers | {"Accept": "*/*"})
    assert answer.status_code == status, answer.text
    assert status != 413 or f"nặng quá {int(length) // 1_000_000} MB" in answer.json()["detail"]
    assert await count(db, Upload) == 0


@pytest.mark.parametrize("told", ["", "id", "id !!", "id " + "/w==", "record aGk="])
async def test_metadata_that_cannot_be_read_are_refused(phone, told):
    """No base64, no UTF-8, no id: 400."""
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "1", "Upload-Metadata": told, "Accept": "*/*"}
    assert (await phone.client.post(AT, headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("place", "taken"),
    [
        ("0,0", "2027-01-01T00:00:00Z"),
        ("91000000,1", "1970-01-01T00:00:00Z"),
        ("1,180000001", "hôm qua"),
        ("x", "0001-01-01T00:00:00+23:59"),
    ],
)
async def test_a_place_or_time_that_cannot_be_is_left_out(db, phone, place, taken):
    """No photo is lost for a broken receiver or clock."""
    made = await phone.send(PICTURE, place=place, taken=taken)
    row = await the_upload(db, made)
    assert (row.state, row.latitude_e6, row.longitude_e6, row.taken_at) == (
        UploadState.DONE,
        None,
        None,
        None,
    )


async def test_the_files_own_place_and_time_go_first(db, phone):
    """What EXIF tells wins over what the phone says."""
    exif = picture_bytes(exif=_exif())
    await phone.send(exif, type="image/jpeg", place="1000000,1000000", taken="2026-11-01T00:00:00Z")
    async with db.transaction() as session:
        photo = (await session.scalars(select(Photo))).one()
    assert (photo.latitude_e6, photo.taken_at) == (21_000_000, datetime(2026, 11, 10, 1, 30, tzinfo=UTC))


def _exif():
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2026:11:10 08:30:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (21.0, 0.0, 0.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (105.0, 0.0, 0.0),
        }
    )
    return exif


async def test_a_broken_photo_is_refused_in_words_and_stays_refused(db, phone):
    """422 with the plain reason at the last byte, at a look, at a repeat and at a new announcement; nothing attached."""
    made, broken = uuid7(), PICTURE[: len(PICTURE) // 2]
    await phone.announce(broken, id=made)
    answer = await phone.append(made, 0, broken)
    assert answer.status_code == 422 and "bị hỏng" in answer.json()["detail"]
    assert (await phone.look(made)).status_code == 422
    for again in (await phone.append(made, 0, broken), await phone.announce(broken, id=made)):
        assert again.status_code == 422 and "bị hỏng" in again.json()["detail"]
    english = await phone.append(made, 0, broken, **{"Accept-Language": "en"})
    assert english.json()["detail"].startswith("This photo is damaged")
    assert await count(db, DiaryPhoto) == 0 and (await the_upload(db, made)).state is UploadState.REFUSED


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "", "HEIC của iPhone"),
        (b"<html>", "text/html", "không phải ảnh chụp"),
    ],
    ids=["heic", "html"],
)
async def test_what_a_phone_does_not_know_is_judged_by_its_bytes(phone, content, kind, words):
    """A file of no known kind travels, and what it is is said in plain words."""
    made = uuid7()
    assert (await phone.announce(content, id=made, type=kind)).status_code == 201
    answer = await phone.append(made, 0, content)
    assert answer.status_code == 422 and words in answer.json()["detail"]


async def test_a_seventh_photo_is_refused_with_the_number_in_words(db, phone):
    """An entry keeps six photos: the seventh is refused, and the reason keeps its number."""
    for shade in range(6):
        await phone.send(picture_bytes(kind="WEBP", color=f"rgb({shade * 30}, 90, 90)"))
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    answer = await phone.append(made, 0, PICTURE)
    assert answer.status_code == 422 and "nhiều nhất 6 ảnh" in answer.json()["detail"]


async def test_a_form_that_takes_no_file_says_so_at_once(db, phone):
    """A record of a form without photos, and a field without a taker, refuse in words."""
    async with db.transaction() as session:
        record = await make_submission(session, person_id=phone.person_id, route="producers.farms.create")
    answer = await phone.announce(PICTURE, id=uuid7(), record=str(record))
    assert answer.status_code == 422 and "không nhận tệp" in answer.json()["detail"]
    made = uuid7()
    await phone.announce(b"1", id=made, field="voice", type="audio/ogg")
    assert (await phone.append(made, 0, b"1")).status_code == 422


async def test_a_record_that_is_gone_refuses_its_file(db, house):
    """A whole file whose record cannot be found any more is refused, not lost in a loop."""
    async with db.transaction() as session:
        upload = await make_upload(session)
        await service.finish(
            session, house.files, service.FileTakers({}), upload=upload, start=0, content=b"", now=NOW
        )
    assert (await the_upload(db, upload.id)).state is UploadState.REFUSED


async def test_forty_files_at_once_are_enough(db, phone):
    """The 41st announcement is told to wait (429); files that a lost phone left do not count after a day."""
    async with db.transaction() as session:
        for _one in range(40):
            await make_upload(session, person_id=phone.person_id)
    answer = await phone.announce(PICTURE, id=uuid7())
    assert answer.status_code == 429 and answer.json()["type"].endswith("#too-many-open")
    async with db.transaction() as session:
        await session.execute(update(Upload).values(moved_at=NOW - timedelta(days=1, seconds=1)))
    assert (await phone.announce(PICTURE, id=uuid7())).status_code == 201


async def test_the_fortieth_file_does_not_stand_in_its_own_way(db, phone, monkeypatch):
    """An announcement that looked for itself a moment too early finds its first sending, not one file too many."""
    async with db.transaction() as session:
        for _one in range(39):
            await make_upload(session, person_id=phone.person_id)
    made = uuid7()
    first = await phone.announce(PICTURE, id=made)
    look_too_early(monkeypatch, service.repository, "find_upload")
    again = await phone.announce(PICTURE, id=made)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.headers["location"] == first.headers["location"]
    assert (await phone.announce(PICTURE, id=uuid7())).status_code == 429


async def test_a_broken_line_keeps_what_came(db, phone):
    """A connection that breaks in the middle of a piece keeps the bytes read so far; the rest follows."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    await _break_off(phone, made, PICTURE[:77])
    assert (await phone.look(made)).headers["Upload-Offset"] == "77"
    assert (await phone.append(made, 77, PICTURE[77:])).status_code == 204
    assert await count(db, DiaryPhoto) == 1


async def _break_off(phone, upload_id, part):
    """Speak to the application as a server does whose client went away."""
    messages = [{"type": "http.request", "body": part, "more_body": True}, {"type": "http.disconnect"}]
    cookies = "; ".join(f"{name}={value}" for name, value in phone.client.cookies.items())
    headers = {
        "host": "127.0.0.1:8000", "cookie": cookies, "sec-fetch-site": "same-origin", "tus-resumable": "1.0.0",
        "upload-offset": "0", "content-type": BYTES, "content-length": str(len(part) + 10),
    }  # fmt: skip
    scope = {
        "type": "http", "http_version": "1.1", "method": "PATCH", "path": f"{AT}/{upload_id}",
        "raw_path": f"{AT}/{upload_id}".encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive():
        return messages.pop(0)

    async def send(_message):
        return None

    await phone.client._transport.app(scope, receive, send)


async def test_a_way_that_lets_no_patch_through_may_post(db, phone):
    """`X-HTTP-Method-Override: PATCH` on a POST appends; any other POST to a file is 405."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": BYTES, "Accept": "*/*"}
    assert (await phone.client.post(f"{AT}/{made}", content=PICTURE, headers=headers)).status_code == 405
    headers["X-HTTP-Method-Override"] = "PATCH"
    assert (await phone.client.post(f"{AT}/{made}", content=PICTURE, headers=headers)).status_code == 204
    assert await count(db, DiaryPhoto) == 1


async def test_a_long_request_is_kept_piece_by_piece(db, house, phone):
    """One request of many pieces moves on while it comes, and the joined bytes are the file's."""
    made, content = uuid7(), PICTURE + bytes(3 * PIECE_BYTES)
    seen = []

    async def body():
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]
            seen.append((await the_upload(db, made)).received)

    await phone.announce(content, id=made)
    assert (await phone.append(made, 0, body())).status_code == 204
    assert len(set(seen)) >= 3 and await keys_of(house, made) == []
    async with db.transaction() as session:
        assert await session.scalar(select(Photo.sha256)) == hashlib.sha256(content).digest()


async def test_pieces_that_are_lost_are_asked_for_again(db, house, phone):
    """After a copy was put back without its pieces the file starts at its first byte, and arrives."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    await phone.append(made, 0, PICTURE[:50])
    for key in await keys_of(house, made):
        await house.files.delete(key)
    answer = await phone.append(made, 50, PICTURE[50:])
    assert answer.status_code == 409
    assert (await phone.announce(PICTURE, id=made)).headers["Upload-Offset"] == "0"
    assert (await phone.append(made, 0, PICTURE)).status_code == 204
    assert await count(db, DiaryPhoto) == 1


async def test_a_file_that_moved_on_is_not_started_again(db, phone):
    """Whoever missed pieces because another tab had just finished, or gone on, changes nothing."""
    made = uuid7()
    await phone.announce(PICTURE, id=made)
    await phone.append(made, 0, PICTURE[:50])
    async with db.transaction() as session:
        await service.start_again(session, upload_id=made, start=20, now=NOW)
    assert (await the_upload(db, made)).received == 50 and await count(db, UploadPiece) == 1


async def test_who_comes_too_late_finishes_nothing(db, house):
    """A last piece for a place that moved is turned away before any room sees the file."""
    async with db.transaction() as session:
        upload = await make_upload(session)
    takers = service.FileTakers({})
    with pytest.raises(OffsetMovedError):
        async with db.transaction() as session:
            await service.finish(session, house.files, takers, upload=upload, start=10, content=b"", now=NOW)
    with pytest.raises(OffsetMovedError):
        async with db.transaction() as session:
            await service.list_pieces(session, upload_id=upload.id, until=10)
    assert (await the_upload(db, upload.id)).state is UploadState.OPEN


async def test_the_sweep_keeps_what_is_under_way(db, house, phone, run_jobs):
    """Pieces of done, dropped and unknown files go; an unfinished file and its pieces stay for sixty days."""
    waiting, old = uuid7(), uuid7()
    for made in (waiting, old):
        await phone.announce(PICTURE, id=made)
        await phone.append(made, 0, PICTURE[:50])
    done = await phone.send(PICTURE)
    for leftover in (f"{done}-0-ab", f"{uuid7()}-0-ab"):
        await house.files.put(f"{FOLDER}/{leftover}", b"1")
    await house.files.put(f"{FOLDER}/of-somebody-else", b"1")
    async with db.transaction() as session:
        await session.execute(
            update(Upload).where(Upload.id == old).values(moved_at=NOW - timedelta(days=60, seconds=1))
        )
        await session.execute(
            update(Upload).where(Upload.id == waiting).values(moved_at=NOW - timedelta(days=59))
        )
    await sweep(db, now=NOW, files=house.files)
    left = sorted(key.rpartition("/")[2][:36] for key in await house.files.list_keys(FOLDER))
    assert left == sorted([str(waiting), "of-somebody-else"])
    assert await the_upload(db, old) is None
    assert (await the_upload(db, waiting)).received == 50
    assert (await the_upload(db, done)).state is UploadState.DONE
    await house.files.delete(f"{FOLDER}/of-somebody-else")
    await phone.append(waiting, 50, PICTURE[50:])


async def test_what_may_pass_is_tried_again(db, house, phone):
    """A taker that is busy leaves the file open and its last piece to be sent again."""
    busy = [True]
    real = house.port(service.FileTakers)

    async def take(session, files, **given):
        if busy:
            busy.clear()
            raise BusyError(Text("Đang bận."))
        await real.by_route["producers.diaries.record"](session, files, **given)

    house.provide(service.FileTakers, service.FileTakers({"producers.diaries.record": take}))
    try:
        made = uuid7()
        await phone.announce(PICTURE, id=made)
        assert (await phone.append(made, 0, PICTURE)).status_code == 503
        assert (await the_upload(db, made)).received == 0
        assert (await phone.append(made, 0, PICTURE)).status_code == 204
    finally:
        house.provide(service.FileTakers, real)
