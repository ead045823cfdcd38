"""Files that follow records written offline: diary, slips, listings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.errors import AppError
from app.core.files import Files
from app.core.ids import uuid7
from app.media import service as media
from app.media.models import Photo, Recording
from app.offline.uploads.errors import NotTakenError
from app.offline.uploads.ports import ArrivedFile, StoredRecord
from producers.cooperatives.models import Role
from producers.diaries import service as diaries
from producers.diaries import uploads as diary_uploads
from producers.diaries import voices
from producers.diaries.errors import EntryNotFoundError, TooManyPhotosError
from producers.diaries.models import DiaryPhoto
from producers.intake import service as intake
from producers.intake import uploads as intake_uploads
from producers.intake.errors import PhotoThereError, SlipNotFoundError
from producers.listings import service as listings
from producers.listings import uploads as listing_uploads
from producers.listings.errors import ListingNotFoundError
from producers.mandates.errors import HelpRefusedError
from producers.mandates.models import Mandate
from tests.app.offline.conftest import Phone as Tus
from tests.factories.outbox import make_helped, make_phone
from tests.factories.people import log_in, make_photo, picture_bytes, sound_bytes
from tests.factories.producers import NOW, make_entry, make_membership, make_person, make_slip
from tests.factories.storefront import make_variant


@pytest.fixture
def files() -> Files:
    """A store of its own."""
    return Files.open("memory:///", None)


def record_of(record_id, person_id, path="/producer/diary/new/pick") -> StoredRecord:
    """A record that arrived."""
    return StoredRecord(
        id=record_id, route="producers.diaries.record", path=path, person_id=person_id, helper_id=None
    )


def photo_of(field, color="green", kind="image/webp") -> ArrivedFile:
    """A whole picture."""
    return ArrivedFile(field=field, kind=kind, content=picture_bytes(kind="WEBP", color=color))


async def test_a_late_photo_stands_in_its_entry_and_in_what_corrected_it(session, files):
    """The words were corrected before the photo came: both lines show it, once, however often it comes."""
    entry = await make_entry(session)
    newer = await make_entry(session, corrects_id=entry.id, site_id=entry.site_id, person_id=entry.person_id)
    for _time in range(2):
        await diary_uploads.take_file(
            session, files, record=record_of(entry.id, entry.person_id), file=photo_of("photos"), now=NOW
        )
    shown = await diaries.list_photos(session, [entry.id, newer.id])
    assert len(shown[entry.id]) == 1 and shown[entry.id] == shown[newer.id]


def voice_of(kind="webm") -> ArrivedFile:
    """A whole recording."""
    return ArrivedFile(field="voice", kind=f"audio/{kind}", content=sound_bytes(kind))


async def test_a_late_voice_is_heard_in_its_entry_and_its_correction(session, files):
    """The words came first: the voice is private, once however often it comes, and a correction keeps it."""
    entry = await make_entry(session)
    newer = await make_entry(session, corrects_id=entry.id, site_id=entry.site_id, person_id=entry.person_id)
    for _time in range(2):
        await diary_uploads.take_file(
            session, files, record=record_of(entry.id, entry.person_id), file=voice_of(), now=NOW
        )
    [voice] = await voices.list_voices(session, [entry])
    assert await voices.list_voices(session, await diaries.list_versions(session, newer)) == [voice]
    recording = await media.get_recording(session, voice.recording_id)
    assert (recording.owner_id, recording.is_public) == (entry.person_id, False)


async def test_nobody_adds_a_voice_to_what_another_wrote(session, files):
    """Somebody else's entry, or none, takes no voice, and the recording is not kept."""
    entry, stranger = await make_entry(session), await make_person(session)
    for unknown in (entry.id, uuid7()):
        with pytest.raises(EntryNotFoundError):
            await diary_uploads.take_file(
                session, files, record=record_of(unknown, stranger.id), file=voice_of(), now=NOW
            )
    assert await voices.list_voices(session, [entry]) == []
    assert list(await session.scalars(select(Recording))) == []


