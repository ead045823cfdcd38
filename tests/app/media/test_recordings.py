"""Recordings: known by their bytes, kept once, heard whole or in parts, private ones by their owner alone."""

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.core.errors import InvalidError, NotFoundError
from app.media import service, sounds
from app.media.answers import find_part
from app.media.models import Recording
from tests.factories.people import NOW, log_in, make_person, sound_bytes


async def store(session, house, content=None, *, owner_id=None, is_public=True, **more):
    """Keep a recording."""
    return await service.store_recording(
        session,
        house.files,
        content=sound_bytes() if content is None else content,
        owner_id=owner_id,
        is_public=is_public,
        now=NOW,
        **more,
    )


@pytest.mark.parametrize(
    ("kind", "content_type"), [("webm", "audio/webm"), ("ogg", "audio/ogg"), ("mp4", "audio/mp4")]
)
async def test_a_recording_is_kept_as_it_came(session, house, kind, content_type):
    """Its sort is read from the bytes, and the same bytes come out."""
    content = sound_bytes(kind)
    kept = await store(session, house, content, duration_ms=4_200)
    assert (kept.content_type, kept.byte_count, kept.duration_ms) == (content_type, 400, 4_200)
    assert await service.read_recording(house.files, kept) == content
    assert await service.get_recording(session, kept.id) is kept
    assert await service.get_recordings(session, [kept.id, uuid4()]) == {kept.id: kept}


async def test_the_same_bytes_of_an_owner_are_one_recording(session, house):
    """Sent again it is the first one; public once is public for good; another owner has another."""
    hoa, mai = await make_person(session), await make_person(session)
    first = await store(session, house, owner_id=hoa.id, is_public=False)
    assert (await store(session, house, owner_id=hoa.id, is_public=False)).id == first.id
    assert not first.is_public
    assert (await store(session, house, owner_id=hoa.id, is_public=True)).is_public
    assert (await store(session, house, owner_id=hoa.id, is_public=False)).is_public
    assert (await store(session, house, owner_id=mai.id)).id != first.id
    assert await session.scalar(select(func.count()).select_from(Recording)) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "voice_empty"),
        (b"ID3 named voice.webm", "voice_unknown"),
        (b"\x1a\x45\xdf\xa3webm V_VP8 A_OPUS", "voice_unknown"),
        (b"\x1a\x45\xdf\xa3matroska", "voice_unknown"),
        (b"OggS" + bytes(24) + b"\x01vorbis", "voice_unknown"),
        (b"\x00\x00\x00\x1cftypmp42 vide mp4a", "voice_unknown"),
        (b"\x00\x00\x00\x1cftypmp42", "voice_unknown"),
        (sound_bytes(size=sounds.MOST_BYTES + 1), "voice_too_heavy"),
    ],
)
async def test_what_is_no_recording_is_refused(session, house, content, code):
    """Nothing, a text, a film, another codec, too many bytes: plain words beside the field, and no row."""
    with pytest.raises(InvalidError) as refused:
        await store(session, house, content)
    assert (refused.value.code, list(refused.value.fields)) == (code, ["voice"])
    assert await session.scalar(select(func.count()).select_from(Recording)) == 0


async def test_an_unknown_recording_is_not_found(session):
    """No row, no answer."""
    with pytest.raises(NotFoundError):
        await service.get_recording(session, uuid4())


async def test_a_public_recording_is_heard_for_ever(client, db, house):
    """The bytes with their true sort, kept by everybody; a known tag answers nothing new; no other address."""
    async with db.transaction() as session:
        kept = await store(session, house, sound_bytes("mp4", size=2_000))
    answer = await client.get(f"/media/{kept.id}.audio", headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.content) == (200, sound_bytes("mp4", size=2_000))
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = await client.get(f"/media/{kept.id}.audio", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(f"/media/{uuid4()}.audio")).status_code == 404
    assert (await client.get("/media/none.audio")).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "said", "length"),
    [
        ("bytes=0-1", 206, "bytes 0-1/2000", 2),
        ("bytes=1500-", 206, "bytes 1500-1999/2000", 500),
        ("bytes=-100", 206, "bytes 1900-1999/2000", 100),
        ("bytes=-9999", 206, "bytes 0-1999/2000", 2000),
        ("bytes=0-99999", 206, "bytes 0-1999/2000", 2000),
        ("bytes=2000-", 416, "bytes */2000", 0),
        ("bytes=9-3", 416, "bytes */2000", 0),
        ("bytes=-0", 416, "bytes */2000", 0),
        ("bytes=-", 200, None, 2000),
        ("bytes=0-1,5-6", 200, None, 2000),
        ("lines=0-1", 200, None, 2000),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(client, db, house, asked, status, said, length):
    """One part of the bytes is 206 and never packed; one that is not there is 416; an odd wish gets the whole."""
    async with db.transaction() as session:
        kept = await store(session, house, sound_bytes(size=2_000))
    headers = {"Range": asked, "Accept-Encoding": "gzip"}
    answer = await client.get(f"/media/{kept.id}.audio", headers=headers)
    assert (answer.status_code, answer.headers.get("content-range")) == (status, said)
    assert len(answer.content) == length
    assert answer.headers["content-encoding"] == "identity"


async def test_a_part_of_other_bytes_is_not_mixed_in(client, db, house):
    """`If-Range` with a tag that is not this recording's answers the whole."""
    async with db.transaction() as session:
        kept = await store(session, house)
    for tag, status in ((f'"{kept.id.hex}"', 206), ('"another"', 200)):
        headers = {"Range": "bytes=0-1", "If-Range": tag}
        assert (await client.get(f"/media/{kept.id}.audio", headers=headers)).status_code == status


async def test_a_private_recording_is_its_owners(client, new_client, db, house):
    """The owner hears it; a stranger, logged in or not, learns nothing, not even by a known tag."""
    async with db.transaction() as session:
        owner, stranger = await make_person(session), await make_person(session)
        kept = await store(session, house, owner_id=owner.id, is_public=False)
        await log_in(session, client, owner.id)
    heard = await client.get(f"/media/{kept.id}.audio")
    assert (heard.status_code, heard.headers["cache-control"]) == (200, "private, no-cache")
    async with new_client() as visitor:
        tag = {"If-None-Match": heard.headers["etag"]}
        assert (await visitor.get(f"/media/{kept.id}.audio", headers=tag)).status_code == 404
        async with db.transaction() as session:
            await log_in(session, visitor, stranger.id)
        assert (await visitor.get(f"/media/{kept.id}.audio")).status_code == 404


def test_parts_are_read_as_the_standard_says():
    """A first, a last, or so many at the end (RFC 9110, section 14.1.2)."""
    assert find_part("bytes=0-0", 10) == (0, 0)
    assert find_part("bytes=-3", 10) == (7, 9)
    assert find_part("bytes=x-3", 10) is None
