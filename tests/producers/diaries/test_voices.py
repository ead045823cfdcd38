"""Voices of the diary: enough for an entry, heard by one's own people, written down by somebody later."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from app.accounts.models import Person
from app.core.errors import NotFoundError
from app.core.ids import uuid7
from app.media import service as media
from app.media.models import Recording
from producers.diaries import service, voices
from producers.diaries.voice_models import DiaryTranscript, DiaryVoice
from producers.mandates.models import Mandate
from tests.factories.outbox import make_helped, make_phone
from tests.factories.people import log_in, make_person, sound_bytes
from tests.factories.producers import NOW, make_entry, make_membership

VOICE = ("voice.webm", sound_bytes(), "audio/webm")


def pick(coop, **changes):
    """The form of leaf picked today."""
    values = {
        "id": str(uuid7()),
        "site_id": str(coop.plot_id),
        "quantity_g": "12,5 kg",
        "standard": "bud",
        "performed_on": "2026-11-12",
    }
    return values | changes


async def speak(client, form, voice=VOICE):
    """Send a form with a voice; answers the response."""
    return await client.post("/producer/diary/new/pick", data=form, files=[("voice", voice)])


@pytest.fixture
async def spoken(db, client, coop, house):
    """An entry of the cooperative with a voice: (entry id, recording id)."""
    async with db.transaction() as session:
        entry = await make_entry(session, site_id=coop.plot_id, person_id=coop.manager_id)
        recording = await media.store_recording(
            session,
            house.files,
            content=sound_bytes(),
            owner_id=coop.manager_id,
            is_public=False,
            now=NOW,
        )
        await voices.attach_voice(
            session, entry_id=entry.id, recording_id=recording.id, producer_id=coop.producer_id, now=NOW
        )
    return entry.id, recording.id


async def write_down(session, coop, spoken, words, *, id=None, now=NOW):  # noqa: A002 - as the service
    """Write down what the voice says."""
    return await voices.write_transcript(
        session,
        id=id or uuid7(),
        entry_id=spoken[0],
        recording_id=spoken[1],
        producer_id=coop.producer_id,
        person_id=coop.owner_id,
        text=words,
        written_at=now,
    )


async def test_a_form_may_be_spoken(db, client, coop):
    """The recording comes with the form, is private, and the entry plays it in parts."""
    answer = await speak(client, pick(coop, voice_ms="4200"))
    assert answer.status_code == 303
    page = (await client.get(answer.headers["location"])).text
    assert '<audio controls preload="none"' in page and "Chép lại thành chữ" in page
    async with db.transaction() as session:
        voice = (await session.scalars(select(DiaryVoice))).one()
        recording = await session.get(Recording, voice.recording_id)
        assert (recording.owner_id, recording.is_public, recording.duration_ms) == (
            coop.manager_id,
            False,
            4_200,
        )
    path = f"/producer/diary/{voice.entry_id}/voices/{voice.recording_id}.audio"
    assert path in page
    heard = await client.get(path, headers={"Range": "bytes=0-9"})
    assert (heard.status_code, heard.content) == (206, sound_bytes()[:10])


async def test_a_form_with_a_mistake_keeps_the_voice(db, client, coop):
    """What was said is not lost to a wrong figure, and the next try need not send it again."""
    form = pick(coop)
    refused = await speak(client, form | {"quantity_g": "hỏng"})
    assert refused.status_code == 422 and "Đã giữ lời nói của bạn." in refused.text
    kept = refused.text.split('name="kept_voice" value="')[1].split('"')[0]
    await client.post("/producer/diary/new/pick", data=form | {"kept_voice": kept})
    async with db.transaction() as session:
        assert str(await session.scalar(select(DiaryVoice.recording_id))) == kept


@pytest.mark.parametrize(
    "kept", ["", "none", str(uuid7()), "stranger"], ids=["empty", "no id", "unknown", "stranger"]
)
async def test_a_voice_that_is_not_ones_own_is_passed_over(db, client, coop, house, kept):
    """No voice, an unknown one, another person's: the entry is written without it."""
    if kept == "stranger":
        async with db.transaction() as session:
            stranger = await make_person(session)
            theirs = await media.store_recording(
                session,
                house.files,
                content=sound_bytes(),
                owner_id=stranger.id,
                is_public=False,
                now=NOW,
            )
            kept = str(theirs.id)
    answer = await client.post(
        "/producer/diary/new/pick", data=pick(coop, kept_voice=kept, voice_ms="99999999")
    )
    assert answer.status_code == 303
    async with db.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(DiaryVoice)) == 0


