"""Audio packs: prompts from the catalogue, clips by people, frozen versions, given to phones that ask."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.core.errors import InvalidError
from app.core.i18n import _, prompt_id
from app.voices import service
from app.voices.errors import (
    NothingRecordedError,
    PackNotFoundError,
    PromptNotFoundError,
    PublishedMeanwhileError,
)
from app.voices.models import VoicePack
from app.voices.prompts import Prompts
from app.voices.words import say_bytes
from tests.factories.people import NOW, log_in, make_person, sound_bytes
from tests.instants import until_stopped

PROMPTS = Prompts(["Ghi", "Bán hàng", "Xong %(done)s bước", "Câu này dài quá " * 9])
WRITE, SELL = prompt_id("Ghi"), prompt_id("Bán hàng")


@pytest.fixture
async def speaker(session):
    """Somebody who lends a voice."""
    return (await make_person(session)).id


async def record(session, house, speaker, prompt=WRITE, *, language="tyz", size=400, now=NOW):
    """Keep a clip of so many bytes."""
    return await service.add_clip(
        session,
        house.files,
        prompts=PROMPTS,
        language=language,
        prompt_id=prompt,
        content=sound_bytes(size=size),
        person_id=speaker,
        now=now,
        duration_ms=900,
    )


async def publish(session, speaker, language="tyz", now=NOW):
    """Publish what is recorded."""
    return await service.publish(session, prompts=PROMPTS, language=language, person_id=speaker, now=now)


def test_prompts_are_short_whole_sentences_of_the_catalogue(house):
    """Without places to fill, the shortest first; the house's own come from its rooms' sentences."""
    assert [one.sentence for one in PROMPTS.list_all()] == ["Ghi", "Bán hàng"]
    assert PROMPTS.find(WRITE).sentence == "Ghi" and PROMPTS.find("none") is None
    spoken = {one.sentence for one in house.port(Prompts).list_all()}
    assert {"Hái được bao nhiêu chè tươi", "Ghi nhật ký", "Nhật ký"} <= spoken
    assert "Kiểm tra nhãn khác" not in spoken


def test_a_prompt_is_named_by_its_words():
    """The same twelve digits for the lazy sentence and for the spoken one."""
    assert prompt_id(_("Ghi")) == prompt_id("Ghi") == WRITE and len(WRITE) == 12


@pytest.mark.parametrize(
    ("count", "said"), [(10, "1 KB"), (340_900, "340 KB"), (1_290_000, "1,2 MB"), (12_000_000, "12,0 MB")]
)
def test_weights_are_said_in_words(count, said):
    """Kilobytes, then megabytes with one place."""
    assert say_bytes(count) == said


async def test_the_newest_clip_counts(session, house, speaker):
    """Said again, the later one is heard; other languages are untouched; recordings are public."""
    await record(session, house, speaker)
    later = await record(session, house, speaker, size=500, now=NOW + timedelta(hours=1))
    await record(session, house, speaker, SELL, language="hmn")
    assert await service.list_clips(session, "tyz") == {WRITE: later.recording_id}
    assert await service.count_recorded(session, PROMPTS) == {"tyz": 1, "hmn": 1}


async def test_what_cannot_be_recorded_is_refused(session, house, speaker):
    """An unknown language, a sentence that no page says, a file that is no sound."""
    with pytest.raises(PackNotFoundError):
        await record(session, house, speaker, language="xx")
    with pytest.raises(PromptNotFoundError):
        await record(session, house, speaker, prompt_id("Câu lạ"))
    with pytest.raises(InvalidError):
        await record(session, house, speaker, size=6_000_000)
    with pytest.raises(PackNotFoundError):
        await service.list_clips(session, "xx")


async def test_a_version_is_frozen(session, house, speaker):
    """What is recorded after publishing stands in the next version only; nothing new makes no new version."""
    first = await record(session, house, speaker)
    assert (await publish(session, speaker)).version == 1
    assert (await publish(session, speaker)).version == 1
    await record(session, house, speaker, SELL, size=600)
    manifest = await service.get_manifest(session, "tyz")
    assert (manifest.version, list(manifest.clips), manifest.byte_count) == (1, [WRITE], 400)
    assert manifest.clips[WRITE].recording_id == first.recording_id
    assert (await publish(session, speaker)).version == 2
    manifest = await service.get_manifest(session, "tyz")
    assert (manifest.version, set(manifest.clips), manifest.byte_count) == (2, {WRITE, SELL}, 1_000)
    assert list(await service.list_manifests(session)) == ["tyz"]
    assert await session.scalar(select(func.count()).select_from(VoicePack)) == 2


async def test_one_recording_for_two_prompts_weighs_once(session, house, speaker):
    """The weight is what is downloaded."""
    await record(session, house, speaker)
    await record(session, house, speaker, SELL)
    await publish(session, speaker)
    assert (await service.get_manifest(session, "tyz")).byte_count == 400


async def test_nothing_recorded_is_no_pack(session, speaker):
    """A language without a clip is not published and not downloaded."""
    with pytest.raises(NothingRecordedError):
        await publish(session, speaker)
    with pytest.raises(PackNotFoundError):
        await service.get_manifest(session, "tyz")


async def overlap(db, house, second):
    """Publish, let `second` start in a transaction of its own, then commit; answers what the second came to."""
    async with db.transaction() as session:
        speaker = (await make_person(session)).id
        await record(session, house, speaker)

    async def late():
        async with db.transaction() as session:
            return await second(session, speaker)

    async with db.transaction() as session:
        assert (await publish(session, speaker)).version == 1
        running = asyncio.create_task(late())
        await until_stopped(db, running)
        assert not running.done(), "the second waits for the first"
    return (await asyncio.gather(running, return_exceptions=True))[0]


async def test_who_publishes_second_at_the_same_instant_is_told(db, house):
    """The version is made once; the second hears a plain word and may press again."""
    assert isinstance(await overlap(db, house, publish), PublishedMeanwhileError)
    async with db.transaction() as session:
        assert (await service.get_manifest(session, "tyz")).version == 1


async def test_without_the_guard_the_second_would_fail(db, house):
    """The control: a plain insert of the same version is a fault of the database."""

    async def plain(session, speaker):
        session.add(VoicePack(language="tyz", version=1, published_at=NOW, published_by_id=speaker, clips={}))
        await session.flush()

    assert isinstance(await overlap(db, house, plain), IntegrityError)


async def test_a_phone_asks_for_a_pack(client, db, house):
    """Version, weight in bytes and in words, an address for each prompt; a phone that knows it hears 304."""
    assert (await client.get("/voices/tyz/manifest.json")).status_code == 404
    async with db.transaction() as session:
        speaker = (await make_person(session)).id
        clip = await record(session, house, speaker)
        await publish(session, speaker)
    answer = await client.get("/voices/tyz/manifest.json")
    url = f"/media/{clip.recording_id}.audio"
    assert answer.json() == {
        "language": "tyz",
        "version": 1,
        "bytes": 400,
        "size": "1 KB",
        "clips": {WRITE: {"url": url, "bytes": 400}},
    }
    assert answer.headers["cache-control"] == "public, no-cache"
    assert (await client.get(url)).content == sound_bytes()
    tag = {"If-None-Match": answer.headers["etag"]}
    assert (await client.get("/voices/tyz/manifest.json", headers=tag)).status_code == 304
    assert (await client.get("/voices/xx/manifest.json")).status_code == 404


async def test_one_chooses_what_to_hear(client, db, house):
    """A language is kept in the browser, marks the prompts, and offers its pack; off again, nothing of it is left."""
    async with db.transaction() as session:
        person = await make_person(session)
        await log_in(session, client, person.id)
        await record(session, house, person.id)
        await publish(session, person.id)
    page = (await client.get("/voices")).text
    assert "1 câu, 1 KB" in page and "data-say" not in page and "data-pack" not in page
    assert (await client.post("/voices", data={"voice": "tyz"})).status_code == 303
    page = (await client.get("/voices")).text
    assert 'data-speak="tyz"' in page and "/speak.js" in page and "data-pack" in page
    assert f'<h1 data-say="{prompt_id("Đọc cho tôi nghe")}">' in page
    assert 'value="tyz" checked' in page
    english = await client.get("/voices?lang=en")
    assert "data-say" not in english.text and "data-speak" not in english.text
    client.cookies.delete("lang")
    assert "data-say" not in (await client.get("/")).text
    await client.post("/voices", data={"voice": "off"})
    assert "data-speak" not in (await client.get("/voices")).text


async def test_a_language_that_we_do_not_speak_is_refused(client, db):
    """Plain words beside the field; an odd cookie marks nothing."""
    async with db.transaction() as session:
        await log_in(session, client, (await make_person(session)).id)
    answer = await client.post("/voices", data={"voice": "<b>"})
    assert answer.status_code == 422 and 'id="e-voice"' in answer.text
    client.cookies.set("voice", '"><script>')
    assert "data-speak" not in (await client.get("/voices")).text
