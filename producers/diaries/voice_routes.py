"""Voices of the diary over HTTP: heard by the producer's own people, and written down."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import uuid7
from app.media import service as media
from app.media.answers import PRIVATE, answer_recording
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.envelope import envelope_of
from app.web.forms import Form, read_submission
from app.web.pages import render
from producers.cooperatives.access import CurrentMember
from producers.cooperatives.models import Role
from producers.diaries import service, voices
from producers.diaries.models import DiaryEntry
from producers.diaries.pages import TranscriptPage
from producers.diaries.voice_form import TranscriptForm

router = APIRouter(prefix="/producer/diary/{entry_id}")
LISTENERS = (Role.MEMBER, Role.PACKER, Role.ACCOUNTANT)


@router.get("/voices/{recording_id}.audio", name="producers.diaries.hear")
async def hear(
    request: Request,
    entry_id: UUID,
    recording_id: UUID,
    *,
    session: DbSession,
    house: TheHouse,
    member: CurrentMember,
) -> Response:
    """The bytes of one voice, for those who read this diary."""
    member.require(*LISTENERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    await voices.get_voice(session, entry=entry, recording_id=recording_id)
    recording = await media.get_recording(session, recording_id)
    return await answer_recording(request, house.files, recording, caching=PRIVATE)


@router.get("/transcripts", name="producers.diaries.listen")
async def listen(request: Request, entry_id: UUID, session: DbSession, member: CurrentMember) -> Response:
    """Listen and write down; `voice` names the recording, the first one when it names none."""
    member.require(*LISTENERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    voice = await _find(session, entry, request.query_params.get("voice", ""))
    values = {"id": str(uuid7()), "text": voice.transcript.text if voice.transcript else ""}
    return await _show(request, entry, voice, Form(values))


async def _find(session: AsyncSession, entry: DiaryEntry, told: str) -> voices.Voice:
    said = await voices.list_voices(session, await service.list_versions(session, entry))
    found = next((voice for voice in said if not told or str(voice.recording_id) == told), None)
    if found is None:
        raise voices.VoiceNotFoundError
    return found


async def _show(
    request: Request, entry: DiaryEntry, voice: voices.Voice, form: Form, *, status: int = HTTPStatus.OK
) -> Response:
    return await render(
        request, TranscriptPage(form=form, entry_id=entry.id, recording_id=voice.recording_id), status=status
    )


@router.post("/transcripts", name="producers.diaries.transcribe")
async def transcribe(
    request: Request, entry_id: UUID, session: DbSession, member: CurrentMember, now: Now
) -> Response:
    """Keep what somebody wrote down."""
    member.require(*LISTENERS)
    entry = await service.get_entry(session, entry_id=entry_id, producer_id=member.producer.id)
    submission = await read_submission(request)
    fields, form = submission.read(TranscriptForm)
    if fields is None:
        voice = await _find(session, entry, form.values.get("recording_id", ""))
        return await _show(request, entry, voice, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    envelope = envelope_of(request)
    await voices.write_transcript(
        session,
        id=fields.id,
        entry_id=entry_id,
        recording_id=fields.recording_id,
        producer_id=member.producer.id,
        person_id=member.person.id,
        text=fields.text,
        written_at=envelope.captured_at if envelope else now,
        helper_id=member.helper_id,
        is_flagged=member.is_flagged,
    )
    path = request.app.url_path_for("producers.diaries.show", entry_id=entry_id)
    return RedirectResponse(f"{path}?saved=1", HTTPStatus.SEE_OTHER)