async def test_a_file_that_is_no_voice_is_refused_beside_its_field(db, client, coop):
    """Plain words, and nothing typed is lost."""
    answer = await speak(client, pick(coop, note="Trời nắng"), ("a.webm", b"text", "audio/webm"))
    assert answer.status_code == 422
    assert 'id="e-voice"' in answer.text and "Trời nắng" in answer.text
    async with db.transaction() as session:
        assert await service.list_latest(session, producer_id=coop.producer_id, limit=9) == []


async def test_a_voice_is_attached_once(db, coop, spoken):
    """Again changes nothing; another producer's entry and an unknown recording are not found."""
    async with db.transaction() as session:
        for _time in range(2):
            await voices.attach_voice(
                session,
                entry_id=spoken[0],
                recording_id=spoken[1],
                producer_id=coop.producer_id,
                now=NOW,
            )
        assert await session.scalar(select(func.count()).select_from(DiaryVoice)) == 1
        other = (await make_membership(session)).producer_id
        for producer_id, recording_id in ((other, spoken[1]), (coop.producer_id, uuid7())):
            with pytest.raises(NotFoundError):
                await voices.attach_voice(
                    session,
                    entry_id=spoken[0],
                    recording_id=recording_id,
                    producer_id=producer_id,
                    now=NOW,
                )


async def test_a_correction_keeps_what_was_said(db, client, coop, spoken):
    """The entry that takes the place plays the voice of the first; what is said later is not put back in time."""
    form = pick(coop, quantity_g="13 kg")
    files = [("voice", ("b.ogg", sound_bytes("ogg"), "audio/ogg"))]
    answer = await client.post(f"/producer/diary/{spoken[0]}/correct", data=form, files=files)
    newer = (await client.get(answer.headers["location"])).text
    assert newer.count("<audio") == 2
    assert (await client.get(f"/producer/diary/{spoken[0]}")).text.count("<audio") == 1
    assert (await client.get(f"/producer/diary/{form['id']}/voices/{spoken[1]}.audio")).status_code == 200


async def test_only_ones_own_people_hear_it(client, coop, spoken, log_in_as):
    """A member hears and writes down; a guide may not; for another producer it does not exist."""
    paths = [
        f"/producer/diary/{spoken[0]}/voices/{spoken[1]}.audio",
        f"/producer/diary/{spoken[0]}/transcripts",
    ]
    member, guide = await log_in_as(coop.producer_id), await log_in_as(coop.producer_id, "guide")
    stranger = await log_in_as()
    for path in paths:
        answers = [(await browser.get(path)).status_code for browser in (client, member, guide, stranger)]
        assert answers == [200, 200, 403, 404], path


async def test_somebody_writes_down_what_was_said(db, client, coop, spoken, log_in_as):
    """The page shows the words and whose hand they are; a later hand takes the place of the first."""
    member = await log_in_as(person_id=coop.owner_id)
    path = f"/producer/diary/{spoken[0]}/transcripts"
    form = {"id": str(uuid7()), "recording_id": str(spoken[1]), "text": "Hái ở đồi sau nhà"}
    answer = await member.post(path, data=form)
    assert answer.headers["location"] == f"/producer/diary/{spoken[0]}?saved=1"
    page = (await client.get(f"/producer/diary/{spoken[0]}")).text
    assert "Hái ở đồi sau nhà" in page and "Nguyễn Thị Mận chép lại" in page
    async with db.transaction() as session:
        await write_down(session, coop, spoken, "Hái ở đồi trước", now=NOW + timedelta(hours=1))
    page = (await client.get(f"/producer/diary/{spoken[0]}")).text
    assert "Hái ở đồi trước" in page and "Hái ở đồi sau nhà" not in page
    assert "Hái ở đồi trước" in (await client.get(f"{path}?voice={spoken[1]}")).text


