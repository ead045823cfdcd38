"""Hearing prompts over HTTP: choose a language, download its pack."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from app.accounts.dependencies import CurrentPerson
from app.core.i18n import Text, _
from app.voices import service
from app.voices.pages import VoicesPage
from app.voices.words import LANGUAGES, say_bytes
from app.web.dependencies import DbSession, TheHouse
from app.web.forms import Form, read_submission
from app.web.pages import VOICE_COOKIE, render

router = APIRouter(prefix="/voices")
OFF = "off"
COOKIE_AGE = 400 * 24 * 3600


@router.get("", name="app.voices.choose")
async def choose(request: Request, session: DbSession, person: CurrentPerson) -> Response:
    """In which language to hear the prompts."""
    del person  # somebody who is logged in
    return await _show(request, session, Form({"voice": request.cookies.get(VOICE_COOKIE, OFF)}))


async def _show(request: Request, session: DbSession, form: Form, *, status: int = HTTPStatus.OK) -> Response:
    packs = await service.list_manifests(session)
    choices: list[tuple[str, Text, Text | None]] = [(OFF, _("Không đọc"), None)]
    for language, name in LANGUAGES.items():
        if language in packs:
            pack = packs[language]
            hint = _("%(count)s câu, %(size)s", count=len(pack.clips), size=say_bytes(pack.byte_count))
        else:
            hint = _("Chưa thu tiếng, máy đọc tiếng Việt nếu đọc được")
        choices.append((language, name, hint))
    pack_now = packs.get(request.cookies.get(VOICE_COOKIE, OFF))
    page = VoicesPage(
        form=form,
        choices=choices,
        has_pack=pack_now is not None,
        weight=say_bytes(pack_now.byte_count) if pack_now else "",
    )
    return await render(request, page, status=status)


@router.post("", name="app.voices.save")
async def save(request: Request, session: DbSession, house: TheHouse, person: CurrentPerson) -> Response:
    """Keep the choice in this browser."""
    del person  # as above
    submission = await read_submission(request)
    chosen = submission.form.values.get("voice", "")
    if chosen != OFF and chosen not in LANGUAGES:
        form = Form(submission.form.values, {"voice": _("Bạn chọn một trong các ô có sẵn.")})
        return await _show(request, session, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    response = RedirectResponse(str(request.app.url_path_for("app.voices.choose")), HTTPStatus.SEE_OTHER)
    if chosen == OFF:
        response.delete_cookie(VOICE_COOKIE)
    else:
        response.set_cookie(
            VOICE_COOKIE, chosen, max_age=COOKIE_AGE, samesite="lax", secure=house.settings.is_secure
        )
    return response


@router.get("/{language}/manifest.json", name="app.voices.manifest")
async def manifest(request: Request, language: str, session: DbSession) -> Response:
    """What a pack holds and where; a phone that knows this version hears 304."""
    found = await service.get_manifest(session, language)
    headers = {"ETag": f'"{language}-{found.version}"', "Cache-Control": "public, no-cache"}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    find = request.app.url_path_for
    body = {
        "language": language,
        "version": found.version,
        "bytes": found.byte_count,
        "size": say_bytes(found.byte_count),
        "clips": {
            prompt: {
                "url": str(find("app.media.hear", recording_id=clip.recording_id)),
                "bytes": clip.byte_count,
            }
            for prompt, clip in found.clips.items()
        },
    }
    return JSONResponse(body, headers=headers)