async def test_a_late_voice_that_is_none_is_refused(session, files):
    """A picture in a voice's place is no voice: refused in words, and the entry has none."""
    entry = await make_entry(session)
    with pytest.raises(AppError):
        await diary_uploads.take_file(
            session, files, record=record_of(entry.id, entry.person_id), file=photo_of("voice"), now=NOW
        )
    assert await voices.list_voices(session, [entry]) == []


async def test_an_entry_keeps_six_photos(session):
    """A seventh late photo is refused; one that is there already is not."""
    entry = await make_entry(session)
    photos = [(await make_photo(session)).id for _one in range(7)]
    for photo_id in [*photos[:6], photos[5]]:
        await diaries.attach_photo(
            session, entry_id=entry.id, person_id=entry.person_id, photo_id=photo_id, now=NOW
        )
    with pytest.raises(TooManyPhotosError):
        await diaries.attach_photo(
            session, entry_id=entry.id, person_id=entry.person_id, photo_id=photos[6], now=NOW
        )


async def test_nobody_adds_photos_to_what_another_wrote(session, files):
    """A record's id that is somebody else's entry or slip, or nobody's, does not exist."""
    entry, slip, stranger = await make_entry(session), await make_slip(session), await make_person(session)
    for unknown in (entry.id, uuid7()):
        with pytest.raises(EntryNotFoundError):
            await diary_uploads.take_file(
                session, files, record=record_of(unknown, stranger.id), file=photo_of("photos"), now=NOW
            )
    for unknown in (slip.id, uuid7()):
        with pytest.raises(SlipNotFoundError):
            await intake_uploads.take_file(
                session, files, record=record_of(unknown, stranger.id), file=photo_of("photo"), now=NOW
            )


@pytest.mark.parametrize(
    "take", [diary_uploads.take_file, intake_uploads.take_file, listing_uploads.take_file]
)
async def test_only_photos_are_taken_and_only_for_their_field(session, files, take):
    """Another field's file, and a voice in a photo's place, are refused."""
    field = "photo" if take is intake_uploads.take_file else "photos"
    for file in (photo_of("note"), photo_of(field, kind="audio/ogg")):
        with pytest.raises(NotTakenError):
            await take(session, files, record=record_of(uuid7(), uuid7()), file=file, now=NOW)


@pytest.mark.parametrize(
    ("make", "take", "field"),
    [(make_entry, diary_uploads.take_file, "photos"), (make_slip, intake_uploads.take_file, "photo")],
)
async def test_a_helper_without_a_mandate_adds_nothing(session, files, make, take, field):
    """Refused in words, and no picture is kept; what came late itself, and is marked, takes its photo too."""
    helper = await make_person(session)

    async def send(row):
        writer_id = row.person_id if make is make_entry else row.recorded_by_id
        record = replace(record_of(row.id, writer_id), helper_id=helper.id)
        await take(session, files, record=record, file=photo_of(field), now=NOW)
        return (await session.scalars(select(Photo.owner_id))).all() == [writer_id]

    with pytest.raises(HelpRefusedError):
        await send(await make(session))
    assert list(await session.scalars(select(Photo))) == []
    assert await send(await make(session, is_flagged=True))


async def test_a_helpers_photo_follows_only_while_the_mandate_stands(db, client):
    """Taken back while a photo was under way: refused with the day, now and when it is asked for again."""
    async with db.transaction() as session:
        outbox = await make_phone(session, client)
        helped = await make_helped(session, outbox.owner)
    records = [helped.write(outbox, captured_at=(NOW - timedelta(days=2)).isoformat()) for _one in range(3)]
    first, second, late = (Tus(client, outbox.owner, UUID(record["id"])) for record in records)
    picture, under_way = picture_bytes(kind="WEBP"), uuid7()
    await outbox.send(*records[:2])
    await first.send(picture)
    assert (await second.announce(picture, id=under_way)).status_code == 201
    async with db.transaction() as session:
        taken_back = {"revoked_at": NOW - timedelta(days=1), "revoked_by_id": helped.farmer_id}
        await session.execute(update(Mandate).where(Mandate.id == helped.mandate_id).values(**taken_back))
    for answer in (await second.append(under_way, 0, picture), await second.announce(picture, id=under_way)):
        assert (
            answer.status_code == 422 and "thu lại giấy nhờ giúp ngày 11/11/2026" in answer.json()["detail"]
        )
    await outbox.send(records[2])
    await late.send(picture)
    async with db.transaction() as session:
        shown = set(await session.scalars(select(DiaryPhoto.entry_id)))
    assert shown == {first.record_id, late.record_id}