async def test_a_helpers_hand_stands_beside_the_farmers_name(db, new_client, house):
    """What a helper wrote down says so; written before the mandate ended and sent after it, it is kept and marked."""
    async with new_client() as browser:
        async with db.transaction() as session:
            phone = await make_phone(session, browser)
            helped = await make_helped(session, phone.owner)
            entry = await make_entry(session, site_id=helped.site_id, person_id=helped.farmer_id)
            recording = await media.store_recording(
                session,
                house.files,
                content=sound_bytes(),
                owner_id=helped.farmer_id,
                is_public=False,
                now=NOW,
            )
            await voices.attach_voice(
                session, entry_id=entry.id, recording_id=recording.id, producer_id=helped.producer_id, now=NOW
            )
            (await session.get_one(Person, helped.farmer_id)).name = "Sùng Thị Mây"
            (await session.get_one(Person, phone.owner)).name = "Lò Văn Tuấn"

        async def write(words):
            path = f"/producer/diary/{entry.id}/transcripts"
            said = {"recording_id": str(recording.id), "text": words}
            early = (NOW - timedelta(days=2)).isoformat()
            [result] = await phone.send(helped.write(phone, path, fields=said, captured_at=early))
            assert result["state"] == "stored", result

        async def read():
            async with db.transaction() as session:
                await log_in(session, browser, helped.farmer_id)
            page = (await browser.get(f"/producer/diary/{entry.id}")).text
            async with db.transaction() as session:
                await log_in(session, browser, phone.owner)
            return page

        await write("Phun ở đồi sau")
        page = await read()
        assert "Lò Văn Tuấn chép lại giúp Sùng Thị Mây" in page and "đang chờ xem" not in page
        async with db.transaction() as session:
            taken_back = {"revoked_at": NOW - timedelta(days=1), "revoked_by_id": helped.farmer_id}
            await session.execute(update(Mandate).where(Mandate.id == helped.mandate_id).values(**taken_back))
        await write("Phun ở đồi trước")
        page = await read()
        assert "Phun ở đồi trước" in page and "đang chờ xem" in page
    async with db.transaction() as session:
        found = (await session.scalars(select(DiaryTranscript).order_by(DiaryTranscript.id))).all()
    assert [(one.person_id, one.helper_id, one.is_flagged) for one in found] == [
        (helped.farmer_id, phone.owner, False),
        (helped.farmer_id, phone.owner, True),
    ]
    assert {one.written_at for one in found} == {NOW - timedelta(days=2)}


async def test_a_transcript_sent_again_is_the_first(db, coop, spoken):
    """A repeat of the id answers the first result, whatever it says now."""
    made = uuid7()
    async with db.transaction() as session:
        first = await write_down(session, coop, spoken, "Một", id=made)
        again = await write_down(session, coop, spoken, "Hai", id=made)
        assert first is again and again.text == "Một"
        assert await session.scalar(select(func.count()).select_from(DiaryTranscript)) == 1


async def test_an_id_of_another_transcript_answers_nothing(db, coop, spoken, house):
    """Whoever uses the id of a transcript of another recording does not learn what it says."""
    made = uuid7()
    async with db.transaction() as session:
        await write_down(session, coop, spoken, "Một", id=made)
        other = await media.store_recording(
            session, house.files, content=sound_bytes("ogg"), owner_id=None, is_public=False, now=NOW
        )
        await voices.attach_voice(
            session, entry_id=spoken[0], recording_id=other.id, producer_id=coop.producer_id, now=NOW
        )
        with pytest.raises(NotFoundError):
            await write_down(session, coop, (spoken[0], other.id), "Hai", id=made)


async def test_an_empty_transcript_is_refused_beside_its_field(client, spoken):
    """Nothing written is no transcript; the page is still about the same voice."""
    form = {"id": str(uuid7()), "recording_id": str(spoken[1]), "text": "  "}
    answer = await client.post(f"/producer/diary/{spoken[0]}/transcripts", data=form)
    assert answer.status_code == 422
    assert 'id="e-text"' in answer.text and str(spoken[1]) in answer.text


async def test_a_voice_that_is_not_the_entrys_is_not_found(client, coop, spoken):
    """Neither heard nor written down."""
    path = f"/producer/diary/{spoken[0]}"
    assert (await client.get(f"{path}/voices/{uuid7()}.audio")).status_code == 404
    assert (await client.get(f"{path}/transcripts?voice={uuid7()}")).status_code == 404
    form = {"id": str(uuid7()), "recording_id": str(uuid7()), "text": "Gì đó"}
    assert (await client.post(f"{path}/transcripts", data=form)).status_code == 404


@pytest.mark.parametrize("table", ["diary_voices", "diary_transcripts"])
async def test_what_was_said_and_written_down_is_never_changed(db, coop, spoken, table):
    """The database refuses to change or remove a row."""
    async with db.transaction() as session:
        await write_down(session, coop, spoken, "Một")
    for statement in (f"UPDATE {table} SET entry_id = entry_id", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="insert-only"):
            async with db.transaction() as session:
                await session.execute(text(statement))


async def test_the_form_offers_to_speak_without_a_script(client, coop):
    """A plain file field for sound stands in the form; the script comes with the page."""
    page = (await client.get(f"/producer/diary/new/pick?site={coop.plot_id}")).text
    assert 'accept="audio/*" capture' in page and "/voice.js" in page


async def test_a_stranger_is_asked_to_log_in(new_client, spoken):
    """Nobody hears a voice from outside."""
    async with new_client() as visitor:
        answer = await visitor.get(f"/producer/diary/{spoken[0]}/voices/{spoken[1]}.audio")
    assert answer.status_code == 303
