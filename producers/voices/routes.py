"""Recording prompts over HTTP: choose a language, say a sentence, hear it, go on; send the pack out."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import AppError
from app.core.i18n import _
from app.voices import service
from app.voices.prompts import Prompt, Prompts
from app.voices.words import LANGUAGES
from app.web.dependencies import DbSession, Now, TheHouse
from app.web.errors import status_of
from app.web.forms import Form, read_submission
from app.web.house import House
from app.web.pages import render
from producers.voices.access import CurrentSpeaker, Speaker
from producers.voices.pages import LanguageLine, LanguagesPage, RecordPage

router = APIRouter(prefix="/producer/voices")


@router.get("", name="producers.voices.list")
async def list_languages(
    request: Request, session: DbSession, house: TheHouse, speaker: CurrentSpeaker
) -> Response:
    """The languages, and how far each is."""
    del speaker  # somebody who may record
    prompts = house.port(Prompts)
    recorded = await service.count_recorded(session, prompts)
    packs = await service.list_manifests(session)
    lines = [
        LanguageLine(
            language, name, recorded[language], packs[language].version if language in packs else None
        )
        for language, name in LANGUAGES.items()
    ]
    return await render(request, LanguagesPage(lines=lines, total=len(prompts.list_all())))


@router.get("/{language}", name="producers.voices.record")
async def record(
    request: Request, language: str, session: DbSession, house: TheHouse, speaker: CurrentSpeaker
) -> Response:
    """The prompt that is asked for, or the first that nobody has said yet."""
    wanted = house.port(Prompts).find(request.query_params.get("prompt", ""))
    return await _show(
        request, session, house, speaker=speaker, language=language, prompt=wanted, form=Form()
    )


async def _show(
    request: Request,
    session: AsyncSession,
    house: House,
    *,
    speaker: Speaker,
    language: str,
    prompt: Prompt | None,
    form: Form,
    status: int = HTTPStatus.OK,
) -> Response:
    clips = await service.list_clips(session, language)
    prompts = house.port(Prompts).list_all()
    missing = [one for one in prompts if one.id not in clips]
    if prompt is None:
        prompt = next(iter(missing), None)
    place = prompts.index(prompt) if prompt else 0
    others = [one for one in [*prompts[place + 1 :], *prompts[:place]] if one.id not in clips]
    page = RecordPage(
        form=form,
        language=language,
        name=LANGUAGES[language],
        prompt=prompt,
        kept_id=clips.get(prompt.id) if prompt else None,
        next_id=others[0].id if others else None,
        recorded=len(prompts) - len(missing),
        total=len(prompts),
        lines=[(one, one.id in clips) for one in prompts],
        may_publish=speaker.may_publish and not speaker.is_practising,
        is_saved="saved" in request.query_params,
    )
    return await render(request, page, status=status)


@router.post("/{language}", name="producers.voices.save")
async def save(
    request: Request,
    language: str,
    *,
    session: DbSession,
    house: TheHouse,
    speaker: CurrentSpeaker,
    now: Now,
) -> Response:
    """Keep how a prompt is said, and go on to the next that is missing."""
    speaker.require_real()
    submission = await read_submission(request)
    files = submission.files("voice")
    prompt_id = submission.form.values.get("prompt_id", "")
    prompts = house.port(Prompts)
    try:
        if not files:
            service.check_language(language)
            form = Form(submission.form.values, {"voice": _("Bạn bấm nút rồi nói câu này đã nhé.")})
            return await _show(
                request,
                session,
                house,
                speaker=speaker,
                language=language,
                prompt=prompts.find(prompt_id),
                form=form,
                status=HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        await service.add_clip(
            session,
            house.files,
            prompts=prompts,
            language=language,
            prompt_id=prompt_id,
            content=await files[0].read(),
            person_id=speaker.person.id,
            now=now,
        )
    except AppError as error:
        if not error.fields:
            raise
        return await _show(
            request,
            session,
            house,
            speaker=speaker,
            language=language,
            prompt=prompts.find(prompt_id),
            form=submission.form.refused(error),
            status=status_of(error),
        )
    return _to(request, language)


@router.post("/{language}/publish", name="producers.voices.publish")
async def publish(
    request: Request,
    language: str,
    *,
    session: DbSession,
    house: TheHouse,
    speaker: CurrentSpeaker,
    now: Now,
) -> Response:
    """Send out what is recorded, as the next version."""
    speaker.require_publisher()
    await service.publish(
        session, prompts=house.port(Prompts), language=language, person_id=speaker.person.id, now=now
    )
    return RedirectResponse(str(request.app.url_path_for("producers.voices.list")), HTTPStatus.SEE_OTHER)


def _to(request: Request, language: str) -> RedirectResponse:
    path = request.app.url_path_for("producers.voices.record", language=language)
    return RedirectResponse(f"{path}?saved=1", HTTPStatus.SEE_OTHER)