async def test_a_slip_takes_one_late_photo(session, files):
    """The photo of the scale is set once: a repeat is no fault, another photo is, and a correction shows it."""
    slip = await make_slip(session)
    record = record_of(slip.id, slip.recorded_by_id)
    for _time in range(2):
        await intake_uploads.take_file(session, files, record=record, file=photo_of("photo"), now=NOW)
    with pytest.raises(PhotoThereError):
        await intake_uploads.take_file(session, files, record=record, file=photo_of("photo", "red"), now=NOW)
    first = await intake.find_photo_id(session, slip)
    assert first is not None
    newer = await make_slip(
        session, corrects_id=slip.id, site_id=slip.site_id, recorded_by_id=slip.recorded_by_id
    )
    assert await intake.find_photo_id(session, newer) == first
    assert await intake.find_photo_id(session, await make_slip(session)) is None


async def test_a_slip_with_a_photo_keeps_it(session):
    """What was sent with the words is not replaced by what comes later."""
    photo, other = await make_photo(session), await make_photo(session)
    slip = await make_slip(session, photo_id=photo.id)
    await intake.attach_photo(
        session, slip_id=slip.id, person_id=slip.recorded_by_id, photo_id=photo.id, now=NOW
    )
    with pytest.raises(PhotoThereError):
        await intake.attach_photo(
            session, slip_id=slip.id, person_id=slip.recorded_by_id, photo_id=other.id, now=NOW
        )
    assert await intake.find_photo_id(session, slip) == photo.id


async def test_the_page_of_a_slip_shows_the_late_photo(client, db, house):
    """Whoever opens the slip afterwards sees the scale."""
    async with db.transaction() as session:
        packer = await make_membership(session, role=Role.PACKER)
        slip = await make_slip(session, producer_id=packer.producer_id, recorded_by_id=packer.person_id)
        await log_in(session, client, packer.person_id)
    before = (await client.get(f"/producer/intake/{slip.id}")).text
    async with db.transaction() as session:
        await intake_uploads.take_file(
            session, house.files, record=record_of(slip.id, packer.person_id), file=photo_of("photo"), now=NOW
        )
    after = (await client.get(f"/producer/intake/{slip.id}")).text
    assert "data:image/webp" not in before and "data:image/webp" in after


@pytest.mark.parametrize(
    "path",
    [
        "/producer/listings/{id}",
        "/producer/listings/{id}?x=1",
        "/producer/listings/new",
        "/producer/listings/bundles/new",
    ],
)
async def test_a_late_photo_stands_in_its_listing_and_disturbs_no_edit(session, files, path):
    """The path's listing gets it, a new one by the record's id; once, at the end, and the version stays."""
    variant = await make_variant(session)
    listing = await listings.get_listing(session, variant.listing_id)
    member = await make_membership(session, producer_id=listing.producer_id, role=Role.MEMBER)
    record_id = listing.id if path.endswith("new") else uuid7()
    record = record_of(record_id, member.person_id, path.format(id=listing.id))
    version = listing.version
    for _time in range(2):
        await listing_uploads.take_file(session, files, record=record, file=photo_of("photos"), now=NOW)
    [shown] = (await listings.photo_ids(session, [listing.id]))[listing.id]
    assert (await session.get(Photo, shown)).is_public and listing.version == version


async def test_who_no_longer_works_there_changes_no_listing(session, files):
    """A stranger's file finds no listing, and nothing is added."""
    variant = await make_variant(session)
    stranger = await make_person(session)
    record = record_of(uuid7(), stranger.id, f"/producer/listings/{variant.listing_id}")
    with pytest.raises(ListingNotFoundError):
        await listing_uploads.take_file(session, files, record=record, file=photo_of("photos"), now=NOW)
    assert list(await session.scalars(select(listings.ListingPhoto))) == []
